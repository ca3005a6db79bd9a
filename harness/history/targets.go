package history

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/spec"
)

// targetList is one of the two lists of targets that a role has.
type targetList struct {
	assignment string
	kind       kind
}

// targets has the known entries of one list of targets. Apps of the catalog and instances of apps are distinguished by what
// their keys begin with.
type targets struct {
	// complete says that the targets known to be present are all there are.
	complete bool
	known    map[string]fact
}

const (
	catalogTarget  = "app "
	instanceTarget = "app instance "
	groupTarget    = "group "
)

// narrows reports whether the description has operations on the targets of such a principal's roles.
func (t *Tracker) narrows(k kind) bool {
	return slices.ContainsFunc(t.spec.Operations, func(op spec.Operation) bool {
		return op.Action.Object.IsTarget() && kind(op.Action.Of) == k
	})
}

// forgetTargets forgets the targets of one assignment.
func (p *principal) forgetTargets(id string) {
	delete(p.targets, targetList{id, app})
	delete(p.targets, targetList{id, group})
}

// unscoped notes that an assignment is new, so that it has no targets yet.
func (p *principal) unscoped(id string) {
	for _, kind := range []kind{app, group} {
		p.targets[targetList{id, kind}] = &targets{complete: true, known: map[string]fact{}}
	}
}

// list returns what is known of the call's list of targets.
func (p *principal) list(c *call, kind kind) *targets {
	l := targetList{c.parameters["roleAssignmentId"], kind}
	if p.targets[l] == nil {
		p.targets[l] = &targets{known: map[string]fact{}}
	}
	return p.targets[l]
}

// target is the last parameter of the path: the group that is a target.
func (c *call) target() string { return c.parameters[c.op.Parameters[len(c.op.Parameters)-1]] }

// put remembers an accepted target.
func (p *principal) put(c *call, kind kind, name string) *targets {
	// An org may give the role anew with the target.
	delete(p.gone, c.parameters["roleAssignmentId"])
	l := p.list(c, kind)
	l.known[name] = fact{present: true, by: c.x.ID}
	return l
}

// take judges and remembers a target's accepted removal.
func (p *principal) take(c *call, kind kind, name string) {
	l := p.list(c, kind)
	present := l.present()
	switch {
	case l.complete && slices.Equal(present, []string{name}):
		c.report(lastTargetStays, fmt.Sprintf("a refusal, since the %s was the role's last target since %s", name, l.shownBy(name)), c.status())
		l.complete = false
	case !slices.Contains(present, name):
		l.complete = false
	}
	l.known[name] = fact{by: c.x.ID}
}

// present lists the targets that are known to be there, sorted.
func (l *targets) present() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(l.known)) {
		if l.known[name].present {
			out = append(out, name)
		}
	}
	return out
}

// shownBy names the exchange that a target is known from.
func (l *targets) shownBy(name string) string {
	if by := l.known[name].by; by != "" {
		return by
	}
	return "it was listed"
}

func (t *Tracker) putAllApps(c *call, _ key, p *principal) {
	l := p.list(c, app)
	for _, name := range l.present() {
		l.known[name] = fact{by: c.x.ID}
	}
	l.complete = true
}

func (t *Tracker) putApp(c *call, _ key, p *principal) {
	name := c.parameters["appName"]
	l := p.put(c, app, catalogTarget+name)
	// The app takes the place of its instances.
	for other := range l.known {
		id, ok := strings.CutPrefix(other, instanceTarget)
		if !ok {
			continue
		}
		if of, known := t.apps.get(key{c.org, app, id}); !known || of == name {
			delete(l.known, other)
			l.complete = false
		}
	}
}

func (t *Tracker) putInstance(c *call, _ key, p *principal) {
	name, id := c.parameters["appName"], c.parameters["appId"]
	k := key{c.org, app, id}
	if _, known := t.apps.get(k); !known {
		t.apps.put(k, name)
	}
	l := p.put(c, app, instanceTarget+id)
	// The instance takes the place of its app, where the org accepts it at all.
	if _, known := l.known[catalogTarget+name]; known {
		delete(l.known, catalogTarget+name)
		l.complete = false
	}
}

func (t *Tracker) putGroup(c *call, _ key, p *principal) {
	p.put(c, group, groupTarget+c.target())
}

func (t *Tracker) removeApp(c *call, _ key, p *principal) {
	p.take(c, app, catalogTarget+c.parameters["appName"])
}

func (t *Tracker) removeInstance(c *call, _ key, p *principal) {
	p.take(c, app, instanceTarget+c.parameters["appId"])
}

func (t *Tracker) removeGroup(c *call, _ key, p *principal) {
	p.take(c, group, groupTarget+c.target())
}

func (t *Tracker) listAppTargets(c *call, _ key, p *principal) {
	entries, ok := t.targetPage(c, p, app)
	if !ok {
		return
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		switch {
		case e.ID != "":
			names = append(names, instanceTarget+e.ID)
		case e.Name != "":
			names = append(names, catalogTarget+e.Name)
		default:
			return
		}
	}
	t.appKinds(c, entries)
	t.listTargets(c, p, app, names)
}

func (t *Tracker) listGroupTargets(c *call, _ key, p *principal) {
	entries, ok := t.targetPage(c, p, group)
	if !ok {
		return
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.ID == "" {
			return
		}
		names = append(names, groupTarget+e.ID)
	}
	t.listTargets(c, p, group, names)
}

// targetPage reads a page of targets. An assignment that is not found has nothing to be known.
func (t *Tracker) targetPage(c *call, p *principal, kind kind) ([]target, bool) {
	if c.x.Status() == http.StatusNotFound {
		delete(p.targets, targetList{c.parameters["roleAssignmentId"], kind})
	}
	return many(c.shown(), readTarget)
}

// appKinds judges that no app is in one answer both as a whole and with an instance of its own.
func (t *Tracker) appKinds(c *call, entries []target) {
	whole := map[string]bool{}
	if len(entries) > 0 {
		c.check(appTargetKinds)
	}
	for _, e := range entries {
		if e.ID == "" && e.Name != "" {
			whole[e.Name] = true
		}
	}
	for _, e := range entries {
		if e.ID == "" {
			continue
		}
		of, known := t.apps.get(key{c.org, app, e.ID})
		switch {
		case known && whole[of]:
			c.reportLevel(spec.Must, appTargetKinds, fmt.Sprintf("the app %s either whole or by instances", of), "it whole and with its instance "+e.ID)
		// The documents have the app's name here and real orgs the instance's label, so that alone it is no proof.
		case !known && whole[e.Name]:
			c.report(appTargetKinds, fmt.Sprintf("the app %s either whole or by instances", e.Name), "it whole and with the instance "+e.ID+" of that name")
		}
	}
}

// listTargets judges a page of targets, and learns from what is a whole list.
func (t *Tracker) listTargets(c *call, p *principal, kind kind, names []string) {
	l := p.list(c, kind)
	for _, name := range names {
		if f, ok := l.known[name]; ok && !f.present {
			c.report(targetsAsPut, fmt.Sprintf("no target %s, which %s removed", name, f.by), "a list that has it")
			delete(l.known, name)
		}
	}
	all, whole := t.page(c, names, c.next(), p.clock)
	if !whole {
		return
	}
	known := make(map[string]fact, len(all))
	for name := range all {
		known[name] = fact{present: true}
	}
	for _, name := range slices.Sorted(maps.Keys(l.known)) {
		f := l.known[name]
		_, listed := all[name]
		if f.by != "" {
			c.check(targetsAsPut)
		}
		switch {
		case listed || !f.present:
			known[name] = f
		case f.by != "":
			c.report(targetsAsPut, fmt.Sprintf("the target %s, which %s put, in the list", name, f.by), "none")
		}
	}
	l.known, l.complete = known, true
}
