package report

import (
	"slices"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/history"
	"github.com/rolecheck/rolecheck/spec"
)

// Collect judges the exchanges of a run, one by one and then by what their order shows.
func Collect(s *spec.Spec, judge *contract.Judge, exchanges []*exchange.Exchange) *Collector {
	collector, tracker := NewCollector(s), history.New(s)
	// The processes of a parallel run tell of theirs one after the other.
	inTime := slices.SortedStableFunc(slices.Values(exchanges), func(a, b *exchange.Exchange) int { return a.Started.Compare(b.Started) })
	for _, x := range inTime {
		collector.Add(x, judge.Judge(x))
		collector.AddJudgement(x, tracker.Observe(x))
	}
	return collector
}
