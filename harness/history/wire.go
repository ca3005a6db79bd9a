package history

import (
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strings"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// assignment has the members of a role assignment that matter here.
type assignment struct {
	ID, Type, Role, ResourceSet, AssignmentType, Created string
	// Assignee is the link to the principal that was given the role.
	Assignee string
}

func readAssignment(o object) assignment {
	a := assignment{ID: o.text("id"), Type: o.text("type"), AssignmentType: o.text("assignmentType"), Created: o.text("created")}
	if a.Type == "CUSTOM" {
		a.Role, a.ResourceSet = o.text("role"), o.text("resource-set")
	}
	if a.AssignmentType == "" {
		a.Assignee = o.link("assignee")
	}
	return a
}

// clone returns the assignment without the body around it, to be kept.
func (a assignment) clone() assignment {
	for _, s := range []*string{&a.ID, &a.Type, &a.Role, &a.ResourceSet, &a.Created} {
		*s = strings.Clone(*s)
	}
	return a
}

// identity is the key that distinguishes the assignments of one principal. The ids of custom ones do not matter, for a
// request does not have them.
func (a assignment) identity() string {
	if a.Type == "CUSTOM" {
		return a.Type + " " + a.Role + " " + a.ResourceSet
	}
	return a.Type
}

// direct reports whether the principal itself was given the role, and whether the entry says so at all: users are
// listed with the roles of their groups as well.
func (a assignment) direct(k kind) (direct, known bool) {
	switch {
	case k != user:
		return true, true
	case a.AssignmentType != "":
		return a.AssignmentType == "USER", true
	case strings.Contains(a.Assignee, "/groups/"):
		return false, true
	case strings.Contains(a.Assignee, "/users/"):
		return true, true
	}
	return false, false
}

// target is an entry of either list of targets. An instance of an app has an id, an app of the catalog has none; in a
// list of groups every entry has one.
type target struct{ ID, Name string }

func readTarget(o object) target { return target{ID: o.text("id"), Name: o.text("name")} }

// assigneePage is a page of the users with role assignments.
type assigneePage struct {
	users []target
	next  string
}

func readAssigneePage(o object) assigneePage {
	return assigneePage{users: items(o.reader, o.members["value"], readTarget), next: o.link("next")}
}

type permission struct {
	Label string
	// Role is the link to the custom role.
	Role string
}

func readPermission(o object) permission {
	return permission{Label: o.text("label"), Role: o.link("role")}
}

func readPermissions(o object) []permission {
	return items(o.reader, o.members["permissions"], readPermission)
}

// lastSegment returns the last segment of a link's path.
func lastSegment(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return path.Base(u.Path)
}

// reader reads a decoded body. Whether a body is as the contract has it is not judged here: nothing is learned from one
// that has a value of another type where it is read.
type reader struct{ wrong bool }

// object is an object of a body; its members are nil where something else stands in its place.
type object struct {
	*reader
	members map[string]any
}

func (r *reader) object(v any) object {
	members, ok := v.(map[string]any)
	r.wrong = r.wrong || !ok
	return object{r, members}
}

// text returns a string; one that is null or missing is empty. It may share its memory with the whole body, so that what
// is kept has to be cloned.
func (o object) text(name string) string {
	v := o.members[name]
	s, ok := v.(string)
	o.wrong = o.wrong || v != nil && !ok
	return s
}

// link returns the address of one of the object's links; empty where there is none.
func (o object) link(name string) string {
	links := o.members["_links"]
	if links == nil {
		return ""
	}
	one := o.object(links).members[name]
	if one == nil {
		return ""
	}
	return o.object(one).text("href")
}

// items reads an array. It returns nil where there is none.
func items[T any](r *reader, v any, read func(object) T) []T {
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	r.wrong = r.wrong || !ok
	out := make([]T, len(list))
	for i, item := range list {
		out[i] = read(r.object(item))
	}
	return out
}

// one reads a body that is an object.
func one[T any](d *contract.Document, read func(object) T) (out T, ok bool) {
	if d == nil {
		return out, false
	}
	r := &reader{}
	out = read(r.object(d.Value))
	return out, !r.wrong
}

// many reads a body that is an array. The list must not be changed: an org that is polled answers with the same lists for
// hours, and each is read once.
func many[T any](d *contract.Document, read func(object) T) ([]T, bool) {
	if d == nil {
		return nil, false
	}
	list, ok := d.Once(reflect.TypeFor[T](), func(value any) any {
		r := &reader{}
		list := items(r, value, read)
		if r.wrong || list == nil {
			return nil
		}
		return list
	}).([]T)
	return list, ok
}

// asked returns the request's body.
func (c *call) asked() *contract.Document { return contract.Decode(c.x.Request.Body) }

// answered returns the answer's body.
func (c *call) answered() *contract.Document {
	if c.answer == nil && c.x.Response != nil {
		c.answer = contract.Decode(c.x.Response.Body)
	}
	return c.answer
}

// shown is answered for a read that succeeded, and nil for any other exchange.
func (c *call) shown() *contract.Document {
	if c.x.Status() != http.StatusOK {
		return nil
	}
	return c.answered()
}

// next is the URL that the Link header names as the next page, or nil.
func (c *call) next() *url.URL {
	if c.x.Response == nil {
		return nil
	}
	for _, link := range exchange.Links(c.x.Response.Header) {
		if link.Rel != "next" {
			continue
		}
		if u, err := c.x.Request.URL.Parse(link.URL); err == nil {
			return u
		}
	}
	return nil
}
