package history

import (
	"net/http"
	"slices"
	"strings"
)

// outside looks at an exchange that is none of the described operations for what it shows of their resources: that a user
// was removed with all roles, for one. It judges nothing.
func (t *Tracker) outside(c *call, path string) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) < 3 {
		return
	}
	id := ""
	if len(parts) > 3 {
		id = parts[3]
	}
	switch area := strings.Join(parts[:3], "/"); c.x.Request.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		if area == "api/v1/apps" && len(parts) <= 4 {
			t.learnApps(c)
		}
	default:
		if c.outcome() != refused {
			t.changed(c, area, id, parts)
		}
	}
}

// changed forgets what a write to something else may have changed.
func (t *Tracker) changed(c *call, area, id string, parts []string) {
	itself := len(parts) == 4 && c.x.Request.Method == http.MethodDelete
	lifecycle := len(parts) > 4 && parts[4] == "lifecycle"
	roles := len(parts) > 4 && parts[4] == "roles" && !slices.Contains(parts, "targets")
	switch area {
	case "api/v1/apps":
		t.learnApps(c)
		if itself || lifecycle {
			// A client's id is that of its app.
			t.forget(c, key{c.org, client, id})
			t.targetRemoved(c, app, instanceTarget+id)
		}
	case "oauth2/v1/clients":
		if itself || lifecycle || roles {
			t.forget(c, key{c.org, client, id})
		}
	case "api/v1/users":
		if itself || lifecycle || roles {
			if isAlias(id) {
				t.forgetUsers(c)
			} else {
				t.forget(c, key{c.org, user, id})
			}
		}
	case "api/v1/groups":
		if itself {
			t.targetRemoved(c, group, groupTarget+id)
		}
		if itself || roles {
			t.forget(c, key{c.org, group, id})
		}
	case "api/v1/iam":
		t.customRolesChanged(c, parts)
	default:
		return
	}
	t.orgClock(c.org).write(c.x)
}

// learnApps remembers which app an instance belongs to.
func (t *Tracker) learnApps(c *call) {
	if c.outcome() != accepted {
		return
	}
	all, ok := many(c.answered(), readTarget)
	if !ok {
		app, ok := one(c.answered(), readTarget)
		if !ok {
			return
		}
		all = []target{app}
	}
	for _, a := range all {
		if a.ID != "" && a.Name != "" {
			t.apps.put(key{c.org, app, strings.Clone(a.ID)}, strings.Clone(a.Name))
		}
	}
}

// scopable are the types of roles that can have targets of a kind.
var scopable = map[kind][]string{
	app:   {"APP_ADMIN"},
	group: {"USER_ADMIN", "HELP_DESK_ADMIN", "GROUP_MEMBERSHIP_ADMIN"},
}

// targetRemoved forgets the roles that may have had the target, for with the last target an assignment may go as a
// whole.
func (t *Tracker) targetRemoved(c *call, targets kind, name string) {
	t.principals.each(func(k key, p *principal) {
		if k.org != c.org {
			return
		}
		for l, list := range p.targets {
			if l.kind == targets && (!list.complete || list.known[name].present) {
				delete(p.targets, l)
			}
		}
		for identity, r := range p.held {
			if p.targets[targetList{r.id, targets}] == nil && slices.Contains(scopable[targets], identity) {
				delete(p.held, identity)
			}
		}
		p.write(c.x)
	})
	for _, kind := range []kind{user, group, client} {
		if t.narrows(kind) {
			t.someone(c.org, kind).write(c.x)
		}
	}
}

// customRolesChanged forgets everything that depends on custom roles and resource sets, whose bindings are assignments too.
func (t *Tracker) customRolesChanged(c *call, parts []string) {
	t.principals.each(func(k key, p *principal) {
		if k.org != c.org {
			return
		}
		for identity := range p.held {
			if strings.HasPrefix(identity, "CUSTOM ") {
				delete(p.held, identity)
			}
		}
		p.write(c.x)
	})
	for _, kind := range []kind{user, group, client, custom} {
		t.someone(c.org, kind).write(c.x)
	}
	if len(parts) < 5 || parts[3] != "roles" {
		return
	}
	// With its label a role may have lost it to another one.
	t.labels.dropWhere(func(k key, _ string) bool { return k.org == c.org })
	t.roles.dropWhere(func(k key, _ *customRole) bool {
		return k.org == c.org && (k.id == parts[4] || !roleID.MatchString(k.id) || !roleID.MatchString(parts[4]))
	})
}
