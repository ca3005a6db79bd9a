package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
)

var _ = Specs("group-roles", "Listing the roles of a group", func() {
	listing(groups)

	It("knows no unknown group, or no role of it", Requirement("group-roles.list.unknown-group-404-or-empty"), func(ctx SpecContext) {
		s := groups.standing(ctx)
		org.Need(ctx, Call("listGroupAssignedRoles", s.ID))

		unknown := org.Send(ctx, Call("listGroupAssignedRoles", groups.unknown))
		if unknown.Status() == 200 && !org.DocumentsOnly() {
			Expect(string(trimmed(unknown))).To(Equal("[]"), unknown.Line())
			org.Note("200 with an empty list for an unknown group, as real orgs answer; the documents say 404")
			return
		}
		Expect(unknown).To(BeRefusedWith(404, codeNotFound))
	})

	expanding(groups)
})

var _ = Specs("group-roles", "Giving a group a role", func() {
	assigning(groups, "assign.accepted")
	asThirdPartyAdmin(groups)
	assigningCustom(groups)
	refusingDuplicateCustom(groups)

	It("refuses the built-in group", Requirement("group-roles.assign.built-in-group-refused"), func(ctx SpecContext) {
		everyone, err := maker.BuiltInGroup(ctx)
		if err != nil {
			Block("%v", err)
		}

		refused := org.Send(ctx, Call("assignRoleToGroup", everyone).With(standard(readOnlyAdmin)))
		Expect(refused).To(BeRefusedWith(400, "E0000211"))
		list := org.Send(ctx, Call("listGroupAssignedRoles", everyone))
		Expect(ofType(listed(list), readOnlyAdmin)).To(BeEmpty(), list.Line())
	})

	It("refuses a group that a rule fills", Requirement("group-roles.assign.rule-fed-group-refused"), func(ctx SpecContext) {
		// A group of its own: with its rule it is of no use to any other spec.
		p := principal{groups, groups.fresh(ctx)}
		if _, err := maker.GroupRule(ctx, p.ID); err != nil {
			Block("%v", err)
		}

		refused := org.Send(ctx, Call("assignRoleToGroup", p.ID).With(standard(readOnlyAdmin)))
		Expect(refused).To(BeRefusedWith(400, "E0000192"))
		list := org.Send(ctx, Call("listGroupAssignedRoles", p.ID))
		Expect(listed(list)).To(BeEmpty(), list.Line())
	})
})

var _ = Specs("group-roles", "Reading one role of a group", func() {
	retrieving(groups)
	retrievingForeign(groups)
})

var _ = Specs("group-roles", "Taking a role from a group", func() {
	unassigning(groups)
	unassigningCustom(groups)

	It("refuses the second time, or finds it done", Requirement("group-roles.unassign.second-delete-404-or-204"), func(ctx SpecContext) {
		again := groups.secondRemoval(ctx)
		if again.Status() == 204 && !org.DocumentsOnly() {
			org.Note("204 for a role that was gone already, as real orgs answer; the documents say 404")
			return
		}
		Expect(again).To(BeRefusedWith(404, codeNotFound))
	})
})
