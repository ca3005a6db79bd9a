package report

import (
	"cmp"
	"slices"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func (p pair) compare(q pair) int {
	return cmp.Or(cmp.Compare(p.operation, q.operation), cmp.Compare(p.status, q.status))
}

// pairRow is a pair of operation and status with what the report's rows make of it.
type pairRow struct {
	Coverage
	State state
	// Requirements are the ids of the rows that speak of the pair, sorted.
	Requirements []string
}

// pairs judges every pair by the rows that rest on it. A row of a spec speaks of the operations it is about, by the
// exchanges it is about; what is judged on every exchange speaks of a pair where it broke there.
func (r *Report) pairs(s *spec.Spec, exchanges []*exchange.Exchange) []pairRow {
	byID := make(map[string]*exchange.Exchange, len(exchanges))
	for _, x := range exchanges {
		byID[x.ID] = x
	}
	out := make([]pairRow, 0, len(r.Coverage))
	index := map[pair]int{}
	for _, c := range r.Coverage {
		row := pairRow{Coverage: c, State: statePass}
		if c.Exchanges == 0 {
			row.State = stateAside
		}
		index[pair{c.Operation, c.Status}] = len(out)
		out = append(out, row)
	}
	speaks := func(q Requirement, operation string, status int) {
		i, ok := index[pair{operation, status}]
		if !ok || slices.Contains(out[i].Requirements, q.ID) {
			return
		}
		out[i].Requirements = append(out[i].Requirements, q.ID)
		out[i].State = worse(out[i].State, r.state(q))
	}
	rows := map[string]Requirement{}
	for _, q := range r.Requirements {
		rows[q.ID] = q
		if q.Outcome != verdict.Pass && q.Outcome != verdict.Fail {
			continue
		}
		everywhere := q.Location == ""
		if everywhere && q.Outcome == verdict.Pass {
			continue
		}
		for _, id := range q.Evidence {
			x := byID[id]
			if x == nil || !everywhere && x.Phase == exchange.Arrange {
				continue
			}
			if op := operationOf(s, x); everywhere || slices.Contains(q.Operations, op) {
				speaks(q, op, x.Status())
			}
		}
	}
	for _, f := range r.Findings {
		if q, ok := rows[f.Requirement]; ok && q.Outcome == verdict.Fail && byID[f.Exchange] != nil {
			speaks(q, f.Operation, byID[f.Exchange].Status())
		}
	}
	for i := range out {
		slices.Sort(out[i].Requirements)
	}
	slices.SortFunc(out, func(a, b pairRow) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Status, b.Status))
	})
	return out
}
