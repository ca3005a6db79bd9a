package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/recording"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/traffic"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

func newJudge() *cobra.Command {
	c := &cobra.Command{
		Use:   "judge FILE...",
		Short: "Judge recorded traffic: HAR files, go-vcr and vcrpy cassettes, rolecheck's own exchanges",
		Long: "Judge recorded traffic. A FILE may also be a folder, for all files below it, or a glob.\n" +
			"The format is found by looking at the content.",
		Args: cobra.MinimumNArgs(1),
	}
	settings := settingsFlags(c, trafficFlags...)
	defaultsTo(c, judgedOut)
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := settings()
		if err != nil {
			return err
		}
		paths, err := recording.Expand(args)
		if err != nil {
			return err
		}
		return judge(c, s, paths)
	}
	return c
}

func judge(c *cobra.Command, s *target.Settings, paths []string) error {
	ctx, stop := untilStopped(c.Context())
	defer stop()
	if err := prepareOut(c, s, judgedOut, paths...); err != nil {
		return err
	}
	names := recording.Names(paths)
	known, err := verdict.ReadBaseline(s.Baseline)
	if err != nil {
		return err
	}
	session, err := newSession(s, known, report.Judge, report.TargetInfo{Kind: target.Recording, URL: some(names)}, traffic.Options{})
	if err != nil {
		return err
	}
	for i, path := range paths {
		if ctx.Err() == nil {
			judgeFile(ctx, c, session, names[i], path)
		}
	}
	if ctx.Err() != nil {
		session.Interrupted()
	}
	return endSession(c, s, session)
}

// some names the first of many.
func some(names []string) string {
	const enough = 10
	if more := len(names) - enough; more > 0 {
		return strings.Join(names[:enough], " ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, " ")
}

// judgeFile judges one recording and prints what it held. What could not be read in it is named, since it makes the whole
// judgement incomplete.
func judgeFile(ctx context.Context, c *cobra.Command, session *traffic.Session, name, path string) {
	out := c.ErrOrStderr()
	within := 0
	sum, err := recording.ReadFile(ctx, name, path, func(x *exchange.Exchange) error {
		if session.Within(x) {
			within++
		}
		session.Observe(x)
		return nil
	})
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(out, "%s: stopped after %d exchanges\n", name, sum.Exchanges)
		return
	case err != nil:
		fmt.Fprintln(out, "UNREADABLE", err)
		session.Unreadable(1, err.Error())
	}
	for _, p := range sum.Problems {
		fmt.Fprintln(out, "UNREADABLE", p)
		session.Unreadable(1, p.String())
	}
	if more := sum.Unreadable - len(sum.Problems); more > 0 {
		fmt.Fprintf(out, "UNREADABLE %s: %d more\n", name, more)
		session.Unreadable(more, fmt.Sprintf("%s: %d more", name, more))
	}
	if sum.Part {
		fmt.Fprintf(out, "%s holds a part of its run's exchanges: each is judged, and their order is not\n", name)
	}
	fmt.Fprintf(out, "%s: %s, %d exchanges, %d of them of the contract's operations, %d unreadable\n",
		name, cmp.Or(string(sum.Format), "no known format"), sum.Exchanges, within, sum.Unreadable)
}
