package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
)

// member is a user who has one and the same role through two groups. Specs share it.
type member struct {
	user principal
	// group holds READ_ONLY_ADMIN by the assignment role.
	group principal
	role  string
}

var sharedMember *member

func inheritor(ctx SpecContext) member {
	if sharedMember == nil {
		g := groups.standing(ctx)
		m := member{user: users.claim(ctx), group: g.principal, role: g.readOnlyID(ctx)}
		for _, group := range []string{g.ID, victimOf(ctx, groups.system).params["groupId"]} {
			if x := maker.Join(ctx, group, m.user.ID); x.Status() < 200 || x.Status() > 299 {
				Block("could not arrange the check: %s", x.Line())
			}
		}
		sharedMember = &m
	}
	return *sharedMember
}

var _ = Specs("user-roles", "Roles that a user has through a group", func() {
	It("lists the group's role at the member", Requirement("user-roles.inherited.group-role-listed"), func(ctx SpecContext) {
		m := inheritor(ctx)

		org.Eventually(ctx, func(g Gomega) {
			list := org.Send(ctx, Call("listAssignedRolesForUser", m.user.ID))
			g.Expect(list).To(BeAccepted())
			g.Expect(listed(list)).To(ContainElement(Satisfy(func(a assignment) bool {
				return a.Type == readOnlyAdmin && a.AssignmentType == "GROUP" && a.Links.Assignee.names(m.group.ID)
			})), "no role of the group %s in %s", m.group.ID, list.Line())
		})
	})

	It("does not remove the group's role at the member", Requirement("user-roles.inherited.not-removable-at-user"), func(ctx SpecContext) {
		m := inheritor(ctx)
		org.Need(ctx, Call("getGroupAssignedRole", m.group.ID, m.role))

		refused := org.Send(ctx, Call("unassignRoleFromUser", m.user.ID, m.role))
		Expect(refused).To(BeRefusedWith(404, codeNotFound))
		kept := org.Send(ctx, Call("getGroupAssignedRole", m.group.ID, m.role))
		Expect(kept).To(BeAccepted())
	})

	It("gives a user directly what the group gives already", Requirement("user-roles.inherited.direct-assignment-allowed"), func(ctx SpecContext) {
		m := inheritor(ctx)
		DeferCleanup(func(ctx SpecContext) { m.user.unassignAll(ctx) })
		org.Eventually(ctx, func(g Gomega) {
			list := org.Send(ctx, Call("listAssignedRolesForUser", m.user.ID))
			g.Expect(ofType(listed(list), readOnlyAdmin)).NotTo(BeEmpty(), list.Line())
		})

		given := org.Send(ctx, Call("assignRoleToUser", m.user.ID).With(standard(readOnlyAdmin)))
		Expect(given).To(BeAccepted())
	})

	It("lists the role of a user who has it through two groups", Requirement("user-roles.inherited.same-role-twice-lists"), func(ctx SpecContext) {
		m := inheritor(ctx)

		org.Eventually(ctx, func(g Gomega) {
			list := org.Send(ctx, Call("listAssignedRolesForUser", m.user.ID))
			g.Expect(list).To(BeAccepted())
			g.Expect(ofType(listed(list), readOnlyAdmin)).NotTo(BeEmpty(), list.Line())
		})
	})
})
