package suites

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
)

// manyPermissions are more than a page of twenty, none of which depends on what an org has bought.
var manyPermissions = []string{
	usersRead, usersProfile, groupsRead, appsRead,
	"okta.users.manage", "okta.users.create", "okta.users.groupMembership.manage", "okta.users.appAssignment.manage",
	"okta.users.credentials.manage", "okta.users.credentials.resetFactors", "okta.users.credentials.resetPassword",
	"okta.users.credentials.expirePassword", "okta.users.lifecycle.manage", "okta.users.lifecycle.activate",
	"okta.users.lifecycle.deactivate", "okta.users.lifecycle.suspend", "okta.users.lifecycle.unsuspend",
	"okta.users.lifecycle.delete", "okta.users.lifecycle.unlock", "okta.users.lifecycle.clearSessions",
	"okta.groups.manage", "okta.groups.create", "okta.groups.members.manage", "okta.groups.appAssignment.manage",
	"okta.apps.manage", "okta.apps.assignment.manage",
}

var _ = Specs("custom-role-permissions", "Naming a custom role", func() {
	It("knows no unknown role", Requirement("custom-role-permissions.role.unknown-404"), func(ctx SpecContext) {
		if customs.given.CustomRole == "" {
			lacking("custom-roles")
		}
		org.Need(ctx, Call("listRolePermissions", customRoleFixture(ctx).ID))

		for _, request := range []Request{
			Call("listRolePermissions", unknownCustomRole),
			Call("getRolePermission", unknownCustomRole, usersRead),
			Call("createRolePermission", unknownCustomRole, usersRead),
			Call("replaceRolePermission", unknownCustomRole, usersRead),
			Call("deleteRolePermission", unknownCustomRole, usersRead),
		} {
			refused := org.Send(ctx, request)
			Expect(refused).To(BeRefusedWith(404, codeNotFound))
		}
	})

	It("does by the label what it does by the id", Requirement("custom-role-permissions.role.label-is-id"), func(ctx SpecContext) {
		const moved = "okta.groups.manage"
		role, narrowed := roleHaving(ctx, moved), roleToNarrow(ctx)

		answer := org.Send(ctx, Call("deleteRolePermission", role.Name, moved))
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			got := org.Send(ctx, Call("getRolePermission", role.ID, moved))
			g.Expect(got).To(BeRefusedWith(404))
		})

		answer = org.Send(ctx, Call("createRolePermission", role.Name, moved))
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			byID, byLabel := org.Send(ctx, Call("listRolePermissions", role.ID)), org.Send(ctx, Call("listRolePermissions", role.Name))
			g.Expect(byID).To(BeAccepted())
			g.Expect(byLabel).To(BeAccepted())
			g.Expect(labels(permissionsOf(byID))).To(ContainElement(moved), byID.Line())
			g.Expect(labels(permissionsOf(byLabel))).To(Equal(labels(permissionsOf(byID))), byLabel.Line())
		})

		answer = org.Send(ctx, Call("replaceRolePermission", narrowed.Name, usersRead).With(including("title", "department")))
		Expect(answer).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			for _, name := range []string{narrowed.ID, narrowed.Name} {
				got := org.Send(ctx, Call("getRolePermission", name, usersRead))
				g.Expect(got).To(BeAccepted())
				g.Expect(permissionOf(got).Conditions.included()).To(ConsistOf("title", "department"), got.Line())
			}
		})
	})

	It("understands a label with spaces", Requirement("custom-role-permissions.role.label-with-spaces"), func(ctx SpecContext) {
		role, err := maker.CustomRoleLabelled(ctx, maker.Name()+" has a label", usersRead, groupsRead)
		if err != nil {
			Block("%v", err)
		}
		byID := org.Need(ctx, Call("listRolePermissions", role.ID))

		list := org.Send(ctx, Call("listRolePermissions", role.Name))
		Expect(list).To(BeAccepted())
		Expect(labels(permissionsOf(list))).To(Equal(labels(permissionsOf(byID))), list.Line())
		got := org.Send(ctx, Call("getRolePermission", role.Name, usersRead))
		Expect(got).To(BeAccepted())
		Expect(permissionOf(got).Label).To(Equal(usersRead), got.Line())
	})

	It("links to the role by its id", Requirement("custom-role-permissions.role.links-carry-id"), func(ctx SpecContext) {
		role := standingRole(ctx)

		list := org.Send(ctx, Call("listRolePermissions", role.Name))
		Expect(list).To(BeAccepted())
		got := org.Send(ctx, Call("getRolePermission", role.Name, usersRead))
		Expect(got).To(BeAccepted())
		shown := append(permissionsOf(list), permissionOf(got))
		Expect(shown).To(HaveLen(len(standingPermissions)+1), list.Line())
		for _, p := range shown {
			Expect(p.Links.Role.names(role.ID)).To(BeTrue(), "the role link %q does not name %s in %s", p.Links.Role.Href, role.ID, list.Line())
			Expect(p.Links.Self.names(role.ID)).To(BeTrue(), "the self link %q does not name %s in %s", p.Links.Self.Href, role.ID, list.Line())
			Expect(p.Links.Self.names(p.Label)).To(BeTrue(), "the self link %q does not name %s in %s", p.Links.Self.Href, p.Label, list.Line())
		}
	})
})

var _ = Specs("custom-role-permissions", "Reading permissions", func() {
	It("lists just what the role was made with", Requirement("custom-role-permissions.list.exactly-the-roles-permissions"), func(ctx SpecContext) {
		role := standingRole(ctx)

		list := org.Send(ctx, Call("listRolePermissions", role.ID))
		Expect(list).To(BeAccepted())
		Expect(labels(permissionsOf(list))).To(ConsistOf(standingPermissions), list.Line())
	})

	It("labels a permission with its type", Requirement("custom-role-permissions.list.label-is-type"), func(ctx SpecContext) {
		role := standingRole(ctx)

		list := org.Send(ctx, Call("listRolePermissions", role.ID))
		Expect(list).To(BeAccepted())
		Expect(labels(permissionsOf(list))).To(ConsistOf(standingPermissions), list.Line())
		got := org.Send(ctx, Call("getRolePermission", role.ID, usersRead))
		Expect(got).To(BeAccepted())
		Expect(permissionOf(got).Label).To(Equal(usersRead), got.Line())
	})

	It("shows dates and links", Requirement("custom-role-permissions.list.dates-and-links"), func(ctx SpecContext) {
		role := standingRole(ctx)

		list := org.Send(ctx, Call("listRolePermissions", role.ID))
		Expect(list).To(BeAccepted())
		Expect(permissionsOf(list)).NotTo(BeEmpty(), list.Line())
		got := org.Send(ctx, Call("getRolePermission", role.ID, usersRead))
		Expect(got).To(BeAccepted())
		for _, p := range append(permissionsOf(list), permissionOf(got)) {
			Expect(p.Created).NotTo(BeEmpty(), "created of %s, listed or retrieved by %s", p.Label, got.Line())
			Expect(p.LastUpdated).NotTo(BeEmpty(), "lastUpdated of %s, listed or retrieved by %s", p.Label, got.Line())
			Expect(p.Links.Role.Href).NotTo(BeEmpty(), "the role link of %s, listed or retrieved by %s", p.Label, got.Line())
			Expect(p.Links.Self.Href).NotTo(BeEmpty(), "the self link of %s, listed or retrieved by %s", p.Label, got.Line())
		}
	})

	It("lists more than twenty at once", Requirement("custom-role-permissions.list.not-paginated"), func(ctx SpecContext) {
		role, err := maker.CustomRole(ctx, manyPermissions...)
		if err != nil {
			Block("%v", err)
		}

		list := org.Send(ctx, Call("listRolePermissions", role.ID))
		Expect(list).To(BeAccepted())
		Expect(labels(permissionsOf(list))).To(ConsistOf(manyPermissions), list.Line())
		Expect(strings.Join(list.Response.Header.Values("Link"), ", ")).NotTo(MatchRegexp(`rel="?next\b`), list.Line())
		body := Decode[struct {
			Links struct {
				Next link `json:"next"`
			} `json:"_links"`
		}](list)
		Expect(body.Links.Next.Href).To(BeEmpty(), list.Line())
	})

	It("does not show a permission that the role lacks", Requirement("custom-role-permissions.get.absent-permission-404"), func(ctx SpecContext) {
		role := standingRole(ctx)
		org.Need(ctx, Call("getRolePermission", role.ID, usersRead))

		refused := org.Send(ctx, Call("getRolePermission", role.ID, appsRead))
		Expect(refused).To(BeRefusedWith(404, codeNotFound))
	})
})
