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

// PairRow is a pair of operation and status with what the report's rows make of it.
type PairRow struct {
	Coverage
	State State
	// Requirements are the ids of the rows that speak of the pair, sorted.
	Requirements []string
}

// Pairs gives every pair the state of the rows about it. A row of a spec speaks of the operations it is about, by the
// exchanges it is about; what is judged on every exchange speaks of a pair where it broke there.
func (r *Report) Pairs(s *spec.Spec, exchanges []*exchange.Exchange) []PairRow {
	byID := make(map[string]*exchange.Exchange, len(exchanges))
	for _, x := range exchanges {
		byID[x.ID] = x
	}
	out := make([]PairRow, 0, len(r.Coverage))
	index := map[pair]int{}
	for _, c := range r.Coverage {
		row := PairRow{Coverage: c, State: StatePass}
		if c.Exchanges == 0 {
			row.State = StateAside
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
		if is := r.State(q); is.Compare(out[i].State) < 0 {
			out[i].State = is
		}
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
			if op := OperationOf(s, x); everywhere || slices.Contains(q.Operations, op) {
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
	slices.SortFunc(out, func(a, b PairRow) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Status, b.Status))
	})
	return out
}
