// Package harness binds the suites to Ginkgo: what a spec says, how it reaches the org, and how a run of specs becomes
// a report. With the report's fold it is the one place that knows Ginkgo.
package harness

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Config is all that a run of the suites needs. Every field without "may be" in its comment is required.
type Config struct {
	Spec     *spec.Spec
	Judge    *contract.Judge
	Settings *target.Settings
	Target   *target.Target
	Tool     report.Tool
	Log      *slog.Logger
	// Baseline is what is known to fail; it may be nil.
	Baseline *verdict.Baseline
	// Settle is how long a change may take to show, as the order of the exchanges is judged by; it may be zero, which
	// leaves it to the settings and the kind of target. A negative one is no time at all.
	Settle time.Duration
	// RunID names the run, in the report and in everything it makes in the org.
	RunID string
	// PlannedTotal and PlannedWrites are the requests announced before the first one.
	PlannedTotal, PlannedWrites int
	// T fails with the gate, and Ginkgo prints as it does; it may be nil, and then nothing is printed.
	T ginkgo.GinkgoTestingT
	// Progress sees each verdict of a spec as it falls; it may be nil.
	Progress func(requirement string, outcome verdict.Outcome)
	// Told gets the result while Ginkgo still shows what is printed, which in a parallel run it does no more once RunSuite
	// returns; it may be nil.
	Told func(*Result)
	// Setup and Teardown run in the suite's own nodes, with the org reachable; they may be nil.
	Setup, Teardown func(context.Context, *Org)
}

// Result is what a run leaves behind.
type Result struct {
	Report    *report.Report
	Exchanges []*exchange.Exchange
}

// ginkgoConfiguration is what Ginkgo's command line said. RunSpecs keeps the configuration that it is given, so that a
// later run in the process would otherwise begin with the filter of an earlier one.
var ginkgoConfiguration = sync.OnceValues(ginkgo.GinkgoConfiguration)

// active is the org of the current run. Ginkgo keeps one suite a process, and so do we.
var active *Org

var ranBefore bool

// silentT lets a run decide by its report alone.
type silentT struct{}

func (silentT) Fail() {}

// RunSuite plants the specs, runs them, and folds what they saw into a report. In a process that is not the first of a
// parallel run the result is nil: the first one folds for all. Runs in one process follow each other.
func RunSuite(c Config, bind func(*Org)) (*Result, error) {
	if ranBefore {
		globals.Reset()
	}
	ranBefore = true
	unknown = nil
	suite, reporter := ginkgoConfiguration()
	if err := configure(&suite, c); err != nil {
		return nil, err
	}
	org := newOrg(c)
	c.Settle = max(0, cmp.Or(c.Settle, org.Settle()))
	if suite.ParallelTotal > 1 {
		org.prefix = fmt.Sprintf("p%d", suite.ParallelProcess)
	}
	active = org
	bind(org)
	gomega.RegisterFailHandler(org.fail)
	plant()
	plantSuiteNodes(c, org)

	started := time.Now()
	var result *Result
	var failed error
	ginkgo.ReportAfterSuite("rolecheck folds the verdicts", func(g ginkgo.Report) {
		if result, failed = fold(g, c, started); failed == nil && c.Told != nil {
			c.Told(result)
		}
	})
	t := c.T
	if t == nil {
		t = silentT{}
		out := formatter.ColorableStdOut
		formatter.ColorableStdOut = discard{}
		defer func() { formatter.ColorableStdOut = out }()
	}
	ginkgo.RunSpecs(t, "rolecheck", suite, reporter)
	return result, failed
}

// fold makes the report of a run from what Ginkgo says of it.
func fold(g ginkgo.Report, c Config, started time.Time) (*Result, error) {
	if len(unknown) > 0 {
		return nil, errors.New(strings.Join(unknown, "\n"))
	}
	folded, err := report.FoldGinkgo(g, c.Spec)
	if err != nil {
		return nil, err
	}
	head := report.Report{
		Tool: c.Tool,
		Mode: report.Run,
		Run: report.RunInfo{
			ID: c.RunID, Started: started, Ended: time.Now(), Seed: g.SuiteConfig.RandomSeed, Interrupted: folded.Interrupted,
			Filter: filterOf(g.SuiteConfig), DocumentsOnly: c.Settings.DocumentsOnly, Level: c.Settings.Level, Problem: folded.Problem,
			SettleSeconds: c.Settle.Seconds(),
		},
		Target: report.TargetInfo{
			Kind: c.Target.Kind, URL: c.Target.URL.String(), Flavour: c.Target.Flavour,
			Identity: c.Target.Identity, Features: c.Target.Features(),
		},
		Leaks:    folded.Leaks,
		Requests: report.RequestCounts{Waited: folded.Waited, PlannedTotal: c.PlannedTotal, PlannedWrites: c.PlannedWrites},
	}
	return &Result{Report: assemble(head, c, folded), Exchanges: folded.Exchanges}, nil
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// configure puts the settings over Ginkgo's own configuration. What Ginkgo's command line says stays.
func configure(suite *types.SuiteConfig, c Config) error {
	suite.RandomizeAllSpecs = true
	if c.Settings.Seed != 0 {
		suite.RandomSeed = c.Settings.Seed
	}
	if c.Settings.Timeout > 0 {
		suite.Timeout = c.Settings.Timeout
	}
	// Cleaning up takes as long as the org's rate limits want.
	suite.GracePeriod = max(suite.GracePeriod, c.Settings.Patience)
	filter, err := Filter(c.Settings)
	if err != nil {
		return err
	}
	switch {
	case suite.LabelFilter == "":
		suite.LabelFilter = filter
	case filter != "":
		suite.LabelFilter = "(" + suite.LabelFilter + ") && (" + filter + ")"
	}
	return nil
}

// Filter is the settings' selection of specs as a Ginkgo label query.
func Filter(s *target.Settings) (string, error) {
	filter := s.LabelFilter
	if len(s.Only) > 0 {
		only := strings.Join(s.Only, " || ")
		if filter == "" {
			filter = only
		} else {
			filter = "(" + filter + ") && (" + only + ")"
		}
	}
	if _, err := types.ParseLabelFilter(filter); err != nil {
		return "", fmt.Errorf("the filter %q cannot be read: %w", filter, err)
	}
	return filter, nil
}

// Selected returns the requirements that specs judge and that the settings select.
func Selected(s *spec.Spec, settings *target.Settings) ([]spec.Requirement, error) {
	for _, id := range settings.Only {
		if q, ok := s.Requirement(id); !ok {
			return nil, fmt.Errorf("no requirement %q; rolecheck list shows them all", id)
		} else if q.By != spec.BySuite || q.Unobservable != "" {
			return nil, fmt.Errorf("the requirement %s has no spec of its own that could be run alone (see rolecheck explain %s)", id, id)
		}
	}
	filter, err := Filter(settings)
	if err != nil {
		return nil, err
	}
	matches, err := types.ParseLabelFilter(filter)
	if err != nil {
		return nil, err
	}
	var out []spec.Requirement
	for _, q := range s.Requirements {
		if q.By != spec.BySuite || q.Unobservable != "" {
			continue
		}
		if matches(append([]string{q.ID, q.System, string(q.Level)}, q.Operations...)) {
			out = append(out, q)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the filter %q selects no requirement; rolecheck list shows what there is", filter)
	}
	return out, nil
}

func filterOf(c types.SuiteConfig) string {
	var parts []string
	if c.LabelFilter != "" {
		parts = append(parts, c.LabelFilter)
	}
	for name, values := range map[string][]string{
		"focus": c.FocusStrings, "skip": c.SkipStrings, "focus-file": c.FocusFiles, "skip-file": c.SkipFiles,
	} {
		for _, v := range values {
			parts = append(parts, name+" "+v)
		}
	}
	if c.DryRun {
		parts = append(parts, "dry run")
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

func plantSuiteNodes(c Config, org *Org) {
	ginkgo.BeforeSuite(func(ctx ginkgo.SpecContext) {
		if len(unknown) > 0 {
			declare(verdict.Error, strings.Join(unknown, "\n"))
		}
		org.preflight(ctx)
		if c.Setup != nil {
			c.Setup(ctx, org)
		}
	})
	ginkgo.AfterSuite(func(ctx ginkgo.SpecContext) {
		org.begin("")
		if c.Teardown != nil {
			c.Teardown(ctx, org)
		}
		entry(report.EntryWaited, org.waited().Seconds())
	})
	ginkgo.BeforeEach(func() {
		q := org.current(ginkgo.CurrentSpecReport())
		org.begin(q.ID)
		lacking, reason := org.Target.Missing(q.Needs)
		if lacking != "" {
			Unsupported("the target declares to lack %s", lacking)
		}
		if reason != "" {
			Unobservable("%s", reason)
		}
	})
	ginkgo.ReportAfterEach(func(sr ginkgo.SpecReport) {
		if c.Progress != nil && sr.NumAttempts > 0 {
			c.Progress(org.current(sr).ID, outcomeOf(sr))
		}
	})
}

func outcomeOf(sr types.SpecReport) verdict.Outcome {
	for _, e := range sr.ReportEntries {
		if d, ok := e.GetRawValue().(report.Declared); ok {
			return d.Outcome
		}
	}
	if sr.State.Is(types.SpecStatePassed) {
		return verdict.Pass
	}
	return verdict.Fail
}

func (o *Org) current(sr types.SpecReport) spec.Requirement {
	for _, label := range sr.LeafNodeLabels {
		if q, ok := o.spec.Requirement(label); ok {
			return q
		}
	}
	return spec.Requirement{}
}

// fail takes in a failed expectation. One that does not fail the gate at the run's level, or that the baseline knows,
// becomes a declared outcome, so that Ginkgo's own colour says the same as the gate.
func (o *Org) fail(message string, callerSkip ...int) {
	skip := 1
	if len(callerSkip) > 0 {
		skip += callerSkip[0]
	}
	o.mu.Lock()
	id := o.requirement
	o.mu.Unlock()
	q, ok := o.spec.Requirement(id)
	v := verdict.Verdict{Requirement: q, Outcome: verdict.Fail}
	if !ok || v.Failed(o.settings.Level) && !o.known.Lists(id) {
		ginkgo.Fail(message, skip)
		return
	}
	entry(report.EntryDeclared, report.Declared{Outcome: verdict.Fail, Reason: message})
	ginkgo.Skip(fmt.Sprintf("%s (%s, which does not fail the gate): %s", verdict.Fail, q.Level, message), skip)
}

// preflight learns, before anything is written, whether the org answers and whether it takes the credential.
func (o *Org) preflight(ctx context.Context) {
	x := o.Sender(target.Admin).Send(ctx, exchange.Message{Method: http.MethodGet, Path: "/api/v1/users/me", Phase: exchange.Arrange})
	if x.Response == nil {
		Block("%s", target.Explain(o.Target.URL, x.Cause))
	}
	if target.Refused(x.Status()) {
		Block("%s refuses the credential (%s): check OKTA_CLIENT_TOKEN and OKTA_CLIENT_AUTHORIZATIONMODE; nothing was written",
			o.Target.URL.Host, x.Line())
	}
	if x.Status() == http.StatusBadRequest && o.Target.URL.Scheme == "http" && bytes.Contains(x.Response.Body.Bytes, []byte("HTTPS")) {
		Block("%s speaks TLS: give the target as https://%s; nothing was written", o.Target.URL.Host, o.Target.URL.Host)
	}
	o.Target.Identify(x)
}
