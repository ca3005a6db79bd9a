package history

import (
	"maps"
	"slices"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
)

// Option changes how a Tracker judges.
type Option func(*Tracker)

// Settle says how long a change may take to show in what is read; without it a change shows at once. A read that begins
// within that time of the end of a write that concerns the same thing may show what was there before. It can meet a rule
// then, but not break one, and nothing is learned from it. Writes are assumed to act at once.
func Settle(d time.Duration) Option {
	return func(t *Tracker) { t.settle = max(d, 0) }
}

// unsettled reports whether a read may show what was there before a write that one of the clocks knows of, or goes on with
// a walk whose earlier pages may.
func (t *Tracker) unsettled(c *call, clocks ...*clock) bool {
	if t.settle == 0 || c.x.Started.IsZero() {
		return false
	}
	for _, k := range clocks {
		if !k.written.IsZero() && c.x.Started.Before(k.written.Add(t.settle)) {
			return true
		}
	}
	if c.x.Request.URL.Query().Get("after") == "" {
		return false
	}
	w, ok := t.walks.get(place(c.org, c.x.Request.URL))
	return ok && w.unsettled
}

// excuse drops the findings of a read that may still show the state before a write. Their rules were not judged then.
func (c *call) excuse() {
	c.checked = slices.DeleteFunc(c.checked, func(rule string) bool {
		return slices.ContainsFunc(c.findings, func(f contract.Finding) bool { return f.Rule == rule })
	})
	c.findings = nil
}

// copied returns a copy of the principal, to judge by without changing what is known. It has the same clock.
func (p *principal) copied() *principal {
	twin := &principal{clock: p.clock, held: make(map[string]*role, len(p.held)), gone: maps.Clone(p.gone),
		targets: make(map[targetList]*targets, len(p.targets))}
	for identity, r := range p.held {
		one := *r
		twin.held[identity] = &one
	}
	for l, list := range p.targets {
		twin.targets[l] = &targets{complete: list.complete, known: maps.Clone(list.known)}
	}
	return twin
}

// copied returns a copy of the role, to judge by without changing what is known.
func (r *customRole) copied() *customRole {
	return &customRole{clock: r.clock, permissions: maps.Clone(r.permissions)}
}

// someone is the clock of the writes to objects of a kind of which it is not known which object they were about.
func (t *Tracker) someone(org string, kind kind) *clock {
	k := key{org: org, kind: kind}
	at, ok := t.others.get(k)
	if !ok {
		at = &clock{}
		t.others.put(k, at)
	}
	return at
}

// forget forgets all that is known of a principal, and remembers that it was written to.
func (t *Tracker) forget(c *call, k key) {
	p := t.principal(k)
	p.reset()
	p.write(c.x)
}

// forgetUsers forgets all that is known of the org's users, since one of them was written to.
func (t *Tracker) forgetUsers(c *call) {
	t.principals.each(func(k key, p *principal) {
		if k.org == c.org && k.kind == user {
			p.reset()
			p.write(c.x)
		}
	})
	t.someone(c.org, user).write(c.x)
}
