package suites

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

var _ = Specs("user-role-targets", "Giving a role group targets", func() {
	It("begins with a role that reaches all groups", Requirement("user-role-targets.groups.unscoped-is-empty"), func(ctx SpecContext) {
		m := rolesOfEachType(ctx)

		for _, kind := range []string{userAdmin, helpDeskAdmin, groupMembershipAdmin} {
			org.Cite(m.unscoped[kind])
			expectTargets(m.unscoped[kind])
		}
	})

	It("narrows the role with the first group", Requirement("user-role-targets.groups.first-target-narrows"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		org.Cite(l.unscoped, l.first.answer, l.first.list)

		expectTargets(l.unscoped)
		Expect(l.first.answer).To(HaveStatus(204))
		expectTargets(l.first.list, l.a)
	})

	It("works for each type of role that groups are for", Requirement("user-role-targets.groups.every-group-role-type"), func(ctx SpecContext) {
		l, b := lifeWithGroups(ctx), besideEachOther(ctx)

		for _, added := range []struct {
			step
			group string
		}{{l.first, l.a}, {b.helpDesk, b.helpDeskGroup}, {b.membership, b.membershipGroup}} {
			org.Cite(added.answer, added.list)
			Expect(added.answer).To(HaveStatus(204))
			expectOnce(added.list, added.group)
		}
	})

	It("is harmless when repeated", Requirement("user-role-targets.groups.repeated-put-harmless"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.second.answer)
		notRemoved(l.last)
		org.Cite(l.repeated.answer, l.repeated.list)

		Expect(l.repeated.answer).To(HaveStatus(204))
		expectOnce(l.repeated.list, l.b)
	})

	It("is refused for a role that apps are for", Requirement("user-role-targets.groups.wrong-role-refused"), func(ctx SpecContext) {
		a := groupAtAppAdmin(ctx)

		Expect(a.answers[0]).To(BeRefused())
		a.leftNoTrace()
	})

	It("is refused for an unknown group", Requirement("user-role-targets.groups.unknown-group-refused"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.first.answer)
		org.Cite(l.unknown.answer, l.unknown.list)

		Expect(l.unknown.answer).To(BeRefused())
		expectSame(l.unknown.list, l.repeated.list)
	})

	It("does not find an unknown group", Requirement("user-role-targets.groups.unknown-group-404"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.first.answer)
		org.Cite(l.unknown.answer)

		expectUnknown(l.unknown.answer)
	})

	It("lasts no longer than the role", Requirement("user-role-targets.groups.recreated-role-unscoped"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.first.answer, l.renewed.taken, l.renewed.given)
		org.Cite(l.renewed.list)

		expectTargets(l.renewed.list)
	})
})

var _ = Specs("user-role-targets", "Listing a role's group targets", func() {
	It("shows groups", Requirement("user-role-targets.groups.entry-is-group"), func(ctx SpecContext) {
		list, entries := groupEntries(ctx)

		for _, group := range entries {
			Expect(group["id"]).To(BeAssignableToTypeOf(""), "the member id in %s", list.Line())
			Expect(group["profile"]).To(BeAssignableToTypeOf(map[string]any{}), "the member profile in %s", list.Line())
			Expect(group["type"]).To(BeAssignableToTypeOf(""), "the member type in %s", list.Line())
		}
	})

	It("describes each group", Requirement("user-role-targets.groups.entry-details"), func(ctx SpecContext) {
		list, entries := groupEntries(ctx)

		for _, group := range entries {
			Expect(group["profile"]).To(HaveKeyWithValue("name", BeAssignableToTypeOf("")), "the member profile in %s", list.Line())
			Expect(group["objectClass"]).To(BeAssignableToTypeOf([]any{}), "the member objectClass in %s", list.Line())
			for _, member := range []string{"created", "lastUpdated", "lastMembershipUpdated"} {
				Expect(group[member]).To(BeAssignableToTypeOf(""), "the member %s in %s", member, list.Line())
			}
		}
	})

	It("gives no more entries than asked for", Requirement("user-role-targets.groups.limit-honoured"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.first.answer, l.second.answer)

		l.pages.expectSmallPages()
	})

	It("gives every target on its pages", Requirement("user-role-targets.groups.pages-cover-all"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.first.answer, l.second.answer)

		l.pages.expectAll(l.a, l.b)
	})

	It("gives twenty entries unasked", Requirement("user-role-targets.groups.default-page-of-20"), func(ctx SpecContext) {
		const most = 20
		// The role of type GROUP_MEMBERSHIP_ADMIN has one target already, and nothing else needs it any more.
		b := besideEachOther(ctx)
		role := b.role(groupMembershipAdmin)
		arranged(b.membership.answer)
		targets := []string{b.membershipGroup}
		for _, group := range anyGroups(ctx, most+1) {
			if group != b.membershipGroup && len(targets) <= most {
				org.Need(ctx, role.addGroup(group))
				targets = append(targets, group)
			}
		}

		org.Eventually(ctx, func(g Gomega) {
			page := org.Send(ctx, role.groups())
			g.Expect(page).To(HaveStatus(200))
			shown := targetNames(page)
			g.Expect(shown).To(HaveLen(most), page.Line())
			g.Expect(slices.Compact(shown)).To(HaveLen(most), "an entry comes twice in %s", page.Line())
			g.Expect(targets).To(ContainElements(shown), page.Line())
			_, more := linkOf(page, "next")
			g.Expect(more).To(BeTrue(), "the header Link is %q, without a next page: %s", header(page, "Link"), page.Line())
		})
	})

	It("shows no deleted group", Requirement("user-role-targets.groups.deleted-group-leaves"), func(ctx SpecContext) {
		if groups.spends {
			Unobservable("a given group is not removed, and no other is made")
		}
		// The role of type HELP_DESK_ADMIN has one target already, and nothing else needs it any more.
		b := besideEachOther(ctx)
		role := b.role(helpDeskAdmin)
		arranged(b.helpDesk.answer)
		arrangedTargets(org.Need(ctx, role.groups()), b.helpDeskGroup)
		group := groups.fresh(ctx)
		org.Need(ctx, role.addGroup(group.ID))
		if err := maker.Remove(ctx, group); err != nil {
			Block("%v", err)
		}

		org.Eventually(ctx, func(g Gomega) {
			list := org.Send(ctx, role.groups())
			g.Expect(list).To(HaveStatus(200))
			g.Expect(targetNames(list)).To(Equal(just(b.helpDeskGroup)), list.Line())
		})
	})
})

var _ = Specs("user-role-targets", "Taking group targets away", func() {
	It("removes one of two groups", Requirement("user-role-targets.groups.target-removed"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.first.answer, l.second.answer)
		org.Cite(l.removed.answer, l.removed.list)

		Expect(l.removed.answer).To(HaveStatus(204))
		expectTargets(l.removed.list, l.b)
	})

	It("leaves the last group", Requirement("user-role-targets.groups.last-target-stays"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.removed.answer)
		arrangedTargets(l.removed.list, l.b)
		org.Cite(l.last.answer, l.last.list)

		Expect(l.last.answer).To(BeRefused())
		Expect(targetNames(l.last.list)).To(ContainElement(l.b), l.last.list.Line())
	})

	It("answers 400 for the last group", Requirement("user-role-targets.groups.last-target-400"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.removed.answer)
		arrangedTargets(l.removed.list, l.b)
		org.Cite(l.last.answer)

		Expect(l.last.answer).To(HaveStatus(400))
	})

	It("does not find a group that is no target", Requirement("user-role-targets.groups.remove-non-target-404"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.removed.answer)
		org.Cite(l.stranger.answer, l.stranger.list)

		Expect(l.stranger.answer).To(BeRefusedWith(404))
		expectSame(l.stranger.list, l.second.list)
	})
})

var _ = Specs("user-role-targets", "Roles beside a scoped one", func() {
	It("stay unscoped", Requirement("user-role-targets.isolation.other-role-unaffected"), func(ctx SpecContext) {
		b := besideEachOther(ctx)
		arranged(b.helpDesk.answer)
		org.Cite(b.others...)

		for _, list := range b.others {
			expectTargets(list)
		}
	})

	It("stay unscoped with another user", Requirement("user-role-targets.isolation.other-user-unaffected"), func(ctx SpecContext) {
		l := lifeWithGroups(ctx)
		arranged(l.first.answer)
		org.Cite(l.elsewhere)

		expectTargets(l.elsewhere)
	})

	It("take no target from it when they are given", Requirement("user-role-targets.isolation.further-role-keeps-targets"), func(ctx SpecContext) {
		b := besideEachOther(ctx)
		arranged(b.helpDesk.answer)
		org.Cite(b.kept)

		expectTargets(b.kept, b.helpDeskGroup)
	})
})

// groupEntries are the entries of a list of two group targets.
func groupEntries(ctx SpecContext) (*exchange.Exchange, []map[string]any) {
	l := lifeWithGroups(ctx)
	arranged(l.second.answer)
	org.Cite(l.second.list)
	entries := Decode[[]map[string]any](l.second.list)
	if len(entries) == 0 {
		Block("there is no entry to look at: %s", l.second.list.Line())
	}
	return l.second.list, entries
}
