package suites

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("user-role-targets", "A USER_ADMIN role and its first group", func(s *Stage) {
	var role Role
	var first, second Principal
	var unknown, last *Answer
	s.Arrange(func(ctx SpecContext) {
		role = s.Give(ctx, s.User(ctx), UserAdmin)
		first, second = s.Group(ctx), s.Group(ctx)
	})

	s.Step("is narrowed by it", "user-role-targets.groups.first-target-narrows", func(ctx SpecContext) {
		s.Eventually(ctx, role.ListGroups()).Should(HaveTargets())
		Expect(s.Send(ctx, role.AddGroup(first))).To(HaveStatus(204))
		s.Eventually(ctx, role.ListGroups()).Should(HaveTargets(first.ID))
	})

	s.Step("does not find an unknown group", "user-role-targets.groups.unknown-group-404", func(ctx SpecContext) {
		unknown = s.Send(ctx, role.AddGroup(Groups.Of(Groups.Unknown)))
		Expect(unknown).To(BeRefusedAsUnknownTarget())
		s.NoteOlderForm(unknown)
	})

	s.Aside("does not take the unknown group", "user-role-targets.groups.unknown-group-refused", func(ctx SpecContext) {
		Expect(unknown).To(BeRefused())
		s.Eventually(ctx, role.ListGroups()).Should(HaveTargets(first.ID))
	})

	s.Step("answers 400 when it should lose its only group", "user-role-targets.groups.last-target-400", func(ctx SpecContext) {
		last = s.Send(ctx, role.RemoveGroup(first))
		Expect(last).To(HaveStatus(400))
	})

	s.Aside("keeps its only group", "user-role-targets.groups.last-target-stays", func(ctx SpecContext) {
		Expect(last).To(BeRefused())
		s.Eventually(ctx, role.ListGroups()).Should(HaveTargets(first.ID))
	})

	s.Aside("reaches all groups when it is taken away and given again", "user-role-targets.groups.recreated-role-unscoped", func(ctx SpecContext) {
		s.Need(ctx, role.AddGroup(second))
		s.Arranged(ctx, role.ListGroups()).Should(IncludeTarget(second.ID))
		s.Need(ctx, role.Unassign(role.Assignment))
		s.Arranged(ctx, role.List()).Should(LackRole(UserAdmin))

		again := s.Give(ctx, role.Principal, UserAdmin)
		s.Eventually(ctx, again.ListGroups()).Should(HaveTargets())
	})
})

var _ = Scene("user-role-targets", "A USER_ADMIN role that is narrowed to two groups", func(s *Stage) {
	var role Role
	var a, b Principal
	var pages []*Answer
	s.Arrange(func(ctx SpecContext) {
		role = s.Give(ctx, s.User(ctx), UserAdmin)
		a, b = s.Group(ctx), s.Group(ctx)
		// The steps wait for the groups to show, since one of them judges how they show.
		s.Need(ctx, role.AddGroup(a))
		s.Need(ctx, role.AddGroup(b))
	})

	s.Aside("lists them as groups", "user-role-targets.groups.entry-is-group", func(ctx SpecContext) {
		list := s.Eventually(ctx, role.ListGroups()).Should(HaveJSON("", HaveLen(2)))
		Expect(list).To(HaveJSON("*.id", Each("a string", Is[string])))
		Expect(list).To(HaveJSON("*.profile", Each("an object", Is[map[string]any])))
		Expect(list).To(HaveJSON("*.type", Each("a string", Is[string])))
	})

	s.Aside("describes each of them", "user-role-targets.groups.entry-details", func(ctx SpecContext) {
		list := s.Eventually(ctx, role.ListGroups()).Should(HaveJSON("", HaveLen(2)))
		Expect(list).To(HaveJSON("*.profile.name", Each("a string", Is[string])))
		Expect(list).To(HaveJSON("*.objectClass", Each("an array", Is[[]any])))
		Expect(list).To(HaveJSON("*.created", Each("a string", Is[string])))
		Expect(list).To(HaveJSON("*.lastUpdated", Each("a string", Is[string])))
		Expect(list).To(HaveJSON("*.lastMembershipUpdated", Each("a string", Is[string])))
	})

	s.Step("lists no more of them than asked for", "user-role-targets.groups.limit-honoured", func(ctx SpecContext) {
		s.Arranged(ctx, role.ListGroups()).Should(HaveTargets(a.ID, b.ID))
		pages = s.Pages(ctx, role.ListGroups(), 1, 5)
		for _, page := range pages {
			Expect(page).To(HaveAtMostTargets(1))
		}
	})

	s.Aside("lists both on its pages", "user-role-targets.groups.pages-cover-all", func(ctx SpecContext) {
		last := pages[len(pages)-1]
		Expect(last).To(Show("the next page after the last one", NextPage, ""))
		Expect(last).To(HaveTargetsOn(pages, a.ID, b.ID))
	})

	s.Aside("does not find a group that is none of them", "user-role-targets.groups.remove-non-target-404", func(ctx SpecContext) {
		other := s.Group(ctx)
		Expect(s.Send(ctx, role.RemoveGroup(other))).To(BeRefusedWith(404))
		s.Eventually(ctx, role.ListGroups()).Should(HaveTargets(a.ID, b.ID))
	})

	s.Aside("takes one of them again without harm", "user-role-targets.groups.repeated-put-harmless", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.AddGroup(b))).To(HaveStatus(204))
		s.Eventually(ctx, role.ListGroups()).Should(HaveTargets(a.ID, b.ID))
	})

	s.Aside("loses one of them and keeps the other", "user-role-targets.groups.target-removed", func(ctx SpecContext) {
		s.Arranged(ctx, role.ListGroups()).Should(HaveTargets(a.ID, b.ID))
		Expect(s.Send(ctx, role.RemoveGroup(a))).To(HaveStatus(204))
		s.Eventually(ctx, role.ListGroups()).Should(HaveTargets(b.ID))
	})
})

var _ = Scene("user-role-targets", "Roles beside one that is narrowed to a group", func(s *Stage) {
	var narrowed, helpDesk, membership, appAdmin, elsewhere Role
	var group, other Principal
	s.Arrange(func(ctx SpecContext) {
		roles := s.GiveEach(ctx, s.User(ctx), UserAdmin, HelpDeskAdmin, GroupMembershipAdmin, AppAdmin)
		narrowed, helpDesk, membership, appAdmin = roles[0], roles[1], roles[2], roles[3]
		elsewhere = s.Give(ctx, s.User(ctx), UserAdmin)
		group, other = s.Group(ctx), s.Group(ctx)
		s.Need(ctx, narrowed.AddGroup(group))
		s.Arranged(ctx, narrowed.ListGroups()).Should(HaveTargets(group.ID))
	})

	s.Aside("stay as wide as they were", "user-role-targets.isolation.other-role-unaffected", func(ctx SpecContext) {
		s.Eventually(ctx, helpDesk.ListGroups()).Should(HaveTargets())
		s.Eventually(ctx, membership.ListGroups()).Should(HaveTargets())
		s.Eventually(ctx, appAdmin.ListApps()).Should(HaveTargets())
	})

	s.Aside("stay as wide as they were with another user", "user-role-targets.isolation.other-user-unaffected", func(ctx SpecContext) {
		s.Eventually(ctx, elsewhere.ListGroups()).Should(HaveTargets())
		if elsewhere.Assignment != narrowed.Assignment {
			s.Note("the two assignments have different ids, %s and %s", narrowed.Assignment, elsewhere.Assignment)
		}
	})

	s.Aside("take no group when apps are what they are for", "user-role-targets.groups.wrong-role-refused", func(ctx SpecContext) {
		Expect(s.Send(ctx, appAdmin.AddGroup(other))).To(BeRefused())
		s.Eventually(ctx, appAdmin.ListGroups()).Should(HaveNoTargets())
		s.Eventually(ctx, appAdmin.ListApps()).Should(LackTarget(other.ID))
		for _, role := range []Role{narrowed, helpDesk, membership} {
			s.Eventually(ctx, role.ListGroups()).Should(LackTarget(other.ID))
		}
	})

	s.Aside("leave it narrowed when there are more of them", "user-role-targets.isolation.further-role-keeps-targets", func(ctx SpecContext) {
		s.Give(ctx, narrowed.Principal, ReadOnlyAdmin)
		s.Eventually(ctx, narrowed.ListGroups()).Should(HaveTargets(group.ID))
	})

	s.Aside("take a group when groups are what they are for", "user-role-targets.groups.every-group-role-type", func(ctx SpecContext) {
		for _, role := range []Role{narrowed, helpDesk, membership} {
			Expect(s.Send(ctx, role.AddGroup(other))).To(HaveStatus(204))
			s.Eventually(ctx, role.ListGroups()).Should(IncludeTarget(other.ID))
		}
	})

	s.Aside("lose a group that is deleted", "user-role-targets.groups.deleted-group-leaves", func(ctx SpecContext) {
		deleted, object := s.NewGroup(ctx)
		s.Need(ctx, helpDesk.AddGroup(group))
		s.Need(ctx, helpDesk.AddGroup(deleted))
		s.Arranged(ctx, helpDesk.ListGroups()).Should(And(IncludeTarget(group.ID), IncludeTarget(deleted.ID)))

		s.Remove(ctx, object)
		s.Eventually(ctx, helpDesk.ListGroups()).Should(And(IncludeTarget(group.ID), LackTarget(deleted.ID)))
	})
})

var _ = Scene("user-role-targets", "A GROUP_MEMBERSHIP_ADMIN role that is narrowed to 21 groups", func(s *Stage) {
	s.Aside("lists twenty of them unasked", "user-role-targets.groups.default-page-of-20", func(ctx SpecContext) {
		role := s.Give(ctx, s.User(ctx), GroupMembershipAdmin)
		var added []string
		for _, group := range s.Groups(ctx, 21) {
			s.Need(ctx, role.AddGroup(group))
			added = append(added, group.ID)
		}

		count := func(a *Answer) int { return len(Targets(a)) }
		page := s.Eventually(ctx, role.ListGroups()).Should(And(
			Show("the number of targets", count, 20), Show("the link to the next page", NextPage, Not(BeEmpty()))))
		different := func(a *Answer) int { return len(slices.Compact(Targets(a))) }
		Expect(page).To(Show("the number of different targets", different, 20))
		Expect(page).To(Show("the targets", Targets, HaveEach(BeElementOf(added))))
	})
})
