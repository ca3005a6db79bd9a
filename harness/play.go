package harness

import (
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/onsi/ginkgo/v2"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// frame records a running step or arrangement.
type frame struct {
	// arranging says that it is an arrangement, whose failed expectations block and do not fail.
	arranging bool
	failures  []verdict.Failure
	// words are the failures by the text that Gomega hands on.
	words map[string]verdict.Failure
	notes []string
	// sent are the exchanges that it made, and looked those that its expectations examined.
	sent, looked []string
}

// fail adds a failure.
func (f *frame) fail(failure verdict.Failure) { f.failures = append(f.failures, failure) }

// ended is the panic value that stops a step or an arrangement early; live recovers it.
type ended struct {
	outcome verdict.Outcome
	reason  string
	// exchange names the evidence, where there is some.
	exchange string
}

// play is the Ginkgo spec of step i.
func (c *Container) play(ctx ginkgo.SpecContext, i int) {
	s := c.steps[i]
	q, _ := c.org.spec.Requirement(s.id)
	if lacking, reason := c.org.Target.Missing(q.Needs); lacking != "" {
		declare(verdict.Unsupported, "the target declares to lack "+lacking)
	} else if reason != "" {
		declare(verdict.Unobservable, reason)
	}
	if end := c.org.ended(); end != nil {
		declare(end.outcome, end.reason)
	}
	if c.ReadOnly() && !slices.ContainsFunc(c.org.selected, func(x spec.Requirement) bool { return x.ID == q.ID }) {
		declare(verdict.NotSelected, "it needs to write, and the run only reads (--read-only)")
	}
	c.catchUp(ctx, i)
	if c.broken != nil {
		if c.broken.exchange != "" {
			entry(entryCite, c.broken.exchange)
		}
		declare(c.broken.outcome, c.broken.reason)
	}
	f, end := c.live(ctx, s, false)
	s.ran = true
	c.conclude(q, f, end)
}

// catchUp arranges the scene and runs the steps before step i, as far as that was not done yet.
func (c *Container) catchUp(ctx ginkgo.SpecContext, i int) {
	if !c.arranged {
		c.arranged = true
		if c.arrange != nil {
			arrangement := &step{body: c.arrange}
			if _, end := c.live(ctx, arrangement, true); end != nil {
				c.broken = end
			}
		}
	}
	for _, s := range c.steps[:i] {
		if c.broken != nil {
			return
		}
		if s.ran || s.aside {
			continue
		}
		s.ran = true
		if q, _ := c.org.spec.Requirement(s.id); !c.org.Target.Has(q.Needs) {
			continue
		}
		f, end := c.live(ctx, s, false)
		c.rest(s, f, end)
	}
}

// live carries out the body of a step. What ended it before its end is returned; nil where it came to its end.
func (c *Container) live(ctx ginkgo.SpecContext, s *step, arranging bool) (f *frame, end *ended) {
	f = &frame{arranging: arranging, words: map[string]verdict.Failure{}}
	p := purpose{requirement: s.id}
	if arranging {
		p = purpose{arranges: c.name}
	}
	c.org.mu.Lock()
	c.org.frame = f
	c.org.mu.Unlock()
	defer func() {
		c.org.mu.Lock()
		c.org.frame = nil
		c.org.mu.Unlock()
		if len(f.sent) > 0 {
			c.seen = f.sent
		}
		thrown := recover()
		switch e := thrown.(type) {
		case nil:
		case ended:
			end = &e
		default:
			// After a failed expectation a body may find less than it counts on: then that failure is reported.
			end = &ended{outcome: verdict.Error, reason: fmt.Sprintf("rolecheck broke: %v\n%s", thrown, debug.Stack())}
			if len(f.failures) > 0 {
				end = &ended{outcome: verdict.Fail}
			}
		}
	}()
	c.org.during(p, func() { s.body(ctx) })
	return f, nil
}

// rest records why later steps are blocked, where the step that ran blocks them.
func (c *Container) rest(s *step, f *frame, end *ended) {
	if s.aside || end == nil || end.outcome == verdict.Unsupported || end.outcome == verdict.Unobservable {
		return
	}
	broken := ended{outcome: verdict.Blocked, reason: end.reason, exchange: end.exchange}
	if end.outcome == verdict.Fail && len(f.failures) > 0 {
		last := f.failures[len(f.failures)-1]
		broken.reason = fmt.Sprintf("%s did not come out: %s", s.id, last.Summary())
		broken.exchange = last.Exchange
	}
	c.broken = &broken
}

// conclude ends the Ginkgo spec of a step with its outcome.
func (c *Container) conclude(q spec.Requirement, f *frame, end *ended) {
	for _, s := range c.steps {
		if s.id == q.ID {
			c.rest(s, f, end)
		}
	}
	for _, id := range c.cited(f) {
		entry(entryCite, id)
	}
	for _, note := range f.notes {
		entry(entryNote, note)
	}
	if len(f.failures) > 0 {
		c.failed, c.org.failed = true, true
		c.org.fail(q, f.failures)
	}
	if end != nil && end.outcome != verdict.Pass {
		if end.exchange != "" {
			entry(entryCite, end.exchange)
		}
		declare(end.outcome, end.reason)
	}
}

// cited are the earlier exchanges of the scene that a step's expectations examined. Where it sent and examined none they are
// those of the last step that sent any.
func (c *Container) cited(f *frame) []string {
	if len(f.sent)+len(f.looked) == 0 {
		return c.seen
	}
	var out []string
	for _, id := range f.looked {
		if !slices.Contains(f.sent, id) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// fail ends a spec with its failures. Where they do not fail the gate at the run's level, or the baseline knows them,
// they become a declared outcome, so that Ginkgo's own colour says the same as the gate.
func (o *Org) fail(q spec.Requirement, failures []verdict.Failure) {
	for _, f := range failures {
		entry(entryFailure, f)
	}
	message := verdict.Details(failures)
	v := verdict.Verdict{Requirement: q, Outcome: verdict.Fail}
	if v.Failed(o.settings.Level) && !o.known.Lists(q.ID) {
		if o.settings.FailFast {
			o.stop(verdict.NotRun, "stopped after "+q.ID+" failed (--fail-fast)")
		}
		ginkgo.Fail(message, 3)
	}
	entry(entryDeclared, declared{Outcome: verdict.Fail, Reason: message})
	ginkgo.Skip(fmt.Sprintf("%s (%s, which does not fail the gate): %s", verdict.Fail, q.Level, message), 3)
}

func declare(o verdict.Outcome, reason string) {
	entry(entryDeclared, declared{Outcome: o, Reason: reason})
	ginkgo.Skip(string(o)+": "+reason, 2)
}
