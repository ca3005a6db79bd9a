// Package proof shows what the suites can catch: it runs them against the reference org, against each of its named
// faults, and against orgs that answer without looking, and says which requirement catches which fault.
package proof

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Kind says what the suites are run against.
type Kind string

// The kinds of subjects.
const (
	// Reference is the org without a fault, prompt or lagging: everything has to pass.
	Reference Kind = "reference"
	// Fault is the org with one named fault: a requirement that the fault breaks has to fail.
	Fault Kind = "fault"
	// Null is an org that answers without looking: nothing may pass.
	Null Kind = "null"
)

// Subject is one org to run the suites against.
type Subject struct {
	Kind    Kind   `json:"kind"`
	Name    string `json:"name"`
	Flavour string `json:"flavour"`
	// Lag is how long a change takes to show, in nanoseconds.
	Lag time.Duration `json:"lag,omitempty"`
	// Sentence says what is wrong with it, and Breaks which requirements' statements that contradicts.
	Sentence string   `json:"sentence,omitempty"`
	Breaks   []string `json:"breaks,omitempty"`
}

// Run is what came of one subject.
type Run struct {
	Subject Subject `json:"subject"`
	Exit    int     `json:"exit"`
	// Seconds is how long the suites took.
	Seconds float64 `json:"seconds"`
	// Outcomes are the verdicts, requirement by requirement.
	Outcomes map[string]verdict.Outcome `json:"outcomes"`
	// Error is why there are none.
	Error string `json:"error,omitempty"`
}

// failed lists the requirements that failed, sorted.
func (r Run) failed() []string { return r.with(verdict.Fail) }

func (r Run) with(o verdict.Outcome) []string {
	var out []string
	for id, outcome := range r.Outcomes {
		if outcome == o {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// lag is how long a change takes to show in the right orgs that lag: little enough for the proof to end within a minute.
const lag = 30 * time.Millisecond

// Subjects lists everything that the suites are proven on.
func Subjects() []Subject {
	out := []Subject{
		{Kind: Reference, Name: "reference, documented", Flavour: string(mockorg.Documented)},
		{Kind: Reference, Name: "reference, observed", Flavour: string(mockorg.Observed)},
		{Kind: Reference, Name: "reference, documented, lagging", Flavour: string(mockorg.Documented), Lag: lag},
		{Kind: Reference, Name: "reference, observed, lagging", Flavour: string(mockorg.Observed), Lag: lag},
	}
	for _, f := range mockorg.Faults() {
		flavour := f.Flavour
		if flavour == "" {
			flavour = mockorg.Documented
		}
		out = append(out, Subject{Kind: Fault, Name: f.Name, Flavour: string(flavour), Sentence: f.Sentence, Breaks: f.Breaks})
	}
	for _, n := range mockorg.NullOrgs() {
		out = append(out, Subject{Kind: Null, Name: n.Name, Flavour: string(mockorg.Documented), Sentence: n.Sentence})
	}
	return out
}

// Runner runs the suites against one subject.
type Runner interface {
	Run(ctx context.Context, s Subject) Run
}

// RunAll spreads the subjects over the runners and returns what came of each, in the subjects' order. Each runner has
// one subject at a time.
func RunAll(ctx context.Context, subjects []Subject, runners []Runner, progress func(Run)) ([]Run, error) {
	runs := make([]Run, len(subjects))
	next := make(chan int)
	var all sync.WaitGroup
	var mu sync.Mutex
	for _, r := range runners {
		all.Go(func() {
			for i := range next {
				runs[i] = r.Run(ctx, subjects[i])
				mu.Lock()
				progress(runs[i])
				mu.Unlock()
			}
		})
	}
	for i := range subjects {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	all.Wait()
	return runs, context.Cause(ctx)
}

// Matrix is what the runs show of faults and requirements.
type Matrix struct {
	Faults       []FaultRow       `json:"faults"`
	Requirements []RequirementRow `json:"requirements"`
	// Problems are the reasons why the suites are not proven; empty when they are.
	Problems []string `json:"problems"`
	// Slowest is the faulty org or null org whose run took longest, and Seconds how long that was.
	Slowest string  `json:"slowest"`
	Seconds float64 `json:"seconds"`
}

// FaultRow says what caught a fault.
type FaultRow struct {
	Name     string `json:"name"`
	Sentence string `json:"sentence"`
	// Seconds is how long the run took.
	Seconds float64 `json:"seconds"`
	// Must tells whether the fault contradicts a requirement of level must.
	Must bool `json:"must"`
	// CaughtBy are the failed requirements whose statement the fault contradicts; Also failed besides them.
	CaughtBy []string `json:"caughtBy"`
	Also     []string `json:"also"`
	// Missed are requirements that the fault contradicts and that did not fail.
	Missed []string `json:"missed"`
}

// RequirementRow says what proves a requirement.
type RequirementRow struct {
	ID       string     `json:"id"`
	Level    spec.Level `json:"level"`
	ProvenBy []string   `json:"provenBy"`
	// Unproven is the catalogue's reason why nothing can prove it.
	Unproven string `json:"unproven,omitempty"`
}

// Evaluate makes the matrix from the runs, and says what is not as it should be.
func Evaluate(s *spec.Spec, runs []Run) Matrix {
	m := Matrix{Faults: []FaultRow{}, Problems: []string{}}
	proven := map[string][]string{}
	for _, r := range runs {
		if r.Subject.Kind != Reference && r.Seconds > m.Seconds {
			m.Slowest, m.Seconds = r.Subject.Name, r.Seconds
		}
		if r.Error != "" {
			m.problem("%s %s could not be run: %s", r.Subject.Kind, r.Subject.Name, r.Error)
			continue
		}
		switch r.Subject.Kind {
		case Reference:
			m.reference(r)
		case Null:
			m.null(r)
		case Fault:
			row := m.fault(s, r)
			m.Faults = append(m.Faults, row)
			for _, id := range row.CaughtBy {
				proven[id] = append(proven[id], row.Name)
			}
		}
	}
	for _, q := range s.Requirements {
		if q.Unobservable != "" || q.By != spec.BySuite && q.By != spec.ByExchange {
			continue
		}
		m.Requirements = append(m.Requirements, RequirementRow{ID: q.ID, Level: q.Level, ProvenBy: proven[q.ID], Unproven: q.Unproven})
		switch by := proven[q.ID]; {
		case len(by) == 0 && q.Unproven == "":
			m.problem("%s (%s) is proven by no fault, and the catalogue gives no reason", q.ID, q.Level)
		case len(by) > 0 && q.Unproven != "":
			m.problem("%s is proven by %s, and the catalogue says that nothing can: %s", q.ID, by[0], q.Unproven)
		}
	}
	return m
}

func (m *Matrix) problem(format string, args ...any) {
	m.Problems = append(m.Problems, fmt.Sprintf(format, args...))
}

func (m *Matrix) reference(r Run) {
	for _, id := range sortedIDs(r.Outcomes) {
		if o := r.Outcomes[id]; o != verdict.Pass && o != verdict.Unobservable {
			m.problem("%s: %s is %s", r.Subject.Name, id, o)
		}
	}
	if r.Exit != verdict.ExitPassed {
		m.problem("%s ends with exit code %d", r.Subject.Name, r.Exit)
	}
}

func (m *Matrix) null(r Run) {
	for _, id := range r.with(verdict.Pass) {
		m.problem("%s passes against the null org %s", id, r.Subject.Name)
	}
	if r.Exit != verdict.ExitFailed && r.Exit != verdict.ExitUnverified {
		m.problem("the null org %s ends with exit code %d", r.Subject.Name, r.Exit)
	}
}

func (m *Matrix) fault(s *spec.Spec, r Run) FaultRow {
	row := FaultRow{Name: r.Subject.Name, Sentence: r.Subject.Sentence, Seconds: r.Seconds, CaughtBy: []string{}, Also: []string{}, Missed: []string{}}
	failed := r.failed()
	for _, id := range failed {
		if slices.Contains(r.Subject.Breaks, id) {
			row.CaughtBy = append(row.CaughtBy, id)
		} else {
			row.Also = append(row.Also, id)
		}
	}
	for _, id := range r.Subject.Breaks {
		q, ok := s.Requirement(id)
		switch {
		case !ok:
			m.problem("the fault %s says that it breaks %s, which the catalogue does not have", row.Name, id)
			continue
		case !slices.Contains(failed, id):
			row.Missed = append(row.Missed, id)
		}
		row.Must = row.Must || q.Level == spec.Must
	}
	slices.Sort(row.Missed)
	switch {
	case len(row.CaughtBy) > 0:
	case len(row.Also) > 0:
		m.problem("the fault %s makes only %s fail, none of which it contradicts", row.Name, row.Also[0])
	case row.Must:
		m.problem("the fault %s survives, and contradicts a must", row.Name)
	default:
		m.problem("the fault %s survives", row.Name)
	}
	return row
}

func sortedIDs(outcomes map[string]verdict.Outcome) []string {
	out := make([]string, 0, len(outcomes))
	for id := range outcomes {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}
