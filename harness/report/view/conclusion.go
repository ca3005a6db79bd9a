package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// conclusion is how a run ended, in the words that every view uses.
type conclusion struct {
	State report.State
	// Word is the conclusion itself, and Of says what it is about where that is not all that there was to verify.
	Word, Of string
	// Sentence says how much that is. Why a run could not do what it should is not in it: see RunInfo.Problem.
	Sentence string
}

// Title is the conclusion without its numbers.
func (c conclusion) Title() string { return strings.TrimSpace(c.Word + " " + c.Of) }

// String is the conclusion in one line.
func (c conclusion) String() string { return c.Title() + ": " + c.Sentence }

// conclusion says how the run ended. Only a run that verified every system it selected has passed: a gate that opens on
// anything less says that it saw no fault, and in what.
func conclude(r *report.Report) conclusion {
	rows := r.Requirements
	if r.Run.DryRun {
		return conclusion{State: report.StateOpen, Word: "Dry run", Sentence: "nothing was sent, nothing was judged"}
	}
	exit := r.Run.Exit
	if len(rows) == 0 && exit != verdict.ExitInterrupted {
		// Whatever such a report says of itself, it has nothing to show for it.
		exit = verdict.ExitUnverified
	}
	switch exit {
	case verdict.ExitPassed:
		if !verified(r) {
			return noFault(r)
		}
		passed, others := 0, ""
		for _, p := range parts(r, rows) {
			if p.Outcome == verdict.Pass {
				passed = p.N
			} else {
				others += ", " + p.String()
			}
		}
		return conclusion{State: report.StatePass, Word: "Passed", Sentence: fmt.Sprintf("%d of %d requirements passed", passed, len(rows)) + others}
	case verdict.ExitFailed:
		failed := len(in(r, report.StateFail))
		return conclusion{State: report.StateFail, Word: "Failed", Sentence: fmt.Sprintf("%d of %d requirements failed the gate", failed, len(rows))}
	case verdict.ExitStale:
		return conclusion{State: report.StateFail, Word: "Stale baseline",
			Sentence: fmt.Sprintf("%d of %d entries of the baseline say what is no longer so", len(stale(r)), len(r.Baseline))}
	case verdict.ExitInterrupted:
		return conclusion{State: report.StateOpen, Word: "Interrupted", Sentence: "the run was stopped before its end"}
	default:
		return conclusion{State: report.StateOpen, Word: "Not verified", Sentence: extent(r) + others(r, report.StateFail, report.StateFinding, report.StateOpen)}
	}
}

// noFault is the conclusion of a gate that opened on less than everything.
func noFault(r *report.Report) conclusion {
	c := conclusion{State: report.StateAside, Word: "No fault seen"}
	for _, q := range r.Requirements {
		switch {
		case q.Outcome == verdict.Fail && q.Expected:
			c.State, c.Word = report.StateFinding, "Known failures only"
		case q.Outcome == verdict.Fail && q.Level != spec.May && c.State == report.StateAside:
			c.State, c.Word = report.StateFinding, "Findings only"
		}
	}
	lacks := false
	for _, has := range r.Target.Features {
		lacks = lacks || !has
	}
	for _, q := range r.Requirements {
		lacks = lacks || len(q.Lacking) > 0
	}
	switch {
	case r.Mode == report.Judge || r.Mode == report.Proxy:
		c.Of = "in what is there"
	case r.Run.Filter != "":
		c.Of = "in what was selected"
	case lacks && r.Mode == report.SDK:
		c.Of = "in what the client supports"
	case lacks:
		c.Of = "in what is offered"
	default:
		c.Of = "in what could be seen"
	}
	operations := map[string]bool{}
	for _, p := range r.Coverage {
		if p.Exchanges > 0 {
			operations[p.Operation] = true
		}
	}
	c.Sentence = fmt.Sprintf("%s, %s of %s judged%s", extent(r), text.Count(r.Exchanges.Judged, "exchange"), text.Count(len(operations), "operation"),
		others(r, report.StateFinding))
	return c
}

// verified reports whether every system that was selected was verified.
func verified(r *report.Report) bool {
	selected := false
	for _, s := range r.Systems {
		switch s.Result {
		case verdict.Conformant, verdict.Findings:
			selected = true
		case verdict.Unselected:
		default:
			return false
		}
	}
	return selected
}

// extent says how many rows were verified, one way or the other.
func extent(r *report.Report) string {
	n := 0
	for _, q := range r.Requirements {
		if q.Outcome == verdict.Pass || q.Outcome == verdict.Fail {
			n++
		}
	}
	return fmt.Sprintf("%d of %d requirements verified", n, len(r.Requirements))
}

// others counts the rows of some states, to go on with a sentence.
func others(r *report.Report, of ...report.State) string {
	var b strings.Builder
	for _, p := range parts(r, r.Requirements) {
		if slices.Contains(of, p.State) {
			b.WriteString(", " + p.String())
		}
	}
	return b.String()
}

// part counts the rows that have the same outcome and state.
type part struct {
	Outcome verdict.Outcome
	State   report.State
	// Known says that the baseline expects it.
	Known bool
	N     int
}

// parts counts rows by outcome and state, best first. Every view counts by these words.
func parts(r *report.Report, rows []report.Requirement) []part {
	var out []part
	for _, q := range rows {
		p := part{Outcome: q.Outcome, State: r.State(q), Known: q.Expected}
		i := slices.IndexFunc(out, func(o part) bool { return o.Outcome == p.Outcome && o.State == p.State && o.Known == p.Known })
		if i < 0 {
			i = len(out)
			out = append(out, p)
		}
		out[i].N++
	}
	slices.SortFunc(out, func(a, b part) int {
		return cmp.Or(slices.Index(verdict.Outcomes, b.Outcome)-slices.Index(verdict.Outcomes, a.Outcome),
			b.State.Compare(a.State), cmp.Compare(a.Word(), b.Word()))
	})
	return out
}

// Word names the outcome of the rows: a failure that does not fail the gate is a finding, or is known.
func (p part) Word() string {
	switch {
	case p.Known && p.Outcome == verdict.Fail:
		return "known failure"
	case p.Known:
		return string(p.Outcome) + " as known"
	case p.State == report.StateFinding:
		return "finding"
	}
	return string(p.Outcome)
}

// String is the number with the word.
func (p part) String() string {
	if p.State == report.StateFinding {
		return text.Count(p.N, p.Word())
	}
	return fmt.Sprintf("%d %s", p.N, p.Word())
}

// word names the outcome of one row.
func word(r *report.Report, q report.Requirement) string {
	return parts(r, []report.Requirement{q})[0].Word()
}

// tally is the parts of some rows in a line.
func tally(r *report.Report, rows []report.Requirement) string {
	var words []string
	for _, p := range parts(r, rows) {
		words = append(words, p.String())
	}
	return strings.Join(words, ", ")
}

// of are the rows of a system.
func of(r *report.Report, system string) []report.Requirement {
	return slices.DeleteFunc(slices.Clone(r.Requirements), func(q report.Requirement) bool { return q.System != system })
}

// in are the rows of a state.
func in(r *report.Report, s report.State) []report.Requirement {
	return slices.DeleteFunc(slices.Clone(r.Requirements), func(q report.Requirement) bool { return r.State(q) != s })
}

// reason is why the baseline excuses a row, or nothing.
func reason(r *report.Report, q report.Requirement) string {
	i := slices.IndexFunc(r.Baseline, func(a verdict.Applied) bool { return a.Requirement == q.ID })
	if !q.Expected || i < 0 {
		return ""
	}
	return "known: " + r.Baseline[i].Reason
}

// stale are the entries of the baseline that say something that is no longer so.
func stale(r *report.Report) []verdict.Applied {
	return slices.DeleteFunc(slices.Clone(r.Baseline), func(a verdict.Applied) bool { return !a.Stale() })
}
