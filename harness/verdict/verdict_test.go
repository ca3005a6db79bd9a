package verdict

import (
	"testing"

	"github.com/rolecheck/rolecheck/spec"
)

func of(level spec.Level, o Outcome) Verdict {
	return Verdict{Requirement: spec.Requirement{Level: level}, Outcome: o}
}

func TestOfSystem(t *testing.T) {
	never := of(spec.Must, Unobservable)
	never.Requirement.Unobservable = "needs what no org has"
	tests := map[string]struct {
		verdicts []Verdict
		complete bool
		want     Result
	}{
		"all musts passed":               {[]Verdict{of(spec.Must, Pass), of(spec.May, Fail)}, true, Conformant},
		"the run broke off":              {[]Verdict{of(spec.Must, Pass)}, false, Incomplete},
		"a filter left a must out":       {[]Verdict{of(spec.Must, Pass), of(spec.Must, NotSelected)}, true, Incomplete},
		"a filter left a should out":     {[]Verdict{of(spec.Must, Pass), of(spec.Should, NotSelected)}, true, Incomplete},
		"a filter left a may out":        {[]Verdict{of(spec.Must, Pass), of(spec.May, NotSelected)}, true, Conformant},
		"a filter left all out":          {[]Verdict{of(spec.Must, NotSelected), of(spec.May, NotSelected), never}, true, Unselected},
		"all but a failure":              {[]Verdict{of(spec.Must, NotSelected), of(spec.Must, Fail)}, true, NotConformant},
		"all but what nobody observed":   {[]Verdict{of(spec.Must, NotSelected), of(spec.Must, Unobservable)}, true, Incomplete},
		"a should was not reached":       {[]Verdict{of(spec.Must, Pass), of(spec.Should, NotRun)}, true, Incomplete},
		"nothing there":                  {nil, true, Incomplete},
		"a should failed":                {[]Verdict{of(spec.Must, Pass), of(spec.Should, Fail)}, true, Findings},
		"a must failed in a partial run": {[]Verdict{of(spec.Must, Fail), of(spec.Must, NotRun)}, false, NotConformant},
		"a must was blocked":             {[]Verdict{of(spec.Must, Blocked), of(spec.Should, Fail)}, true, Incomplete},
		"a should was blocked":           {[]Verdict{of(spec.Must, Pass), of(spec.Should, Blocked)}, true, Conformant},
		"no second credential":           {[]Verdict{of(spec.Must, Pass), of(spec.Must, Unobservable)}, true, Incomplete},
		"nobody can observe it":          {[]Verdict{of(spec.Must, Pass), never}, true, Conformant},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := OfSystem(test.verdicts, test.complete); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestGate(t *testing.T) {
	excused := of(spec.Must, Fail)
	excused.Excused = true
	tests := map[string]struct {
		verdicts    []Verdict
		level       spec.Level
		interrupted bool
		want        int
	}{
		"passed":                        {[]Verdict{of(spec.Must, Pass)}, spec.Must, false, ExitPassed},
		"a must failed":                 {[]Verdict{of(spec.Must, Fail), of(spec.Must, Blocked)}, spec.Must, false, ExitFailed},
		"a should failed, gate at must": {[]Verdict{of(spec.Should, Fail)}, spec.Must, false, ExitPassed},
		"a should failed, gate there":   {[]Verdict{of(spec.Should, Fail)}, spec.Should, false, ExitFailed},
		"a may never fails":             {[]Verdict{of(spec.May, Fail)}, spec.Should, false, ExitPassed},
		"excused":                       {[]Verdict{excused}, spec.Must, false, ExitPassed},
		"blocked":                       {[]Verdict{of(spec.Must, Pass), of(spec.Should, Blocked)}, spec.Must, false, ExitUnverified},
		"own error":                     {[]Verdict{of(spec.Must, Pass), of(spec.May, Error)}, spec.Must, false, ExitUnverified},
		"nothing verified":              {[]Verdict{of(spec.Must, Unobservable)}, spec.Must, false, ExitUnverified},
		"nothing at all":                {nil, spec.Must, false, ExitUnverified},
		"interrupted":                   {[]Verdict{of(spec.Must, Fail)}, spec.Must, true, ExitInterrupted},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Gate(test.verdicts, test.level, test.interrupted, nil); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestWorse(t *testing.T) {
	if got := Worse(Pass, Fail); got != Fail {
		t.Errorf("got %s, want %s", got, Fail)
	}
	if got := Worse(Error, Blocked); got != Error {
		t.Errorf("got %s, want %s", got, Error)
	}
}
