package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/suites"
)

func newDoctor() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check whether an org can be judged with the credentials that are set, by reading alone",
		Long: "Check whether an org can be judged with the credentials that are set: whether it can be reached and answers as\n" +
			"an Okta org does, what each credential may do, what the org has, and what earlier runs have left. At most 15\n" +
			"requests are sent, and none of them writes. The exit code is 3 where a run could verify nothing.",
		Args: cobra.NoArgs,
	}
	looking(c, func(ctx context.Context, o suites.Options) error {
		d, err := suites.Diagnose(ctx, o)
		if err != nil {
			return err
		}
		out := c.OutOrStdout()
		for _, check := range d.Checks {
			fmt.Fprintf(out, "%-5s %-16s %s\n", check.State, check.Name, text.Printable(check.Says))
			if check.Do != "" {
				fmt.Fprintf(out, "%-5s %-16s to do: %s\n", "", "", text.Printable(check.Do))
			}
		}
		for _, path := range earlierLedgers(o.Settings.Out) {
			says, command := earlier(path)
			fmt.Fprintf(out, "%-5s %-16s %s\n", suites.Warning, "leftovers", text.Printable(says))
			fmt.Fprintf(out, "%-5s %-16s to do: %s\n", "", "", text.Printable(command))
		}
		fmt.Fprintf(out, "requests: %d, none of which wrote\n", d.Requests)
		if !d.Healthy() {
			return unverified{errors.New("a run could not verify anything here")}
		}
		return nil
	})
	return c
}
