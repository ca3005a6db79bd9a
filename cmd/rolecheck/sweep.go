package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

func newSweep() *cobra.Command {
	c := &cobra.Command{
		Use:   "sweep LEDGER",
		Short: "Remove the objects that an earlier run left in an org, by its ledger",
		Args:  cobra.ExactArgs(1),
	}
	settings := settingsFlags(c, "target", "request-timeout", "patience", "settle")
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := settings()
		if err != nil {
			return err
		}
		if err := s.CheckTarget(); err != nil {
			return err
		}
		return sweep(c, s, args[0])
	}
	return c
}

func sweep(c *cobra.Command, s *target.Settings, path string) error {
	ledger, err := readLedger(path)
	if err != nil {
		return err
	}
	// The ledger is not trusted: the credential goes to the org of the settings and to no other.
	t, err := target.New(s)
	if err != nil {
		return err
	}
	of, err := target.ParseURL(ledger.Target)
	if err != nil {
		return fmt.Errorf("%s: not a ledger: %w", path, err)
	}
	if of.Scheme != t.URL.Scheme || !strings.EqualFold(of.Host, t.URL.Host) {
		return fmt.Errorf("%s lists what is left in %s, and the target is %s; nothing was removed", path, of, t.URL)
	}
	ctx, stop := untilStopped(c.Context())
	defer stop()
	authorization, _ := t.Authorization(target.Admin)
	sender := exchange.NewSender(exchange.Options{
		Base: t.URL, Authorization: authorization, Deadline: s.RequestTimeout, Patience: s.Patience,
		Redactor: exchange.NewRedactor(t.Secrets()...), UserAgent: "rolecheck",
	})
	out := c.OutOrStdout()
	leaks := fixtures.Sweep(ctx, sender, ledger, t.Settle(s), func(o fixtures.Object) {
		fmt.Fprintln(out, text.Printable(fmt.Sprintf("removed %s %s (%s)", o.Kind, o.ID, o.Name)))
	})
	for _, l := range leaks {
		fmt.Fprintln(out, text.Printable(fmt.Sprintf("LEFT BEHIND %s %s (%s): %s", l.Kind, l.ID, l.Name, text.OneLine(l.Reason))))
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(c.ErrOrStderr(), "stopped before everything was removed; the ledger is kept")
		return exitError{verdict.ExitInterrupted}
	case len(leaks) > 0:
		return unverified{fmt.Errorf("%s; the ledger is kept", left(len(leaks)))}
	}
	if err := os.Remove(path); err != nil {
		return unverified{fmt.Errorf("everything is removed, and the ledger is not: %w", err)}
	}
	fmt.Fprintln(out, "nothing is left of that run")
	return nil
}

// left says how many objects and roles a sweep could not remove.
func left(n int) string {
	if n == 1 {
		return "1 thing is left behind"
	}
	return fmt.Sprintf("%d things are left behind", n)
}

func readLedger(path string) (*fixtures.Contents, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	defer func() { _ = f.Close() }()
	ledger, err := fixtures.ReadLedger(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ledger, nil
}
