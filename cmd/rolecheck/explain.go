package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites"
)

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID|OPERATION",
		Short: "Explain one requirement, with its sources and the requests that judge it, or one operation",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := spec.Load()
			if err != nil {
				return unverified{err}
			}
			trace, err := suites.LoadTrace()
			if err != nil {
				return unverified{err}
			}
			if q, ok := s.Requirement(args[0]); ok {
				explainRequirement(c.OutOrStdout(), q, trace)
				return nil
			}
			if op, ok := s.Operation(args[0]); ok {
				explainOperation(c.OutOrStdout(), s, op)
				return nil
			}
			return fmt.Errorf("no requirement and no operation is called %q%s", args[0], near(s, args[0]))
		},
	}
}

// near suggests requirements and operations with similar names.
func near(s *spec.Spec, name string) string {
	var like []string
	for _, q := range s.Requirements {
		if strings.Contains(q.ID, name) {
			like = append(like, q.ID)
		}
	}
	for _, op := range s.Operations {
		if strings.Contains(strings.ToLower(op.ID), strings.ToLower(name)) {
			like = append(like, op.ID)
		}
	}
	if len(like) == 0 {
		return "; rolecheck list shows the requirements, rolecheck list --matrix the operations"
	}
	return "; perhaps " + strings.Join(like[:min(5, len(like))], ", ")
}

func explainRequirement(w io.Writer, q spec.Requirement, trace suites.Trace) {
	step, driven := trace.Steps[q.ID]
	fmt.Fprintf(w, "%s (%s)\n\n%s\n\n", q.ID, q.Level, q.Statement)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-12s %s\n", name, value)
		}
	}
	row("source", report.Sources(q.Sources))
	row("operations", strings.Join(q.Operations, ", "))
	row("needs", strings.Join(q.Needs, ", "))
	row("judged by", map[spec.By]string{
		spec.BySuite: "a step of a scene", spec.ByExchange: "every single exchange",
		spec.ByHistory: "each exchange, by those before it", spec.ByClient: "a client program that is driven",
	}[q.By])
	if driven {
		row("scene", suites.SceneOf(q.ID))
		cost := trace.Of([]string{q.ID})
		row("alone", fmt.Sprintf("%s, %s, with the fixtures that are made and removed for it", text.Count(cost.Requests, "request"), text.Count(cost.Writes, "write")))
		name := "sends"
		for _, line := range step.Sends {
			fmt.Fprintf(w, "%-12s %s\n", name, line)
			name = ""
		}
	}
	row("unobservable", q.Unobservable)
	row("unproven", q.Unproven)
	row("catalogue", fmt.Sprintf("%s:%d", q.File, q.Line))
}

func explainOperation(w io.Writer, s *spec.Spec, op spec.Operation) {
	fmt.Fprintf(w, "%s\n%s %s\n\nsystem %s, scope %s\n\n", op.ID, op.Method, op.Path, op.System, op.Scope)
	for _, status := range op.Statuses {
		fmt.Fprintf(w, "%d  %-10s  %s\n", status.Code, status.Basis, status.Source)
	}
	fmt.Fprintln(w)
	for _, q := range s.Requirements {
		if slices.Contains(q.Operations, op.ID) {
			fmt.Fprintf(w, "%-6s  %s\n", q.Level, q.ID)
		}
	}
}
