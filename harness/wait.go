package harness

import (
	"context"
	"net/http"
	"time"

	gomega "github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// Patient is a read that is repeated until a matcher accepts its answer. It lives as long as one expression.
type Patient struct {
	c       *Container
	ctx     context.Context
	request Request
	// arranges says that a read which never suits blocks the step and does not fail it.
	arranges bool
}

// Eventually repeats a read until its answer suits, for as long as changes may take to show. When it never does, the step
// fails and ends, since the steps after it need what never showed. It panics for a request that writes.
func (c *Container) Eventually(ctx context.Context, r Request) Patient {
	if r.message.Method != http.MethodGet {
		panic("harness: Eventually would repeat a write: " + r.String())
	}
	return Patient{c: c, ctx: ctx, request: r}
}

// Arranged is Eventually for what was arranged and is judged elsewhere: when it never shows, the step is blocked.
func (c *Container) Arranged(ctx context.Context, r Request) Patient {
	p := c.Eventually(ctx, r)
	p.arranges = true
	return p
}

// wait records how long changes take to show in the answers of one operation.
type wait struct {
	// late says that a change was seen to show after a while.
	late bool
	// missed counts how often nothing showed in all the time there was.
	missed int
}

// firstPause is the longest time before the second look. Each pause is twice the one before.
const firstPause = 25 * time.Millisecond

// limit is how long a change may take to show in an operation's answers. Where changes never showed in their time, nor
// any late, there is little point in waiting in full for the next one.
func (w *wait) limit(settle time.Duration) time.Duration {
	if w.late || w.missed == 0 {
		return settle
	}
	return settle / time.Duration(min(4*w.missed, 40))
}

// historySettle is the time that a run's history is judged by. Where no change was seen to show late, in as many reads as a
// run waits for, the org shows its changes at once. What other processes of a parallel run saw is not known here.
func (o *Org) historySettle(processes int) time.Duration {
	for _, w := range o.waits {
		if w.late {
			return o.Settle()
		}
	}
	if processes > 1 {
		return o.Settle()
	}
	return 0
}

// Should waits for the answer to suit a matcher, and returns the last one.
func (p Patient) Should(m gomega.GomegaMatcher) *Answer {
	o := p.c.org
	a, suits, err := p.wait(m)
	if suits {
		return a
	}
	f := failureOf(m, a, err)
	if p.arranges || o.frame.arranging {
		panic(o.unarranged(verdict.Blocked, f, a))
	}
	o.frame.fail(f)
	panic(ended{outcome: verdict.Fail})
}

// ForLater waits for the answer to suit a matcher as Should does, on behalf of the steps after this one: when it never does
// they are blocked, and this step is judged by its other expectations.
func (p Patient) ForLater(m gomega.GomegaMatcher) *Answer {
	a, suits, err := p.wait(m)
	if !suits {
		f := failureOf(m, a, err)
		panic(p.c.org.unarranged(verdict.Pass, f, a))
	}
	return a
}

// Still waits for the answer to suit a matcher as Should does, but does not end the step when it never does: for what a
// refused write should have left as it was. It reports whether the answer suits.
func (p Patient) Still(m gomega.GomegaMatcher) bool {
	a, suits, err := p.wait(m)
	if !suits {
		p.c.org.frame.fail(failureOf(m, a, err))
	}
	return suits
}

func (p Patient) wait(m gomega.GomegaMatcher) (a *Answer, suits bool, err error) {
	// What an operation does not show, it does not show again; nor does anything show to a credential that sees nothing.
	name := p.request.operation
	if p.request.credential != target.Admin {
		name = p.request.credential
	}
	suits = p.c.Await(p.ctx, name, func() bool {
		a = p.c.Send(p.ctx, p.request)
		suits, err = m.Match(a)
		return suits && err == nil
	})
	return a, suits, err
}

// Await repeats a look at the org until it suits, for as long as changes may take to show, and reports whether it did. The
// name is the kind of look: those of one kind share what was learnt of how long changes take. For a single read there is Eventually.
func (c *Container) Await(ctx context.Context, name string, look func() bool) bool {
	if look() {
		return true
	}
	w := c.org.waits[name]
	if w == nil {
		w = &wait{}
		c.org.waits[name] = w
	}
	settle := c.org.Settle()
	deadline := time.Now().Add(w.limit(settle))
	for pause := min(settle/50, firstPause); time.Now().Before(deadline) && ctx.Err() == nil; pause = min(2*pause, settle/5) {
		timer := time.NewTimer(min(pause, time.Until(deadline)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		if look() {
			w.late = true
			return true
		}
	}
	if ctx.Err() != nil {
		// That nothing showed yet says nothing of the org.
		panic(ended{outcome: verdict.NotRun, reason: "the run ended before a change could show"})
	}
	w.missed++
	return false
}
