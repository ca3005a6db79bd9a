package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// conclude prints the summary of a report that was written to dir, writes it for GitHub Actions, and returns the gate's exit
// code as an error.
func conclude(c *cobra.Command, dir string, r *report.Report, exchanges []*exchange.Exchange) error {
	out := c.OutOrStdout()
	if err := view.Text(out, r, exchanges, view.TextOptions{Color: isTerminal(out), Out: dir}); err != nil {
		return unverified{err}
	}
	if err := view.GitHub(out, os.LookupEnv, r); err != nil {
		return unverified{err}
	}
	if r.Run.Exit != verdict.ExitPassed {
		return exitError{r.Run.Exit}
	}
	return nil
}
