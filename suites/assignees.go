package suites

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// assignees is a page of the list of users with role assignments.
type assignees struct {
	Value []struct {
		ID    *string          `json:"id"`
		ORN   *string          `json:"orn"`
		Links *map[string]link `json:"_links"`
	} `json:"value"`
	Links struct {
		Next link `json:"next"`
	} `json:"_links"`
}

func (a assignees) ids() []string {
	out := make([]string, 0, len(a.Value))
	for _, user := range a.Value {
		if user.ID != nil {
			out = append(out, *user.ID)
		}
	}
	return out
}

// assigneePage asks for a page, after making sure that two users hold roles.
func assigneePage(ctx SpecContext, query ...string) *exchange.Exchange {
	admins(ctx)
	call := Call("listUsersWithRoleAssignments")
	for i := 0; i+1 < len(query); i += 2 {
		call = call.Query(query[i], query[i+1])
	}
	page := org.Send(ctx, call)
	Expect(page).To(BeAccepted())
	return page
}

// maxPages bounds a walk: more pages than this many never end, as far as a check of this kind can tell.
const maxPages = 200

// walkAssignees follows the list from its first page to its end and returns the ids in the order they came.
func walkAssignees(ctx SpecContext, limit string) (ids []string, last *exchange.Exchange) {
	last = assigneePage(ctx, "limit", limit)
	for range maxPages {
		page := Decode[assignees](last)
		ids = append(ids, page.ids()...)
		if page.Links.Next.Href == "" {
			return ids, last
		}
		next, err := url.Parse(page.Links.Next.Href)
		Expect(err).NotTo(HaveOccurred(), "the link to the next page cannot be read: %s", last.Line())
		after := next.Query().Get("after")
		Expect(after).NotTo(BeEmpty(), "the link to the next page has no cursor: %s", last.Line())
		last = assigneePage(ctx, "limit", limit, "after", after)
	}
	org.Fail("the list does not end within 200 pages: " + last.Line())
	return nil, nil
}

// admins are two users of our own who hold roles all the time.
func admins(ctx SpecContext) (first, second string) {
	return users.standing(ctx).ID, victimOf(ctx, users.system).params["userId"]
}

var ornForm = regexp.MustCompile(`^orn:[^:]+:(directory:)?[^:]+:users:([^:]+)$`)

var _ = Specs("user-roles", "Listing the users who hold roles", func() {
	It("lists users", Requirement("user-roles.assignees.list-of-users"), func(ctx SpecContext) {
		page := assigneePage(ctx)
		list := Decode[assignees](page)
		Expect(list.Value).NotTo(BeEmpty(), page.Line())
		for _, user := range list.Value {
			Expect(user.ID).NotTo(HaveValue(BeEmpty()), page.Line())
			Expect(user.ORN).NotTo(HaveValue(BeEmpty()), page.Line())
			Expect(user.Links).NotTo(BeNil(), page.Line())
		}
	})

	It("links each entry to the user and the user's roles", Requirement("user-roles.assignees.entry-links"), func(ctx SpecContext) {
		page := assigneePage(ctx)
		for _, user := range Decode[assignees](page).Value {
			Expect(user.ID).NotTo(BeNil(), page.Line())
			Expect(user.Links).NotTo(BeNil(), page.Line())
			Expect((*user.Links)["self"].Href).To(HaveSuffix("/users/"+*user.ID), page.Line())
			Expect((*user.Links)["roles"].Href).To(HaveSuffix("/users/"+*user.ID+"/roles"), page.Line())
		}
	})

	It("names each user by a resource name", Requirement("user-roles.assignees.orn-names-user"), func(ctx SpecContext) {
		page := assigneePage(ctx)
		for _, user := range Decode[assignees](page).Value {
			Expect(user.ID).NotTo(BeNil(), page.Line())
			Expect(user.ORN).NotTo(BeNil(), page.Line())
			parts := ornForm.FindStringSubmatch(*user.ORN)
			Expect(parts).NotTo(BeNil(), "%q is not of the form in %s", *user.ORN, page.Line())
			Expect(parts[2]).To(Equal(*user.ID), page.Line())
		}
	})

	It("lists a new admin", Requirement("user-roles.assignees.new-admin-listed"), func(ctx SpecContext) {
		p := users.lease(ctx)
		p.give(ctx, readOnlyAdmin)

		org.Eventually(ctx, func(g Gomega) {
			ids, last := walkAssignees(ctx, "200")
			g.Expect(ids).To(ContainElement(p.ID), "the walk ended at %s", last.Line())
		})
	})

	It("drops a former admin", Requirement("user-roles.assignees.former-admin-gone"), func(ctx SpecContext) {
		p := users.lease(ctx)
		id := p.give(ctx, readOnlyAdmin)
		org.Eventually(ctx, func(g Gomega) {
			ids, _ := walkAssignees(ctx, "200")
			if !slices.Contains(ids, p.ID) {
				Block("the user with a fresh role is not listed, so that nothing can be dropped")
			}
		})
		org.Need(ctx, Call("unassignRoleFromUser", p.ID, id))

		org.Eventually(ctx, func(g Gomega) {
			ids, last := walkAssignees(ctx, "200")
			g.Expect(ids).NotTo(ContainElement(p.ID), "the walk ended at %s", last.Line())
		})
	})

	It("lists nobody without a role", Requirement("user-roles.assignees.listed-users-hold-roles"), func(ctx SpecContext) {
		s := users.standing(ctx)
		page := assigneePage(ctx)
		ids := Decode[assignees](page).ids()
		// A few of whoever is listed, and our own, which is known to be quiet.
		sample := slices.Compact(append(ids[:min(3, len(ids))], s.ID))
		for _, id := range sample {
			list := org.Send(ctx, Call("listAssignedRolesForUser", id))
			Expect(list).To(BeAccepted())
			Expect(listed(list)).NotTo(BeEmpty(), "listed in %s as a user with roles: %s", page.ID, list.Line())
		}
	})

	It("honours limit", Requirement("user-roles.assignees.limit-honoured"), func(ctx SpecContext) {
		one := assigneePage(ctx, "limit", "1")
		Expect(len(Decode[assignees](one).Value)).To(BeNumerically("<=", 1), one.Line())
		all := assigneePage(ctx)
		Expect(len(Decode[assignees](all).Value)).To(BeNumerically("<=", 100), all.Line())
	})

	It("covers everybody page by page", Requirement("user-roles.assignees.pages-cover-all"), func(ctx SpecContext) {
		one, two := admins(ctx)
		first := assigneePage(ctx, "limit", "1")
		Expect(Decode[assignees](first).Links.Next.Href).NotTo(BeEmpty(), "two users hold roles, and the first page of one offers no next: %s", first.Line())

		ids, last := walkAssignees(ctx, "1")
		Expect(slices.Compact(slices.Sorted(slices.Values(ids)))).To(HaveLen(len(ids)), "a user came twice in the walk that ended at %s", last.Line())
		// Others may come and go meanwhile; our own two are there all the time.
		Expect(ids).To(ContainElements(one, two), "the walk ended at %s", last.Line())
		if page := Decode[assignees](assigneePage(ctx, "limit", "200")); page.Links.Next.Href == "" && org.Alone() {
			Expect(ids).To(ConsistOf(page.ids()), "the walk ended at %s", last.Line())
		}
	})

	It("is not harmed by an odd limit", Requirement("user-roles.assignees.odd-limits-no-server-error"), func(ctx SpecContext) {
		twin := org.Need(ctx, Call("listUsersWithRoleAssignments").Query("limit", "1"))
		if len(Decode[assignees](twin).Value) == 0 {
			Block("nobody is listed with an ordinary limit: %s", twin.Line())
		}
		for _, limit := range []string{"0", "-1", "abc"} {
			x := org.Send(ctx, Call("listUsersWithRoleAssignments").Query("limit", limit).Defective("an odd limit"))
			Expect(x).To(NotBeAServerError())
			org.Note("limit=%s: %d", limit, x.Status())
		}
	})

	It("offers no next page where there is none", Requirement("user-roles.assignees.single-page-without-links"), func(ctx SpecContext) {
		page := assigneePage(ctx, "limit", "200")
		list := Decode[assignees](page)
		if len(list.Value) >= 200 {
			Unobservable("more users hold roles than fit on one page")
		}
		Expect(list.Links.Next.Href).To(BeEmpty(), page.Line())
		if strings.Contains(string(trimmed(page)), `"_links":{}`) {
			org.Note("the single page has an empty _links")
		}
	})
})
