package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/spec"
)

// Assignees asks for the users who hold roles.
func Assignees() harness.Request {
	return harness.Call(spec.Action{Verb: spec.List, Object: spec.Assignee, Of: spec.Org})
}

// assignees is a page of the users who hold roles.
type assignees struct {
	Value []struct {
		ID    string          `json:"id"`
		ORN   string          `json:"orn"`
		Links map[string]Link `json:"_links"`
	} `json:"value"`
	Links struct {
		Next Link `json:"next"`
	} `json:"_links"`
}

// read reads a page; a body of another form is an empty page.
func read(a *harness.Answer) (page assignees) {
	if json.Unmarshal(a.Body(), &page) != nil {
		return assignees{}
	}
	return page
}

// AssigneeIDs are the ids of the users on a page, in its order.
func AssigneeIDs(a *harness.Answer) []string {
	out := []string{}
	for _, user := range read(a).Value {
		out = append(out, user.ID)
	}
	return out
}

// IDsInORNs are the last parts of the resource names on a page, in its order.
func IDsInORNs(a *harness.Answer) []string {
	out := []string{}
	for _, user := range read(a).Value {
		out = append(out, user.ORN[strings.LastIndex(user.ORN, ":")+1:])
	}
	return out
}

// EntriesWithOwnLinks says of each user on a page whether the links self and roles are that user's own.
func EntriesWithOwnLinks(a *harness.Answer) []bool {
	out := []bool{}
	for _, user := range read(a).Value {
		self, roles := user.Links["self"].Href, user.Links["roles"].Href
		out = append(out, user.ID != "" && strings.HasSuffix(self, "/users/"+user.ID) && strings.HasSuffix(roles, "/users/"+user.ID+"/roles"))
	}
	return out
}

// CountAssignees is the number of users on a page.
func CountAssignees(a *harness.Answer) int { return len(read(a).Value) }

// NextAssignees is the link to the next page in the body of a page; empty where there is none.
func NextAssignees(a *harness.Answer) string { return read(a).Links.Next.Href }

// Walk is the list of users who hold roles, followed from page to page.
type Walk struct {
	ids []string
	// Last is the last page that was asked for.
	Last   *harness.Answer
	broken string
}

// Users are the ids of all users on the pages, in the order in which they came. Its argument is not used.
func (w Walk) Users(*harness.Answer) []string { return append([]string{}, w.ids...) }

// Broken says why the walk ended before the list did; empty where it did not. Its argument is not used.
func (w Walk) Broken(*harness.Answer) string { return w.broken }

// Includes reports whether all of the principals are on the pages.
func (w Walk) Includes(principals ...Principal) bool {
	for _, p := range principals {
		if !slices.Contains(w.ids, p.ID) {
			return false
		}
	}
	return true
}

// maxPages bounds a walk: a list of more pages counts as one without an end.
const maxPages = 200

// WalkAssignees follows the list from its first page to its end, by pages of a size. It does so again until the walk
// suits, for as long as changes may take to show, and returns the last walk.
func (s *Stage) WalkAssignees(ctx context.Context, limit string, suits func(Walk) bool) Walk {
	var w Walk
	s.Await(ctx, "walk of the assignees by "+limit, func() bool {
		w = s.walkAssignees(ctx, limit)
		return w.broken == "" && suits(w)
	})
	return w
}

func (s *Stage) walkAssignees(ctx context.Context, limit string) Walk {
	var w Walk
	request := Assignees().Query("limit", limit)
	for pages := 1; ; pages++ {
		w.Last = s.Send(ctx, request)
		w.ids = append(w.ids, AssigneeIDs(w.Last)...)
		next := NextAssignees(w.Last)
		after := cursor(next)
		switch {
		case w.Last.Status() != 200:
			w.broken = fmt.Sprintf("a page with status %d", w.Last.Status())
			return w
		case next == "":
			return w
		case after == "":
			w.broken = "a link without a cursor to the next page: " + next
			return w
		case pages == maxPages:
			w.broken = fmt.Sprintf("no end after %d pages", maxPages)
			return w
		}
		request = Assignees().Query("limit", limit).Query("after", after)
	}
}

// HaveNoDuplicates expects a list of texts in which none is there twice.
func HaveNoDuplicates() types.GomegaMatcher {
	return harness.Satisfying("have nothing twice", func(v any) bool {
		list, ok := v.([]string)
		return ok && len(slices.Compact(slices.Sorted(slices.Values(list)))) == len(list)
	})
}
