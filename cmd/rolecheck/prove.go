package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites/proof"
)

func newProve() *cobra.Command {
	c := &cobra.Command{
		Use:   "prove",
		Short: "Run the suites against every fault of the reference org, and list which requirement catches which fault",
		Args:  cobra.NoArgs,
	}
	out := c.Flags().String("out", "rolecheck-proof", "`DIR`: folder for the matrix")
	processes := c.Flags().Int("processes", runtime.NumCPU(), "`N`: how many runs at a time")
	settle := c.Flags().Duration("settle", proof.Settle, "`DURATION`: how long a change may take to show in a faulty org")
	worker := c.Flags().Bool("worker", false, "serve runs on standard input and output")
	_ = c.Flags().MarkHidden("worker")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *worker {
			debug.SetGCPercent(gcPercent)
			return proof.Here{Settle: *settle}.Serve(c.Context(), os.Stdin, os.Stdout)
		}
		if *settle <= 0 {
			return fmt.Errorf("--settle %s: it has to be more than 0", *settle)
		}
		if *processes < 1 {
			return fmt.Errorf("--processes %d: it has to be at least 1", *processes)
		}
		if err := folder.Make(*out); err != nil {
			return err
		}
		return prove(c, *out, *processes, *settle)
	}
	return c
}

func prove(c *cobra.Command, out string, processes int, settle time.Duration) error {
	s, err := spec.Load()
	if err != nil {
		return unverified{err}
	}
	ctx, stop := untilStopped(c.Context())
	defer stop()
	runners, end, err := startRunners(ctx, processes, settle)
	if err != nil {
		return unverified{err}
	}
	defer end()
	subjects := proof.Subjects()
	live, done, started := newLive(c.ErrOrStderr()), 0, time.Now()
	runs, err := proof.RunAll(ctx, subjects, runners, func(r proof.Run) {
		done++
		if live.terminal {
			fmt.Fprintf(live.w, "\r\x1b[K%d of %d  %s", done, len(subjects), r.Subject.Name)
		}
	})
	live.end()
	if err != nil {
		return exitError{verdict.ExitInterrupted}
	}
	m := proof.Evaluate(s, runs)
	if err := proof.Write(out, m); err != nil {
		return unverified{err}
	}
	for _, p := range m.Problems {
		fmt.Fprintln(c.OutOrStdout(), "PROBLEM", p)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s\n%d runs in %.0f s, the slowest faulty org in %.1f s (%s); the matrix is in %s\n",
		m.Totals(), len(runs), time.Since(started).Seconds(), m.Seconds, m.Slowest, out)
	if len(m.Problems) > 0 {
		return exitError{verdict.ExitFailed}
	}
	fmt.Fprintln(c.OutOrStdout(), "PROVEN")
	return nil
}

// startRunners starts n processes that run the suites, and returns a function that closes them. Ginkgo allows one suite in a
// process.
func startRunners(ctx context.Context, n int, settle time.Duration) ([]proof.Runner, func(), error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("finding the program to start: %w", err)
	}
	var started []*proof.Process
	end := func() {
		for _, p := range started {
			_ = p.Close()
		}
	}
	runners := make([]proof.Runner, 0, n)
	for range n {
		cmd := exec.CommandContext(ctx, self, "prove", "--worker", "--settle", settle.String())
		cmd.Stderr = os.Stderr
		p, err := proof.Start(cmd)
		if err != nil {
			end()
			return nil, nil, errors.Join(err, ctx.Err())
		}
		started = append(started, p)
		runners = append(runners, p)
	}
	return runners, end, nil
}
