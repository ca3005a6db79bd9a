package traffic

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

func waiting(bytes int) *exchange.Exchange {
	return &exchange.Exchange{Request: exchange.Request{Body: exchange.Body{Bytes: make([]byte, bytes)}}}
}

// TestLineKeepsTheOrder has workers of different speed.
func TestLineKeepsTheOrder(t *testing.T) {
	const n = 5000
	l := newLine()
	left := 0
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			l.work(func(x *exchange.Exchange) contract.Judgement {
				for range rand.IntN(100) {
					_ = fmt.Sprint(x.ID)
				}
				return contract.Judgement{Rules: []string{x.ID}}
			})
		})
	}
	workers.Go(func() {
		l.drain(func(x *exchange.Exchange, judged contract.Judgement) {
			left++
			if want := number(left); x.ID != want || judged.Rules[0] != want {
				t.Errorf("%s leaves as %s, judged as %s", x.ID, want, judged.Rules[0])
			}
		})
	})
	for i := range n {
		l.join(waiting(i % 100))
	}
	l.end()
	workers.Wait()
	if left != n || !l.room.TryAcquire(maxBytes) {
		t.Errorf("%d left, and there is not all room again", left)
	}
}

func TestLineIsBounded(t *testing.T) {
	for name, c := range map[string]struct{ size, room int }{
		"by number":             {0, maxWaiting},
		"by bytes":              {maxBytes / 8, 8},
		"with one that is more": {maxBytes + 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLine()
				for i := range c.room {
					if l.join(waiting(c.size)) {
						t.Fatalf("number %d had to wait", i+1)
					}
				}
				joined := make(chan bool, 3)
				for range cap(joined) {
					go func() { joined <- l.join(waiting(c.size)) }()
				}
				go l.work(func(*exchange.Exchange) contract.Judgement { return contract.Judgement{} })
				step := make(chan struct{})
				go l.drain(func(*exchange.Exchange, contract.Judgement) { <-step })
				for i := range c.room + cap(joined) {
					synctest.Wait()
					if want := min(i, cap(joined)); len(joined) != want {
						t.Fatalf("%d left and %d joined", i, len(joined))
					}
					step <- struct{}{}
				}
				for range cap(joined) {
					if !<-joined {
						t.Error("one that had to wait says otherwise")
					}
				}
				l.end()
			})
		})
	}
}
