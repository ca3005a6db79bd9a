package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/target"
)

// The folders for the reports of the commands if none is named: each has its own, so that none overwrites another's.
const (
	judgedOut  = "rolecheck-judged"
	proxiedOut = "rolecheck-proxied"
	sdkOut     = "rolecheck-sdk"
)

// defaultsTo sets the folder that a command's help shows as the default of --out.
func defaultsTo(c *cobra.Command, dir string) { c.Flags().Lookup("out").DefValue = dir }

// prepareOut sets the folder for the report, and makes sure that it holds no file that the command reads. A recording in it
// is an error whatever its name, since the next call would judge this report as well.
func prepareOut(c *cobra.Command, s *target.Settings, otherwise string, recordings ...string) error {
	s.Out = cmp.Or(s.Out, otherwise)
	for _, path := range recordings {
		if folder.Holds(s.Out, path) {
			return fmt.Errorf("%s is in %s, the folder for the report: name another folder with --out", path, s.Out)
		}
	}
	for _, path := range []string{s.Baseline, c.Flag("config").Value.String()} {
		if path != "" && folder.Replaces(s.Out, path) {
			return fmt.Errorf("the report in %s would overwrite %s, which is read: name another folder with --out", s.Out, path)
		}
	}
	return folder.Prepare(s.Out)
}
