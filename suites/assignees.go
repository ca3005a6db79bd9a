package suites

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("user-roles", "The list of two users who hold roles", func(s *Stage) {
	var one, two Principal
	var page *Answer
	s.Readable()
	s.Arrange(func(ctx SpecContext) {
		if s.ReadOnly() {
			if CountAssignees(s.Need(ctx, Assignees())) == 0 {
				s.Unobservable("nobody holds a role in the org, and the run gives none")
			}
			return
		}
		// A list that never changes shows because it was read before.
		s.Send(ctx, Assignees())
		one, two = s.User(ctx), s.User(ctx)
		s.Give(ctx, one, ReadOnlyAdmin)
		s.Give(ctx, two, ReadOnlyAdmin)
	})

	s.Step("has users", "user-roles.assignees.list-of-users", func(ctx SpecContext) {
		page = s.Eventually(ctx, Assignees()).Should(HaveJSON("value", Not(BeEmpty())))
		Expect(page).To(HaveJSON("value.*.id", HaveEach(BeText())))
		Expect(page).To(HaveJSON("value.*.orn", HaveEach(BeText())))
		Expect(page).To(HaveJSON("value.*._links", HaveEach(Not(BeNil()))))
	})

	s.Aside("links each to the user and the user's roles", "user-roles.assignees.entry-links", func(SpecContext) {
		for _, id := range AssigneeIDs(page) {
			Expect(page).To(HaveJSON("value.*._links.self.href", ContainElement(HaveSuffix("/users/"+id))))
			Expect(page).To(HaveJSON("value.*._links.roles.href", ContainElement(HaveSuffix("/users/"+id+"/roles"))))
		}
		Expect(page).To(Show("the entries whose links are their own", EntriesWithOwnLinks, HaveEach(true)))
	})

	s.Aside("names each by a resource name", "user-roles.assignees.orn-names-user", func(SpecContext) {
		Expect(page).To(HaveJSON("value.*.id", HaveEach(BeText())))
		Expect(page).To(HaveJSON("value.*.orn", HaveEach(MatchRegexp(`^orn:[^:]+:(directory:)?[^:]+:users:[^:]+$`))))
		Expect(page).To(Show("the ids at the ends of the orns", IDsInORNs, Equal(AssigneeIDs(page))))
	})

	s.Aside("has nobody without a role", "user-roles.assignees.listed-users-hold-roles", func(ctx SpecContext) {
		// A few of the listed users, and one of the run, whose roles nobody changes meanwhile.
		ids := AssigneeIDs(page)
		ids = ids[:min(3, len(ids)):min(3, len(ids))]
		if !s.ReadOnly() {
			ids = append(ids, one.ID)
		}
		for _, id := range ids {
			roles := s.Send(ctx, Users.Of(id).List())
			if roles.Status() == 404 {
				// Somebody removed the user since the list was read, which then names the user no more.
				s.Eventually(ctx, Assignees()).Should(Show("the users", AssigneeIDs, Not(ContainElement(id))))
				continue
			}
			Expect(roles).To(HaveJSON("", Not(BeEmpty())))
		}
	})

	s.Aside("honours limit", "user-roles.assignees.limit-honoured", func(ctx SpecContext) {
		Expect(s.Send(ctx, Assignees().Query("limit", "1"))).To(Show("the number of users", CountAssignees, BeNumerically("<=", 1)))
		Expect(s.Send(ctx, Assignees())).To(Show("the number of users", CountAssignees, BeNumerically("<=", 100)))
	})

	s.Aside("covers everybody page by page", "user-roles.assignees.pages-cover-all", func(ctx SpecContext) {
		if s.ReadOnly() {
			s.Unobservable("it takes users who are known to be quiet, and the run makes none")
		}
		walk := s.WalkAssignees(ctx, "1", func(w Walk) bool { return w.Includes(one, two) })
		Expect(walk.Last).To(BeAccepted())
		Expect(walk.Last).To(Show("the users on the pages", walk.Users, And(ContainElements(one.ID, two.ID), HaveNoDuplicates())))
		Expect(walk.Last).To(Show("how the pages end", walk.Broken, BeEmpty()))
		if whole := s.Send(ctx, Assignees().Query("limit", "200")); s.Org().Alone() && NextAssignees(whole) == "" {
			Expect(walk.Last).To(Show("the users on the pages", walk.Users, ConsistOf(AssigneeIDs(whole))))
		}
	})

	s.Aside("offers no next page where there is none", "user-roles.assignees.single-page-without-links", func(ctx SpecContext) {
		whole := s.Send(ctx, Assignees().Query("limit", "200"))
		Expect(whole).To(BeAccepted())
		if CountAssignees(whole) >= 200 {
			s.Unobservable("more users hold roles than fit on one page")
		}
		Expect(whole).To(HaveJSON("_links.next.href", BeNil()))
		if strings.Contains(string(whole.Body()), `"_links":{}`) {
			s.Note("the single page has an empty _links")
		}
	})

	s.Aside("is not harmed by an odd limit", "user-roles.assignees.odd-limits-no-server-error", func(ctx SpecContext) {
		s.Arranged(ctx, Assignees().Query("limit", "1")).Should(HaveJSON("value", Not(BeEmpty())))
		for _, limit := range []string{"0", "-1", "abc"} {
			odd := s.Send(ctx, Assignees().Query("limit", limit).Defective("an odd limit"))
			Expect(odd).To(NotBeAServerError())
			s.Note("limit=%s: %d", limit, odd.Status())
		}
	})
})

var _ = Scene("user-roles", "A user who joins and leaves the list of those who hold roles", func(s *Stage) {
	var role Role
	s.Arrange(func(ctx SpecContext) {
		s.Send(ctx, Assignees().Query("limit", "200"))
		role = s.Give(ctx, s.User(ctx), ReadOnlyAdmin)
	})

	s.Step("is listed as a new admin", "user-roles.assignees.new-admin-listed", func(ctx SpecContext) {
		walk := s.WalkAssignees(ctx, "200", func(w Walk) bool { return w.Includes(role.Principal) })
		s.Require(walk.Last, Show("the users on the pages", walk.Users, ContainElement(role.ID)))
	})

	s.Step("is no more listed as a former admin", "user-roles.assignees.former-admin-gone", func(ctx SpecContext) {
		s.Need(ctx, role.Unassign(role.Assignment))
		walk := s.WalkAssignees(ctx, "200", func(w Walk) bool { return !w.Includes(role.Principal) })
		Expect(walk.Last).To(BeAccepted())
		Expect(walk.Last).To(Show("the users on the pages", walk.Users, Not(ContainElement(role.ID))))
	})
})
