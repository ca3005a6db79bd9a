// Package verdict says what became of each requirement, what that makes of a system, and whether the gate opens.
package verdict

import (
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/spec"
)

// Outcome is what became of one requirement.
type Outcome string

const (
	// Pass means that the target did it, seen in named exchanges.
	Pass Outcome = "pass"
	// Fail means that the target did otherwise, seen in named exchanges.
	Fail Outcome = "fail"
	// Error means that rolecheck itself broke.
	Error Outcome = "error"
	// Blocked means that a precondition could not be made.
	Blocked Outcome = "blocked"
	// NotRun means that the run ended before it was its turn.
	NotRun Outcome = "not-run"
	// Untested means that no spec names the requirement.
	Untested Outcome = "untested"
	// NotSelected means that a filter left it out.
	NotSelected Outcome = "not-selected"
	// Unsupported means that the target declared to lack what it is about.
	Unsupported Outcome = "unsupported"
	// Unobservable means that it could not be provoked here.
	Unobservable Outcome = "unobservable"
)

// Outcomes lists every outcome, worst first.
var Outcomes = []Outcome{Error, Fail, Blocked, NotRun, Untested, NotSelected, Unsupported, Unobservable, Pass}

// Worse returns the worse one of two outcomes.
func Worse(a, b Outcome) Outcome {
	if slices.Index(Outcomes, a) <= slices.Index(Outcomes, b) {
		return a
	}
	return b
}

// Verdict is the outcome of one requirement with what shows it.
type Verdict struct {
	Requirement spec.Requirement
	Outcome     Outcome
	// Detail says why, in one sentence or a few lines. Where there are Failures it is Details(Failures).
	Detail string
	// Failures are what was expected and what came, of an outcome that is Fail.
	Failures []Failure
	// Evidence names exchanges.
	Evidence []string
	// Location is the place of the spec, as folder/file:line, and Spec its file and text.
	Location, Spec string
	// Repro is a command line that shows it again.
	Repro string
	// Lacking are the operations for which a client says that it has nothing, of an outcome that is Unsupported. A target
	// that declared beforehand what it lacks has none.
	Lacking []string
	// Excused says that the baseline expects the failure, or what the client lacks.
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

// Lacks reports whether a client lacks what it must have.
func (v Verdict) Lacks() bool {
	return v.Outcome == Unsupported && len(v.Lacking) > 0 && v.Requirement.Level == spec.Must
}

// Result is what the verdicts make of a system.
type Result string

const (
	// Conformant systems passed every must in a complete run.
	Conformant Result = "conformant"
	// Findings means that every must passed and something weaker failed.
	Findings Result = "findings"
	// NotConformant systems failed a must.
	NotConformant Result = "not-conformant"
	// Incomplete means that some must was not verified.
	Incomplete Result = "incomplete"
	// Unselected means that a filter left the whole system out, so that nobody asked.
	Unselected Result = "not-selected"
)

// OfSystem folds the verdicts of one system, of a run that ended as it should or did not. A requirement that nobody could
// observe anywhere (the catalogue says so) does not stand in the way of conformance; one that this target, this run or a
// filter left open does.
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
	ExitPassed      = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitUnverified  = 3
	ExitStale       = 4
	ExitInterrupted = 130
)

// Gate says with which code a run ends. Failures come first, since no later completion could undo them, then what the
// baseline says and is no longer so; then whatever kept the run from verifying what it was asked to verify. A failure
// that a stale entry was to excuse counts as staleness. What the target cannot show or declared to lack is told in the
// report and stops nobody, as long as something was verified at all; what a client turns out to lack does, unless the
// baseline says so.
func Gate(verdicts []Verdict, level spec.Level, interrupted bool, baseline []Applied) int {
	if interrupted {
		return ExitInterrupted
	}
	// An entry about what a client lacks was to excuse no failure.
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
