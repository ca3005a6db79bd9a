package history

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// assignment is what of a role assignment matters here.
type assignment struct {
	ID             string `json:"id"`
	Type           string `json:"type"`
	Role           string `json:"role"`
	ResourceSet    string `json:"resource-set"`
	AssignmentType string `json:"assignmentType"`
	Created        string `json:"created"`
	Links          struct {
		Assignee link `json:"assignee"`
	} `json:"_links"`
}

type link struct {
	Href string `json:"href"`
}

// last is the last segment of the link's path.
func (l link) last() string {
	u, err := url.Parse(l.Href)
	if err != nil {
		return ""
	}
	return path.Base(u.Path)
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
	case strings.Contains(a.Links.Assignee.Href, "/groups/"):
		return false, true
	case strings.Contains(a.Links.Assignee.Href, "/users/"):
		return true, true
	}
	return false, false
}

// target is an entry of either list of targets. An instance of an app has an id, an app of the catalog has none; in a
// list of groups every entry has one.
type target struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type assigneePage struct {
	Value []struct {
		ID string `json:"id"`
	} `json:"value"`
	Links struct {
		Next link `json:"next"`
	} `json:"_links"`
}

type permission struct {
	Label string `json:"label"`
	Links struct {
		Role link `json:"role"`
	} `json:"_links"`
}

// answered decodes the answer's body into v, and reports whether it is there and as expected. Whether a body is as the
// contract has it is not judged here: one that is not tells nothing.
func (c *call) answered(v any) bool {
	r := c.x.Response
	return r != nil && r.Body.Known() && len(r.Body.Bytes) > 0 && json.Unmarshal(r.Body.Bytes, v) == nil
}

// read decodes the answer of a read that succeeded.
func (c *call) read(v any) bool { return c.x.Status() == http.StatusOK && c.answered(v) }

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
