package report

import (
	"cmp"
	"slices"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// rows looks at each row by itself.
func (v *verifier) rows() {
	r := v.report
	if !slices.IsSortedFunc(r.Requirements, func(a, b Requirement) int { return cmp.Compare(a.ID, b.ID) }) {
		v.say("the rows are not sorted by their ids")
	}
	findings := map[string]int{}
	for _, f := range r.Findings {
		findings[f.Requirement]++
	}
	seen := map[string]bool{}
	for _, q := range r.Requirements {
		if seen[q.ID] {
			v.say("%s has two rows", q.ID)
		}
		seen[q.ID] = true
		if !slices.Contains(verdict.Outcomes, q.Outcome) {
			v.say("%s: there is no outcome %q", q.ID, q.Outcome)
		}
		v.failures(q)
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

// failures compares a row's failures with its other members.
func (v *verifier) failures(q Requirement) {
	if len(q.Failures) == 0 {
		return
	}
	if q.Outcome != verdict.Fail {
		v.say("%s is %s, and has failures", q.ID, q.Outcome)
	}
	if q.Detail != verdict.Details(q.Failures) {
		v.say("%s: its detail is not what its failures say", q.ID)
	}
	for _, f := range q.Failures {
		if f.Exchange != "" && !slices.Contains(q.Evidence, f.Exchange) {
			v.say("%s: exchange %s shows a failure, and is not among its evidence", q.ID, f.Exchange)
		}
	}
}

// catalogue compares the rows with the catalogue. Which rows a report has depends on its mode; of those that are judged
// in one way it has either all of a system or none.
func (v *verifier) catalogue() {
	type kind struct {
		system string
		by     spec.By
	}
	kinds, rows := map[kind]bool{}, map[string]Requirement{}
	for _, q := range v.report.Requirements {
		rows[q.ID] = q
		known, ok := v.spec.Requirement(q.ID)
		if !ok {
			v.say("%s is not in the catalogue", q.ID)
			continue
		}
		kinds[kind{known.System, known.By}] = true
		for _, c := range []struct {
			what      string
			got, want any
			same      bool
		}{
			{"system", q.System, known.System, q.System == known.System},
			{"level", q.Level, known.Level, q.Level == known.Level},
			{"statement", q.Statement, known.Statement, q.Statement == known.Statement},
			{"operations", q.Operations, known.Operations, slices.Equal(q.Operations, known.Operations)},
			{"source", Sources(q.Source), Sources(known.Sources), slices.Equal(q.Source, known.Sources)},
		} {
			if !c.same {
				v.say("%s: its %s is %v, and the catalogue has %v", q.ID, c.what, c.got, c.want)
			}
		}
	}
	for _, known := range v.spec.Requirements {
		if _, ok := rows[known.ID]; !ok && kinds[kind{known.System, known.By}] {
			v.say("%s has no row", known.ID)
		}
	}
	documented := map[spec.Pair]bool{}
	for _, p := range v.spec.DocumentedPairs() {
		documented[p] = true
	}
	for _, c := range v.report.Coverage {
		p := spec.Pair{Operation: c.Operation, Status: c.Status}
		if c.Documented != documented[p] {
			v.say("coverage, %s %d: documented is %v, and the description makes it %v", c.Operation, c.Status, c.Documented, documented[p])
		}
		delete(documented, p)
	}
	for _, p := range v.spec.DocumentedPairs() {
		if documented[p] {
			v.say("coverage, %s %d is documented and is not there", p.Operation, p.Status)
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

// counts compares the counts of the report with those of the exchanges beside it. Of traffic that nobody drove only those
// exchanges are kept that the report names, so that there may be less.
func (v *verifier) counts(c *Collector) {
	r := v.report
	exchanges, requests := c.Counts()
	some := r.Part()
	if some && r.Exchanges.Kept != exchanges.Total {
		v.say("the report counts %d exchanges kept, and %s has %d", r.Exchanges.Kept, FileExchanges, exchanges.Total)
	}
	differs := func(got, want int) bool { return got != want && (!some || got < want) }
	for _, row := range []struct {
		what      string
		got, want int
	}{
		{"exchanges in all", r.Exchanges.Total - r.Exchanges.Unreadable, exchanges.Total},
		{"exchanges judged", r.Exchanges.Judged, exchanges.Judged},
		{"exchanges outside of the contract", r.Exchanges.Outside, exchanges.Outside},
		{"requests", r.Requests.Total, requests.Total},
		{"writes", r.Requests.Writes, requests.Writes},
		{"throttled requests", r.Requests.Throttled, requests.Throttled},
	} {
		if differs(row.got, row.want) {
			v.say("the report counts %d %s, and %s has %d", row.got, row.what, FileExchanges, row.want)
		}
	}
	there := map[pair]bool{}
	for _, row := range r.Coverage {
		p := pair{row.Operation, row.Status}
		there[p] = true
		if n := c.coverage[p]; differs(row.Exchanges, n) {
			v.say("coverage, %s %d: %d exchanges are counted, and %s has %d", p.operation, p.status, row.Exchanges, FileExchanges, n)
		}
	}
	for _, row := range c.Coverage() {
		if row.Exchanges > 0 && !there[pair{row.Operation, row.Status}] {
			v.say("coverage, %s %d was seen and is not there", row.Operation, row.Status)
		}
	}
}

// again judges all exchanges once more, and compares the rows that depend on them.
func (v *verifier) again(c *Collector) {
	r := v.report
	if found := c.Findings(); !slices.Equal(found, r.Findings) {
		v.say("the report has %d findings, and judging its exchanges again gives %d; they are not the same", len(r.Findings), len(found))
	}
	for _, q := range r.Requirements {
		known, ok := v.spec.Requirement(q.ID)
		if !ok || known.By == spec.BySuite || known.By == spec.ByClient {
			continue
		}
		want := c.Verdict(known)
		judged := q.Outcome == verdict.Pass || q.Outcome == verdict.Fail || q.Outcome == verdict.Error
		switch {
		case judged && q.Outcome != want.Outcome, !judged && want.Outcome == verdict.Fail:
			v.say("%s is %s, and judging its exchanges again makes it %s", q.ID, q.Outcome, want.Outcome)
		case judged && (q.Detail != want.Detail || !slices.Equal(q.Failures, want.Failures) || !slices.Equal(q.Evidence, want.Evidence) || q.Repro != want.Repro):
			v.say("%s has other details than judging its exchanges again gives", q.ID)
		}
	}
}
