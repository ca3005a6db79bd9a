// Package proof proves the suites: it runs them against the reference org, against each of its named faults, and against null
// orgs, which give the same answer to every request, and reports which requirement catches which fault.
package proof

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Kind is the kind of org that the suites are run against.
type Kind string

// The kinds of subjects.
const (
	// Reference is the org without a fault, lagging or not: every requirement has to pass.
	Reference Kind = "reference"
	// Fault is the org with one named fault: a requirement that the fault breaks has to fail.
	Fault Kind = "fault"
	// Null is an org that gives one answer to every request: no requirement may pass.
	Null Kind = "null"
)

// Subject is one org to run the suites against.
type Subject struct {
	Kind    Kind   `json:"kind"`
	Name    string `json:"name"`
	Flavour string `json:"flavour"`
	// Lag is how long a change takes to show, in nanoseconds.
	Lag time.Duration `json:"lag,omitempty"`
	// Sentence describes the fault, and Breaks lists the requirements that it contradicts.
	Sentence string   `json:"sentence,omitempty"`
	Breaks   []string `json:"breaks,omitempty"`
}

// Run is the result of running the suites against one subject.
type Run struct {
	Subject Subject `json:"subject"`
	Exit    int     `json:"exit"`
	// Seconds is how long the suites took, in seconds.
	Seconds float64 `json:"seconds"`
	// Outcomes are the outcomes by requirement.
	Outcomes map[string]verdict.Outcome `json:"outcomes"`
	// Error is why there are no outcomes.
	Error string `json:"error,omitempty"`
}

// with lists the requirements with an outcome, sorted.
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

// lag is how long a change takes to show in the reference orgs that lag, short enough for the proof to take about a minute.
const lag = 30 * time.Millisecond

// Subjects lists every org that the suites are proven on.
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

// RunAll distributes the subjects over the runners, one subject at a time each, and returns the runs in the order of the
// subjects. Progress is called after each run, by one goroutine at a time. The error is the cause of ctx, if that ends first.
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

// Matrix says which fault is caught by which requirement, and the reverse.
type Matrix struct {
	Faults       []FaultRow       `json:"faults"`
	Requirements []RequirementRow `json:"requirements"`
	// Problems are the reasons why the suites are not proven; empty if they are.
	Problems []string `json:"problems"`
	// Slowest is the faulty org or null org whose run took longest, and Seconds how long it took, in seconds.
	Slowest string  `json:"slowest"`
	Seconds float64 `json:"seconds"`
}

// FaultRow says which requirements caught a fault.
type FaultRow struct {
	Name     string `json:"name"`
	Sentence string `json:"sentence"`
	// Seconds is how long the run took, in seconds.
	Seconds float64 `json:"seconds"`
	// Must reports whether the fault contradicts a requirement of level must.
	Must bool `json:"must"`
	// CaughtBy are the failed requirements that the fault contradicts, and Also the other failed ones.
	CaughtBy []string `json:"caughtBy"`
	Also     []string `json:"also"`
	// Missed are the requirements that the fault contradicts and that did not fail.
	Missed []string `json:"missed"`
}

// RequirementRow says which faults prove a requirement.
type RequirementRow struct {
	ID       string     `json:"id"`
	Level    spec.Level `json:"level"`
	ProvenBy []string   `json:"provenBy"`
	// Unproven is the catalogue's reason why no fault can prove it.
	Unproven string `json:"unproven,omitempty"`
}

// Evaluate makes the matrix of the runs, with its problems.
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
	for _, id := range slices.Sorted(maps.Keys(r.Outcomes)) {
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
	failed := r.with(verdict.Fail)
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
