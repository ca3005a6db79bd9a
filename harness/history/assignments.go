package history

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/spec"
)

// principal has the known roles that one user, group or client holds directly.
type principal struct {
	*clock
	// held are the roles that it has, by their identity, and gone the ids of those that were removed, by the exchange
	// that removed them.
	held map[string]*role
	gone map[string]string
	// targets are those of its roles.
	targets map[targetList]*targets
}

type role struct {
	// id is empty where the answer that gave the role had no body.
	id string
	// by is the exchange that gave the role; where it was merely seen, seen is the exchange that showed it, and created
	// when it was given.
	by, seen, created string
}

// gave reports whether the role that an answer gives may be this one: an answer that showed it may have come while the
// request that gave it was under way.
func (r *role) gave(a assignment) bool {
	return r.by == "" && (r.created == "" || a.Created == "" || r.created == a.Created)
}

// shownBy is the exchange from which the role is known.
func (r *role) shownBy() string {
	if r.by != "" {
		return r.by
	}
	return r.seen
}

func newPrincipal() *principal {
	p := &principal{clock: &clock{}}
	p.reset()
	return p
}

// reset forgets all that is known. The times stay, so that what overlaps with an earlier write, or may not show it yet,
// is not taken for the truth either.
func (p *principal) reset() {
	p.held, p.gone, p.targets = map[string]*role{}, map[string]string{}, map[targetList]*targets{}
	p.changes++
}

// size is how much is remembered of the principal.
func (p *principal) size() int {
	n := len(p.held) + len(p.gone) + len(p.targets)
	for _, list := range p.targets {
		n += len(list.known)
	}
	return n
}

// forgetSeen forgets what was merely seen.
func (p *principal) forgetSeen() {
	maps.DeleteFunc(p.held, func(_ string, r *role) bool { return r.by == "" })
	for _, list := range p.targets {
		list.complete = false
		maps.DeleteFunc(list.known, func(_ string, f fact) bool { return f.by == "" })
	}
}

// removed notes that the assignment of that id is gone.
func (p *principal) removed(id, by string) {
	p.forget(id)
	// A role whose id no answer showed may be the one.
	p.forget("")
	p.gone[id] = by
}

// forget forgets the assignment of that id, as far as it was known to be there.
func (p *principal) forget(id string) {
	maps.DeleteFunc(p.held, func(_ string, r *role) bool { return r.id == id })
	p.forgetTargets(id)
}

// act judges one exchange of an operation by what is known of its principal, and learns from it.
type act func(t *Tracker, c *call, k key, p *principal)

// principalActs are the acts of the operations on roles and their targets, whoever holds them.
var principalActs = map[spec.Object]map[spec.Verb]act{
	spec.Role: {
		spec.List:     (*Tracker).list,
		spec.Assign:   (*Tracker).assign,
		spec.Get:      (*Tracker).retrieve,
		spec.Unassign: (*Tracker).remove,
	},
	spec.GroupTarget: {
		spec.List:     (*Tracker).listGroupTargets,
		spec.Assign:   (*Tracker).putGroup,
		spec.Unassign: (*Tracker).removeGroup,
	},
	spec.AppTarget: {
		spec.List:     (*Tracker).listAppTargets,
		spec.Assign:   (*Tracker).putApp,
		spec.Unassign: (*Tracker).removeApp,
	},
	spec.AppInstanceTarget: {
		spec.Assign:   (*Tracker).putInstance,
		spec.Unassign: (*Tracker).removeInstance,
	},
	spec.AllAppTargets: {
		spec.Assign: (*Tracker).putAllApps,
	},
}

// withPrincipal lets an operation look at what is known of its principal, unless the order of the exchanges is unclear.
func (t *Tracker) withPrincipal(c *call, kind kind, id string, act act) {
	if c.writes() && c.outcome() != refused {
		t.orgClock(c.org).write(c.x)
	}
	if kind == user && isAlias(id) {
		if c.writes() && c.outcome() != refused {
			t.forgetUsers(c)
		}
		return
	}
	k := key{c.org, kind, id}
	p := t.principal(k)
	switch {
	case !c.writes():
		t.readPrincipal(c, k, p, act)
	case c.outcome() == refused:
		t.refused(c, p)
	case c.outcome() == unclear || p.overlaps(c.x):
		p.reset()
		p.write(c.x)
	default:
		if p.readDuring(c.x) {
			p.forgetSeen()
		}
		p.write(c.x)
		act(t, c, k, p)
	}
	if p.size() > maxKnown {
		p.reset()
	}
}

// principal returns what is known of a principal.
func (t *Tracker) principal(k key) *principal {
	p, ok := t.principals.get(k)
	if !ok {
		p = newPrincipal()
		t.principals.put(k, p)
	}
	return p
}

// readPrincipal judges a read by what is known, and learns from it if it shows what is.
func (t *Tracker) readPrincipal(c *call, k key, p *principal, act act) {
	someone := t.someone(c.org, k.kind)
	switch {
	case p.overlaps(c.x) || someone.overlaps(c.x):
	case t.unsettled(c, p.clock, someone):
		c.unsettled = true
		act(t, c, k, p.copied())
		c.excuse()
	default:
		act(t, c, k, p)
		p.read(c.x)
	}
}

// refused judges a refusal, which changed nothing. That something is not found shows that somebody else removed it.
func (t *Tracker) refused(c *call, p *principal) {
	c.metByRefusing(p)
	if c.x.Status() != http.StatusNotFound {
		return
	}
	id := c.parameters["roleAssignmentId"]
	switch {
	case id == "":
		p.reset()
	case c.x.Request.Method == http.MethodDelete && c.op.Action.Object == spec.Role:
		p.forget(id)
	case c.x.Request.Method == http.MethodDelete:
		p.forgetTargets(id)
	}
}

// metByRefusing notes the rules that a refusal keeps to.
func (c *call) metByRefusing(p *principal) {
	id := c.parameters["roleAssignmentId"]
	switch {
	case c.x.Request.Method == http.MethodPost && c.x.Status() == http.StatusConflict:
		if asked, ok := one(c.asked(), readAssignment); ok && p.held[asked.identity()] != nil {
			c.check(duplicateRefused)
		}
	case c.x.Request.Method == http.MethodDelete && c.op.Action.Object == spec.Role:
		if _, gone := p.gone[id]; gone {
			c.check(removedGone)
		}
	case c.x.Request.Method == http.MethodDelete:
		for _, kind := range []kind{app, group} {
			if l := p.targets[targetList{id, kind}]; l != nil && l.complete && len(l.present()) == 1 {
				c.check(lastTargetStays)
			}
		}
	}
}

// isAlias reports whether a user is not addressed by an id: by a login, or as the caller.
func isAlias(id string) bool {
	return id == "me" || strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' && r != '-'
	})
}

// assign judges and remembers an accepted assignment.
func (t *Tracker) assign(c *call, k key, p *principal) {
	asked, known := one(c.asked(), readAssignment)
	given, ok := one(c.answered(), readAssignment)
	if !ok || given.Type == "" {
		if known && asked.Type == "" {
			// Without a type the request sets whether notifications are sent, and no role.
			return
		}
		if !known {
			p.reset()
			return
		}
		given = asked
		given.ID = ""
	}
	if given.Type == "CUSTOM" && (given.Role == "" || given.ResourceSet == "") {
		given.Role, given.ResourceSet = asked.Role, asked.ResourceSet
	}
	given = given.clone()
	identity := given.identity()
	before, twice := p.held[identity]
	if twice && !before.gave(given) {
		c.report(duplicateRefused, fmt.Sprintf("a refusal, since the %s has had the role %s since %s", k.kind, given.Type, before.shownBy()), c.status())
	}
	p.held[identity] = &role{id: given.ID, by: c.x.ID}
	if given.ID == "" {
		p.gone = map[string]string{}
		return
	}
	delete(p.gone, given.ID)
	p.forgetTargets(given.ID)
	if !twice && t.narrows(k.kind) {
		p.unscoped(given.ID)
	}
}

// list judges a list of the principal's roles by what is known, and learns from it.
func (t *Tracker) list(c *call, k key, p *principal) {
	if c.x.Status() == http.StatusNotFound {
		p.reset()
		return
	}
	entries, ok := many(c.shown(), readAssignment)
	if !ok {
		return
	}
	query := c.x.Request.URL.Query()
	if c.next() == nil && !query.Has("after") && !query.Has("limit") {
		if len(p.gone) > 0 {
			c.check(removedGone)
		}
		for _, identity := range slices.Sorted(maps.Keys(p.held)) {
			t.listed(c, k, p, identity, entries)
		}
	}
	for _, e := range entries {
		if direct, _ := e.direct(k.kind); !direct || e.ID == "" || e.Type == "" {
			continue
		}
		c.stillThere(p, e.ID)
		switch known := p.held[e.identity()]; {
		case known == nil:
			e = e.clone()
			p.held[e.identity()] = &role{id: e.ID, seen: c.x.ID, created: e.Created}
		case known.id != e.ID:
			known.id = strings.Clone(e.ID)
		}
	}
}

// listed judges whether a role that is held is in a complete list.
func (t *Tracker) listed(c *call, k key, p *principal, identity string, entries []assignment) {
	held := p.held[identity]
	if held.by != "" {
		c.check(assignedListed)
	}
	other := ""
	for _, e := range entries {
		if e.identity() != identity && (held.id == "" || e.ID != held.id) {
			continue
		}
		direct, known := e.direct(k.kind)
		if held.id == "" || e.ID == held.id || !known || !direct {
			return
		}
		other = e.ID
	}
	delete(p.held, identity)
	p.forgetTargets(held.id)
	roleType, _, _ := strings.Cut(identity, " ")
	switch {
	// Nothing says for how long a role stays that was only seen.
	case held.by == "":
	case other == "":
		c.report(assignedListed, fmt.Sprintf("the role %s, which %s gave, in the list", roleType, held.by), "none")
	default:
		c.report(assignedListed, fmt.Sprintf("the role %s with the id %s, with which %s gave it, in the list", roleType, held.id, held.by), "the id "+other)
	}
}

// stillThere reports an assignment that was removed and is there nevertheless.
func (c *call) stillThere(p *principal, id string) {
	by, ok := p.gone[id]
	if !ok {
		return
	}
	delete(p.gone, id)
	c.report(removedGone, fmt.Sprintf("no assignment %s, which %s removed", id, by), "an answer that still has it")
}

// retrieve judges the answer for one assignment.
func (t *Tracker) retrieve(c *call, k key, p *principal) {
	id := c.parameters["roleAssignmentId"]
	if c.x.Status() == http.StatusNotFound {
		if _, gone := p.gone[id]; gone {
			c.check(removedGone)
		}
		p.forget(id)
		return
	}
	a, ok := one(c.shown(), readAssignment)
	if !ok {
		return
	}
	direct, known := a.direct(k.kind)
	if known && !direct {
		return
	}
	if known {
		c.stillThere(p, id)
	}
	if known && a.ID == id && a.Type != "" && p.held[a.identity()] == nil {
		a = a.clone()
		p.held[a.identity()] = &role{id: a.ID, seen: c.x.ID, created: a.Created}
	}
}

// remove judges and remembers an accepted removal.
func (t *Tracker) remove(c *call, k key, p *principal) {
	id := c.parameters["roleAssignmentId"]
	// Orgs are known to accept the second removal of a group's role.
	if by, ok := p.gone[id]; ok && k.kind != group {
		c.report(removedGone, fmt.Sprintf("a refusal, since %s removed the assignment %s already", by, id), c.status())
	}
	p.removed(id, c.x.ID)
}
