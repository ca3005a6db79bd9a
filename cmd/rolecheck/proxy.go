package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/proxy"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
)

func newProxy() *cobra.Command {
	c := &cobra.Command{
		Use:   "proxy",
		Short: "Judge live traffic between a client and an org, until stopped",
		Args:  cobra.NoArgs,
	}
	listen := c.Flags().String("listen", "127.0.0.1:0", "`ADDR`: where to listen; a free port of loopback by default")
	failFast := c.Flags().Bool("fail-fast", false, "end with the first finding that fails the gate")
	settings := settingsFlags(c, append([]string{"target"}, trafficFlags...)...)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := settings()
		if err != nil {
			return err
		}
		return overhear(c, s, *listen, *failFast)
	}
	return c
}

// drain is how long requests that are under way may take to end once the proxy is stopped.
const drain = 10 * time.Second

func overhear(c *cobra.Command, s *target.Settings, addr string, failFast bool) error {
	if s.URL == "" {
		return fmt.Errorf("no target: set --target or OKTA_CLIENT_ORGURL")
	}
	u, err := target.ParseURL(s.URL)
	if err != nil {
		return err
	}
	ctx, stop := untilStopped(c.Context())
	defer stop()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	s.Out = cmp.Or(s.Out, defaultOut)
	session, err := newSession(s, report.Proxy, report.TargetInfo{Kind: target.Client, URL: u.String()}, func(x *exchange.Exchange, f contract.Finding) {
		if f.Level == spec.May {
			return
		}
		fmt.Fprintf(c.ErrOrStderr(), "%s %s (%s, %s) %s %s: %s\n", f.Level, f.Rule, f.Side, f.Operation, x.ID, f.Pointer, f.Detail)
		if failFast && (f.Level == spec.Must || s.Level == spec.Should) {
			stop()
		}
	})
	if err != nil {
		_ = l.Close()
		return err
	}
	p := proxy.New(proxy.Options{Target: u, Observe: session.Observe})
	fmt.Fprintf(c.OutOrStdout(), "export OKTA_CLIENT_ORGURL=http://%s\n", l.Addr())
	if err := serveUntil(ctx, l, p); err != nil {
		session.Incomplete(err.Error())
	}
	p.Close()
	if n := p.Slowed(); n > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "%d answers were slowed down because those before them were not judged yet\n", n)
	}
	return endSession(c, s, session)
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
		return fmt.Errorf("requests were still under way after %s", drain)
	}
	return nil
}
