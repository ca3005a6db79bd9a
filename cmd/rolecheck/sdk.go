package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/sdk"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites"
)

func newSDK() *cobra.Command {
	c := &cobra.Command{
		Use:   "sdk [flags] -- PROGRAM [ARGS...]",
		Short: "Drive a client program through the contract, and judge the requests it sends and the results it reports",
		Long: "Drive a client program through the contract on the reference org. The program speaks for an SDK by the\n" +
			"protocol that fixtures/clients/PROTOCOL.md describes.",
		Args: cobra.MinimumNArgs(1),
	}
	settings := settingsFlags(c, "out", "level", "flavour", "baseline")
	defaultsTo(c, sdkOut)
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := settings()
		if err != nil {
			return err
		}
		known, err := verdict.ReadBaseline(s.Baseline)
		if err != nil {
			return err
		}
		if err := prepareOut(c, s, sdkOut); err != nil {
			return err
		}
		ctx, stop := untilStopped(c.Context())
		defer stop()
		r, outcome, err := drive(ctx, s, known, args)
		if err != nil {
			return err
		}
		if r.Run.Exit != verdict.ExitPassed && outcome.Stderr != "" {
			fmt.Fprintf(c.ErrOrStderr(), "the end of what the client wrote to its standard error:\n%s\n", outcome.Stderr)
		}
		exchanges := exchangesOf(outcome)
		if err := folder.Write(s.Out, r, exchanges); err != nil {
			return unverified{err}
		}
		printLacking(c.ErrOrStderr(), r)
		return conclude(c, s.Out, r, exchanges)
	}
	return c
}

// printLacking prints, for each requirement whose operations the client lacks and that is not in the baseline, the member of a
// baseline's entry that would list them.
func printLacking(w io.Writer, r *report.Report) {
	for _, q := range r.Requirements {
		if len(q.Lacking) > 0 && q.Level == spec.Must && !q.Expected {
			fmt.Fprintf(w, "%s is not verified; where that is known, the baseline says so by its entry with\n  unsupported: %s\n",
				q.ID, strings.Join(q.Lacking, ", "))
		}
	}
}

// drive starts the reference org, makes the fixtures, drives the program, and builds the report.
func drive(ctx context.Context, s *target.Settings, known *verdict.Baseline, program []string) (*report.Report, *sdk.Outcome, error) {
	contents, err := spec.Load()
	if err != nil {
		return nil, nil, unverified{err}
	}
	judge, err := contract.New(contents, contract.Options{})
	if err != nil {
		return nil, nil, unverified{err}
	}
	server, err := mockorg.Listen(ctx, "127.0.0.1:0", mockorg.Options{Flavour: mockorg.Flavour(s.Flavour)})
	if err != nil {
		return nil, nil, unverified{fmt.Errorf("starting the reference org: %w", err)}
	}
	defer func() { _ = server.Close() }()
	token := server.Org.Credentials().Admin
	things, err := clientFixtures(ctx, server.URL, token)
	if err != nil {
		return nil, nil, unverified{err}
	}
	started := time.Now()
	outcome, err := sdk.Drive(ctx, sdk.Config{
		Spec: contents, Judge: judge, Org: server.Org, Token: token, Fixtures: things, Program: program,
	})
	if err != nil {
		return nil, nil, err
	}
	collector := report.NewCollector(contents)
	for _, x := range outcome.Exchanges {
		j := x.Judgement
		if op, _, ok := contents.Match(x.Request.Method, x.Request.URL.EscapedPath()); ok && j.Operation == nil {
			// A call to another host is not judged; it counts with the operation of its path.
			j.Operation = &op
		}
		collector.Add(x.Exchange, j)
	}
	problem := ""
	if counts, _ := collector.Counts(); counts.Judged == 0 && !outcome.Interrupted {
		problem = "the client sent no request of any operation"
	}
	head := report.Report{
		Tool: suites.Tool(), Mode: report.SDK,
		Run: report.RunInfo{
			ID: suites.NewRunID(), Started: started, Ended: time.Now(), Level: s.Level,
			Interrupted: outcome.Interrupted, Complete: !outcome.Interrupted && problem == "", Problem: problem,
		},
		Target: report.TargetInfo{
			Kind: target.Client, URL: program[0], Flavour: s.Flavour,
			Identity: map[string]string{"client": outcome.Client}, Features: map[string]bool{},
		},
	}
	return report.Build(head, contents.Systems, outcome.Verdicts, collector, known), outcome, nil
}

func exchangesOf(o *sdk.Outcome) []*exchange.Exchange {
	out := make([]*exchange.Exchange, len(o.Exchanges))
	for i, x := range o.Exchanges {
		out[i] = x.Exchange
	}
	return out
}

// clientFixtures makes the objects that the steps need. They are not removed: the org ends with the command.
func clientFixtures(ctx context.Context, rawURL, token string) (sdk.Fixtures, error) {
	base, err := url.Parse(rawURL)
	if err != nil {
		return sdk.Fixtures{}, fmt.Errorf("reading the reference org's address: %w", err)
	}
	m := fixtures.NewMaker(exchange.NewSender(exchange.Options{Base: base, Authorization: "SSWS " + token}), fixtures.Options{Run: suites.NewRunID()})
	label := m.Name() + " help desk"
	f := sdk.Fixtures{CatalogApps: [2]string{"salesforce", "zoom"}, AppName: fixtures.AppKey, CustomRoleLabel: label}
	for _, thing := range []struct {
		id   *string
		make func(context.Context) (fixtures.Object, error)
	}{
		{&f.User, m.User},
		{&f.Group, m.Group},
		{&f.Client, m.ServiceClient},
		{&f.TargetGroups[0], m.Group},
		{&f.TargetGroups[1], m.Group},
		{&f.App, m.App},
		{&f.ResourceSet, func(ctx context.Context) (fixtures.Object, error) { return m.ResourceSet(ctx, base) }},
		{&f.CustomRole, func(ctx context.Context) (fixtures.Object, error) {
			return m.CustomRoleLabelled(ctx, label, "okta.groups.read")
		}},
	} {
		o, err := thing.make(ctx)
		if err != nil {
			return sdk.Fixtures{}, err
		}
		*thing.id = o.ID
	}
	return f, nil
}
