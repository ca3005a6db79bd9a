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
		return observe(c, s, *listen)
	}
	return c
}

// drain is how long requests under way may take to end once the proxy is stopped.
const drain = 10 * time.Second

// observe serves the proxy until it is stopped, and then writes the report.
func observe(c *cobra.Command, s *target.Settings, addr string) error {
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
	live := &findingPrinter{w: c.ErrOrStderr(), times: map[string]int{}}
	session, err := newSession(s, known, report.Proxy, report.TargetInfo{Kind: target.Client, URL: u.String()}, traffic.Options{
		Live:       true,
		Unanswered: live.unanswered,
		Found: func(x *exchange.Exchange, requirement string, f contract.Finding) {
			live.found(x, requirement, f)
			if s.FailFast && failsGate(s, known, requirement, f) {
				stop()
			}
		},
	})
	if err != nil {
		return err
	}
	if addr := l.Addr().String(); beyondLoopback(addr) {
		fmt.Fprintf(c.ErrOrStderr(), "%s is not loopback: whoever reaches it can use the proxy, and credentials go there unencrypted\n", addr)
	}
	fmt.Fprintf(c.OutOrStdout(), "export OKTA_CLIENT_ORGURL=http://%s\n", l.Addr())
	p := proxy.New(proxy.Options{Target: u, Observe: session.Observe})
	err = serveUntil(ctx, l, p)
	// From here on, a second signal ends the command at once.
	stop()
	if err != nil {
		session.Incomplete(err.Error())
	}
	p.Close()
	return endSession(c, s, session)
}

// failsGate reports whether a finding closes the gate at the run's level and is not in the baseline.
func failsGate(s *target.Settings, known *verdict.Baseline, requirement string, f contract.Finding) bool {
	if f.Level != spec.Must && (f.Level != spec.Should || s.Level != spec.Should) {
		return false
	}
	return !known.Lists(requirement)
}

// findingPrinter prints findings as they are made, one a line.
type findingPrinter struct {
	w io.Writer
	// times counts the findings by subject: a requirement, or a missing answer.
	times map[string]int
}

// maxPrinted is how many findings on one subject are printed.
const maxPrinted = 10

// enough counts a finding, and reports whether maxPrinted were printed before it.
func (t *findingPrinter) enough(subject string) bool {
	t.times[subject]++
	if t.times[subject] == maxPrinted+1 {
		fmt.Fprintf(t.w, "%s: further ones are in the report\n", subject)
	}
	return t.times[subject] > maxPrinted
}

func (t *findingPrinter) found(x *exchange.Exchange, requirement string, f contract.Finding) {
	if f.Level == spec.May || t.enough(requirement) {
		return
	}
	at := f.Pointer
	if at != "" {
		at += ": "
	}
	fmt.Fprintf(t.w, "%s %s (%s, %s) %s %s%s\n", f.Level, requirement, f.Side, f.Operation, x.ID, at, f.Detail)
}

func (t *findingPrinter) unanswered(x *exchange.Exchange) {
	if !t.enough("no whole answer") {
		fmt.Fprintf(t.w, "no whole answer: %s %s %s: %s\n", x.ID, x.Request.Method, x.Request.URL.RequestURI(), x.Error)
	}
}

// serveUntil serves until ctx ends, and then waits up to drain for the requests under way.
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
	// ctx has ended, and Shutdown needs a context that has not.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		_ = server.Close()
		return fmt.Errorf("requests were still under way %s after the end", drain)
	}
	return nil
}
