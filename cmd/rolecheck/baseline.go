package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// defaultBaseline is the baseline's file if none is named.
const defaultBaseline = "rolecheck-baseline.yaml"

func newBaseline() *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Maintain the list of requirements that are known to fail",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newBaselineInit(), newBaselineCheck(), newBaselineUpdate())
	return c
}

func baselineFlag(c *cobra.Command) *string {
	return c.Flags().String("baseline", defaultBaseline, "`FILE`: the baseline")
}

func newBaselineInit() *cobra.Command {
	c := &cobra.Command{
		Use:   "init REPORT.json",
		Short: "Write a baseline of the failures in a report, and of the operations that a client lacks; you add the reasons",
		Args:  cobra.ExactArgs(1),
	}
	path := baselineFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		r, err := report.Open(args[0])
		if err != nil {
			return err
		}
		text, n := verdict.Draft(r.Verdicts(), r.Run.Level)
		// An existing baseline has reasons that somebody wrote.
		f, err := os.OpenFile(*path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already; add to it, or name another with --baseline", *path)
		} else if err != nil {
			return fmt.Errorf("beginning the baseline: %w", err)
		}
		_, err = f.Write(text)
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("writing the baseline: %w", err)
		}
		fmt.Fprintf(c.OutOrStdout(), "%s has %d entries; each needs its reason before it counts\n", *path, n)
		return nil
	}
	return c
}

func newBaselineCheck() *cobra.Command {
	c := &cobra.Command{
		Use:   "check REPORT.json",
		Short: "List the entries of the baseline, and which of them are stale by a report",
		Args:  cobra.ExactArgs(1),
	}
	path := baselineFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		_, applied, err := applyBaseline(*path, args[0])
		if err != nil {
			return err
		}
		if printApplied(c.OutOrStdout(), applied) > 0 {
			return exitError{verdict.ExitStale}
		}
		return nil
	}
	return c
}

func newBaselineUpdate() *cobra.Command {
	c := &cobra.Command{
		Use:   "update REPORT.json",
		Short: "Remove the entries from the baseline that are stale by a report",
		Args:  cobra.ExactArgs(1),
	}
	path := baselineFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		known, applied, err := applyBaseline(*path, args[0])
		if err != nil {
			return err
		}
		stale := map[string]bool{}
		for _, a := range applied {
			if a.Stale() {
				stale[a.Requirement] = true
			}
		}
		content, err := known.Without(stale)
		if err != nil {
			return err
		}
		printApplied(c.OutOrStdout(), applied)
		if len(stale) == 0 {
			return nil
		}
		info, err := os.Stat(*path)
		if err != nil {
			return fmt.Errorf("writing the baseline: %w", err)
		}
		if err := folder.WriteFile(*path, content); err != nil {
			return err
		}
		if err := os.Chmod(*path, info.Mode().Perm()); err != nil {
			return fmt.Errorf("writing the baseline: %w", err)
		}
		fmt.Fprintf(c.OutOrStdout(), "removed %d of %d entries from %s\n", len(stale), len(applied), *path)
		return nil
	}
	return c
}

// applyBaseline reads a baseline and applies it to the verdicts of a report, as of today.
func applyBaseline(path, reportPath string) (*verdict.Baseline, []verdict.Applied, error) {
	known, err := verdict.ReadBaseline(path)
	if err != nil {
		return nil, nil, err
	}
	r, err := report.Open(reportPath)
	if err != nil {
		return nil, nil, err
	}
	s, err := spec.Load()
	if err != nil {
		return nil, nil, unverified{err}
	}
	exists := func(id string) bool { _, ok := s.Requirement(id); return ok }
	return known, known.Apply(r.Verdicts(), time.Now(), exists), nil
}

// printApplied prints the standing of each entry, and returns how many are stale.
func printApplied(w io.Writer, applied []verdict.Applied) int {
	stale := 0
	for _, a := range applied {
		mark := "ok"
		if a.Stale() {
			stale++
			mark = "STALE"
		}
		fmt.Fprintf(w, "%-5s  %s: %s\n", mark, a.Requirement, a.Why())
	}
	fmt.Fprintf(w, "%d entries, %d stale\n", len(applied), stale)
	return stale
}
