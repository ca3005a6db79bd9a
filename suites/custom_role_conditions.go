package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/target"
)

// nullConditions say that there are none, and emptyConditions leave both sides out.
var (
	nullConditions  = map[string]any{"conditions": nil}
	emptyConditions = map[string]any{"conditions": conditions{}}
)

var _ = Specs("custom-role-permissions", "Narrowing a permission by conditions", func() {
	It("keeps what is included", Requirement("custom-role-permissions.conditions.include-kept"), func(ctx SpecContext) {
		role := roleLacking(ctx, usersRead)

		answer := org.Send(ctx, Call("createRolePermission", role.ID, usersRead).With(including("city", "state")))
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			got := org.Send(ctx, Call("getRolePermission", role.ID, usersRead))
			g.Expect(got).To(BeAccepted())
			g.Expect(permissionOf(got).Conditions.included()).To(ConsistOf("city", "state"), got.Line())
		})
	})

	It("keeps what is excluded", Requirement("custom-role-permissions.conditions.exclude-kept"), func(ctx SpecContext) {
		role := roleLacking(ctx, usersRead)

		answer := org.Send(ctx, Call("createRolePermission", role.ID, usersRead).With(excluding("zipCode")))
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			got := org.Send(ctx, Call("getRolePermission", role.ID, usersRead))
			g.Expect(got).To(BeAccepted())
			g.Expect(permissionOf(got).Conditions.excluded()).To(ConsistOf("zipCode"), got.Line())
		})
	})

	It("takes null for none", Requirement("custom-role-permissions.conditions.null-accepted"), func(ctx SpecContext) {
		const free = "okta.users.groupMembership.manage"
		role := roleLacking(ctx, free)

		answer := org.Send(ctx, Call("createRolePermission", role.ID, free).With(nullConditions))
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			got := org.Send(ctx, Call("getRolePermission", role.ID, free))
			g.Expect(got).To(BeAccepted())
			g.Expect(permissionOf(got).Conditions).To(BeNil(), got.Line())
		})

		answer = org.Send(ctx, Call("replaceRolePermission", role.ID, free).With(nullConditions))
		Expect(answer).To(BeAccepted())
		Expect(permissionOf(answer).Conditions).To(BeNil(), answer.Line())
		got := org.Send(ctx, Call("getRolePermission", role.ID, free))
		Expect(got).To(BeAccepted())
		Expect(permissionOf(got).Conditions).To(BeNil(), got.Line())
	})

	It("takes an empty object for none", Requirement("custom-role-permissions.conditions.empty-object"), func(ctx SpecContext) {
		const free = "okta.apps.assignment.manage"
		role := roleLacking(ctx, free)

		answer := org.Send(ctx, Call("createRolePermission", role.ID, free).With(emptyConditions))
		if answer.Status() == 400 {
			Expect(answer).To(BeRefused())
			got := org.Send(ctx, Call("getRolePermission", role.ID, free))
			Expect(got).To(BeRefusedWith(404))
			org.Note("conditions that are an empty object are refused with 400")
			return
		}
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			got := org.Send(ctx, Call("getRolePermission", role.ID, free))
			g.Expect(got).To(BeAccepted())
			g.Expect(permissionOf(got).Conditions).To(BeNil(), got.Line())
		})
	})

	It("refuses to include and to exclude", Requirement("custom-role-permissions.conditions.include-with-exclude-400"), func(ctx SpecContext) {
		role := roleLacking(ctx, usersProfile)
		add, replace := Call("createRolePermission", role.ID, usersProfile), Call("replaceRolePermission", role.ID, usersProfile)

		refused := org.Send(ctx, add.With(includingAndExcluding()).Defective("include and exclude"))
		Expect(refused).To(BeRefused())
		got := org.Send(ctx, Call("getRolePermission", role.ID, usersProfile))
		Expect(got).To(BeRefusedWith(404))
		// The refusal counts for what it is only if the include alone would have done.
		org.Need(ctx, add.With(including("division")))
		Expect(refused).To(BeRefusedWith(400))

		org.Need(ctx, replace.With(including("division")))
		refused = org.Send(ctx, replace.With(includingAndExcluding()).Defective("include and exclude"))
		Expect(refused).To(BeRefusedWith(400))
		got = org.Send(ctx, Call("getRolePermission", role.ID, usersProfile))
		Expect(got).To(BeAccepted())
		Expect(permissionOf(got).Conditions.included()).To(ConsistOf("division"), got.Line())
		Expect(permissionOf(got).Conditions.excluded()).To(BeEmpty(), got.Line())
	})

	It("refuses to narrow what cannot be narrowed", Requirement("custom-role-permissions.conditions.unsupported-permission-refused"), func(ctx SpecContext) {
		role := roleLacking(ctx, groupsRead)
		add, replace := Call("createRolePermission", role.ID, groupsRead), Call("replaceRolePermission", role.ID, groupsRead)

		refused := org.Send(ctx, add.With(including("city")).Defective("conditions on a permission that has none"))
		Expect(refused).To(BeRefused())
		got := org.Send(ctx, Call("getRolePermission", role.ID, groupsRead))
		Expect(got).To(BeRefusedWith(404))
		org.Need(ctx, add)

		replaced(ctx)
		refused = org.Send(ctx, replace.With(including("city")).Defective("conditions on a permission that has none"))
		Expect(refused).To(BeRefused())
		got = org.Send(ctx, Call("getRolePermission", role.ID, groupsRead))
		Expect(got).To(BeAccepted())
		Expect(permissionOf(got).Conditions).To(BeNil(), got.Line())
	})

	It("hides nobody's name and address", Requirement("custom-role-permissions.conditions.protected-attributes-refused"), func(ctx SpecContext) {
		role := roleLacking(ctx, usersProfile)
		add, replace := Call("createRolePermission", role.ID, usersProfile), Call("replaceRolePermission", role.ID, usersProfile)

		hidden := org.Send(ctx, add.With(excluding("login")).Defective("a protected attribute"))
		if refusedOrNoted(hidden, "adding a permission that hides the login") {
			org.Need(ctx, add.With(excluding("zipCode")))
		}
		hidden = org.Send(ctx, replace.With(excluding("email")).Defective("a protected attribute"))
		refusedOrNoted(hidden, "replacing a permission by one that hides the email")
	})

	It("replaces conditions as a whole", Requirement("custom-role-permissions.replace.conditions-replaced"), func(ctx SpecContext) {
		role := roleToNarrow(ctx)
		replace := Call("replaceRolePermission", role.ID, usersRead)
		org.Need(ctx, replace.With(including("city", "state")))

		answer := org.Send(ctx, replace.With(excluding("zipCode")))
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			got := org.Send(ctx, Call("getRolePermission", role.ID, usersRead))
			g.Expect(got).To(BeAccepted())
			g.Expect(permissionOf(got).Conditions.excluded()).To(ConsistOf("zipCode"), got.Line())
			g.Expect(permissionOf(got).Conditions.included()).To(BeEmpty(), got.Line())
		})
	})

	It("takes conditions away, or leaves them", Requirement("custom-role-permissions.replace.nothing-clears-conditions"), func(ctx SpecContext) {
		role := roleToNarrow(ctx)
		replace := Call("replaceRolePermission", role.ID, usersRead)

		for how, nothing := range map[string]Request{"without a body": replace, "with null conditions": replace.With(nullConditions)} {
			org.Need(ctx, replace.With(including("city")))
			answer := org.Send(ctx, nothing)
			Expect(answer).To(BeAccepted())
			got := org.Send(ctx, Call("getRolePermission", role.ID, usersRead))
			Expect(got).To(BeAccepted())
			if permissionOf(got).Conditions != nil {
				org.Note("replacing a permission %s leaves its conditions", how)
			}
		}
	})
})

var _ = Specs("custom-role-permissions", "Changing a standard role that is built on permissions", func() {
	It("changes nothing", Requirement("custom-role-permissions.iam-based.immutable"), func(ctx SpecContext) {
		if org.Target.Kind != target.Reference {
			Unobservable("an org that lets it happen could lose a permission of %s, which others rely on", iamBased)
		}
		before := permissionsOf(org.Need(ctx, Call("listRolePermissions", iamBased)))
		if len(before) == 0 {
			Block("%s has no permissions", iamBased)
		}
		its := before[0].Label

		refused := refusedOrNoted(org.Send(ctx, Call("createRolePermission", iamBased, usersRead)), "adding a permission")
		refused = refusedOrNoted(org.Send(ctx, Call("replaceRolePermission", iamBased, its)), "replacing a permission") && refused
		refused = refusedOrNoted(org.Send(ctx, Call("deleteRolePermission", iamBased, its)), "removing a permission") && refused

		list := org.Send(ctx, Call("listRolePermissions", iamBased))
		Expect(list).To(BeAccepted())
		if refused {
			Expect(permissionsOf(list)).To(ConsistOf(before), list.Line())
		}
	})
})
