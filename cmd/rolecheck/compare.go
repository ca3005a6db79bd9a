package main

import (
	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

func newCompare() *cobra.Command {
	c := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "List what got worse or better between two reports, and how the answers of their targets differ",
		Long: "List what got worse, better, appeared or vanished between two reports, by requirement and by pair of operation\n" +
			"and status. With the exchanges beside both, the answers are compared as well: which statuses, members, types,\n" +
			"error codes and headers one target has and the other has not.\n\n" +
			"OLD and NEW are reports, or the folders that hold them. The exit code is 1 when a must got worse, and 3\n" +
			"when one of the reports judged nothing.",
		Args: cobra.ExactArgs(2),
	}
	markdown := c.Flags().Bool("markdown", false, "print Markdown")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.MarkFlagsMutuallyExclusive("markdown", "json")
	c.RunE = func(c *cobra.Command, args []string) error {
		older, err := report.OpenSide(args[0])
		if err != nil {
			return err
		}
		newer, err := report.OpenSide(args[1])
		if err != nil {
			return err
		}
		comparison, err := report.Compare(older, newer)
		if err != nil {
			return unverified{err}
		}
		var out []byte
		switch {
		case *markdown:
			out = view.ComparisonMarkdown(comparison)
		case *asJSON:
			if out, err = text.JSON(comparison); err != nil {
				return unverified{err}
			}
		default:
			out = view.ComparisonText(comparison)
		}
		if _, err := c.OutOrStdout().Write(out); err != nil {
			return unverified{err}
		}
		if comparison.Worse {
			return exitError{verdict.ExitFailed}
		}
		return nil
	}
	return c
}
