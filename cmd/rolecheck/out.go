package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/target"
)

// Where the reports of the commands go when no folder is named: each to its own, so that none takes another's place.
const (
	judgedOut  = "rolecheck-judged"
	proxiedOut = "rolecheck-proxied"
	sdkOut     = "rolecheck-sdk"
)

// defaultsTo has a command's help say where its report goes when no folder is named.
func defaultsTo(c *cobra.Command, dir string) { c.Flags().Lookup("out").DefValue = dir }

// prepareOut sets the folder for the report, and makes sure that nothing lies there which the command reads. Recordings
// are refused whatever their names, since what is judged next time would be the report of this time.
func prepareOut(c *cobra.Command, s *target.Settings, otherwise string, recordings ...string) error {
	s.Out = cmp.Or(s.Out, otherwise)
	for _, path := range recordings {
		if folder.Holds(s.Out, path) {
			return fmt.Errorf("%s lies in %s, the folder for the report: name another folder with --out", path, s.Out)
		}
	}
	for _, path := range []string{s.Baseline, c.Flag("config").Value.String()} {
		if path != "" && folder.Replaces(s.Out, path) {
			return fmt.Errorf("the report in %s would take the place of %s, which is read: name another folder with --out", s.Out, path)
		}
	}
	return folder.Prepare(s.Out)
}
