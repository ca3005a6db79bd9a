package traffic

import (
	"sync"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

const (
	// maxWaiting is how many exchanges may be on their way at a time.
	maxWaiting = 1024
	// maxBytes is how many bytes their bodies may take up together; one alone may be larger.
	maxBytes = 64 << 20
)

// job is one exchange on its way through a session.
type job struct {
	x      *exchange.Exchange
	size   int64
	judged contract.Judgement
	// ready says that the exchange was judged.
	ready bool
}

// line is where exchanges wait. They are judged by several workers, and leave one by one in the order in which they
// came.
type line struct {
	mu         sync.Mutex
	room, work sync.Cond
	// jobs is a ring: the first of them is at head, and taken of them are with a worker or ready.
	jobs               [maxWaiting]job
	head, taken, count int
	bytes              int64
	came               int
	leaving, closed    bool
}

func newLine() *line {
	l := &line{}
	l.room.L, l.work.L = &l.mu, &l.mu
	return l
}

// join puts an exchange at the end of the line, and reports whether it had to wait for room. One that has no id gets its
// number.
func (l *line) join(x *exchange.Exchange) (waited bool) {
	size := sizeOf(x)
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.count == maxWaiting || l.count > 0 && l.bytes+size > maxBytes {
		waited = true
		l.room.Wait()
	}
	if l.came++; x.ID == "" {
		x.ID = number(l.came)
	}
	l.jobs[(l.head+l.count)%maxWaiting] = job{x: x, size: size}
	l.count++
	l.bytes += size
	l.work.Signal()
	return waited
}

// sizeOf is what an exchange's bodies take up.
func sizeOf(x *exchange.Exchange) int64 {
	n := len(x.Request.Body.Bytes)
	if x.Response != nil {
		n += len(x.Response.Body.Bytes)
	}
	return int64(n)
}

// next returns the next job that nobody has taken; nil when there will be none.
func (l *line) next() *job {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.taken == l.count {
		if l.closed {
			return nil
		}
		l.work.Wait()
	}
	j := &l.jobs[(l.head+l.taken)%maxWaiting]
	l.taken++
	return j
}

// done notes that a job was judged, and lets leave those whose turn it is. Only one worker at a time does that, while
// the others go on judging.
func (l *line) done(j *job, leave func(*job)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j.ready = true
	if l.leaving {
		return
	}
	l.leaving = true
	for l.taken > 0 && l.jobs[l.head].ready {
		first := &l.jobs[l.head]
		l.mu.Unlock()
		leave(first)
		l.mu.Lock()
		l.bytes -= first.size
		*first = job{}
		l.head = (l.head + 1) % maxWaiting
		l.taken--
		l.count--
		l.room.Signal()
	}
	l.leaving = false
}

// end says that nothing will join any more.
func (l *line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.work.Broadcast()
}
