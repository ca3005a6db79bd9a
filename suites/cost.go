package suites

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
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

// times is n times the cost, and plus the sum of two.
func (c Cost) times(n int) Cost {
	out := Cost{}
	for range n {
		out = out.plus(c)
	}
	return out
}

func (c Cost) plus(other Cost) Cost {
	out := Cost{
		Count: c.Count.plus(other.Count), Buckets: maps.Clone(c.Buckets), Makes: sum(c.Makes, other.Makes), Grants: sum(c.Grants, other.Grants),
	}
	for name, n := range other.Buckets {
		if out.Buckets == nil {
			out.Buckets = map[string]Count{}
		}
		out.Buckets[name] = out.Buckets[name].plus(n)
	}
	return out
}

func (c Count) plus(other Count) Count {
	return Count{c.Requests + other.Requests, c.Writes + other.Writes}
}

func sum(a, b map[string]int) map[string]int {
	if len(a)+len(b) == 0 {
		return nil
	}
	out := map[string]int{}
	for _, m := range []map[string]int{a, b} {
		for name, n := range m {
			out[name] += n
		}
	}
	return out
}

// limitedTogether names the rate-limit bucket of a path, as far as Okta's buckets are known: one for all of users, groups,
// apps and clients each, and one for each part of iam. The sender paces itself by finer ones, which are safe for any org.
func limitedTogether(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	n := 3
	if len(parts) > 2 && parts[2] == "iam" {
		n = 4
	}
	return "/" + strings.Join(parts[:min(n, len(parts))], "/")
}

// grantees are what an account of costs calls the kinds of principals.
var grantees = map[spec.Holder]string{spec.User: "user", spec.Group: "group", spec.Client: "client app"}

// costOf is the cost of one exchange.
func costOf(x *exchange.Exchange, op spec.Operation) Cost {
	c := Cost{Count: Count{Requests: 1}}
	if x.Request.Method != http.MethodGet {
		c.Writes = 1
	}
	c.Buckets = map[string]Count{limitedTogether(x.Request.URL.Path): c.Count}
	if x.Request.Method != http.MethodPost || x.Status() < 200 || x.Status() > 299 {
		return c
	}
	if kind := stage.Creates(x); kind != "" {
		c.Makes = map[string]int{string(kind): 1}
	}
	var body struct{ Type string }
	_ = json.Unmarshal(x.Request.Body.Bytes, &body) // a body without a type assigns no role
	if op.Action.Object == spec.Role && body.Type != "" {
		c.Grants = map[string]int{body.Type + " to a " + grantees[op.Action.Of]: 1}
	}
	return c
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

// TraceOf makes the trace of a complete run in one process. A catalogue that does not load is an error.
func TraceOf(r *Result) (Trace, error) {
	s, err := spec.Load()
	if err != nil {
		return Trace{}, err
	}
	t := Trace{Arrangements: map[string]Part{}, Steps: map[string]Part{}}
	for _, o := range stage.Outlines() {
		t.Arrangements[o.Scene] = Part{}
		for _, step := range o.Steps {
			t.Steps[step.Requirement] = Part{}
		}
	}
	sends := map[string]map[string]bool{}
	for _, x := range r.Exchanges {
		op, _, within := s.Match(x.Request.Method, x.Request.URL.EscapedPath())
		cost := costOf(x, op)
		switch {
		case x.Requirement != "":
			part := t.Steps[x.Requirement]
			part.Cost = part.plus(cost)
			t.Steps[x.Requirement] = part
			if within && x.Phase != exchange.Cleanup {
				if sends[x.Requirement] == nil {
					sends[x.Requirement] = map[string]bool{}
				}
				sends[x.Requirement][fmt.Sprintf("%s %d", op.ID, x.Status())] = true
			}
		case x.Arranges != "":
			part := t.Arrangements[x.Arranges]
			part.Cost = part.plus(cost)
			t.Arrangements[x.Arranges] = part
		default:
			t.Run = t.Run.plus(cost)
		}
	}
	for id, seen := range sends {
		part := t.Steps[id]
		part.Sends = slices.Sorted(maps.Keys(seen))
		t.Steps[id] = part
	}
	for by, names := range r.Uses {
		parts := t.Steps
		if _, ok := t.Arrangements[by]; ok {
			parts = t.Arrangements
		}
		part := parts[by]
		part.Uses = slices.Sorted(slices.Values(names))
		parts[by] = part
	}
	return t, nil
}

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

// reading is the cost of a read-only run of the selected requirements.
func (t Trace) reading(of *target.Target, selected []spec.Requirement) Cost {
	cost := t.Run
	for _, q := range selected {
		if of.Has(q.Needs) {
			cost = cost.plus(t.Steps[q.ID].Cost)
		}
	}
	return cost
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

// plan is the cost of a run of the selected requirements. Those that need a feature or a credential that the target does not
// have send nothing.
func (t Trace) plan(of *target.Target, selected []spec.Requirement) Cost {
	var ids []string
	for _, q := range selected {
		if of.Has(q.Needs) {
			ids = append(ids, q.ID)
		}
	}
	return t.Of(ids)
}
