package history

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/spec"
)

// customRole has the known permissions of one custom role.
type customRole struct {
	*clock
	permissions map[string]fact
}

type permissionAct func(t *Tracker, c *call, r *customRole)

var permissionActs = map[spec.Verb]permissionAct{
	spec.List:     (*Tracker).listPermissions,
	spec.Get:      (*Tracker).getPermission,
	spec.Assign:   (*Tracker).createPermission,
	spec.Replace:  (*Tracker).replacePermission,
	spec.Unassign: (*Tracker).deletePermission,
}

// roleID is the form of a custom role's id. A path may have the role's label in its place.
var roleID = regexp.MustCompile(`^cr0[A-Za-z0-9]{17}$`)

// withCustomRole lets an operation look at what is known of its custom role, unless the order of the exchanges is
// unclear.
func (t *Tracker) withCustomRole(c *call, idOrLabel string, act permissionAct) {
	k := key{c.org, custom, idOrLabel}
	if id, ok := t.labels.get(k); ok {
		k.id = id
	}
	r, ok := t.roles.get(k)
	if !ok {
		r = &customRole{clock: &clock{}, permissions: map[string]fact{}}
		t.roles.put(k, r)
	}
	if c.writes() {
		if c.outcome() == refused {
			if c.x.Status() == http.StatusNotFound && r.permissions[c.parameters["permissionType"]].present {
				delete(r.permissions, c.parameters["permissionType"])
			}
			return
		}
		// A label may be that of any other role, and another form of id may be a label.
		t.roles.dropWhere(func(other key, _ *customRole) bool {
			return other.org == k.org && other != k && (!roleID.MatchString(k.id) || !roleID.MatchString(other.id))
		})
		unclear := c.outcome() == unclear || r.overlaps(c.x)
		r.write(c.x)
		if unclear {
			r.permissions = map[string]fact{}
			return
		}
	} else if other := t.someone(c.org, custom); r.overlaps(c.x) || other.overlaps(c.x) {
		return
	} else if t.unsettled(c, r.clock, other) {
		c.unsettled = true
		act(t, c, r.copied())
		c.excuse()
		return
	}
	act(t, c, r)
	if len(r.permissions) > maxKnown {
		t.roles.drop(k)
	}
}

// learnLabel remembers the id of a role that was addressed by its label. What was known by the label is forgotten.
func (t *Tracker) learnLabel(c *call, p permission) {
	if c.unsettled {
		return
	}
	named := key{c.org, custom, c.parameters["roleIdOrLabel"]}
	id := lastSegment(p.Role)
	if named.id == id || roleID.MatchString(named.id) || !roleID.MatchString(id) {
		return
	}
	if before, ok := t.labels.get(named); !ok || before != id {
		t.labels.put(named, strings.Clone(id))
		t.roles.drop(named)
	}
}

func (t *Tracker) listPermissions(c *call, r *customRole) {
	list, ok := one(c.shown(), readPermissions)
	if !ok || list == nil {
		return
	}
	if len(r.permissions) > 0 {
		c.check(permissionsAsPut)
	}
	listed := map[string]bool{}
	for _, p := range list {
		t.learnLabel(c, p)
		listed[p.Label] = true
		c.stillPermitted(r, p.Label)
	}
	if c.next() != nil || c.x.Request.URL.Query().Has("after") {
		return
	}
	for _, label := range slices.Sorted(maps.Keys(r.permissions)) {
		if f := r.permissions[label]; f.present && !listed[label] {
			c.report(permissionsAsPut, fmt.Sprintf("the permission %s, which %s gave, in the list", label, f.by), "none")
			delete(r.permissions, label)
		}
	}
}

// stillPermitted reports a permission that was removed and is there nevertheless.
func (c *call) stillPermitted(r *customRole, label string) {
	if f, ok := r.permissions[label]; ok && !f.present {
		delete(r.permissions, label)
		c.report(permissionsAsPut, fmt.Sprintf("no permission %s, which %s removed", label, f.by), "an answer that still has it")
	}
}

func (t *Tracker) getPermission(c *call, r *customRole) {
	p, ok := one(c.shown(), readPermission)
	if !ok {
		if c.x.Status() == http.StatusNotFound && r.permissions[c.parameters["permissionType"]].present {
			delete(r.permissions, c.parameters["permissionType"])
		}
		return
	}
	t.learnLabel(c, p)
	c.stillPermitted(r, c.parameters["permissionType"])
}

func (t *Tracker) createPermission(c *call, r *customRole) {
	r.permissions[c.parameters["permissionType"]] = fact{present: true, by: c.x.ID}
}

// replacePermission remembers that a permission is there: what is replaced has been there before.
func (t *Tracker) replacePermission(c *call, r *customRole) {
	if p, ok := one(c.answered(), readPermission); ok {
		t.learnLabel(c, p)
	}
	r.permissions[c.parameters["permissionType"]] = fact{present: true, by: c.x.ID}
}

func (t *Tracker) deletePermission(c *call, r *customRole) {
	r.permissions[c.parameters["permissionType"]] = fact{by: c.x.ID}
}
