package harness

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Container is the ordered container of one scene: an arrangement, and steps that follow each other, each of which
// judges one requirement.
//
// A step that is selected alone lives through the steps before it, unjudged. Within a step an expectation that fails does
// not end it: all that is wrong is told. What ends a step is Eventually, Need or Decode, since what follows would have
// no ground; the steps after it are then blocked, and say by what.
type Container struct {
	org  *Org
	name string

	arrange  func(ginkgo.SpecContext)
	arranged bool
	readable bool
	steps    []*step
	// broken is why no later step can be judged; nil while all is well.
	broken *ended
	// failed says that a step of the scene failed.
	failed bool
	// seen are the exchanges of the last step that made any, for steps that judge the one above.
	seen []string
}

// step is one requirement's part in a scene.
type step struct {
	text, id string
	location types.CodeLocation
	body     func(ginkgo.SpecContext)
	// aside says that no later step rests on it.
	aside bool
	lived bool
}

// frame is what a part of a scene has brought so far.
type frame struct {
	// arranging parts are judged by nobody.
	arranging bool
	failures  []verdict.Failure
	// words are the failures by the text that Gomega hands on.
	words map[string]verdict.Failure
	notes []string
	// sent are the exchanges that it made, and looked those that its expectations were about.
	sent, looked []string
}

// ended is how a part of a scene ends before its end. It is thrown, and caught in live.
type ended struct {
	outcome verdict.Outcome
	reason  string
	// exchange names the evidence, where there is some.
	exchange string
}

// Outline is one scene as it is written, without an org.
type Outline struct {
	// Scene is its name among the arrangements of the account of costs, and Text what stands at its head.
	Scene string
	Text  string
	// Readable scenes can do with what is in the org anyway.
	Readable bool
	Steps    []OutlineStep
}

// OutlineStep is one step of an outline. No later step rests on one that is aside.
type OutlineStep struct {
	Requirement string
	Text        string
	Aside       bool
}

// SceneName is what a scene is called where its arrangement is meant.
func SceneName(system, text string) string { return system + ": " + text }

// NewOutline returns what a scene's body declares.
func NewOutline(system, text string, body func(*Container)) Outline {
	c := &Container{name: SceneName(system, text)}
	body(c)
	out := Outline{Scene: c.name, Text: text, Readable: c.readable}
	for _, s := range c.steps {
		out.Steps = append(out.Steps, OutlineStep{s.id, s.text, s.aside})
	}
	return out
}

// Plant makes a scene a part of the Ginkgo tree, as an ordered container with a spec for each step.
func (o *Org) Plant(system, text string, location types.CodeLocation, body func(*Container)) {
	c := &Container{org: o, name: SceneName(system, text)}
	ginkgo.Describe(text, ginkgo.Label(system), ginkgo.Ordered, ginkgo.ContinueOnFailure, location, func() {
		body(c)
		for i, s := range c.steps {
			ginkgo.It(s.text, o.labels(s), s.location, func(ctx ginkgo.SpecContext) { c.play(ctx, i) })
		}
		ginkgo.AfterAll(func(ctx ginkgo.SpecContext) { o.cleanUp(ctx, c) }, location)
	})
}

// labels select a step: the requirement's id, its level and its operations, beside the system that the container has.
func (o *Org) labels(s *step) ginkgo.Labels {
	q, ok := o.spec.Requirement(s.id)
	if !ok {
		o.unknown = append(o.unknown, fmt.Sprintf("%s names the requirement %q, which the catalogue does not have", s.location, s.id))
		return ginkgo.Label(s.id)
	}
	return ginkgo.Label(append([]string{s.id, string(q.Level)}, q.Operations...)...)
}

// Readable says that those steps of the scene which only read can be judged by what is in the org anyway, so that they are a
// part of a run that only reads. In such a run its arrangement has to write nothing; see ReadOnly.
func (c *Container) Readable() { c.readable = true }

// ReadOnly reports whether the run only reads.
func (c *Container) ReadOnly() bool { return c.org != nil && c.org.settings.ReadOnly }

// Arrange says what the scene needs before its first step. It is carried out once, by the first step that is run, and
// nothing is judged meanwhile.
func (c *Container) Arrange(body func(ginkgo.SpecContext)) { c.arrange = body }

// Step adds the next step of the scene. Later steps rest on it: where they are selected and it is not, it is lived
// through unjudged, and where it did not come out they are blocked.
func (c *Container) Step(text, requirement string, body func(ginkgo.SpecContext)) {
	c.add(step{text: text, id: requirement, body: body})
}

// Aside adds a step that no later one rests on: it looks at what is there, judges the step above, or tries what must be
// refused. It is left out where it is not selected, and blocks nothing.
func (c *Container) Aside(text, requirement string, body func(ginkgo.SpecContext)) {
	c.add(step{text: text, id: requirement, body: body, aside: true})
}

func (c *Container) add(s step) {
	// A scene's author calls Step or Aside on what embeds the container.
	for skip := 2; ; skip++ {
		_, file, line, ok := runtime.Caller(skip)
		if !ok {
			break
		}
		if file != "<autogenerated>" {
			s.location = types.CodeLocation{FileName: file, LineNumber: line}
			break
		}
	}
	c.steps = append(c.steps, &s)
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
			entry(report.EntryCite, c.broken.exchange)
		}
		declare(c.broken.outcome, c.broken.reason)
	}
	f, end := c.live(ctx, s, false)
	s.lived = true
	c.conclude(q, f, end)
}

// catchUp arranges the scene and lives through the steps before step i, as far as that was not done yet.
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
		if s.lived || s.aside {
			continue
		}
		s.lived = true
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
			// After a failed expectation a body may find less than it counts on: then that failure is the news.
			end = &ended{outcome: verdict.Error, reason: fmt.Sprintf("rolecheck broke: %v\n%s", thrown, debug.Stack())}
			if len(f.failures) > 0 {
				end = &ended{outcome: verdict.Fail}
			}
		}
	}()
	c.org.during(p, func() { s.body(ctx) })
	return f, nil
}

// rest notes whether later steps may rest on one that was lived through.
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

// conclude ends the Ginkgo spec of a step by what it brought.
func (c *Container) conclude(q spec.Requirement, f *frame, end *ended) {
	for _, s := range c.steps {
		if s.id == q.ID {
			c.rest(s, f, end)
		}
	}
	for _, id := range c.cited(f) {
		entry(report.EntryCite, id)
	}
	for _, note := range f.notes {
		entry(report.EntryNote, note)
	}
	if len(f.failures) > 0 {
		c.failed, c.org.failed = true, true
		c.org.fail(q, f.failures)
	}
	if end != nil && end.outcome != verdict.Pass {
		if end.exchange != "" {
			entry(report.EntryCite, end.exchange)
		}
		declare(end.outcome, end.reason)
	}
}

// cited are the exchanges of earlier parts of the scene that a step was about: those that it looked at, or where it made and
// looked at none those of the last part that made any.
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
		entry(report.EntryFailure, f)
	}
	message := verdict.Details(failures)
	v := verdict.Verdict{Requirement: q, Outcome: verdict.Fail}
	if v.Failed(o.settings.Level) && !o.known.Lists(q.ID) {
		if o.settings.FailFast {
			o.stop(verdict.NotRun, "stopped after "+q.ID+" failed (--fail-fast)")
		}
		ginkgo.Fail(message, 3)
	}
	entry(report.EntryDeclared, report.Declared{Outcome: verdict.Fail, Reason: message})
	ginkgo.Skip(fmt.Sprintf("%s (%s, which does not fail the gate): %s", verdict.Fail, q.Level, message), 3)
}

func declare(o verdict.Outcome, reason string) {
	entry(report.EntryDeclared, report.Declared{Outcome: o, Reason: reason})
	ginkgo.Skip(string(o)+": "+reason, 2)
}

// Block ends the step because something that it rests on could not be made: its requirement is not verified.
func (c *Container) Block(format string, args ...any) {
	panic(ended{outcome: verdict.Blocked, reason: fmt.Sprintf(format, args...)})
}

// Unobservable ends the step because what it is about could not be provoked here.
func (c *Container) Unobservable(format string, args ...any) {
	panic(ended{outcome: verdict.Unobservable, reason: fmt.Sprintf(format, args...)})
}

// Unsupported ends the step because the org lacks what it is about.
func (c *Container) Unsupported(format string, args ...any) {
	panic(ended{outcome: verdict.Unsupported, reason: fmt.Sprintf(format, args...)})
}

// Needs ends the step when the target declares to lack one of the features.
func (c *Container) Needs(features ...string) {
	if lacking, _ := c.org.Target.Missing(features); lacking != "" {
		c.Unsupported("the target declares to lack %s", lacking)
	}
}

// Note adds a sentence to the verdict of the step.
func (c *Container) Note(format string, args ...any) { c.org.note(fmt.Sprintf(format, args...)) }

func (o *Org) note(note string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.frame == nil {
		return
	}
	for _, known := range o.frame.notes {
		if known == note {
			return
		}
	}
	o.frame.notes = append(o.frame.notes, note)
}

// Org is the org under test.
func (c *Container) Org() *Org { return c.org }

// Cleanup has something undone when the scene is over, or the run where a shared fixture is being made. What was done
// last is undone first, and counts for what it was done for. keep says that a row failed by it, and that the settings want
// what is rolecheck's own to be left then.
func (c *Container) Cleanup(undo func(ctx context.Context, keep bool)) {
	c.org.mu.Lock()
	defer c.org.mu.Unlock()
	owner := c
	if c.org.purpose.requirement == "" && c.org.purpose.arranges != c.name {
		owner = nil
	}
	c.org.cleanups = append(c.org.cleanups, cleanup{owner, c.org.purpose, undo})
}

// shared is a fixture that is made once a run.
type shared struct {
	value any
	err   error
}

// Shared returns the fixture of that name, which the first step that names it makes for the whole run. That it could not
// be made is remembered as well: then every step that names it is blocked by the same reason.
func Shared[T any](c *Container, name string, make func() (T, error)) T {
	o := c.org
	o.mu.Lock()
	by := o.purpose.key()
	if !slices.Contains(o.uses[by], name) {
		o.uses[by] = append(o.uses[by], name)
	}
	known, ok := o.shared[name]
	o.mu.Unlock()
	if !ok {
		o.during(purpose{arranges: name}, func() { known.value, known.err = make() })
		o.mu.Lock()
		o.shared[name] = known
		o.mu.Unlock()
	}
	if known.err != nil {
		panic(ended{outcome: verdict.Blocked, reason: known.err.Error()})
	}
	value, _ := known.value.(T)
	return value
}

// firstOf is the line of the first answer of the run that was of a kind, so that what one cause blocks can be told together.
func (o *Org) firstOf(kind string, a *Answer) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.firsts[kind]; !ok {
		o.firsts[kind] = a.Line()
	}
	return o.firsts[kind]
}
