package proof

import (
	"context"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func contents() *spec.Spec {
	return &spec.Spec{Requirements: []spec.Requirement{
		{ID: "s.must", System: "s", Level: spec.Must, By: spec.BySuite},
		{ID: "s.may", System: "s", Level: spec.May, By: spec.BySuite, Unproven: "pure leniency"},
	}}
}

func load(t *testing.T) *spec.Spec {
	t.Helper()
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// some is a requirement of the real catalogue, since Evaluate looks requirements up there.
const some = "user-roles.assign.created"

func TestEvaluate(t *testing.T) {
	fault := func(outcomes map[string]verdict.Outcome) Run {
		return Run{Subject: Subject{Kind: Fault, Name: "f", Breaks: []string{some}}, Exit: 1, Outcomes: outcomes}
	}
	tests := map[string]struct {
		run  Run
		says string
	}{
		"caught":               {fault(map[string]verdict.Outcome{some: verdict.Fail}), ""},
		"survived":             {fault(map[string]verdict.Outcome{some: verdict.Pass}), "survives, and contradicts a must"},
		"blocked is no catch":  {fault(map[string]verdict.Outcome{some: verdict.Blocked}), "survives"},
		"caught by another":    {fault(map[string]verdict.Outcome{"user-roles.list.assignee-link": verdict.Fail}), "none of which it contradicts"},
		"the run broke":        {Run{Subject: Subject{Kind: Fault, Name: "f"}, Error: "no port"}, "could not be run: no port"},
		"null, nothing passes": {Run{Subject: Subject{Kind: Null, Name: "n"}, Exit: 3, Outcomes: map[string]verdict.Outcome{some: verdict.Blocked}}, ""},
		"null, one passes":     {Run{Subject: Subject{Kind: Null, Name: "n"}, Exit: 1, Outcomes: map[string]verdict.Outcome{some: verdict.Pass}}, "passes against the null org n"},
		"null, gate opens":     {Run{Subject: Subject{Kind: Null, Name: "n"}, Exit: 0}, "ends with exit code 0"},
		"reference passes":     {Run{Subject: Subject{Kind: Reference, Name: "r"}, Outcomes: map[string]verdict.Outcome{some: verdict.Pass}}, ""},
		"reference fails":      {Run{Subject: Subject{Kind: Reference, Name: "r"}, Exit: 1, Outcomes: map[string]verdict.Outcome{some: verdict.Fail}}, some + " is fail"},
	}
	s := load(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			// What no fault of this small set proves is not the question here.
			var said []string
			for _, p := range Evaluate(s, []Run{test.run}).Problems {
				if !strings.Contains(p, "is proven by no fault") {
					said = append(said, p)
				}
			}
			got := strings.Join(said, "\n")
			if test.says == "" && got != "" || !strings.Contains(got, test.says) {
				t.Errorf("%q, expected %q", got, test.says)
			}
		})
	}
}

func TestUnprovenNeedsAReason(t *testing.T) {
	m := Evaluate(contents(), nil)
	if len(m.Problems) != 1 || !strings.Contains(m.Problems[0], "s.must (must) is proven by no fault") {
		t.Errorf("%q", m.Problems)
	}
	runs := []Run{{Subject: Subject{Kind: Fault, Name: "f", Breaks: []string{"s.may", "s.gone"}}, Outcomes: map[string]verdict.Outcome{"s.may": verdict.Fail}}}
	said := strings.Join(Evaluate(contents(), runs).Problems, "\n")
	for _, want := range []string{"s.may is proven by f, and the catalogue says that nothing can", "breaks s.gone, which the catalogue does not have"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %q", want, said)
		}
	}
}

type counting struct{ n *int }

func (c counting) Run(_ context.Context, s Subject) Run {
	*c.n++
	return Run{Subject: s}
}

func TestRunAllKeepsTheOrder(t *testing.T) {
	n := 0
	subjects := []Subject{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	runs, err := RunAll(t.Context(), subjects, []Runner{counting{&n}}, func(Run) {})
	if err != nil || n != 3 {
		t.Fatalf("%d runs, %v", n, err)
	}
	for i, r := range runs {
		if r.Subject.Name != subjects[i].Name {
			t.Errorf("run %d is of %s", i, r.Subject.Name)
		}
	}
}
