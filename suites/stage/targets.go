package stage

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// Targets that do not exist.
const (
	UnknownApp      = "rolecheck_no_such_app"
	UnknownInstance = "0oarolecheckunknown0"
)

// ListGroups asks for the groups that a role is narrowed to.
func (r Role) ListGroups() harness.Request {
	return r.call(spec.List, spec.GroupTarget, r.Assignment)
}

// AddGroup makes a group a target of a role.
func (r Role) AddGroup(group Principal) harness.Request {
	return r.call(spec.Assign, spec.GroupTarget, r.Assignment, group.ID)
}

// RemoveGroup makes a group a target no more.
func (r Role) RemoveGroup(group Principal) harness.Request {
	return r.call(spec.Unassign, spec.GroupTarget, r.Assignment, group.ID)
}

// ListApps asks for the apps that a role is narrowed to.
func (r Role) ListApps() harness.Request {
	return r.call(spec.List, spec.AppTarget, r.Assignment)
}

// AddAllApps widens a role to all apps.
func (r Role) AddAllApps() harness.Request {
	return r.call(spec.Assign, spec.AllAppTargets, r.Assignment)
}

// AddApp makes an app of the catalog, with all its instances, a target of a role.
func (r Role) AddApp(key string) harness.Request {
	return r.call(spec.Assign, spec.AppTarget, r.Assignment, key)
}

// RemoveApp makes an app of the catalog a target no more.
func (r Role) RemoveApp(key string) harness.Request {
	return r.call(spec.Unassign, spec.AppTarget, r.Assignment, key)
}

// AddInstance makes one instance of an app a target of a role.
func (r Role) AddInstance(i Instance) harness.Request {
	return r.call(spec.Assign, spec.AppInstanceTarget, r.Assignment, i.Key, i.ID)
}

// RemoveInstance makes an instance a target no more.
func (r Role) RemoveInstance(i Instance) harness.Request {
	return r.call(spec.Unassign, spec.AppInstanceTarget, r.Assignment, i.Key, i.ID)
}

// At is the same assignment id at another principal, who need not hold it or exist.
func (r Role) At(p Principal) Role { return Role{p, r.Type, r.Assignment} }

// Targets are those that an answer lists, sorted: each by its id, or by its name where it has none, as an app of the
// catalog. They are nil when the answer is no list of targets.
func Targets(a *harness.Answer) []string {
	var entries []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if a.Status() != 200 || json.Unmarshal(a.Body(), &entries) != nil || entries == nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		if names[i] = e.ID; e.ID == "" {
			names[i] = e.Name
		}
	}
	slices.Sort(names)
	return names
}

// LinkTo is the URL of the answer's link of that relation in the header Link; empty where there is none.
func LinkTo(a *harness.Answer, rel string) string {
	if a.Response == nil {
		return ""
	}
	for _, link := range exchange.Links(a.Response.Header) {
		if link.Rel == rel {
			return link.URL
		}
	}
	return ""
}

// NextPage is the URL of the next page; empty where there is none.
func NextPage(a *harness.Answer) string { return LinkTo(a, "next") }

// Pages asks for the first page of a list with a limit, and for those that follow by its links, until there is no link to
// a next page with a cursor. A list that does not end is given up after most pages; there is always one.
func (s *Stage) Pages(ctx context.Context, list harness.Request, limit, most int) []*harness.Answer {
	list = list.Query("limit", strconv.Itoa(limit))
	pages := []*harness.Answer{s.Send(ctx, list)}
	for len(pages) < most {
		after := cursor(NextPage(pages[len(pages)-1]))
		if after == "" {
			break
		}
		pages = append(pages, s.Send(ctx, list.Query("after", after)))
	}
	return pages
}

// cursor is the value of after in a link to the next page; empty where there is none.
func cursor(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Query().Get("after")
}

// NoteOlderForm notes that a refusal of an unknown target has the form that the page of 2014 gives it.
func (s *Stage) NoteOlderForm(a *harness.Answer) {
	if a.Status() == http.StatusMethodNotAllowed {
		s.Note("%s refused in the older form, 405 with errorCode %s", a.Operation.ID, codeNotSupported)
	}
}
