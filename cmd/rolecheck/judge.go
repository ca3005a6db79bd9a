package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/recording"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/traffic"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites"
)

// trafficFlags are the settings that judging traffic takes.
var trafficFlags = []string{"out", "level", "documents-only", "baseline"}

func newJudge() *cobra.Command {
	c := &cobra.Command{
		Use:   "judge FILE...",
		Short: "Judge recorded traffic: HAR files, go-vcr and vcrpy cassettes, rolecheck's own exchanges",
		Long: "Judge recorded traffic. A FILE may also be a folder, which stands for all files below it, or a glob.\n" +
			"The format is found by looking at the content.",
		Args: cobra.MinimumNArgs(1),
	}
	settings := settingsFlags(c, trafficFlags...)
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
	s.Out = cmp.Or(s.Out, defaultOut)
	session, err := newSession(s, report.Judge, report.TargetInfo{Kind: target.Recording, URL: strings.Join(recording.Names(paths), " ")}, nil)
	if err != nil {
		return err
	}
	names := recording.Names(paths)
	for i, path := range paths {
		sum, err := recording.ReadFile(ctx, names[i], path, func(x *exchange.Exchange) error {
			session.Observe(x)
			return ctx.Err()
		})
		switch {
		case ctx.Err() != nil:
			session.Interrupted()
		case errors.Is(err, recording.ErrUnknownFormat):
			session.Unreadable(fmt.Sprintf("%s: %v", names[i], err))
		case err != nil:
			session.Unreadable(err.Error())
		}
		tellUnread(c, session, sum)
		fmt.Fprintf(c.ErrOrStderr(), "%s: %s, %d exchanges\n", names[i], cmp.Or(string(sum.Format), "no known format"), sum.Exchanges)
	}
	return endSession(c, s, session)
}

// tellUnread names what could not be read in a recording, since it makes the whole judgement incomplete.
func tellUnread(c *cobra.Command, session *traffic.Session, sum recording.Summary) {
	for i := range sum.Unreadable {
		if i >= len(sum.Problems) {
			session.Unreadable("")
			continue
		}
		fmt.Fprintln(c.ErrOrStderr(), "UNREADABLE", sum.Problems[i])
		session.Unreadable("unreadable: " + sum.Problems[i].String())
	}
	if sum.CutShort {
		session.Incomplete(sum.Name + " was cut short")
	}
}

// newSession begins to judge traffic by the settings.
func newSession(s *target.Settings, mode report.Mode, t report.TargetInfo, found func(*exchange.Exchange, contract.Finding)) (*traffic.Session, error) {
	contents, err := spec.Load()
	if err != nil {
		return nil, unverified{err}
	}
	judge, err := contract.New(contents, contract.Options{DocumentsOnly: s.DocumentsOnly})
	if err != nil {
		return nil, unverified{err}
	}
	known, err := verdict.ReadBaseline(s.Baseline)
	if err != nil {
		return nil, err
	}
	t.Identity, t.Features = map[string]string{}, map[string]bool{}
	return traffic.New(traffic.Options{
		Spec: contents, Judge: judge, Out: s.Out, Baseline: known, Found: found,
		KeepAll: mode == report.Proxy, Redact: mode == report.Proxy,
		Head: report.Report{
			Tool: suites.Tool(), Mode: mode, Target: t,
			Run: report.RunInfo{ID: suites.NewRunID(), Level: s.Level, DocumentsOnly: s.DocumentsOnly},
		},
	})
}

// endSession ends a session and tells of its report.
func endSession(c *cobra.Command, s *target.Settings, session *traffic.Session) error {
	r, err := session.Close()
	if err != nil {
		return unverified{err}
	}
	return conclude(c, s.Out, r, nil)
}
