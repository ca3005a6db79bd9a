package history

import (
	"bytes"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/scan"
)

// assignment is what of a role assignment matters here.
type assignment struct {
	ID, Type, Role, ResourceSet, AssignmentType, Created string
	// Assignee is the link to whom the role was given.
	Assignee link
}

func (a *assignment) read(t *scan.Text) {
	for name := range t.Members() {
		switch string(name) {
		case "id":
			a.ID = word(t)
		case "type":
			a.Type = word(t)
		case "role":
			a.Role = word(t)
		case "resource-set":
			a.ResourceSet = word(t)
		case "assignmentType":
			a.AssignmentType = word(t)
		case "created":
			a.Created = word(t)
		case "_links":
			readLink(t, "assignee", &a.Assignee)
		default:
			t.Skip()
		}
	}
}

// link is the address that a link leads to, as a part of the answer's body.
type link []byte

// last is the last segment of the link's path.
func (l link) last() string {
	u, err := url.Parse(string(l))
	if err != nil {
		return ""
	}
	return path.Base(u.Path)
}

// readLink reads one of an object's links.
func readLink(t *scan.Text, name string, into *link) {
	if t.Null() {
		return
	}
	for member := range t.Members() {
		if string(member) != name {
			t.Skip()
			continue
		}
		if t.Null() {
			continue
		}
		for member := range t.Members() {
			if string(member) == "href" {
				*into = text(t)
			} else {
				t.Skip()
			}
		}
	}
}

// identity is what two assignments of one principal cannot have in common. The ids of custom ones do not matter, for a
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
	case bytes.Contains(a.Assignee, []byte("/groups/")):
		return false, true
	case bytes.Contains(a.Assignee, []byte("/users/")):
		return true, true
	}
	return false, false
}

// target is an entry of either list of targets. An instance of an app has an id, an app of the catalog has none; in a
// list of groups every entry has one.
type target struct{ ID, Name string }

func (e *target) read(t *scan.Text) {
	for name := range t.Members() {
		switch string(name) {
		case "id":
			e.ID = word(t)
		case "name":
			e.Name = word(t)
		default:
			t.Skip()
		}
	}
}

type assigneePage struct {
	ids  []string
	next link
}

func (p *assigneePage) read(t *scan.Text) {
	for name := range t.Members() {
		switch string(name) {
		case "value":
			for range t.Items() {
				var user target
				user.read(t)
				p.ids = append(p.ids, user.ID)
			}
		case "_links":
			readLink(t, "next", &p.next)
		default:
			t.Skip()
		}
	}
}

type permission struct {
	Label string
	// Role is the link to the custom role.
	Role link
}

func (p *permission) read(t *scan.Text) {
	for name := range t.Members() {
		switch string(name) {
		case "label":
			p.Label = word(t)
		case "_links":
			readLink(t, "role", &p.Role)
		default:
			t.Skip()
		}
	}
}

// permissionList is nil where the answer has no list.
type permissionList []permission

func (l *permissionList) read(t *scan.Text) {
	for name := range t.Members() {
		if string(name) != "permissions" {
			t.Skip()
			continue
		}
		*l = permissionList{}
		for range t.Items() {
			var p permission
			p.read(t)
			*l = append(*l, p)
		}
	}
}

type assignments []assignment

func (l *assignments) read(t *scan.Text) {
	for range t.Items() {
		var a assignment
		a.read(t)
		*l = append(*l, a)
	}
}

type targetEntries []target

func (l *targetEntries) read(t *scan.Text) {
	for range t.Items() {
		var e target
		e.read(t)
		*l = append(*l, e)
	}
}

// text reads a string, or null as the empty one.
func text(t *scan.Text) []byte {
	if t.Null() {
		return nil
	}
	return t.String()
}

// word is text that may be kept.
func word(t *scan.Text) string {
	s := text(t)
	// Of the most frequent words no list needs a copy for each of its entries.
	switch string(s) {
	case "USER":
		return "USER"
	case "GROUP":
		return "GROUP"
	case "CLIENT":
		return "CLIENT"
	case "APP_ADMIN":
		return "APP_ADMIN"
	case "USER_ADMIN":
		return "USER_ADMIN"
	case "HELP_DESK_ADMIN":
		return "HELP_DESK_ADMIN"
	case "GROUP_MEMBERSHIP_ADMIN":
		return "GROUP_MEMBERSHIP_ADMIN"
	}
	return string(s)
}

// readable is what can be read from JSON.
type readable interface{ read(*scan.Text) }

// decode reads a body into v, and reports whether it is there and as expected. Whether a body is as the contract has it
// is not judged here: one that is not tells nothing.
func decode(b exchange.Body, v readable) bool {
	if !b.Known() || len(b.Bytes) == 0 {
		return false
	}
	t := scan.New(b.Bytes)
	v.read(&t)
	return t.Ended()
}

// answered decodes the answer's body.
func (c *call) answered(v readable) bool {
	return c.x.Response != nil && decode(c.x.Response.Body, v)
}

// read decodes the answer of a read that succeeded.
func (c *call) read(v readable) bool { return c.x.Status() == http.StatusOK && c.answered(v) }

// maxLists is how many bytes of bodies are remembered with the lists that they hold.
const maxLists = 8 << 20

// readList is read for lists, which are most of what an org is asked for, and often the same as before. The list must
// not be changed.
func readList[T any, P interface {
	*T
	readable
}](t *Tracker, c *call) (list T, ok bool) {
	if c.x.Status() != http.StatusOK || !c.x.Response.Body.Known() {
		return list, false
	}
	remembered, ok := t.lists.Of(reflect.TypeFor[T](), c.x.Response.Body.Bytes, func() (any, bool) {
		var fresh T
		ok := c.answered(P(&fresh))
		return fresh, ok
	})
	list, _ = remembered.(T)
	return list, ok
}

// next is the URL that the Link header names as the next page, or nil.
func (c *call) next() *url.URL {
	if c.x.Response == nil {
		return nil
	}
	for _, line := range c.x.Response.Header.Values("Link") {
		for line != "" {
			var target, parameters string
			target, parameters, line = cutLink(line)
			if !isNext(parameters) {
				continue
			}
			if u, err := c.x.Request.URL.Parse(target); err == nil {
				return u
			}
		}
	}
	return nil
}

// cutLink takes the first link off a Link header.
func cutLink(line string) (target, parameters, rest string) {
	_, line, ok := strings.Cut(line, "<")
	if !ok {
		return "", "", ""
	}
	target, line, _ = strings.Cut(line, ">")
	parameters, rest, more := strings.Cut(line, "<")
	if more {
		rest = "<" + rest
	}
	return target, parameters, rest
}

// isNext reports whether a link's parameters say rel="next".
func isNext(parameters string) bool {
	for p := range strings.FieldsFuncSeq(parameters, func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, ok := strings.Cut(strings.TrimSpace(p), "=")
		if ok && strings.EqualFold(strings.TrimSpace(name), "rel") && strings.Trim(strings.TrimSpace(value), `"`) == "next" {
			return true
		}
	}
	return false
}
