package harness

import (
	"cmp"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// assemble gives every requirement of the catalogue its row: those with a spec by its verdict, and the others by
// what all exchanges of the run show, arrangement included.
func assemble(head report.Report, c Config, f *results) *report.Report {
	collector := report.Collect(c.Spec, c.Judge, f.Exchanges, head.Run.Settle())
	head.Run.Complete = !f.Interrupted && f.Problem == "" && head.Run.Filter == ""
	// Of a system that nothing could be observed of no step passed, and none was tried in vain.
	verified, selected, tried := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var verdicts []verdict.Verdict
	for _, q := range c.Spec.Requirements {
		if q.By != spec.BySuite {
			continue
		}
		v := ofSuite(q, f)
		if v.Outcome == verdict.NotRun {
			head.Run.Complete = false
		}
		switch v.Outcome {
		case verdict.Unobservable, verdict.Unsupported, verdict.NotSelected:
		default:
			tried[q.System] = true
		}
		verified[q.System] = verified[q.System] || v.Outcome == verdict.Pass
		selected[q.System] = selected[q.System] || v.Outcome != verdict.NotSelected && q.Unobservable == ""
		verdicts = append(verdicts, v)
	}
	for _, q := range c.Spec.Requirements {
		if q.By == spec.ByExchange || q.By == spec.ByHistory {
			verdicts = append(verdicts, ofExchanges(collector.Verdict(q), head, selected[q.System], verified[q.System], tried[q.System]))
		}
	}
	return report.Build(head, c.Spec.Systems, verdicts, collector, c.Baseline)
}

func ofSuite(q spec.Requirement, f *results) verdict.Verdict {
	if v, ok := f.Verdicts[q.ID]; ok {
		return v
	}
	if q.Unobservable != "" {
		return verdict.Verdict{Requirement: q, Outcome: verdict.Unobservable, Detail: q.Unobservable}
	}
	return verdict.Verdict{Requirement: q, Outcome: verdict.Untested, Detail: cmp.Or(f.Problem, "no scene names it")}
}

// ofExchanges corrects a verdict that was made from all exchanges. An org that refuses everything, or says the
// same to everything, keeps many of these rules by accident: they pass only where a spec of the system passed as well.
func ofExchanges(v verdict.Verdict, head report.Report, selected, verified, tried bool) verdict.Verdict {
	switch {
	case !selected && v.Requirement.Unobservable == "" && !blocks(v):
		v = verdict.Verdict{Requirement: v.Requirement, Outcome: verdict.NotSelected, Detail: "no step of the system was selected"}
	case v.Outcome == verdict.Pass && !verified && !tried && head.Run.Problem == "":
		v.Outcome, v.Detail = verdict.Unobservable, "no step of the system could be observed, so that it may hold by accident"
	case v.Outcome == verdict.Pass && !verified:
		v.Outcome, v.Detail = verdict.Blocked, cmp.Or(head.Run.Problem, "no step of the system passed, so that it may hold by accident")
	case v.Outcome != verdict.Unobservable || v.Requirement.Unobservable != "":
	case head.Run.Problem != "":
		v.Outcome, v.Detail = verdict.Blocked, head.Run.Problem
	case head.Run.Interrupted:
		v.Outcome, v.Detail = verdict.NotRun, "the run ended before an exchange could show it"
	case head.Run.Filter != "":
		v.Outcome, v.Detail = verdict.NotSelected, "no selected step made an exchange that could show it"
	}
	return v
}

// blocks reports whether a verdict is why checks of other systems could not be arranged.
func blocks(v verdict.Verdict) bool {
	return v.Outcome == verdict.Fail && v.Requirement.ID == v.Requirement.System+"."+contract.RuleValidCalls
}
