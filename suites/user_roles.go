package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
)

// appAdmin is a role type that can have app targets. Its assignment has the same id at every principal.
const appAdmin = "APP_ADMIN"

var _ = Specs("user-roles", "Listing the roles of a user", func() {
	listing(users)

	It("knows no unknown user", Requirement("user-roles.list.unknown-user-404"), func(ctx SpecContext) {
		s := users.standing(ctx)
		org.Need(ctx, Call("listAssignedRolesForUser", s.ID))

		refused := org.Send(ctx, Call("listAssignedRolesForUser", users.unknown))
		Expect(refused).To(BeRefusedWith(404, codeNotFound))
	})

	expanding(users)
})

var _ = Specs("user-roles", "Giving a user a role", func() {
	assigning(users, "assign.created")
	asThirdPartyAdmin(users)
	assigningCustom(users)
	refusingDuplicateCustom(users)

	It("gives a role to a user who was never activated", Requirement("user-roles.assign.staged-user"), func(ctx SpecContext) {
		if users.spends {
			Unobservable("nobody says of a given user whether they were ever activated")
		}
		// Users are made without activation, so that any of them will do.
		p := users.lease(ctx)

		given := org.Send(ctx, Call("assignRoleToUser", p.ID).With(standard(readOnlyAdmin)))
		Expect(given).To(BeAccepted())
	})
})

var _ = Specs("user-roles", "Reading one role of a user", func() {
	retrieving(users)
	retrievingForeign(users)

	It("does not show a role by its fixed id to who lacks it", Requirement("user-roles.get.scoped-id-not-held-404"), func(ctx SpecContext) {
		s, other := users.standing(ctx), users.lease(ctx)
		id := s.idOf(ctx, userAdmin)
		org.Need(ctx, Call("getUserAssignedRole", s.ID, id))

		refused := org.Send(ctx, Call("getUserAssignedRole", other.ID, id))
		Expect(refused).To(BeRefusedWith(404))
	})

	It("reads the same role after its first target", Requirement("user-roles.get.unchanged-by-scoping"), func(ctx SpecContext) {
		s := users.scopedToGroup(ctx)

		got := org.Send(ctx, Call("getUserAssignedRole", s.ID, s.role))
		Expect(got).To(BeAccepted())
		Expect(assigned(got)).To(And(HaveField("ID", s.role), HaveField("Type", userAdmin)), got.Line())
	})
})

var _ = Specs("user-roles", "Taking a role from a user", func() {
	unassigning(users)
	unassigningCustom(users)

	It("refuses the second time", Requirement("user-roles.unassign.second-delete-404"), func(ctx SpecContext) {
		Expect(users.secondRemoval(ctx)).To(BeRefusedWith(404, codeNotFound))
	})

	It("can be followed by giving it again", Requirement("user-roles.unassign.assign-again"), func(ctx SpecContext) {
		p := users.lease(ctx)
		id := p.give(ctx, readOnlyAdmin)
		org.Need(ctx, Call("unassignRoleFromUser", p.ID, id))

		org.Eventually(ctx, func(g Gomega) {
			again := org.Send(ctx, Call("assignRoleToUser", p.ID).With(standard(readOnlyAdmin)))
			g.Expect(again).To(BeAccepted())
		})
	})

	It("leaves the equal role of another user alone", Requirement("user-roles.unassign.other-users-keep-theirs"), func(ctx SpecContext) {
		a, b := users.lease(ctx), users.lease(ctx)
		mine, theirs := a.give(ctx, appAdmin), b.give(ctx, appAdmin)

		removed := org.Send(ctx, Call("unassignRoleFromUser", a.ID, mine))
		Expect(removed).To(BeAccepted())
		list := org.Send(ctx, Call("listAssignedRolesForUser", b.ID))
		Expect(types(listed(list))).To(Equal([]string{appAdmin}), list.Line())
		got := org.Send(ctx, Call("getUserAssignedRole", b.ID, theirs))
		Expect(got).To(BeAccepted())
	})
})
