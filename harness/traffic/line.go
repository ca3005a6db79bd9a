package traffic

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

const (
	// maxWaiting is how many exchanges may wait at a time.
	maxWaiting = 1024
	// maxBytes is how many bytes their bodies may take up together; one alone may be larger.
	maxBytes = 64 << 20
)

// job is one exchange on its way through a session.
type job struct {
	x      *exchange.Exchange
	room   int64
	judged contract.Judgement
	done   chan struct{}
}

// line is where exchanges wait. They are judged by several workers, and leave one by one in the order in which they
// came.
type line struct {
	// room has maxBytes. Each exchange takes what its bodies do, and at least the part that bounds their number.
	room *semaphore.Weighted
	// toJudge and toLeave have all exchanges that did not get there yet, in their order. With the room that there is, neither
	// is ever full.
	toJudge, toLeave chan *job

	mu   sync.Mutex
	came int
}

func newLine() *line {
	return &line{
		room:    semaphore.NewWeighted(maxBytes),
		toJudge: make(chan *job, maxWaiting), toLeave: make(chan *job, maxWaiting),
	}
}

// join puts an exchange at the end of the line, and reports whether it had to wait for room. One that has no id gets its
// number.
func (l *line) join(x *exchange.Exchange) (waited bool) {
	j := &job{x: x, room: min(max(sizeOf(x), maxBytes/maxWaiting), maxBytes), done: make(chan struct{})}
	if waited = !l.room.TryAcquire(j.room); waited {
		// It fails only where its context ends.
		_ = l.room.Acquire(context.Background(), j.room)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.came++; x.ID == "" {
		x.ID = number(l.came)
	}
	l.toJudge <- j
	l.toLeave <- j
	return waited
}

// sizeOf is the size of an exchange's bodies in bytes.
func sizeOf(x *exchange.Exchange) int64 {
	n := len(x.Request.Body.Bytes)
	if x.Response != nil {
		n += len(x.Response.Body.Bytes)
	}
	return int64(n)
}

// work judges exchanges until the line has ended. Any number of goroutines may call it.
func (l *line) work(judge func(*exchange.Exchange) contract.Judgement) {
	for j := range l.toJudge {
		j.judged = judge(j.x)
		close(j.done)
	}
}

// drain lets exchanges leave once they are judged, until the line has ended.
func (l *line) drain(leave func(*exchange.Exchange, contract.Judgement)) {
	for j := range l.toLeave {
		<-j.done
		leave(j.x, j.judged)
		l.room.Release(j.room)
	}
}

// end says that nothing will join any more.
func (l *line) end() {
	close(l.toJudge)
	close(l.toLeave)
}
