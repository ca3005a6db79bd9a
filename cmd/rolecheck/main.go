// Command rolecheck judges whether an org, a client or recorded traffic keeps the contract of Okta's admin-role APIs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// exitError ends the command with an exit code and prints nothing.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// unverified marks an error of rolecheck itself or of the target, as opposed to one of usage.
type unverified struct{ error }

func (e unverified) Unwrap() error { return e.error }

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

// gcPercent lets a run of the suites, which needs little memory, spend less time on garbage collection. Judging traffic,
// which may be large, keeps Go's default.
const gcPercent = 400

// run runs the command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var exit exitError
	var own unverified
	switch {
	case err == nil:
		return verdict.ExitPassed
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &own):
		fmt.Fprintln(stderr, "rolecheck:", text.Printable(err.Error()))
		return verdict.ExitUnverified
	default:
		fmt.Fprintln(stderr, "rolecheck:", text.Printable(err.Error()))
		return verdict.ExitUsage
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "rolecheck",
		Short:         "Judge an org, a client or recorded traffic by the contract of Okta's admin-role APIs",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q; rolecheck --help lists them", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.AddCommand(newRun(), newPlan(), newDoctor(), newServe(), newProxy(), newJudge(), newSDK(), newList(), newExplain(), newReport(), newCompare(), newBaseline(), newProve(), newSweep(), newVersion())
	return root
}

// untilStopped is a context that ends with SIGINT, SIGTERM or, unless it is ignored, SIGHUP.
func untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signal.NotifyContext(ctx, signals...)
}
