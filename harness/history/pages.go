package history

import (
	"fmt"
	"net/url"
	"strings"
)

// walk is a list that is being followed from page to page.
type walk struct {
	// seen has the entries so far, by the exchange that listed them.
	seen map[string]string
	// cursors are the places in the list where a page began.
	cursors map[string]bool
	// list is the list that the entries belong to; a write to it ends the walk, for the list may have moved.
	list *clock
	at   int
	// unsettled says that one of its pages may show what was there before a write.
	unsettled bool
}

// place names where a page begins. A walk waits there for the request that goes on with it.
func place(org string, u *url.URL) string {
	return org + " " + u.EscapedPath() + " " + u.Query().Get("after")
}

// page judges and remembers one page of a list. It returns the entries of all pages, and whether the walk was followed from the
// first page to the last.
func (t *Tracker) page(c *call, entries []string, next *url.URL, list *clock) (map[string]string, bool) {
	here := place(c.org, c.x.Request.URL)
	var w *walk
	if c.x.Request.URL.Query().Get("after") == "" {
		w = &walk{seen: map[string]string{}, cursors: map[string]bool{}, list: list, at: list.changes}
	} else {
		var ok bool
		w, ok = t.walks.get(here)
		t.walks.drop(here)
		if !ok || w.list != list || w.at != list.changes {
			return nil, false
		}
	}
	w.unsettled = w.unsettled || c.unsettled
	if len(w.seen) > 0 {
		c.check(pagesDisjoint)
	}
	c.disjoint(w, entries)
	if next == nil {
		return w.seen, true
	}
	w.cursors[here] = true
	there := place(c.org, next)
	if w.cursors[there] {
		c.report(pagesDisjoint, "a next page that was not read yet", "a link that leads back into the walk")
		return nil, false
	}
	if len(w.seen) <= maxKnown {
		t.walks.put(there, w)
	}
	return nil, false
}

// disjoint judges that a page has none of the entries that were listed before, and notes its own.
func (c *call) disjoint(w *walk, entries []string) {
	var again []string
	by := ""
	for _, e := range entries {
		if before, ok := w.seen[e]; ok {
			again, by = append(again, e), before
			continue
		}
		w.seen[e] = c.x.ID
	}
	if len(again) > 0 {
		c.report(pagesDisjoint, "each entry once in a walk over the pages", fmt.Sprintf("%s again (%s had it)", some(again), by))
	}
}

// some names the first of many.
func some(names []string) string {
	const enough = 3
	if len(names) <= enough {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:enough], ", ") + " and more"
}

// assignees judges a page of the users with role assignments. Its next page is named in the body.
func (t *Tracker) assignees(c *call) {
	if t.orgClock(c.org).overlaps(c.x) {
		return
	}
	if c.unsettled = t.unsettled(c, t.orgClock(c.org)); c.unsettled {
		defer c.excuse()
	}
	p, ok := one(c.shown(), readAssigneePage)
	if !ok {
		return
	}
	entries := make([]string, 0, len(p.users))
	for _, u := range p.users {
		entries = append(entries, "user "+u.ID)
	}
	var next *url.URL
	if p.next != "" {
		u, err := c.x.Request.URL.Parse(p.next)
		if err != nil {
			return
		}
		next = u
	}
	t.page(c, entries, next, t.orgClock(c.org))
}

// orgClock is the clock of all role assignments of an org, which move the list of assignees.
func (t *Tracker) orgClock(org string) *clock {
	k, ok := t.orgs.get(org)
	if !ok {
		k = &clock{}
		t.orgs.put(org, k)
	}
	return k
}
