package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
)

func newServe() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the reference org, whole or with a named fault, until stopped",
		Args:  cobra.NoArgs,
	}
	listen := c.Flags().String("listen", "127.0.0.1:0", "`ADDR`: where to listen; a free port of loopback by default")
	flavour := c.Flags().String("flavour", string(mockorg.Documented), "`NAME`: documented or observed")
	fault := c.Flags().String("fault", "", "`NAME`: a fault to have; --faults lists them")
	lag := c.Flags().Duration("lag", 0, "`DURATION`: how long a change takes to show in reads, such as 500ms")
	faults := c.Flags().Bool("faults", false, "list the faults and end")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *faults {
			for _, f := range mockorg.Faults() {
				fmt.Fprintf(c.OutOrStdout(), "%-50s %s\n", f.Name, f.Sentence)
			}
			return nil
		}
		ctx, stop := untilStopped(c.Context())
		defer stop()
		return serve(ctx, c.OutOrStdout(), *listen, mockorg.Options{Flavour: mockorg.Flavour(*flavour), Fault: *fault, Lag: *lag})
	}
	return c
}

// serve serves until ctx ends. It prints the org's address and tokens as commands of a shell.
func serve(ctx context.Context, out io.Writer, addr string, o mockorg.Options) error {
	server, err := mockorg.Listen(ctx, addr, o)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	c := server.Org.Credentials()
	for _, line := range [][2]string{
		{"OKTA_CLIENT_ORGURL", server.URL},
		{"OKTA_CLIENT_TOKEN", c.Admin},
		{"ROLECHECK_READER_TOKEN", c.Reader},
		{"ROLECHECK_OUTSIDER_TOKEN", c.Outsider},
		{"ROLECHECK_THROTTLED_TOKEN", c.Throttled},
		{"ROLECHECK_SCOPELESS_TOKEN", c.Scopeless},
	} {
		if _, err := fmt.Fprintf(out, "export %s=%s\n", line[0], line[1]); err != nil {
			return err
		}
	}
	if addr := strings.TrimPrefix(server.URL, "http://"); beyondLoopback(addr) {
		if _, err := fmt.Fprintf(out, "# %s is not loopback: whoever reaches it can use the org\n", addr); err != nil {
			return err
		}
	}
	if o.Lag > 0 {
		if _, err := fmt.Fprintf(out, "# a change takes %s to show in reads\n", o.Lag); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// beyondLoopback reports whether the address that a server listens on can be reached from other machines.
func beyondLoopback(addr string) bool {
	a, err := netip.ParseAddrPort(addr)
	return err == nil && !a.Addr().IsLoopback()
}
