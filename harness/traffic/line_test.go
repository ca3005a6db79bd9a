package traffic

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

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
			for j := l.next(); j != nil; j = l.next() {
				for range rand.IntN(100) {
					_ = fmt.Sprint(j.x.ID)
				}
				l.done(j, func(j *job) {
					left++
					if want := number(left); j.x.ID != want {
						t.Errorf("%s leaves as %s", j.x.ID, want)
					}
				})
			}
		})
	}
	for i := range n {
		l.join(waiting(i % 100))
	}
	l.end()
	workers.Wait()
	if left != n || l.count != 0 || l.bytes != 0 {
		t.Errorf("%d left, %d are there with %d bytes", left, l.count, l.bytes)
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
				for i := range c.room + cap(joined) {
					synctest.Wait()
					if want := min(i, cap(joined)); len(joined) != want {
						t.Fatalf("%d left and %d joined", i, len(joined))
					}
					l.done(l.next(), func(*job) {})
				}
				for range cap(joined) {
					if !<-joined {
						t.Error("one that had to wait says otherwise")
					}
				}
				if l.count != 0 || l.bytes != 0 {
					t.Errorf("%d are there with %d bytes", l.count, l.bytes)
				}
			})
		})
	}
}
