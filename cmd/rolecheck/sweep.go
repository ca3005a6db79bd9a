package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
)

func newSweep() *cobra.Command {
	c := &cobra.Command{
		Use:   "sweep LEDGER",
		Short: "Remove what an earlier run left in an org, by the ledger it wrote",
		Args:  cobra.ExactArgs(1),
	}
	settings := settingsFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := settings()
		if err != nil {
			return err
		}
		return sweep(c, s, args[0])
	}
	return c
}

func sweep(c *cobra.Command, s *target.Settings, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening the ledger: %w", err)
	}
	defer func() { _ = f.Close() }()
	of, left, err := fixtures.ReadLedger(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if s.URL == "" {
		s.URL = of
	}
	t, err := target.New(s)
	if err != nil {
		return err
	}
	if t.URL.String() != of {
		return fmt.Errorf("%s lists what is left in %s, and the target is %s; nothing was removed", path, of, t.URL)
	}
	ctx, stop := untilStopped(c.Context())
	defer stop()
	authorization, _ := t.Authorization(target.Admin)
	sender := exchange.NewSender(exchange.Options{
		Base: t.URL, Authorization: authorization, Deadline: s.RequestTimeout, Patience: s.Patience,
		Redactor: exchange.NewRedactor(t.Secrets()...), UserAgent: "rolecheck",
	})
	removed, leaks := fixtures.Sweep(ctx, sender, left)
	for _, o := range removed {
		fmt.Fprintf(c.OutOrStdout(), "removed %s %s (%s)\n", o.Kind, o.ID, o.Name)
	}
	for _, l := range leaks {
		fmt.Fprintf(c.OutOrStdout(), "LEFT BEHIND %s %s (%s): %s\n", l.Kind, l.ID, l.Name, l.Reason)
	}
	if len(leaks) > 0 {
		return unverified{fmt.Errorf("%d of %d objects could not be removed; the ledger is kept", len(leaks), len(left))}
	}
	if err := os.Remove(path); err != nil {
		return unverified{fmt.Errorf("everything is removed, and the ledger is not: %w", err)}
	}
	fmt.Fprintf(c.OutOrStdout(), "nothing is left of that run\n")
	return nil
}
