package report

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/history"
	"github.com/rolecheck/rolecheck/spec"
)

// Collect judges the exchanges of a run, one by one on all processors, and then by what their order shows where a change
// may take as long as settle to show.
func Collect(s *spec.Spec, judge *contract.Judge, exchanges []*exchange.Exchange, settle time.Duration) *Collector {
	// Those of a parallel run come process by process.
	inTime := slices.SortedStableFunc(slices.Values(exchanges), func(a, b *exchange.Exchange) int { return a.Started.Compare(b.Started) })
	judged := make([]contract.Judgement, len(inTime))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(inTime)); i = next.Add(1) - 1 {
				judged[i] = judge.Judge(inTime[i])
			}
		})
	}
	workers.Wait()
	collector, tracker := NewCollector(s), history.New(s, history.Settle(settle))
	for i, x := range inTime {
		collector.Add(x, judged[i])
		collector.AddJudgement(x, tracker.Observe(x, judged[i].Answer))
	}
	return collector
}
