package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/suites"
)

// defaultOut is the folder that a report goes to when none is named.
const defaultOut = "rolecheck-report"

// defaultTimeout bounds a run that is given no bound.
const defaultTimeout = 2 * time.Hour

func newRun() *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Exercise an org, or by --reference the embedded reference org",
		Long: "Exercise an org. Before anything is written to it, the plan says what is going to be. An org on loopback needs\n" +
			"no consent to it; for any other a terminal is asked, and elsewhere --yes is needed.",
		Args: cobra.NoArgs,
	}
	settings, reference := runFlags(c)
	defaultsTo(c, defaultOut)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := settings()
		if err != nil {
			return err
		}
		if err := prepareOut(c, s, defaultOut); err != nil {
			return err
		}
		debug.SetGCPercent(gcPercent)
		printEarlier(c.ErrOrStderr(), s.Out)
		live := newLive(c.ErrOrStderr())
		result, err := suites.Execute(c.Context(), suites.Options{
			Settings:  s,
			Reference: *reference,
			Log:       slog.New(slog.NewTextHandler(live, &slog.HandlerOptions{ReplaceAttr: withoutTime})),
			Announce:  live.announce,
			Consent:   consent(c.InOrStdin(), c.ErrOrStderr()),
			Progress:  live.progress,
		})
		live.end()
		if err != nil {
			if result != nil {
				return unverified{err}
			}
			return err
		}
		return conclude(c, s.Out, result.Report, result.Exchanges)
	}
	return c
}

// runFlags gives a command the flags of a run.
func runFlags(c *cobra.Command) (settings func() (*target.Settings, error), reference *bool) {
	reference = c.Flags().Bool("reference", false, "judge the embedded reference org, whatever the environment says of a target")
	resolve := settingsFlags(c)
	c.MarkFlagsMutuallyExclusive("reference", "target")
	return func() (*target.Settings, error) {
		s, err := resolve()
		if err != nil {
			return nil, err
		}
		if !*reference {
			if !s.NameTarget() {
				return nil, errors.New("no target: give an org by OKTA_CLIENT_ORGURL (or --target) and OKTA_CLIENT_TOKEN, or judge the embedded reference org with --reference")
			}
			if err := s.CheckTarget(); err != nil {
				return nil, err
			}
		}
		s.Timeout = cmp.Or(s.Timeout, defaultTimeout)
		return s, nil
	}, reference
}

// consent asks on a terminal whether the run may go on. Elsewhere there is nobody to ask.
func consent(in io.Reader, out io.Writer) func(suites.Plan) error {
	return func(p suites.Plan) error {
		if f, ok := in.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) || !isTerminal(out) {
			return fmt.Errorf("%s, and nothing is written there without consent: look at the plan above, and give --yes (ROLECHECK_YES=true) to go on", p.Asks)
		}
		fmt.Fprintf(out, "write to %s, as planned? [y/N] ", p.Target.URL.Host)
		// What cannot be read is no consent.
		answer, _ := bufio.NewReader(in).ReadString('\n')
		if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
			return errors.New("nothing was written: there was no consent")
		}
		return nil
	}
}

func newPlan() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan",
		Short: "Say what a run would do to an org, and write nothing",
		Args:  cobra.NoArgs,
	}
	looking(c, func(ctx context.Context, o suites.Options) error {
		p, err := suites.PlanFor(ctx, o)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), p)
		if p.Problem != "" {
			return unverified{errors.New("a run could not verify anything")}
		}
		return nil
	})
	return c
}

// looking makes a command of what looks at the org that a run would judge.
func looking(c *cobra.Command, look func(context.Context, suites.Options) error) {
	settings, reference := runFlags(c)
	defaultsTo(c, defaultOut)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := settings()
		if err != nil {
			return err
		}
		s.Out = cmp.Or(s.Out, defaultOut)
		ctx, stop := untilStopped(c.Context())
		defer stop()
		return look(ctx, suites.Options{Settings: s, Reference: *reference})
	}
}

// settingsFlags gives a command a flag for each setting that may be one, or for those that are named, and returns what
// resolves them all.
func settingsFlags(c *cobra.Command, only ...string) func() (*target.Settings, error) {
	values := map[string]*string{}
	for _, row := range target.Table {
		if !row.Flag || len(only) > 0 && !slices.Contains(only, row.Key) {
			continue
		}
		help := row.Help
		if row.Env != "" {
			help += " (" + row.Env + ")"
		}
		if row.Placeholder != "" {
			// Cobra takes the word in back quotes for the value's name.
			help = "`" + row.Placeholder + "`: " + help
		}
		values[row.Key] = c.Flags().String(row.Key, row.Default, help)
		if row.Placeholder == "" {
			c.Flags().Lookup(row.Key).NoOptDefVal = "true"
		}
	}
	config := c.Flags().String("config", "", "`FILE`: settings; "+target.FileName+" in the working directory by default")
	return func() (*target.Settings, error) {
		if err := target.CheckVariables(os.Environ()); err != nil {
			return nil, err
		}
		flags := map[string]string{}
		for key, value := range values {
			if c.Flags().Changed(key) {
				flags[key] = *value
			}
		}
		return target.Resolve(cmp.Or(*config, target.DefaultFile()), os.LookupEnv, flags)
	}
}

// live shows the progress of a run: on a terminal by one line that changes, elsewhere by the announcement alone.
type live struct {
	w              io.Writer
	terminal       bool
	done, total    int
	failed, opened int
}

func newLive(w io.Writer) *live { return &live{w: w, terminal: isTerminal(w)} }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (l *live) announce(p suites.Plan) {
	l.total = p.Requirements
	fmt.Fprintln(l.w, p)
}

func (l *live) progress(requirement string, outcome verdict.Outcome) {
	l.done++
	switch outcome {
	case verdict.Fail:
		l.failed++
	case verdict.Blocked, verdict.Error:
		l.opened++
	}
	if l.terminal {
		fmt.Fprintf(l.w, "\r\x1b[K%d of %d, %d failed, %d blocked  %s", l.done, l.total, l.failed, l.opened, requirement)
	}
}

// Write puts a log line on a line of its own.
func (l *live) Write(b []byte) (int, error) {
	l.end()
	return l.w.Write(b)
}

func (l *live) end() {
	if l.terminal {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey && len(groups) == 0 {
		return slog.Attr{}
	}
	return a
}
