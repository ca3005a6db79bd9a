package harness

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// read reads a report as it is and as another process tells of it, and expects the same of both.
func read(t *testing.T, g types.Report) *results {
	t.Helper()
	f, err := readReport(g, sample.Spec(t))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var elsewhere types.Report
	if err := json.Unmarshal(b, &elsewhere); err != nil {
		t.Fatal(err)
	}
	other, err := readReport(elsewhere, sample.Spec(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, other, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("another process tells of it otherwise: %s", diff)
	}
	return f
}

func TestFoldOneSpec(t *testing.T) {
	q := sample.Specs(t, 1, spec.Must)[0]
	act := exchangeEntry("x2", exchange.Act, 200)
	declared := func(o verdict.Outcome) types.ReportEntry {
		return entryOf(entryDeclared, declared{Outcome: o, Reason: "because"})
	}
	panicked := ranSpec(q, types.SpecStatePanicked, act)
	panicked.Failure = types.Failure{Message: "Test Panicked", ForwardedPanic: "index out of range"}
	tests := map[string]struct {
		spec     types.SpecReport
		outcome  verdict.Outcome
		detail   string
		evidence []string
	}{
		"passed":               {ranSpec(q, types.SpecStatePassed, exchangeEntry("x1", exchange.Arrange, 201), act), verdict.Pass, "", []string{"x1", "x2"}},
		"passed, with notes":   {ranSpec(q, types.SpecStatePassed, act, entryOf(entryNote, "one"), entryOf(entryNote, "two")), verdict.Pass, "one\ntwo", []string{"x2"}},
		"passed, citing":       {ranSpec(q, types.SpecStatePassed, entryOf(entryCite, "x9"), entryOf(entryCite, "x9")), verdict.Pass, "", []string{"x9"}},
		"passed, seen nothing": {ranSpec(q, types.SpecStatePassed), verdict.Error, "without an exchange", nil},
		"passed, unanswered":   {ranSpec(q, types.SpecStatePassed, exchangeEntry("x2", exchange.Act, 0)), verdict.Error, "without an exchange", []string{"x2"}},
		"passed, cleaning up":  {ranSpec(q, types.SpecStatePassed, exchangeEntry("x2", exchange.Cleanup, 204)), verdict.Error, "without an exchange", nil},
		"failed":               {failing(ranSpec(q, types.SpecStateFailed, act), "Expected\n    <int>: 200\nto equal\n    <int>: 201"), verdict.Fail, "Expected <int>: 200 to equal <int>: 201", []string{"x2"}},
		"failed, unanswered":   {failing(ranSpec(q, types.SpecStateFailed, exchangeEntry("x2", exchange.Act, 0)), "no answer: EOF"), verdict.Fail, "no answer", []string{"x2"}},
		"declared blocked":     {ranSpec(q, types.SpecStateSkipped, act, declared(verdict.Blocked)), verdict.Blocked, "because", []string{"x2"}},
		"declared unsupported": {ranSpec(q, types.SpecStateSkipped, declared(verdict.Unsupported)), verdict.Unsupported, "because", nil},
		"declared failing":     {ranSpec(q, types.SpecStateSkipped, act, declared(verdict.Fail)), verdict.Fail, "because", []string{"x2"}},
		"panicked":             {panicked, verdict.Error, "the spec broke: index out of range", []string{"x2"}},
		"timed out":            {failing(ranSpec(q, types.SpecStateTimedout, act), "A spec timeout occurred"), verdict.Error, "did not end in its time: A spec timeout", []string{"x2"}},
		"interrupted":          {failing(ranSpec(q, types.SpecStateInterrupted, act), "Interrupted by User"), verdict.NotRun, "ended while the spec ran", []string{"x2"}},
		"aborted":              {failing(ranSpec(q, types.SpecStateAborted, act), "no more"), verdict.NotRun, "ended while the spec ran", []string{"x2"}},
		"skipped by itself":    {failing(ranSpec(q, types.SpecStateSkipped, act), "not today"), verdict.NotRun, "skipped itself: not today", []string{"x2"}},
		"pending":              {failing(skippedSpec(q), ""), verdict.NotRun, "ended before its turn", nil},
		"left by a predecessor": {failing(skippedSpec(q), "Spec skipped because an earlier spec in an ordered container failed"),
			verdict.NotRun, "earlier spec in an ordered container", nil},
	}
	pending := tests["pending"]
	pending.spec.State, pending.outcome, pending.detail = types.SpecStatePending, verdict.Untested, "marked as pending"
	tests["pending"] = pending
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := read(t, types.Report{SpecReports: types.SpecReports{test.spec}})
			v, ok := f.Verdicts[q.ID]
			if !ok || len(f.Verdicts) != 1 {
				t.Fatalf("got %v", f.Verdicts)
			}
			if v.Outcome != test.outcome || !strings.Contains(v.Detail, test.detail) || (v.Detail == "") != (test.detail == "") {
				t.Errorf("got %s %q, want %s %q", v.Outcome, v.Detail, test.outcome, test.detail)
			}
			if diff := cmp.Diff(test.evidence, v.Evidence, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("evidence: %s", diff)
			}
			if (v.Repro != "") != (v.Outcome == verdict.Fail) {
				t.Errorf("to repeat: %q", v.Repro)
			}
			if v.Location != "suites/user_roles.go:42" || v.Spec != "suites/user_roles.go: Roles, of users, does what it should" {
				t.Errorf("got the place %q and the spec %q", v.Location, v.Spec)
			}
			if f.Problem != "" || f.Interrupted {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestFoldFailures(t *testing.T) {
	q := sample.Specs(t, 2, spec.Must)
	first, second, cleaning := sample.Exchanged("x1", exchange.Act, 200), sample.Exchanged("x2", exchange.Act, 200), sample.Exchanged("x3", exchange.Cleanup, 204)
	elsewhere := sample.Exchanged("x4", exchange.Act, 200)
	for i, x := range []*exchange.Exchange{first, second, cleaning, elsewhere} {
		x.Request.URL.Path += strings.Repeat("/again", i)
	}
	entries := []types.ReportEntry{entryOf(entryExchange, first), entryOf(entryExchange, second), entryOf(entryExchange, cleaning)}
	with := func(more ...types.ReportEntry) []types.ReportEntry { return append(slices.Clone(entries), more...) }
	one := verdict.Failure{Expected: "status 204", Actual: "status 403", Exchange: "x1", Line: first.Line(), More: "and so on"}
	two := verdict.Failure{Expected: "no role", Actual: "one", Exchange: "x2"}
	unshown := verdict.Failure{Expected: "something", Actual: "nothing"}
	declared := entryOf(entryDeclared, declared{Outcome: verdict.Fail, Reason: "because"})
	tests := map[string]struct {
		spec     types.SpecReport
		failures []verdict.Failure
		evidence []string
		repro    *exchange.Exchange
	}{
		"one": {failing(ranSpec(q[0], types.SpecStateFailed, with(entryOf(entryFailure, one))...), "other words"),
			[]verdict.Failure{one}, []string{"x1", "x2"}, first},
		"several, in order": {failing(ranSpec(q[0], types.SpecStateFailed, with(entryOf(entryFailure, two), entryOf(entryFailure, one))...), "other words"),
			[]verdict.Failure{two, one}, []string{"x1", "x2"}, second},
		"the first without an exchange": {failing(ranSpec(q[0], types.SpecStateFailed, with(entryOf(entryFailure, unshown), entryOf(entryFailure, one))...), "x"),
			[]verdict.Failure{unshown, one}, []string{"x1", "x2"}, first},
		"without any exchange": {failing(ranSpec(q[0], types.SpecStateFailed, with(entryOf(entryFailure, unshown))...), "x"),
			[]verdict.Failure{unshown}, []string{"x1", "x2"}, second},
		"of an exchange that cleans up": {failing(ranSpec(q[0], types.SpecStateFailed, with(entryOf(entryFailure, verdict.Failure{Actual: "a", Exchange: "x3"}))...), "x"),
			[]verdict.Failure{{Actual: "a", Exchange: "x3"}}, []string{"x1", "x2", "x3"}, cleaning},
		"of another spec's exchange": {failing(ranSpec(q[0], types.SpecStateFailed, with(entryOf(entryFailure, verdict.Failure{Actual: "a", Exchange: "x4"}))...), "x"),
			[]verdict.Failure{{Actual: "a", Exchange: "x4"}}, []string{"x1", "x2", "x4"}, elsewhere},
		"none": {failing(ranSpec(q[0], types.SpecStateFailed, entries...), "just\nwords"),
			[]verdict.Failure{{Actual: "just\nwords"}}, []string{"x1", "x2"}, second},
		"none, citing another's": {failing(ranSpec(q[0], types.SpecStateFailed, entryOf(entryCite, "x4")), "words"),
			[]verdict.Failure{{Actual: "words"}}, []string{"x4"}, elsewhere},
		"none, and no exchange": {failing(ranSpec(q[0], types.SpecStateFailed), "words"), []verdict.Failure{{Actual: "words"}}, nil, nil},
		"declared": {failing(ranSpec(q[0], types.SpecStateSkipped, with(entryOf(entryFailure, one), declared)...), "x"),
			[]verdict.Failure{one}, []string{"x1", "x2"}, first},
		"declared, with its reason alone": {failing(ranSpec(q[0], types.SpecStateSkipped, with(declared)...), "x"),
			[]verdict.Failure{{Actual: "because"}}, []string{"x1", "x2"}, second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			// Another process may tell of the exchange later.
			v := read(t, types.Report{SpecReports: types.SpecReports{test.spec, ranSpec(q[1], types.SpecStatePassed, entryOf(entryExchange, elsewhere))}}).Verdicts[q[0].ID]
			if diff := cmp.Diff(test.failures, v.Failures); diff != "" || v.Outcome != verdict.Fail || v.Detail != verdict.Details(test.failures) {
				t.Errorf("got %s %q %s", v.Outcome, v.Detail, diff)
			}
			if diff := cmp.Diff(test.evidence, v.Evidence, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("evidence: %s", diff)
			}
			want := ""
			if test.repro != nil {
				want = test.repro.Curl()
			}
			if v.Repro != want {
				t.Errorf("to repeat: %q, want %q", v.Repro, want)
			}
		})
	}
	passed := ranSpec(q[0], types.SpecStatePassed, with(entryOf(entryFailure, one))...)
	if v := read(t, types.Report{SpecReports: types.SpecReports{passed}}).Verdicts[q[0].ID]; v.Outcome != verdict.Pass || v.Failures != nil {
		t.Errorf("what was caught fails nothing: %+v", v)
	}
}

func TestFoldKeepsTheWorst(t *testing.T) {
	q := sample.Specs(t, 1, spec.Must)[0]
	good := ranSpec(q, types.SpecStatePassed, exchangeEntry("x1", exchange.Act, 200))
	bad := failing(ranSpec(q, types.SpecStateFailed, exchangeEntry("x2", exchange.Act, 200)), "wrong")
	for _, order := range [][]types.SpecReport{{good, bad}, {bad, good}} {
		if v := read(t, types.Report{SpecReports: order}).Verdicts[q.ID]; v.Outcome != verdict.Fail || v.Detail != "wrong" {
			t.Errorf("got %+v", v)
		}
	}
	unnamed := good
	unnamed.LeafNodeLabels = []string{"no-such.requirement"}
	if f := read(t, types.Report{SpecReports: types.SpecReports{unnamed}}); len(f.Verdicts) != 0 || len(f.Exchanges) != 1 {
		t.Errorf("a spec of no requirement: %+v", f)
	}
}

// TestFoldUnreached tells apart what Ginkgo calls skipped without giving a reason.
func TestFoldUnreached(t *testing.T) {
	q := sample.Specs(t, 2, spec.Must)
	ran, left := ranSpec(q[0], types.SpecStatePassed, exchangeEntry("x1", exchange.Act, 200)), skippedSpec(q[1])
	tests := map[string]struct {
		report  types.Report
		outcome verdict.Outcome
		detail  string
	}{
		"a label filter":          {types.Report{SuiteConfig: types.SuiteConfig{LabelFilter: q[0].ID}}, verdict.NotSelected, "left out by the filter"},
		"a filter that takes it":  {types.Report{SuiteConfig: types.SuiteConfig{LabelFilter: q[0].ID + " || " + q[1].ID}}, verdict.NotRun, "ended before its turn"},
		"a system's filter":       {types.Report{SuiteConfig: types.SuiteConfig{LabelFilter: q[1].System}}, verdict.NotRun, "ended before its turn"},
		"a focus":                 {types.Report{SuiteConfig: types.SuiteConfig{FocusStrings: []string{"x"}}}, verdict.NotSelected, "left out by the filter"},
		"a skip":                  {types.Report{SuiteConfig: types.SuiteConfig{SkipStrings: []string{"x"}}}, verdict.NotSelected, "left out by the filter"},
		"a file":                  {types.Report{SuiteConfig: types.SuiteConfig{FocusFiles: []string{"x"}}}, verdict.NotSelected, "left out by the filter"},
		"no filter":               {types.Report{}, verdict.NotRun, "ended before its turn"},
		"a focus in the code":     {types.Report{SuiteHasProgrammaticFocus: true}, verdict.NotRun, "marked as focused"},
		"a dry run":               {types.Report{SuiteConfig: types.SuiteConfig{DryRun: true}}, verdict.NotRun, "a dry run"},
		"interrupted":             {types.Report{SpecialSuiteFailureReasons: []string{"Interrupted by User"}}, verdict.NotRun, "interrupted before its turn"},
		"interrupted, and left":   {types.Report{SuiteConfig: types.SuiteConfig{LabelFilter: q[0].ID}, SpecialSuiteFailureReasons: []string{"Interrupted by User"}}, verdict.NotSelected, "left out by the filter"},
		"interrupted, with focus": {types.Report{SuiteConfig: types.SuiteConfig{FocusStrings: []string{"x"}}, SpecialSuiteFailureReasons: []string{"Interrupted by User"}}, verdict.NotRun, "interrupted before its turn"},
		"out of time":             {types.Report{SpecialSuiteFailureReasons: []string{"Suite Timeout Elapsed"}}, verdict.NotRun, "time was up"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := test.report
			g.SpecReports = types.SpecReports{ran, left}
			f := read(t, g)
			if v := f.Verdicts[q[1].ID]; v.Outcome != test.outcome || !strings.Contains(v.Detail, test.detail) {
				t.Errorf("got %s %q, want %s %q", v.Outcome, v.Detail, test.outcome, test.detail)
			}
			if v := f.Verdicts[q[0].ID]; v.Outcome != verdict.Pass && !g.SuiteConfig.DryRun {
				t.Errorf("the spec that ran: %+v", v)
			}
			if f.Interrupted != strings.Contains(strings.Join(g.SpecialSuiteFailureReasons, ""), "Interrupted") {
				t.Errorf("interrupted: %t", f.Interrupted)
			}
		})
	}
}

func TestFoldSuiteNodes(t *testing.T) {
	q := sample.Specs(t, 2, spec.Must)
	node := func(kind types.NodeType, state types.SpecState, f types.Failure, entries ...types.ReportEntry) types.SpecReport {
		return types.SpecReport{LeafNodeType: kind, State: state, Failure: f, NumAttempts: 1, ReportEntries: entries}
	}
	blocked := entryOf(entryDeclared, declared{Outcome: verdict.Blocked, Reason: "the org is away"})
	before := types.NodeTypeBeforeSuite
	tests := map[string]struct {
		before  types.SpecReport
		specs   bool
		problem string
		outcome verdict.Outcome
	}{
		"declared":    {node(before, types.SpecStateSkipped, types.Failure{Message: "blocked: the org is away"}, blocked), true, "the org is away", verdict.Blocked},
		"skipped":     {node(before, types.SpecStateSkipped, types.Failure{Message: "not here"}), true, "the suite was skipped: not here", verdict.Blocked},
		"failed":      {node(before, types.SpecStateFailed, types.Failure{Message: "no org"}), false, "no org", verdict.Blocked},
		"panicked":    {node(before, types.SpecStatePanicked, types.Failure{Message: "Test Panicked", ForwardedPanic: "nil map"}), false, "rolecheck broke: nil map", verdict.Blocked},
		"in parallel": {node(types.NodeTypeSynchronizedBeforeSuite, types.SpecStateFailed, types.Failure{Message: "no org"}), false, "no org", verdict.Blocked},
		"passed":      {node(before, types.SpecStatePassed, types.Failure{}), true, "", verdict.NotRun},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := types.Report{SpecReports: types.SpecReports{test.before}, SuiteConfig: types.SuiteConfig{LabelFilter: q[0].ID}}
			if test.specs {
				g.SpecReports = append(g.SpecReports, skippedSpec(q[0]), skippedSpec(q[1]))
			}
			f := read(t, g)
			if f.Problem != test.problem {
				t.Errorf("got the problem %q, want %q", f.Problem, test.problem)
			}
			v := f.Verdicts[q[0].ID]
			if v.Outcome != test.outcome || test.problem != "" && v.Detail != test.problem {
				t.Errorf("got %s %q", v.Outcome, v.Detail)
			}
			if v := f.Verdicts[q[1].ID]; v.Outcome != verdict.NotSelected {
				t.Errorf("left out: got %s %q", v.Outcome, v.Detail)
			}
		})
	}
	t.Run("interrupted", func(t *testing.T) {
		f := read(t, types.Report{
			SpecReports:                types.SpecReports{node(before, types.SpecStateInterrupted, types.Failure{Message: "Interrupted by User"})},
			SpecialSuiteFailureReasons: []string{"Interrupted by User"},
		})
		if f.Problem != "" || !f.Interrupted || len(f.Verdicts) != 0 {
			t.Errorf("got %+v", f)
		}
	})
	t.Run("the end", func(t *testing.T) {
		leak := report.Leak{Kind: "group", ID: "g1", Name: "rolecheck-x-1", Reason: "500"}
		after := node(types.NodeTypeAfterSuite, types.SpecStatePanicked, types.Failure{Message: "Test Panicked", ForwardedPanic: "nil map"},
			entryOf(entryLeak, leak), entryOf(entryWaited, 1500*time.Millisecond), entryOf(entryWaited, 2*time.Second), exchangeEntry("x2", exchange.Cleanup, 500))
		f := read(t, types.Report{SpecReports: types.SpecReports{ranSpec(q[0], types.SpecStatePassed, exchangeEntry("x1", exchange.Act, 200)), after}})
		if f.Problem != "rolecheck broke: nil map" || f.Verdicts[q[0].ID].Outcome != verdict.Pass {
			t.Errorf("got %+v", f)
		}
		if !slices.Equal(f.Leaks, []report.Leak{leak}) || f.Waited != 3500*time.Millisecond || len(f.Exchanges) != 2 || f.Exchanges[0].ID != "x1" {
			t.Errorf("got %+v", f)
		}
	})
}

func TestFoldRefusesWhatItCannotRead(t *testing.T) {
	q := sample.Specs(t, 1, spec.Must)[0]
	for name, entry := range map[string]types.ReportEntry{
		"an exchange": entryOf(entryExchange, 7), "a declaration": entryOf(entryDeclared, "x"), "a note": entryOf(entryNote, 7), "a failure": entryOf(entryFailure, "x"),
		"what JSON cannot hold": entryOf(entryLeak, func() {}),
	} {
		for _, sr := range []types.SpecReport{ranSpec(q, types.SpecStatePassed, entry), {LeafNodeType: types.NodeTypeAfterSuite, ReportEntries: types.ReportEntries{entry}}} {
			if f, err := readReport(types.Report{SpecReports: types.SpecReports{sr}}, sample.Spec(t)); err == nil || !strings.Contains(err.Error(), entry.Name) {
				t.Errorf("%s: got %+v, %v", name, f, err)
			}
		}
	}
	other := ranSpec(q, types.SpecStatePassed, exchangeEntry("x1", exchange.Act, 200), entryOf("somebody else's", 7))
	if f := read(t, types.Report{SpecReports: types.SpecReports{other}}); f.Verdicts[q.ID].Outcome != verdict.Pass {
		t.Errorf("got %+v", f)
	}
}

func entryOf(name string, value any) types.ReportEntry {
	return types.ReportEntry{Name: name, Value: types.WrapEntryValue(value), Visibility: types.ReportEntryVisibilityNever}
}

func exchangeEntry(id string, phase exchange.Phase, status int) types.ReportEntry {
	return entryOf(entryExchange, sample.Exchanged(id, phase, status))
}

// ranSpec is what Ginkgo says of a spec that ran.
func ranSpec(q spec.Requirement, state types.SpecState, entries ...types.ReportEntry) types.SpecReport {
	return types.SpecReport{
		ContainerHierarchyTexts: []string{"Roles", "of users"}, ContainerHierarchyLabels: [][]string{{q.System}},
		LeafNodeType: types.NodeTypeIt, LeafNodeText: "does what it should", LeafNodeLabels: append([]string{q.ID, string(q.Level)}, q.Operations...),
		LeafNodeLocation: types.CodeLocation{FileName: "/some/where/suites/user_roles.go", LineNumber: 42},
		State:            state, StartTime: sample.Began, EndTime: sample.Began.Add(time.Second), NumAttempts: 1,
		ReportEntries: entries,
	}
}

// skippedSpec is what Ginkgo says of a spec that it did not begin, whatever the reason. It notes a time all the same.
func skippedSpec(q spec.Requirement) types.SpecReport {
	sr := ranSpec(q, types.SpecStateSkipped)
	sr.NumAttempts, sr.EndTime = 0, time.Time{}
	return sr
}

func failing(sr types.SpecReport, message string) types.SpecReport {
	sr.Failure = types.Failure{Message: message}
	return sr
}
