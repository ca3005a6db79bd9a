package report

import (
	"slices"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

// State is what a view shows of a row, of a pair of operation and status, or of a whole run.
type State string

const (
	// StatePass passed.
	StatePass State = "pass"
	// StateFail fails the gate.
	StateFail State = "fail"
	// StateFinding failed without failing the gate: below its level, or as the baseline expects.
	StateFinding State = "finding"
	// StateOpen was to be verified and was not.
	StateOpen State = "open"
	// StateAside could not be verified here, or was not selected.
	StateAside State = "aside"
)

// states are all states, worst first.
var states = []State{StateFail, StateOpen, StateFinding, StateAside, StatePass}

// Compare is negative where s is the worse state, positive where t is, and zero where they are the same.
func (s State) Compare(t State) int { return slices.Index(states, s) - slices.Index(states, t) }

// State is the state of a row.
func (r *Report) State(q Requirement) State {
	switch q.Outcome {
	case verdict.Pass:
		return StatePass
	case verdict.Unsupported:
		if q.verdict().Lacks() && !q.Expected {
			return StateOpen
		}
		return StateAside
	case verdict.Fail:
		if q.verdict().Failed(r.Run.Level) && !q.Expected {
			return StateFail
		}
		return StateFinding
	case verdict.Blocked, verdict.Error, verdict.NotRun, verdict.Untested:
		return StateOpen
	default:
		return StateAside
	}
}
