package suites

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites/stage"
)

// Count is a number of requests, and how many of them write.
type Count struct {
	Requests int `json:"requests"`
	Writes   int `json:"writes"`
}

// Cost is the number of requests that a run or a part of it sends, and the objects that it makes. The requests that remove an
// object count with the part that makes it.
type Cost struct {
	Count
	// Buckets are the requests by rate-limit bucket: a group of paths that an org limits together.
	Buckets map[string]Count `json:"buckets,omitempty"`
	// Makes is how many objects it makes, by kind, and Grants how many roles it assigns, by "TYPE to a kind of principal".
	Makes  map[string]int `json:"makes,omitempty"`
	Grants map[string]int `json:"grants,omitempty"`
}

func (c Cost) plus(other Cost) Cost {
	number := func(a, b int) int { return a + b }
	return Cost{
		Count: c.Count.plus(other.Count), Buckets: sum(c.Buckets, other.Buckets, Count.plus),
		Makes: sum(c.Makes, other.Makes, number), Grants: sum(c.Grants, other.Grants, number),
	}
}

func (c Count) plus(other Count) Count {
	return Count{c.Requests + other.Requests, c.Writes + other.Writes}
}

// sum adds up two maps key by key.
func sum[V any](a, b map[string]V, plus func(V, V) V) map[string]V {
	out := map[string]V{}
	maps.Copy(out, a)
	for name, v := range b {
		out[name] = plus(out[name], v)
	}
	return out
}

// Bucket names the rate-limit bucket of a path, as far as Okta's buckets are known: one for all of users, groups,
// apps and clients each, and one for each part of iam. The sender paces itself by finer ones, which are safe for any org.
func Bucket(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	n := 3
	if len(parts) > 2 && parts[2] == "iam" {
		n = 4
	}
	return "/" + strings.Join(parts[:min(n, len(parts))], "/")
}

// Part is one part of a run, as recorded on the reference org: the step of a requirement, the arrangement of a scene, or a
// shared fixture.
type Part struct {
	Cost
	// Uses are the shared fixtures that it needs. The first part of a run that needs one makes it for all.
	Uses []string `json:"uses,omitempty"`
	// Sends lists the operations that a step calls with the statuses of the answers, each pair once.
	Sends []string `json:"sends,omitempty"`
}

// Trace is the cost of each part of a run, as `make trace` recorded it on the reference org. The cost of a part does not
// depend on the other parts that are run, nor on their order.
type Trace struct {
	// Run is the cost of every run, whatever is selected.
	Run Cost `json:"run"`
	// Arrangements are the parts that arrange scenes and make shared fixtures, by their names.
	Arrangements map[string]Part `json:"arrangements"`
	// Steps are the steps of the scenes, by the requirement that each judges.
	Steps map[string]Part `json:"steps"`
}

//go:embed trace.json
var traceFile []byte

// LoadTrace returns the recorded trace, which is embedded.
var LoadTrace = sync.OnceValues(func() (Trace, error) {
	var t Trace
	if err := json.Unmarshal(traceFile, &t); err != nil {
		return t, fmt.Errorf("reading suites/trace.json: %w", err)
	}
	return t, nil
})

// Of returns the cost of judging the requirements on the reference org: the arrangements of their scenes, their steps and the
// steps before them, the shared fixtures that these use, each once, and the first looks at the objects of each kind. An org
// whose changes show late costs more, since it is read again.
func (t Trace) Of(requirements []string) Cost {
	cost, shared := t.Run, map[string]bool{}
	var add func(Part)
	add = func(p Part) {
		cost = cost.plus(p.Cost)
		for _, name := range p.Uses {
			if !shared[name] {
				shared[name] = true
				add(t.Arrangements[name])
			}
		}
	}
	for _, o := range stage.Outlines() {
		last := -1
		for i, step := range o.Steps {
			if slices.Contains(requirements, step.Requirement) {
				last = i
			}
		}
		if last < 0 {
			continue
		}
		add(t.Arrangements[o.Scene])
		for _, step := range o.Steps[:last+1] {
			if !step.Aside || slices.Contains(requirements, step.Requirement) {
				add(t.Steps[step.Requirement])
			}
		}
	}
	made := maps.Clone(cost.Makes)
	if made["client app"] > 0 {
		made["app"] += made["client app"]
	}
	for kind, n := range made {
		for i := range min(n, stage.FirstLooks) {
			cost = cost.plus(t.Arrangements[stage.FirstLook(kind, i)].Cost)
		}
	}
	return cost
}

// onlyReads reports whether a requirement can be judged without writing.
func (t Trace) onlyReads(requirement string) bool {
	o := outlineOf(requirement)
	return o != nil && (t.Of([]string{requirement}).Writes == 0 || o.Readable && t.Steps[requirement].Writes == 0)
}

// SceneOf returns the name of the scene that judges a requirement; empty if none does.
func SceneOf(requirement string) string {
	if o := outlineOf(requirement); o != nil {
		return o.Scene
	}
	return ""
}

// outlineOf is the outline of the scene that judges a requirement; nil if none does.
func outlineOf(requirement string) *harness.Outline {
	for _, o := range stage.Outlines() {
		for _, step := range o.Steps {
			if step.Requirement == requirement {
				return &o
			}
		}
	}
	return nil
}

// shared is the most that each further process of a parallel run adds: the first look at the org, and the shared fixtures.
func (t Trace) shared() Cost {
	cost := t.Run
	scenes := map[string]bool{}
	for _, o := range stage.Outlines() {
		scenes[o.Scene] = true
	}
	for name, part := range t.Arrangements {
		if !scenes[name] {
			cost = cost.plus(part.Cost)
		}
	}
	return cost
}

// knows returns an error if the trace lacks the step of a requirement: a plan would not count what it sends.
func (t Trace) knows(requirements []spec.Requirement) error {
	for _, q := range requirements {
		if _, ok := t.Steps[q.ID]; !ok {
			return fmt.Errorf("suites/trace.json does not say what the step of %s sends, so that no plan can announce it: run make trace", q.ID)
		}
	}
	return nil
}

// plan is the cost of a run of the selected requirements. Those that need a feature or a credential that the target does not
// have send nothing. A read-only run arranges nothing.
func (t Trace) plan(of *target.Target, selected []spec.Requirement, readOnly bool) Cost {
	steps := t.Run
	var ids []string
	for _, q := range selected {
		if of.Has(q.Needs) {
			ids = append(ids, q.ID)
			steps = steps.plus(t.Steps[q.ID].Cost)
		}
	}
	if readOnly {
		return steps
	}
	return t.Of(ids)
}
