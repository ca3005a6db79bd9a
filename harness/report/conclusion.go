package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// conclusion is how a run ended, in the words that every view uses.
type conclusion struct {
	State state
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
func (r *Report) conclusion() conclusion {
	rows := r.Requirements
	if r.Run.DryRun {
		return conclusion{State: stateOpen, Word: "Dry run", Sentence: "nothing was sent, nothing was judged"}
	}
	exit := r.Run.Exit
	if len(rows) == 0 && exit != verdict.ExitInterrupted {
		// Whatever such a report says of itself, it has nothing to show for it.
		exit = verdict.ExitUnverified
	}
	switch exit {
	case verdict.ExitPassed:
		if !r.verified() {
			return r.noFault()
		}
		passed, others := 0, ""
		for _, p := range r.parts(rows) {
			if p.Outcome == verdict.Pass {
				passed = p.N
			} else {
				others += ", " + p.String()
			}
		}
		return conclusion{State: statePass, Word: "Passed", Sentence: fmt.Sprintf("%d of %d requirements passed", passed, len(rows)) + others}
	case verdict.ExitFailed:
		failed := 0
		for _, q := range rows {
			if r.counts(q) {
				failed++
			}
		}
		return conclusion{State: stateFail, Word: "Failed", Sentence: fmt.Sprintf("%d of %d requirements failed the gate", failed, len(rows))}
	case verdict.ExitStale:
		return conclusion{State: stateFail, Word: "Stale baseline",
			Sentence: fmt.Sprintf("%d of %d entries of the baseline say what is no longer so", len(r.stale()), len(r.Baseline))}
	case verdict.ExitInterrupted:
		return conclusion{State: stateOpen, Word: "Interrupted", Sentence: "the run was stopped before its end"}
	default:
		return conclusion{State: stateOpen, Word: "Not verified", Sentence: r.extent() + r.others(stateFail, stateFinding, stateOpen)}
	}
}

// noFault is the conclusion of a gate that opened on less than everything.
func (r *Report) noFault() conclusion {
	c := conclusion{State: stateAside, Word: "No fault seen"}
	for _, q := range r.Requirements {
		switch {
		case q.Outcome == verdict.Fail && q.Expected:
			c.State, c.Word = stateFinding, "Known failures only"
		case q.Outcome == verdict.Fail && q.Level != spec.May && c.State == stateAside:
			c.State, c.Word = stateFinding, "Findings only"
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
	case r.Mode == Judge || r.Mode == Proxy:
		c.Of = "in what is there"
	case r.Run.Filter != "":
		c.Of = "in what was selected"
	case lacks && r.Mode == SDK:
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
	c.Sentence = fmt.Sprintf("%s, %s of %s judged%s", r.extent(), count(r.Exchanges.Judged, "exchange"), count(len(operations), "operation"),
		r.others(stateFinding))
	return c
}

// verified reports whether every system that was selected was verified.
func (r *Report) verified() bool {
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
func (r *Report) extent() string {
	n := 0
	for _, q := range r.Requirements {
		if q.Outcome == verdict.Pass || q.Outcome == verdict.Fail {
			n++
		}
	}
	return fmt.Sprintf("%d of %d requirements verified", n, len(r.Requirements))
}

// others counts the rows of some states, to go on with a sentence.
func (r *Report) others(of ...state) string {
	var b strings.Builder
	for _, p := range r.parts(r.Requirements) {
		if slices.Contains(of, p.State) {
			b.WriteString(", " + p.String())
		}
	}
	return b.String()
}

// part is how many of some rows became the same.
type part struct {
	Outcome verdict.Outcome
	State   state
	// Known says that the baseline expects it.
	Known bool
	N     int
}

// parts counts rows by what became of them, best first. Every view counts by these words.
func (r *Report) parts(rows []Requirement) []part {
	var out []part
	for _, q := range rows {
		p := part{Outcome: q.Outcome, State: r.state(q), Known: q.Expected}
		i := slices.IndexFunc(out, func(o part) bool { return o.Outcome == p.Outcome && o.State == p.State && o.Known == p.Known })
		if i < 0 {
			i = len(out)
			out = append(out, p)
		}
		out[i].N++
	}
	slices.SortFunc(out, func(a, b part) int {
		return cmp.Or(slices.Index(verdict.Outcomes, b.Outcome)-slices.Index(verdict.Outcomes, a.Outcome),
			slices.Index(states, b.State)-slices.Index(states, a.State), cmp.Compare(a.Word(), b.Word()))
	})
	return out
}

// Word names what became of a row: a failure that does not fail the gate is a finding, or is known.
func (p part) Word() string {
	switch {
	case p.Known && p.Outcome == verdict.Fail:
		return "known failure"
	case p.Known:
		return string(p.Outcome) + " as known"
	case p.State == stateFinding:
		return "finding"
	}
	return string(p.Outcome)
}

// String is the number with the word.
func (p part) String() string {
	if p.State == stateFinding {
		return count(p.N, p.Word())
	}
	return fmt.Sprintf("%d %s", p.N, p.Word())
}

// word names what became of one row.
func (r *Report) word(q Requirement) string { return r.parts([]Requirement{q})[0].Word() }

// tally is the parts of some rows in a line.
func (r *Report) tally(rows []Requirement) string {
	var words []string
	for _, p := range r.parts(rows) {
		words = append(words, p.String())
	}
	return strings.Join(words, ", ")
}

// of are the rows of a system.
func (r *Report) of(system string) []Requirement {
	return slices.DeleteFunc(slices.Clone(r.Requirements), func(q Requirement) bool { return q.System != system })
}
