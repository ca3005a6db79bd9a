package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func of(q spec.Requirement, o verdict.Outcome) verdict.Verdict {
	return verdict.Verdict{Requirement: q, Outcome: o, Detail: "why " + string(o), Evidence: []string{"x0001"}}
}

func TestBuildGate(t *testing.T) {
	must, should := sample.Specs(t, 1, spec.Must)[0], sample.Specs(t, 1, spec.Should)[0]
	tests := map[string]struct {
		verdicts []verdict.Verdict
		change   func(*report.Report, *report.Collector)
		exit     int
		result   verdict.Result
	}{
		"all pass":          {sample.Passing(t), nil, verdict.ExitPassed, verdict.Conformant},
		"a must fails":      {sample.Passing(t, of(must, verdict.Fail)), nil, verdict.ExitFailed, verdict.NotConformant},
		"a should fails":    {sample.Passing(t, of(should, verdict.Fail)), nil, verdict.ExitPassed, verdict.Findings},
		"that is the level": {sample.Passing(t, of(should, verdict.Fail)), func(r *report.Report, _ *report.Collector) { r.Run.Level = spec.Should }, verdict.ExitFailed, verdict.Findings},
		"a must is blocked": {sample.Passing(t, of(must, verdict.Blocked)), nil, verdict.ExitUnverified, verdict.Incomplete},
		"nothing at all":    {nil, nil, verdict.ExitUnverified, ""},
		"interrupted":       {sample.Passing(t), func(r *report.Report, _ *report.Collector) { r.Run.Interrupted, r.Run.Complete = true, false }, verdict.ExitInterrupted, verdict.Incomplete},
		"a problem":         {sample.Passing(t), func(r *report.Report, _ *report.Collector) { r.Run.Problem, r.Run.Complete = "oh", false }, verdict.ExitUnverified, verdict.Incomplete},
		"a problem, and a failure": {sample.Passing(t, of(must, verdict.Fail)), func(r *report.Report, _ *report.Collector) { r.Run.Problem = "oh" },
			verdict.ExitFailed, verdict.NotConformant},
		"something unreadable": {sample.Passing(t), func(_ *report.Report, c *report.Collector) { c.Unreadable() }, verdict.ExitUnverified, verdict.Incomplete},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h, c := sample.Head(), report.NewCollector(sample.Spec(t))
			if test.change != nil {
				test.change(&h, c)
			}
			r := report.Build(h, sample.Spec(t).Systems, test.verdicts, c, nil)
			if r.Run.Exit != test.exit {
				t.Errorf("got the exit code %d, want %d", r.Run.Exit, test.exit)
			}
			if r.Schema != report.Schema || len(r.Requirements) != len(test.verdicts) {
				t.Errorf("got %q with %d rows", r.Schema, len(r.Requirements))
			}
			worst := map[verdict.Result]bool{}
			for _, s := range r.Systems {
				worst[s.Result] = true
				n := 0
				for _, count := range s.Counts {
					n += count
				}
				rows := slices.DeleteFunc(slices.Clone(r.Requirements), func(q report.Requirement) bool { return q.System != s.ID })
				if n != len(rows) || n == 0 || s.Title == "" {
					t.Errorf("%s counts %d of %d rows", s.ID, n, len(rows))
				}
			}
			if test.result != "" && !worst[test.result] {
				t.Errorf("no system is %s: %v", test.result, r.Systems)
			}
		})
	}
}

func TestBuildSortsAndLeavesItsInputAlone(t *testing.T) {
	given := sample.Passing(t)
	slices.Reverse(given)
	given[0].Evidence = nil
	given[0].Requirement.Operations, given[0].Requirement.Sources = nil, nil
	first := given[0].Requirement.ID
	h := sample.Head()
	zone := time.FixedZone("far away", 9*3600)
	h.Run.Started, h.Run.Ended = h.Run.Started.In(zone), h.Run.Ended.In(zone)
	h.Requests = report.RequestCounts{WaitedSeconds: 1.5, PlannedTotal: 900, PlannedWrites: 450, Total: 7}
	h.Leaks = []report.Leak{{Kind: "user", ID: "2"}, {Kind: "group", ID: "9"}, {Kind: "group", Name: "b"}, {Kind: "group", Name: "a"}}
	c := report.NewCollector(sample.Spec(t))
	c.Add(sample.Exchanged("x1", exchange.Act, 200), judged(t, nil))
	r := report.Build(h, sample.Spec(t).Systems, given, c, nil)

	if given[0].Requirement.ID != first || h.Leaks[0].Kind != "user" {
		t.Error("what was given is sorted as well")
	}
	if !slices.IsSortedFunc(r.Requirements, func(a, b report.Requirement) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the rows are not sorted")
	}
	if !slices.IsSortedFunc(r.Systems, func(a, b report.System) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the systems are not sorted")
	}
	if got := fmt.Sprint(r.Leaks); got != "[{group  a  } {group  b  } {group 9   } {user 2   }]" {
		t.Errorf("got the leaks %s", got)
	}
	if r.Run.Started.Location() != time.UTC || !r.Run.Started.Equal(sample.Began) || r.Run.Ended.Location() != time.UTC {
		t.Errorf("got the times %s and %s", r.Run.Started, r.Run.Ended)
	}
	if want := (report.RequestCounts{Total: 1, WaitedSeconds: 1.5, PlannedTotal: 900, PlannedWrites: 450}); r.Requests != want {
		t.Errorf("got %+v", r.Requests)
	}
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), ": null") {
		t.Error("something is null, and not empty")
	}
	again := report.Build(h, sample.Spec(t).Systems, given, c, nil)
	if b2, err := again.JSON(); err != nil || string(b2) != string(b) {
		t.Errorf("a second time gives another report (%v)", err)
	}
}

func TestBuildWithBaseline(t *testing.T) {
	q := sample.Specs(t, 2, spec.Must)
	known := &verdict.Baseline{Entries: []verdict.Entry{{Requirement: q[0].ID, Reason: "known"}}}
	build := func(v ...verdict.Verdict) *report.Report {
		return report.Build(sample.Head(), sample.Spec(t).Systems, sample.Passing(t, v...), report.NewCollector(sample.Spec(t)), known)
	}
	r := build(of(q[0], verdict.Fail))
	i := slices.IndexFunc(r.Requirements, func(row report.Requirement) bool { return row.ID == q[0].ID })
	if !r.Requirements[i].Expected || r.Run.Exit != verdict.ExitPassed || len(r.Baseline) != 1 || r.Baseline[0].Standing != verdict.Holds {
		t.Errorf("got %+v, exit %d, baseline %+v", r.Requirements[i], r.Run.Exit, r.Baseline)
	}
	if r := build(of(q[0], verdict.Fail), of(q[1], verdict.Fail)); r.Run.Exit != verdict.ExitFailed {
		t.Errorf("another failure: exit %d", r.Run.Exit)
	}
	if r := build(); r.Run.Exit != verdict.ExitStale {
		t.Errorf("it passes: exit %d", r.Run.Exit)
	}
}
