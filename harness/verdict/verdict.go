// Package verdict holds the outcome of each requirement, the result of each system, the baseline and the gate.
package verdict

import (
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/spec"
)

// Outcome is the outcome of one requirement.
type Outcome string

const (
	// Pass means that the target met the requirement, seen in named exchanges.
	Pass Outcome = "pass"
	// Fail means that the target contradicted the requirement, seen in named exchanges.
	Fail Outcome = "fail"
	// Error means that rolecheck itself failed.
	Error Outcome = "error"
	// Blocked means that a fixture or an earlier step that it needs failed.
	Blocked Outcome = "blocked"
	// NotRun means that the run ended before its step.
	NotRun Outcome = "not-run"
	// Untested means that no spec names the requirement.
	Untested Outcome = "untested"
	// NotSelected means that a filter excluded it.
	NotSelected Outcome = "not-selected"
	// Unsupported means that the target is declared to lack a feature, or the client an operation, that it needs.
	Unsupported Outcome = "unsupported"
	// Unobservable means that this run had no way to observe it.
	Unobservable Outcome = "unobservable"
)

// Outcomes lists every outcome, worst first.
var Outcomes = []Outcome{Error, Fail, Blocked, NotRun, Untested, NotSelected, Unsupported, Unobservable, Pass}

// Worse returns the worse of two outcomes.
func Worse(a, b Outcome) Outcome {
	if slices.Index(Outcomes, a) <= slices.Index(Outcomes, b) {
		return a
	}
	return b
}

// Verdict is the outcome of one requirement, with its failures and its evidence.
type Verdict struct {
	Requirement spec.Requirement
	Outcome     Outcome
	// Detail says why, in one sentence or a few lines. With Failures it is Details(Failures).
	Detail string
	// Failures are the failed expectations of an outcome Fail.
	Failures []Failure
	// Evidence lists the ids of exchanges.
	Evidence []string
	// Location is where the spec is defined, as folder/file:line, and Spec its file and text.
	Location, Spec string
	// Repro is a command line that reproduces it.
	Repro string
	// Lacking are the operations that a client reported, while it was driven, not to have, of an outcome Unsupported. It is
	// empty for features that a target is declared to lack.
	Lacking []string
	// Excused reports that the baseline lists the failure, or the operations that the client lacks.
	Excused bool
}

// Summary says the verdict's detail in one line.
func (v Verdict) Summary() string {
	if len(v.Failures) > 0 {
		return v.Failures[0].Summary()
	}
	first, _, _ := strings.Cut(v.Detail, "\n")
	return Failure{Actual: first}.Summary()
}

// Failed reports whether the verdict counts against the target at the given level or a stricter one.
func (v Verdict) Failed(level spec.Level) bool {
	if v.Outcome != Fail {
		return false
	}
	return v.Requirement.Level == spec.Must || level == spec.Should && v.Requirement.Level == spec.Should
}

// Lacks reports whether a client lacks an operation of a requirement of level must.
func (v Verdict) Lacks() bool {
	return v.Outcome == Unsupported && len(v.Lacking) > 0 && v.Requirement.Level == spec.Must
}

// Result is the result of a system, by the verdicts of its requirements.
type Result string

const (
	// Conformant systems passed every must in a complete run.
	Conformant Result = "conformant"
	// Findings means that every must passed and a should failed.
	Findings Result = "findings"
	// NotConformant systems failed a must.
	NotConformant Result = "not-conformant"
	// Incomplete means that a must was not verified.
	Incomplete Result = "incomplete"
	// Unselected means that a filter excluded the whole system.
	Unselected Result = "not-selected"
)

// OfSystem combines the verdicts of one system into its result. Ended is false for a run that was interrupted. A requirement
// that the catalogue calls unobservable does not prevent conformance; one that this target, this run or a filter left open
// does.
func OfSystem(verdicts []Verdict, ended bool) Result {
	result := Conformant
	if !ended || len(verdicts) == 0 {
		result = Incomplete
	}
	selected, filtered := false, false
	for _, v := range verdicts {
		must := v.Requirement.Level == spec.Must
		nowhere := v.Outcome == Unobservable && v.Requirement.Unobservable != ""
		filtered = filtered || v.Outcome == NotSelected
		selected = selected || v.Outcome != NotSelected && !nowhere
		switch {
		case v.Outcome == Fail && must:
			return NotConformant
		case v.Outcome == Pass, nowhere:
		case v.Outcome == Fail && v.Requirement.Level == spec.Should:
			if result == Conformant {
				result = Findings
			}
		case must, v.Requirement.Level == spec.Should && (v.Outcome == NotSelected || v.Outcome == NotRun):
			result = Incomplete
		}
	}
	if filtered && !selected {
		return Unselected
	}
	return result
}

// Exit codes of the command.
const (
	ExitPassed      = 0   // the gate passed
	ExitFailed      = 1   // the target failed the gate
	ExitUsage       = 2   // usage or settings are wrong
	ExitUnverified  = 3   // something that was to be verified could not be
	ExitStale       = 4   // an entry of the baseline is stale
	ExitInterrupted = 130 // the run was interrupted
)

// Gate returns the exit code of a run, which was interrupted or not. A failure of the level or a stricter one comes first,
// since no later run could undo it, then a stale entry of the baseline, then a selected requirement that was not verified.
// A failure that a stale entry was to excuse counts as staleness. Requirements that are unobservable, or that the target is
// declared not to support, do not close the gate as long as one was verified; operations that a client turns out to lack do,
// unless the baseline lists them.
func Gate(verdicts []Verdict, level spec.Level, interrupted bool, baseline []Applied) int {
	if interrupted {
		return ExitInterrupted
	}
	// An entry about operations that a client lacks excuses no failure.
	stale, known := false, map[string]bool{}
	for _, a := range baseline {
		if a.Stale() {
			stale = true
			known[a.Requirement] = a.Unsupported == ""
		}
	}
	verified, open := false, false
	for _, v := range verdicts {
		switch {
		case v.Failed(level) && !v.Excused && !known[v.Requirement.ID]:
			return ExitFailed
		case v.Outcome == Pass || v.Outcome == Fail:
			verified = true
		case v.Outcome == Blocked, v.Outcome == Error, v.Outcome == NotRun, v.Outcome == Untested, v.Lacks() && !v.Excused:
			open = true
		}
	}
	switch {
	case stale:
		return ExitStale
	case open || !verified:
		return ExitUnverified
	}
	return ExitPassed
}
