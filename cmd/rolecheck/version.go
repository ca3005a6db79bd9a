package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print which rolecheck this is",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := spec.Load()
			if err != nil {
				return unverified{err}
			}
			tool := suites.Tool()
			fmt.Fprintf(c.OutOrStdout(), "rolecheck %s %s (%s), %d requirements on %d operations\n",
				tool.Version, tool.Commit, runtime.Version(), len(s.Requirements), len(s.Operations))
			return nil
		},
	}
}
