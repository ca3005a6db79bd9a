package report

import (
	"cmp"
	"slices"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Build makes the report of a run from its head (tool, mode, run, target), one verdict for each requirement that the
// mode can speak of, what was collected from the exchanges, and what is known to fail, which may be nil. It sets the
// results of the systems, the gate's exit code, and every list's order.
func Build(head Report, titles []spec.System, verdicts []verdict.Verdict, c *Collector, known *verdict.Baseline) *Report {
	r := head
	r.Schema = Schema
	r.Findings, r.Coverage = c.Findings(), c.Coverage()
	exchanges, requests := c.Counts()
	requests.WaitedSeconds, requests.PlannedTotal, requests.PlannedWrites = r.Requests.WaitedSeconds, r.Requests.PlannedTotal, r.Requests.PlannedWrites
	requests.Slowed, exchanges.Kept = r.Requests.Slowed, r.Exchanges.Kept
	r.Exchanges, r.Requests = exchanges, requests
	if exchanges.Unreadable > 0 {
		r.Run.Complete = false
	}
	r.Run.Started, r.Run.Ended = r.Run.Started.UTC(), r.Run.Ended.UTC()
	verdicts = slices.SortedFunc(slices.Values(verdicts), func(a, b verdict.Verdict) int {
		return cmp.Compare(a.Requirement.ID, b.Requirement.ID)
	})
	for i := range verdicts {
		if v := &verdicts[i]; v.Outcome != verdict.Fail {
			v.Failures = nil
		} else if len(v.Failures) > 0 {
			v.Detail = verdict.Details(v.Failures)
		}
	}
	r.Baseline = known.Apply(verdicts, r.Run.Ended, func(id string) bool { _, ok := c.spec.Requirement(id); return ok })
	r.Requirements = make([]Requirement, 0, len(verdicts))
	bySystem := map[string][]verdict.Verdict{}
	for _, v := range verdicts {
		bySystem[v.Requirement.System] = append(bySystem[v.Requirement.System], v)
		r.Requirements = append(r.Requirements, row(v))
	}
	r.Systems = []System{}
	for _, s := range titles {
		rows := bySystem[s.ID]
		if len(rows) == 0 {
			continue
		}
		counts := map[verdict.Outcome]int{}
		for _, v := range rows {
			counts[v.Outcome]++
		}
		r.Systems = append(r.Systems, System{
			ID: s.ID, Title: s.Title, Result: verdict.OfSystem(rows, r.ended()), Counts: counts,
		})
	}
	slices.SortFunc(r.Systems, func(a, b System) int { return cmp.Compare(a.ID, b.ID) })
	r.Leaks = list(slices.SortedFunc(slices.Values(r.Leaks), func(a, b Leak) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Name, b.Name))
	}))
	r.Target.Identity, r.Target.Features = object(r.Target.Identity), object(r.Target.Features)
	r.Run.Exit = r.gate(verdicts)
	return &r
}

// ended reports whether the run came to its end, and could do what it should.
func (r *Report) ended() bool {
	return !r.Run.Interrupted && r.Run.Problem == "" && r.Exchanges.Unreadable == 0
}

// gate is the code that a run ends with. What could not be read could have been anything.
func (r *Report) gate(verdicts []verdict.Verdict) int {
	exit := verdict.Gate(verdicts, r.Run.Level, r.Run.Interrupted, r.Baseline)
	if (r.Run.Problem != "" || r.Exchanges.Unreadable > 0) && exit == verdict.ExitPassed {
		return verdict.ExitUnverified
	}
	return exit
}

// list and object are written as empty rather than as null, so that their readers need not distinguish the two.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func object[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

func row(v verdict.Verdict) Requirement {
	q := v.Requirement
	return Requirement{
		ID: q.ID, System: q.System, Level: q.Level, Outcome: v.Outcome, Expected: v.Excused,
		Statement: q.Statement, Source: list(q.Sources), Operations: list(q.Operations),
		Detail: v.Detail, Failures: v.Failures, Lacking: v.Lacking,
		Evidence: list(v.Evidence), Location: v.Location, Spec: v.Spec, Repro: v.Repro,
	}
}
