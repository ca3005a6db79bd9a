// Package harness runs specs against an org and makes a report of what they saw. Beside the specs themselves it is the one
// place that knows Ginkgo and Gomega: it makes containers of scenes, and reads Ginkgo's report.
//
// What the author of a spec writes is the public face:
//
//   - scenes: [Container] with its Arrange, Step and Aside; Send, Need, Eventually and Arranged; Require, Accepted, Block,
//     Unobservable, Unsupported, Needs, Note and Cleanup; [Shared] for a fixture that is made once a run
//   - requests: [Call] and [Neighbour], and the methods of [Request]
//   - answers: [Answer], [Decode], [ErrorID]
//   - matchers: [BeAccepted], [HaveStatus], [BeRefused], [BeRefusedWith], [NotSucceed], [NotBeAServerError], [HaveNoBody],
//     [HaveHeader], [HaveJSON], [Show]; [BeText] and [Satisfying] for values in them; [Matching] for new ones
//
// Everything else is for package suites, which runs all scenes, and may change.
package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
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

// Config is all that a run of the suites needs. Every field is required unless its comment says (optional).
type Config struct {
	Spec     *spec.Spec
	Judge    *contract.Judge
	Settings *target.Settings
	Target   *target.Target
	Tool     report.Tool
	Log      *slog.Logger
	// Baseline is what is known to fail (optional).
	Baseline *verdict.Baseline
	// RunID names the run, in the report and in everything it makes in the org.
	RunID string
	// Selected are the requirements that the run is to judge.
	Selected []spec.Requirement
	// Look is what was seen of the org before the run (optional).
	Look Look
	// Consented says that somebody agreed to write to whatever org this is.
	Consented bool
	// PlannedTotal and PlannedWrites are the requests announced before the first one.
	PlannedTotal, PlannedWrites int
	// Announcement says what the run is about to do. In a parallel run, which shows nothing else of a process, Ginkgo prints
	// it with the first nodes (optional).
	Announcement string
	// T fails with the gate, and Ginkgo prints as it does; without it nothing is printed (optional).
	T ginkgo.GinkgoTestingT
	// Progress is called with the outcome of each spec as soon as the spec has ended (optional).
	Progress func(requirement string, outcome verdict.Outcome)
	// Done gets the result while Ginkgo still shows what is printed, which in a parallel run it does no more once RunSuite
	// returns (optional).
	Done func(*RunResult)
	// Plant makes the scenes a part of the Ginkgo tree; see Org.Plant.
	Plant func(*Org)
	// Owed is how many requests it takes at most to clean up what there is at the moment (optional).
	Owed func() int
	// Teardown removes what is left after the last scene.
	Teardown func(context.Context, *Org)
}

// RunResult is the report of a run, with its exchanges.
type RunResult struct {
	Report    *report.Report
	Exchanges []*exchange.Exchange
	// Uses says which shared fixtures the steps and arrangements of this process named.
	Uses map[string][]string
}

// ginkgoConfiguration is what Ginkgo's command line said. RunSpecs keeps the configuration that it is given, so that a
// later run in the process would otherwise begin with the filter of an earlier one.
var ginkgoConfiguration = sync.OnceValues(ginkgo.GinkgoConfiguration)

// DryRun reports whether Ginkgo's command line asks for a run that sends nothing.
func DryRun() bool {
	suite, _ := ginkgoConfiguration()
	return suite.DryRun
}

// Processes returns how many processes a parallel run of Ginkgo's has, and which of them this is; the first is 1.
func Processes() (total, this int) {
	suite, _ := ginkgoConfiguration()
	return suite.ParallelTotal, suite.ParallelProcess
}

// Common is a text that the processes of one parallel run have in common, and no other run has.
func Common() string {
	suite, _ := ginkgoConfiguration()
	return fmt.Sprint(suite.ParallelHost, " ", suite.RandomSeed, " ", os.Getppid())
}

// ginkgoTimeout is Ginkgo's bound on a suite where its command line names none.
const ginkgoTimeout = time.Hour

// silentT lets a run decide by its report alone.
type silentT struct{}

func (silentT) Fail() {}

// RunSuite plants the scenes, runs them, and makes a report of what they saw. In a process that is not the first of a
// parallel run the result is nil: the first one reports for all. Runs in one process follow each other.
func RunSuite(c Config) (*RunResult, error) {
	// Ginkgo keeps one tree a process, and forgets none by itself.
	globals.Reset()
	suite, reporter := ginkgoConfiguration()
	if err := configure(&suite, c); err != nil {
		return nil, err
	}
	org := newOrg(c)
	if c.Owed != nil {
		org.owed = c.Owed
	}
	gomega.RegisterFailHandler(org.collect)
	c.Plant(org)
	plantSuiteNodes(c, org)

	started := time.Now()
	org.end = started.Add(suite.Timeout)
	org.deadline = org.end.Add(-CleanUpTime(suite.Timeout))
	var result *RunResult
	var failed error
	ginkgo.ReportAfterSuite("rolecheck reports", func(g ginkgo.Report) {
		if result, failed = reported(g, c, org, started); failed == nil && c.Done != nil {
			c.Done(result)
		}
	})
	t := c.T
	if t == nil {
		t = silentT{}
		out := formatter.ColorableStdOut
		formatter.ColorableStdOut = io.Discard
		defer func() { formatter.ColorableStdOut = out }()
	}
	ginkgo.RunSpecs(t, "rolecheck", suite, reporter)
	return result, failed
}

// reported makes the report of a run from what Ginkgo says of it.
func reported(g ginkgo.Report, c Config, org *Org, started time.Time) (*RunResult, error) {
	if len(org.unknown) > 0 {
		return nil, errors.New(strings.Join(org.unknown, "\n"))
	}
	seen, err := readReport(g, c.Spec)
	if err != nil {
		return nil, err
	}
	head := report.Report{
		Tool: c.Tool,
		Mode: report.Run,
		Run: report.RunInfo{
			ID: c.RunID, Started: started, Ended: time.Now(), Seed: g.SuiteConfig.RandomSeed, Interrupted: seen.Interrupted,
			Filter: filterOf(g.SuiteConfig, c.Settings.ReadOnly), DryRun: g.SuiteConfig.DryRun, DocumentsOnly: c.Settings.DocumentsOnly, Level: c.Settings.Level, Problem: seen.Problem,
			SettleSeconds: org.historySettle(g.SuiteConfig.ParallelTotal).Seconds(),
		},
		Target: report.TargetInfo{
			Kind: c.Target.Kind, URL: c.Target.URL.String(), Flavour: c.Target.Flavour,
			Identity: c.Target.Identity, Features: c.Target.Features(),
		},
		Leaks:    seen.Leaks,
		Requests: report.RequestCounts{WaitedSeconds: seen.Waited.Seconds(), PlannedTotal: c.PlannedTotal, PlannedWrites: c.PlannedWrites},
	}
	r := assemble(head, c, seen)
	if r.Run.DryRun && !r.Run.Interrupted {
		// It did what was asked for: nothing.
		r.Run.Exit = verdict.ExitPassed
	}
	return &RunResult{Report: r, Exchanges: seen.Exchanges, Uses: org.uses}, nil
}

// configure puts the settings over Ginkgo's own configuration. What Ginkgo's command line says stays.
func configure(suite *types.SuiteConfig, c Config) error {
	suite.RandomizeAllSpecs = true
	if c.Settings.Seed != 0 {
		suite.RandomSeed = c.Settings.Seed
	}
	if t := c.Settings.Timeout; t > 0 && (suite.Timeout == ginkgoTimeout || t < suite.Timeout) {
		suite.Timeout = t
	}
	suite.FailFast = suite.FailFast || c.Settings.FailFast
	// Cleaning up takes as long as the org's rate limits want.
	suite.GracePeriod = max(suite.GracePeriod, c.Settings.Patience)
	filter, err := filterFrom(c.Settings)
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

func plantSuiteNodes(c Config, org *Org) {
	ginkgo.BeforeSuite(func() {
		if len(org.unknown) > 0 {
			declare(verdict.Error, strings.Join(org.unknown, "\n"))
		}
		if total, this := Processes(); c.Announcement != "" && total > 1 && this == 1 {
			ginkgo.AddReportEntry(c.Announcement, ginkgo.ReportEntryVisibilityAlways)
		}
		for _, x := range c.Look.Exchanges {
			entry(entryExchange, x)
		}
		if c.Look.Problem != "" {
			declare(verdict.Blocked, c.Look.Problem)
		}
	})
	ginkgo.AfterSuite(func(ctx ginkgo.SpecContext) {
		org.cleanUp(ctx, nil)
		c.Teardown(ctx, org)
		entry(entryWaited, org.waited())
	})
	ginkgo.ReportAfterEach(func(sr ginkgo.SpecReport) {
		if c.Progress != nil && sr.NumAttempts > 0 {
			c.Progress(org.current(sr).ID, outcomeOf(sr))
		}
	})
}

func outcomeOf(sr types.SpecReport) verdict.Outcome {
	for _, e := range sr.ReportEntries {
		if d, ok := e.GetRawValue().(declared); ok {
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
