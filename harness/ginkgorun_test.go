package harness

import (
	"io"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

type quiet struct{}

func (quiet) Fail() {}

// runGinkgo runs specs for real and returns what Ginkgo reports.
func runGinkgo(change func(*types.SuiteConfig), plant func()) types.Report {
	globals.Reset()
	defer globals.Reset()
	out := formatter.ColorableStdOut
	formatter.ColorableStdOut = io.Discard
	defer func() { formatter.ColorableStdOut = out }()
	suite, reporter := ginkgo.GinkgoConfiguration()
	// Ginkgo keeps the configuration of the run before.
	suite.RandomizeAllSpecs, suite.DryRun, suite.LabelFilter, suite.FocusStrings = false, false, "", nil
	change(&suite)
	var got types.Report
	plant()
	ginkgo.ReportAfterSuite("keeps the report", func(r ginkgo.Report) { got = r })
	ginkgo.RunSpecs(quiet{}, "real", suite, reporter)
	return got
}

// TestFoldRealRuns holds the fold against what Ginkgo really reports, since the other tests rest on how we think it does.
func TestFoldRealRuns(t *testing.T) {
	// Otherwise Ginkgo ends the process after a focused run.
	t.Setenv("GINKGO_EDITOR_INTEGRATION", "true")
	q := sample.Specs(t, 3, spec.Must)
	see := func() { ginkgo.AddReportEntry(entryExchange, sample.Exchanged("x1", exchange.Act, 200)) }
	label := func(q spec.Requirement) ginkgo.Labels { return ginkgo.Label(q.ID, string(q.Level)) }
	// three plants a spec for each requirement, the first of which does what it is told.
	three := func(first func(), decorations ...any) {
		ginkgo.Describe("specs", func() {
			ginkgo.It("one", append([]any{label(q[0]), first}, decorations...)...)
			ginkgo.It("two", label(q[1]), see)
			ginkgo.It("three", label(q[2]), see)
		})
	}
	nothing := func(*types.SuiteConfig) {}
	is := func(o ...verdict.Outcome) []verdict.Outcome { return o }
	tests := map[string]struct {
		change  func(*types.SuiteConfig)
		plant   func()
		want    []verdict.Outcome
		problem string
	}{
		"all pass": {nothing, func() { three(see) }, is(verdict.Pass, verdict.Pass, verdict.Pass), ""},
		"one fails": {nothing, func() { three(func() { see(); ginkgo.Fail("wrong") }) },
			is(verdict.Fail, verdict.Pass, verdict.Pass), ""},
		"one panics": {nothing, func() { three(func() { see(); panic("oh") }) },
			is(verdict.Error, verdict.Pass, verdict.Pass), ""},
		"one skips itself": {nothing, func() { three(func() { ginkgo.Skip("not today") }) },
			is(verdict.NotRun, verdict.Pass, verdict.Pass), ""},
		"one is pending": {nothing, func() { three(see, ginkgo.Pending) },
			is(verdict.Untested, verdict.Pass, verdict.Pass), ""},
		"one is focused": {nothing, func() { three(see, ginkgo.Focus) },
			is(verdict.Pass, verdict.NotRun, verdict.NotRun), ""},
		"filtered by label": {func(c *types.SuiteConfig) { c.LabelFilter = q[1].ID }, func() { three(see) },
			is(verdict.NotSelected, verdict.Pass, verdict.NotSelected), ""},
		"filtered by text": {func(c *types.SuiteConfig) { c.FocusStrings = []string{"two"} }, func() { three(see) },
			is(verdict.NotSelected, verdict.Pass, verdict.NotSelected), ""},
		"a dry run": {func(c *types.SuiteConfig) { c.DryRun = true }, func() { three(see) },
			is(verdict.NotRun, verdict.NotRun, verdict.NotRun), ""},
		"aborted": {nothing, func() { three(func() { see(); ginkgo.AbortSuite("no more") }) },
			is(verdict.NotRun, verdict.NotRun, verdict.NotRun), ""},
		"ordered": {nothing, func() {
			ginkgo.Describe("in order", ginkgo.Ordered, func() { three(func() { see(); ginkgo.Fail("wrong") }) })
		}, is(verdict.Fail, verdict.NotRun, verdict.NotRun), ""},
		"the set-up declares": {nothing, func() {
			ginkgo.BeforeSuite(func() {
				ginkgo.AddReportEntry(entryDeclared, declared{Outcome: verdict.Blocked, Reason: "away"})
				ginkgo.Skip("away")
			})
			three(see)
		}, is(verdict.Blocked, verdict.Blocked, verdict.Blocked), "away"},
		"the set-up declares, filtered": {func(c *types.SuiteConfig) { c.LabelFilter = q[1].ID }, func() {
			ginkgo.BeforeSuite(func() {
				ginkgo.AddReportEntry(entryDeclared, declared{Outcome: verdict.Blocked, Reason: "away"})
				ginkgo.Skip("away")
			})
			three(see)
		}, is(verdict.NotSelected, verdict.Blocked, verdict.NotSelected), "away"},
		"the set-up fails": {nothing, func() {
			ginkgo.BeforeSuite(func() { ginkgo.Fail("no org") })
			three(see)
		}, is(verdict.Blocked, verdict.Blocked, verdict.Blocked), "no org"},
		"the set-up panics": {nothing, func() {
			ginkgo.BeforeSuite(func() { panic("nil map") })
			three(see)
		}, is(verdict.Blocked, verdict.Blocked, verdict.Blocked), "rolecheck broke: nil map"},
		"the end panics": {nothing, func() {
			ginkgo.AfterSuite(func() { panic("nil map") })
			three(see)
		}, is(verdict.Pass, verdict.Pass, verdict.Pass), "rolecheck broke: nil map"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := read(t, runGinkgo(test.change, test.plant))
			for i, want := range test.want {
				if v := f.Verdicts[q[i].ID]; v.Outcome != want {
					t.Errorf("spec %d: got %s %q, want %s", i+1, v.Outcome, v.Detail, want)
				}
			}
			if f.Problem != test.problem {
				t.Errorf("got the problem %q, want %q", f.Problem, test.problem)
			}
		})
	}
}
