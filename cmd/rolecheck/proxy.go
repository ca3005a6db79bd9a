package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/proxy"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/traffic"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func newProxy() *cobra.Command {
	c := &cobra.Command{
		Use:   "proxy",
		Short: "Judge live traffic between a client and an org, until stopped",
		Long: "Judge live traffic. The proxy prints the address that the client is to use in place of the org's URL, and\n" +
			"forwards everything as it is. SIGINT or SIGTERM ends it, with the report.",
		Args: cobra.NoArgs,
	}
	listen := c.Flags().String("listen", "127.0.0.1:0", "`ADDR`: where to listen; a free port of loopback by default")
	settings := settingsFlags(c, append([]string{"target", "fail-fast"}, trafficFlags...)...)
	defaultsTo(c, proxiedOut)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := settings()
		if err != nil {
			return err
		}
		return overhear(c, s, *listen)
	}
	return c
}

// drain is how long requests that are under way may take to end once the proxy is stopped.
const drain = 10 * time.Second

func overhear(c *cobra.Command, s *target.Settings, addr string) error {
	if err := s.CheckTarget(); err != nil {
		return err
	}
	u, err := target.ParseURL(s.URL)
	if err != nil {
		return err
	}
	known, err := verdict.ReadBaseline(s.Baseline)
	if err != nil {
		return err
	}
	if err := prepareOut(c, s, proxiedOut); err != nil {
		return err
	}
	ctx, stop := untilStopped(c.Context())
	defer stop()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer func() { _ = l.Close() }()
	shown := &printer{w: c.ErrOrStderr(), times: map[string]int{}}
	session, err := newSession(s, known, report.Proxy, report.TargetInfo{Kind: target.Client, URL: u.String()}, traffic.Options{
		Live:       true,
		Unanswered: shown.unanswered,
		Found: func(x *exchange.Exchange, requirement string, f contract.Finding) {
			shown.found(x, requirement, f)
			if s.FailFast && failsGate(s, known, requirement, f) {
				stop()
			}
		},
	})
	if err != nil {
		return err
	}
	warnBeyondLoopback(c.ErrOrStderr(), l.Addr())
	fmt.Fprintf(c.OutOrStdout(), "export OKTA_CLIENT_ORGURL=http://%s\n", l.Addr())
	p := proxy.New(proxy.Options{Target: u, Observe: session.Observe})
	err = serveUntil(ctx, l, p)
	// A second signal ends the command at once.
	stop()
	if err != nil {
		session.Incomplete(err.Error())
	}
	p.Close()
	return endSession(c, s, session)
}

// failsGate reports whether a finding is one that nobody knows of and that the run's level does not let pass.
func failsGate(s *target.Settings, known *verdict.Baseline, requirement string, f contract.Finding) bool {
	if f.Level != spec.Must && (f.Level != spec.Should || s.Level != spec.Should) {
		return false
	}
	return !known.Lists(requirement)
}

// warnBeyondLoopback says what it means to let others in.
func warnBeyondLoopback(w io.Writer, addr net.Addr) {
	if a, ok := addr.(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		fmt.Fprintf(w, "%s is not loopback: whoever reaches it can use the proxy, and credentials go there unencrypted\n", addr)
	}
}

// printer prints findings as they come, a line each.
type printer struct {
	w io.Writer
	// times counts the lines about one and the same thing.
	times map[string]int
}

// maxPrinted is how often one and the same thing is printed.
const maxPrinted = 10

// again counts that something is to be printed, and reports whether it has been often enough.
func (t *printer) again(what string) bool {
	t.times[what]++
	if t.times[what] == maxPrinted+1 {
		fmt.Fprintf(t.w, "%s: more of these are in the report alone\n", what)
	}
	return t.times[what] > maxPrinted
}

func (t *printer) found(x *exchange.Exchange, requirement string, f contract.Finding) {
	if f.Level == spec.May || t.again(requirement) {
		return
	}
	at := f.Pointer
	if at != "" {
		at += ": "
	}
	fmt.Fprintf(t.w, "%s %s (%s, %s) %s %s%s\n", f.Level, requirement, f.Side, f.Operation, x.ID, at, f.Detail)
}

func (t *printer) unanswered(x *exchange.Exchange) {
	if !t.again("no whole answer") {
		fmt.Fprintf(t.w, "no whole answer: %s %s %s: %s\n", x.ID, x.Request.Method, x.Request.URL.RequestURI(), x.Error)
	}
}

// serveUntil serves until ctx ends, and then lets requests that are under way end.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	// The context of the command is over, and draining needs one that is not.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		_ = server.Close()
		return fmt.Errorf("requests were still under way %s after the end", drain)
	}
	return nil
}
