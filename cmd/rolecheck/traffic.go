package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/traffic"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites"
)

// trafficFlags are the settings of the commands that judge traffic.
var trafficFlags = []string{"out", "level", "documents-only", "baseline"}

// newSession begins a session that judges traffic, by the settings and a baseline.
func newSession(s *target.Settings, known *verdict.Baseline, mode report.Mode, t report.TargetInfo, o traffic.Options) (*traffic.Session, error) {
	contents, err := spec.Load()
	if err != nil {
		return nil, unverified{err}
	}
	if o.Judge, err = contract.New(contents, contract.Options{DocumentsOnly: s.DocumentsOnly}); err != nil {
		return nil, unverified{err}
	}
	o.Spec, o.Out, o.Baseline = contents, s.Out, known
	o.Head = report.Report{
		Tool: suites.Tool(), Mode: mode, Target: t,
		Run: report.RunInfo{ID: suites.NewRunID(), Level: s.Level, DocumentsOnly: s.DocumentsOnly},
	}
	return traffic.New(o)
}

// endSession ends a session and prints the summary of its report.
func endSession(c *cobra.Command, s *target.Settings, session *traffic.Session) error {
	r, exchanges, err := session.Close()
	if err != nil {
		return unverified{err}
	}
	printSides(c.OutOrStdout(), r)
	return conclude(c, s.Out, r, exchanges)
}

// printSides prints which findings are about the org and which about the client: in traffic, both sides can be wrong.
func printSides(w io.Writer, r *report.Report) {
	for _, side := range []contract.Side{contract.Org, contract.Client} {
		var rows []string
		for _, f := range r.Findings {
			row := fmt.Sprintf("%s (%s)", f.Requirement, f.Level)
			if f.Side == side && f.Level != spec.May && !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
		}
		if len(rows) > 0 {
			fmt.Fprintf(w, "findings about the %s: %s\n", side, strings.Join(rows, ", "))
		}
	}
}
