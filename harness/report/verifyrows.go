package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// rows looks at each row by itself.
func (v *verifier) rows() {
	r := v.report
	seen := map[string]bool{}
	for _, q := range r.Requirements {
		if seen[q.ID] {
			v.say("%s has two rows", q.ID)
		}
		seen[q.ID] = true
		if !slices.Contains(verdict.Outcomes, q.Outcome) {
			v.say("%s: there is no outcome %q", q.ID, q.Outcome)
		}
		for _, f := range q.Failures {
			if f.Exchange != "" && !slices.Contains(q.Evidence, f.Exchange) {
				v.say("%s: exchange %s shows a failure, and is not among its evidence", q.ID, f.Exchange)
			}
		}
		if len(q.Lacking) > 0 && (q.Outcome != verdict.Unsupported || r.Mode != SDK) {
			v.say("%s is %s, and names what a client lacks", q.ID, q.Outcome)
		}
		if q.Outcome == verdict.Pass {
			if len(q.Evidence) == 0 && r.Mode != SDK {
				v.say("%s passed, and no exchange shows it", q.ID)
			}
			if q.Repro != "" {
				v.say("%s passed, and has a command that repeats its failure", q.ID)
			}
		}
	}
}

// catalogue looks for rows that are missing. Which rows a report has depends on its mode; of those that are judged in one
// way it has either all of a system or none.
func (v *verifier) catalogue() {
	type kind struct {
		system string
		by     spec.By
	}
	kinds, rows := map[kind]bool{}, map[string]bool{}
	for _, q := range v.report.Requirements {
		rows[q.ID] = true
		known, ok := v.spec.Requirement(q.ID)
		if !ok {
			v.say("%s is not in the catalogue", q.ID)
			continue
		}
		kinds[kind{known.System, known.By}] = true
	}
	for _, known := range v.spec.Requirements {
		if !rows[known.ID] && kinds[kind{known.System, known.By}] {
			v.say("%s has no row", known.ID)
		}
	}
}

// evidence looks for the exchanges that rows and findings name.
func (v *verifier) evidence(ids map[string]bool) {
	r := v.report
	outcomes := map[string]verdict.Outcome{}
	for _, q := range r.Requirements {
		outcomes[q.ID] = q.Outcome
		for _, id := range q.Evidence {
			if !ids[id] {
				v.say("%s names exchange %s, which is not in %s", q.ID, id, FileExchanges)
			}
		}
	}
	broken := map[string]bool{}
	for _, f := range r.Findings {
		if !ids[f.Exchange] {
			v.say("a finding on %s names exchange %s, which is not in %s", f.Requirement, f.Exchange, FileExchanges)
		}
		known, ok := v.spec.Requirement(f.Requirement)
		if o := outcomes[f.Requirement]; ok && f.Level == known.Level && o != "" && o != verdict.Fail && !broken[f.Requirement] {
			broken[f.Requirement] = true
			v.say("%s is %s, and exchange %s breaks it: %s", f.Requirement, o, f.Exchange, f.Detail)
		}
	}
}

// rebuild builds the report again from its rows, the catalogue and its exchanges, and compares the two. Where not all
// exchanges are there, the report may count more of them.
func (v *verifier) rebuild(c *Collector, whole bool) {
	r := v.report
	known := &verdict.Baseline{}
	for _, a := range r.Baseline {
		known.Entries = append(known.Entries, a.Entry)
	}
	verdicts := r.Verdicts()
	for i := range verdicts {
		w := &verdicts[i]
		q, ok := v.spec.Requirement(w.Requirement.ID)
		if !ok {
			continue
		}
		w.Requirement = q
		if !whole || r.Mode != Run || q.By == spec.BySuite || q.By == spec.ByClient {
			continue
		}
		judged := w.Outcome == verdict.Pass || w.Outcome == verdict.Fail || w.Outcome == verdict.Error
		if again := c.Verdict(q); judged || again.Outcome == verdict.Fail {
			*w = again
		}
	}
	c.counts.Total += r.Exchanges.Unreadable
	c.counts.Unreadable = r.Exchanges.Unreadable
	if !whole {
		c.atLeast(r)
	}
	want := Build(*r, v.spec.Systems, verdicts, c, known)
	if whole && r.Mode == Run && !slices.Equal(r.Findings, want.Findings) {
		v.say("the report has %d findings, and judging its exchanges again gives %d; they are not the same", len(r.Findings), len(want.Findings))
	}
	v.differ("run", r.Run, want.Run)
	differs(v, "row", r.Requirements, want.Requirements, func(q Requirement) string { return q.ID })
	differs(v, "system", r.Systems, want.Systems, func(y System) string { return y.ID })
	differs(v, "baseline", r.Baseline, want.Baseline, func(a verdict.Applied) string { return a.Requirement })
	differs(v, "coverage", r.Coverage, want.Coverage, func(c Coverage) string { return fmt.Sprintf("%s %d", c.Operation, c.Status) })
	v.differ("exchanges", r.Exchanges, want.Exchanges)
	v.differ("requests", r.Requests, want.Requests)
}

// atLeast raises the counts to those of a report.
func (c *Collector) atLeast(r *Report) {
	for _, n := range []struct {
		count *int
		least int
	}{
		{&c.counts.Total, r.Exchanges.Total}, {&c.counts.Judged, r.Exchanges.Judged}, {&c.counts.Outside, r.Exchanges.Outside},
		{&c.requests.Total, r.Requests.Total}, {&c.requests.Writes, r.Requests.Writes}, {&c.requests.Throttled, r.Requests.Throttled},
	} {
		*n.count = max(*n.count, n.least)
	}
	for _, row := range r.Coverage {
		if p := (pair{row.Operation, row.Status}); row.Exchanges > c.coverage[p] {
			c.coverage[p] = row.Exchanges
		}
	}
}

// differs compares two lists by the key of their items.
func differs[T any](v *verifier, what string, got, want []T, key func(T) string) {
	items := map[string]T{}
	for _, w := range want {
		items[key(w)] = w
	}
	sorted := len(got) == len(want)
	for i, g := range got {
		k := key(g)
		w, ok := items[k]
		if !ok {
			v.say("%s %s is there; recomputed it is absent", what, k)
			continue
		}
		sorted = sorted && k == key(want[i])
		v.differ(what+" "+k, g, w)
		delete(items, k)
	}
	for _, k := range slices.Sorted(maps.Keys(items)) {
		v.say("%s %s is absent; recomputed it is there", what, k)
	}
	if len(got) == len(want) && !sorted {
		v.say("%s: the list is not sorted", what)
	}
}

// differ compares two values of one type by the members that they have as JSON.
func (v *verifier) differ(what string, got, want any) {
	a, err1 := members(got)
	b, err2 := members(want)
	if err := errors.Join(err1, err2); err != nil {
		v.say("%s: %v", what, err)
		return
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			a[name] = nil
		}
	}
	shown := func(m json.RawMessage) string { return text.Shorten(cmp.Or(string(m), "absent"), 200) }
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if x, y := a[name], b[name]; !bytes.Equal(x, y) {
			v.say("%s: %s is %s; recomputed it is %s", what, name, shown(x), shown(y))
		}
	}
}

func members(v any) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return out, json.Unmarshal(b, &out)
}
