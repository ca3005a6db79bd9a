package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
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
		Short: "Exercise an org; without a target, the embedded reference org",
		Args:  cobra.NoArgs,
	}
	settings := settingsFlags(c)
	defaultsTo(c, defaultOut)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := settings()
		if err != nil {
			return err
		}
		s.Out = cmp.Or(s.Out, defaultOut)
		s.Timeout = cmp.Or(s.Timeout, defaultTimeout)
		debug.SetGCPercent(gcPercent)
		live := newLive(c.ErrOrStderr())
		result, err := suites.Execute(c.Context(), suites.Options{
			Settings: s,
			Log:      slog.New(slog.NewTextHandler(live, &slog.HandlerOptions{ReplaceAttr: withoutTime})),
			Announce: live.announce,
			Progress: live.progress,
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
		flags := map[string]string{}
		for key, value := range values {
			if c.Flags().Changed(key) {
				flags[key] = *value
			}
		}
		return target.Resolve(cmp.Or(*config, target.DefaultFile()), os.LookupEnv, flags)
	}
}

// live tells of a run while it lasts: on a terminal by one line that changes, elsewhere by the announcement alone.
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

func (l *live) announce(a suites.Announcement) {
	l.total = a.Requirements
	fmt.Fprintln(l.w, a)
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

// Write lets a log line stand on a line of its own.
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
