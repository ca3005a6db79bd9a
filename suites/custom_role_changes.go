package suites

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
)

var _ = Specs("custom-role-permissions", "Adding a permission", func() {
	It("adds it once", Requirement("custom-role-permissions.create.without-body"), func(ctx SpecContext) {
		const fresh = "okta.users.lifecycle.manage"
		role := roleLacking(ctx, fresh)

		answer := org.Send(ctx, Call("createRolePermission", role.ID, fresh))
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			got := org.Send(ctx, Call("getRolePermission", role.ID, fresh))
			g.Expect(got).To(BeAccepted())
			g.Expect(permissionOf(got).Label).To(Equal(fresh), got.Line())
			list := org.Send(ctx, Call("listRolePermissions", role.ID))
			g.Expect(list).To(BeAccepted())
			g.Expect(times(fresh, permissionsOf(list))).To(Equal(1), list.Line())
		})
	})

	It("refuses it twice", Requirement("custom-role-permissions.create.duplicate-400"), func(ctx SpecContext) {
		twin := added(ctx)

		again := org.Send(ctx, Call("createRolePermission", twin.role.ID, twin.permission))
		Expect(again).To(BeRefusedWith(400))
		list := org.Send(ctx, Call("listRolePermissions", twin.role.ID))
		Expect(list).To(BeAccepted())
		Expect(times(twin.permission, permissionsOf(list))).To(Equal(1), list.Line())
	})

	It("refuses a type that does not exist", Requirement("custom-role-permissions.create.unknown-type-refused"), func(ctx SpecContext) {
		const unknown = "okta.rolecheck.nothing.manage"
		twin := added(ctx)

		refused := org.Send(ctx, Call("createRolePermission", twin.role.ID, unknown).Defective("no such permission type"))
		Expect(refused).To(BeRefused())
		list := org.Send(ctx, Call("listRolePermissions", twin.role.ID))
		Expect(list).To(BeAccepted())
		Expect(times(unknown, permissionsOf(list))).To(BeZero(), list.Line())
		Expect(times(twin.permission, permissionsOf(list))).To(Equal(1), list.Line())
	})

	It("answers 400 to a type that does not exist", Requirement("custom-role-permissions.create.unknown-type-400"), func(ctx SpecContext) {
		twin := added(ctx)

		refused := org.Send(ctx, Call("createRolePermission", twin.role.ID, "okta.rolecheck.nothing.read").Defective("no such permission type"))
		Expect(refused).To(HaveStatus(400))
	})

	It("refuses what governance keeps to its own roles", Requirement("custom-role-permissions.create.governance-permission-400"), func(ctx SpecContext) {
		const governance = "okta.governance.accessRequests.manage"
		twin := added(ctx)

		refused := org.Send(ctx, Call("createRolePermission", twin.role.ID, governance).Defective("not for custom roles"))
		Expect(refused).To(BeRefusedWith(400))
		list := org.Send(ctx, Call("listRolePermissions", twin.role.ID))
		Expect(list).To(BeAccepted())
		Expect(times(governance, permissionsOf(list))).To(BeZero(), list.Line())
		Expect(times(twin.permission, permissionsOf(list))).To(Equal(1), list.Line())
	})
})

var _ = Specs("custom-role-permissions", "Replacing a permission", func() {
	It("answers with the permission", Requirement("custom-role-permissions.replace.returns-permission"), func(ctx SpecContext) {
		const there = "okta.users.manage"
		role := roleHaving(ctx, there)
		org.Need(ctx, Call("getRolePermission", role.ID, there))

		answer := org.Send(ctx, Call("replaceRolePermission", role.ID, there))
		Expect(answer).To(BeAccepted())
		Expect(permissionOf(answer).Label).To(Equal(there), answer.Line())
	})

	It("does not add what the role lacks", Requirement("custom-role-permissions.replace.absent-permission-404"), func(ctx SpecContext) {
		const absent = "okta.users.lifecycle.suspend"
		replaced(ctx)
		role := roleLacking(ctx, absent)

		refused := org.Send(ctx, Call("replaceRolePermission", role.ID, absent))
		Expect(refused).To(BeRefusedWith(404))
		list := org.Send(ctx, Call("listRolePermissions", role.ID))
		Expect(list).To(BeAccepted())
		Expect(times(absent, permissionsOf(list))).To(BeZero(), list.Line())
		Expect(times(appsRead, permissionsOf(list))).To(Equal(1), list.Line())
	})

	It("keeps the day of its creation", Requirement("custom-role-permissions.replace.created-kept"), func(ctx SpecContext) {
		const kept = "okta.apps.manage"
		role := roleHaving(ctx, kept)
		before := permissionOf(org.Need(ctx, Call("getRolePermission", role.ID, kept)))
		created, updated := instant(before.Created), instant(before.LastUpdated)

		answer := org.Send(ctx, Call("replaceRolePermission", role.ID, kept))
		Expect(answer).To(BeAccepted())
		got := org.Send(ctx, Call("getRolePermission", role.ID, kept))
		Expect(got).To(BeAccepted())
		for _, after := range []permission{permissionOf(answer), permissionOf(got)} {
			Expect(instant(after.Created)).To(BeTemporally("==", created), got.Line())
			Expect(instant(after.LastUpdated)).To(BeTemporally(">=", updated), got.Line())
		}
	})
})

var _ = Specs("custom-role-permissions", "Removing a permission", func() {
	It("removes one and no other", Requirement("custom-role-permissions.delete.removes-just-that-permission"), func(ctx SpecContext) {
		const gone = "okta.users.lifecycle.activate"
		role := roleLacking(ctx, gone)
		org.Need(ctx, Call("createRolePermission", role.ID, gone))
		before := permissionsOf(org.Need(ctx, Call("listRolePermissions", role.ID)))
		if times(gone, before) != 1 || len(before) < 2 {
			Block("the role does not list what it is to have: %v", labels(before))
		}

		answer := org.Send(ctx, Call("deleteRolePermission", role.ID, gone))
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			got := org.Send(ctx, Call("getRolePermission", role.ID, gone))
			g.Expect(got).To(BeRefusedWith(404))
			list := org.Send(ctx, Call("listRolePermissions", role.ID))
			g.Expect(list).To(BeAccepted())
			g.Expect(labels(permissionsOf(list))).To(Equal(without(gone, labels(before))), list.Line())
		})
	})

	It("refuses what the role never had", Requirement("custom-role-permissions.delete.absent-permission-404"), func(ctx SpecContext) {
		twin := removed(ctx)

		refused := org.Send(ctx, Call("deleteRolePermission", twin.role.ID, "okta.users.lifecycle.unlock"))
		Expect(refused).To(BeRefusedWith(404))
	})

	It("refuses the second time", Requirement("custom-role-permissions.delete.second-delete-404"), func(ctx SpecContext) {
		twin := removed(ctx)

		again := org.Send(ctx, Call("deleteRolePermission", twin.role.ID, twin.permission))
		Expect(again).To(BeRefusedWith(404))
	})

	It("takes the last one, or does not", Requirement("custom-role-permissions.delete.last-permission-recorded"), func(ctx SpecContext) {
		role, err := maker.CustomRole(ctx, usersRead)
		if err != nil {
			Block("%v", err)
		}

		last := org.Send(ctx, Call("deleteRolePermission", role.ID, usersRead))
		if refusedOrNoted(last, "removing the only permission") {
			org.Note("removing the only permission is refused with %d", last.Status())
		}
		list := org.Send(ctx, Call("listRolePermissions", role.ID))
		Expect(list).To(NotBeAServerError())
		if accepted(list) {
			org.Note("the list then has %d permissions", len(permissionsOf(list)))
		} else {
			org.Note("the list is then refused with %d", list.Status())
		}
	})
})

// times is how often a label is among permissions.
func times(label string, list []permission) int {
	n := 0
	for _, p := range list {
		if p.Label == label {
			n++
		}
	}
	return n
}

// without are the labels but one.
func without(label string, all []string) []string {
	out := []string{}
	for _, l := range all {
		if l != label {
			out = append(out, l)
		}
	}
	return out
}

// instant reads a date. What is no date fails the spec.
func instant(date string) time.Time {
	GinkgoHelper()
	t, err := time.Parse(time.RFC3339, date)
	Expect(err).NotTo(HaveOccurred(), "the date %q", date)
	return t
}
