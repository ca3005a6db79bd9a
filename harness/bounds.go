package harness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// Sender sends to the org under test with one credential, as long as the run goes on.
type Sender struct {
	org    *Org
	sender *exchange.Sender
}

// Sender returns the sender of the named credential. It panics when the target has no such credential: specs that need
// one say so in the catalogue and are left out without it.
func (o *Org) Sender(credential string) Sender { return Sender{o, o.sender(credential)} }

// Send sends m and returns the exchange; see exchange.Sender. Once the run has stopped it ends the step in place of that,
// unless m cleans up.
func (s Sender) Send(ctx context.Context, m exchange.Message) *exchange.Exchange {
	if m.Phase == exchange.Cleanup {
		return s.sender.Send(ctx, m)
	}
	deadline := s.org.admit(m)
	s.org.announce(m)
	if !deadline.IsZero() {
		limited, cancel := context.WithDeadlineCause(ctx, deadline, errTimeIsUp)
		defer cancel()
		ctx = limited
	}
	return s.sender.Send(ctx, m)
}

// errTimeIsUp is why a request is not waited for any longer.
var errTimeIsUp = errors.New("the time for judging is up")

// spare is how many requests there have to be besides those that are counted: a creation, with its removal.
const spare = 5

// admit ends the step where m is not to be sent any more, and returns until when there is time for it.
func (o *Org) admit(m exchange.Message) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bound()
	total, _ := Processes()
	most := o.settings.MaxRequests / max(1, total)
	switch {
	case o.stopped != nil:
	case !o.deadline.IsZero() && !time.Now().Before(o.deadline):
		o.stopped = &ended{outcome: verdict.NotRun, reason: "stopped, so that --timeout leaves time for cleaning up"}
	case most > 0 && int(o.count.Load())+o.owed()+spare > most:
		o.stopped = &ended{outcome: verdict.NotRun, reason: fmt.Sprintf("stopped, so that no more than %d requests are sent (--max-requests)", o.settings.MaxRequests)}
	case o.settings.ReadOnly && m.Method != http.MethodGet:
		panic(ended{outcome: verdict.NotRun, reason: "it needs to write, and the run only reads (--read-only)"})
	}
	if o.stopped != nil {
		panic(*o.stopped)
	}
	return o.deadline
}

// bound brings the deadline forward where cleaning up takes longer than the time that is left to it, as far as the org's
// answers so far show.
func (o *Org) bound() {
	if n := o.count.Load(); n > 0 && !o.deadline.IsZero() {
		needs := time.Duration(o.owed()+spare) * (time.Duration(o.taken.Load()) / time.Duration(n))
		if by := o.end.Add(-needs); by.Before(o.deadline) {
			o.deadline = by
		}
	}
}

// Stop ends judging in good order: the steps to come are not verified, for the reason given, and what was made is removed.
func (o *Org) Stop(reason string) { o.stop(verdict.Blocked, reason) }

func (o *Org) stop(outcome verdict.Outcome, reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stopped == nil {
		o.stopped = &ended{outcome: outcome, reason: reason}
	}
}

// ended is why nothing more is judged; nil while the run goes on.
func (o *Org) ended() *ended {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stopped
}

// CleanUpTime is the part of a run's time that is left to cleaning up: a quarter, and 5 minutes at most.
func CleanUpTime(timeout time.Duration) time.Duration { return min(timeout/4, 5*time.Minute) }
