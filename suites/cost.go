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

// Count is how many requests there are, and how many of them write.
type Count struct {
	Requests int `json:"requests"`
	Writes   int `json:"writes"`
}

// Cost is what something takes of an org. What is made is also removed, and that is counted with what makes it.
type Cost struct {
	Count
	// Buckets are the requests by the group of paths that orgs limit together.
	Buckets map[string]Count `json:"buckets,omitempty"`
	// Makes are the objects that it makes, by their kind, and Grants the roles that it gives, by their type and the kind of
	// principal that gets them.
	Makes  map[string]int `json:"makes,omitempty"`
	Grants map[string]int `json:"grants,omitempty"`
}

// times is the cost of n times the same, and plus that of two things.
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

// limitedTogether names the group of paths that an org limits together, as far as that is known: all of users, groups, apps
// and clients, and of one part of iam. To pace itself the sender goes by finer ones, which no org can prove wrong.
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
	_ = json.Unmarshal(x.Request.Body.Bytes, &body) // what names no type gives no role
	if op.Action.Object == spec.Role && body.Type != "" {
		c.Grants = map[string]int{body.Type + " to a " + grantees[op.Action.Of]: 1}
	}
	return c
}

// Part is one part of a run, as it was seen on the reference org: the step of a requirement, the arrangement of a scene,
// or a fixture that is shared.
type Part struct {
	Cost
	// Uses are the shared fixtures that it names; whoever names one first makes it for all.
	Uses []string `json:"uses,omitempty"`
	// Sends lists the calls of a step with the statuses they got, each kind once.
	Sends []string `json:"sends,omitempty"`
}

// Trace is what each part of a run was seen to do on the reference org, as `make trace` wrote it down. A part is there
// for itself: whatever else is run, and in whatever order, it does the same.
type Trace struct {
	// Run is what every run does whatever is selected.
	Run Cost `json:"run"`
	// Arrangements are those of the scenes and the shared fixtures, by their names.
	Arrangements map[string]Part `json:"arrangements"`
	// Steps are those of the scenes, by the requirement that each of them judges.
	Steps map[string]Part `json:"steps"`
}

//go:embed trace.json
var traceFile []byte

// LoadTrace returns what a run on the reference org was seen to do.
var LoadTrace = sync.OnceValues(func() (Trace, error) {
	var t Trace
	if err := json.Unmarshal(traceFile, &t); err != nil {
		return t, fmt.Errorf("reading suites/trace.json: %w", err)
	}
	return t, nil
})

// TraceOf takes the trace from a complete run in one process.
func TraceOf(r *harness.Result) (Trace, error) {
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

// Of returns what a run of the requirements takes on the reference org: the arrangements of their scenes, the steps that
// they rest on, the shared fixtures that these name, each once, and the looks at the first objects of each kind. An org that takes its time, or that has to be asked
// twice, costs more.
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
	for _, o := range stage.Outlines() {
		for _, step := range o.Steps {
			if step.Requirement == requirement {
				return t.Of([]string{requirement}).Writes == 0 || o.Readable && t.Steps[requirement].Writes == 0
			}
		}
	}
	return false
}

// reading says what a run of requirements takes that only reads.
func (t Trace) reading(of *target.Target, selected []spec.Requirement) Cost {
	cost := t.Run
	for _, q := range selected {
		if of.Has(q.Needs) {
			cost = cost.plus(t.Steps[q.ID].Cost)
		}
	}
	return cost
}

// SceneOf returns the name of the scene that judges a requirement; empty where none does.
func SceneOf(requirement string) string {
	for _, o := range stage.Outlines() {
		for _, step := range o.Steps {
			if step.Requirement == requirement {
				return o.Scene
			}
		}
	}
	return ""
}

// shared is what every further process of a parallel run may do besides: the first look at the org, and the shared fixtures.
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

// plan says what a run of the requirements takes. Those that the target has not what they need for send nothing.
func (t Trace) plan(of *target.Target, selected []spec.Requirement) Cost {
	var ids []string
	for _, q := range selected {
		if of.Has(q.Needs) {
			ids = append(ids, q.ID)
		}
	}
	return t.Of(ids)
}
