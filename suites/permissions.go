package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rolecheck/rolecheck/fixtures"
	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("custom-role-permissions", "Reading the permissions of a custom role", func(s *Stage) {
	var role fixtures.Object
	var permissions RolePermissions
	var list, got *Answer
	s.Arrange(func(ctx SpecContext) {
		role = s.NewCustomRole(ctx, UsersRead, GroupsRead)
		permissions = PermissionsOf(role.ID)
	})

	s.Aside("lists just what the role was made with", "custom-role-permissions.list.exactly-the-roles-permissions", func(ctx SpecContext) {
		s.Eventually(ctx, permissions.List()).Should(HavePermissions(UsersRead, GroupsRead))
	})

	s.Aside("does not find what the role lacks", "custom-role-permissions.get.absent-permission-404", func(ctx SpecContext) {
		s.Arranged(ctx, permissions.Get(UsersRead)).Should(BeAccepted())

		refused := s.Send(ctx, permissions.Get(AppsRead))
		Expect(refused).To(BeRefusedWith(404, CodeNotFound))
	})

	s.Aside("links to the role by its id, even when read by its label", "custom-role-permissions.role.links-carry-id", func(ctx SpecContext) {
		byLabel := PermissionsOf(role.Name)

		list := s.Arranged(ctx, byLabel.List()).Should(HaveJSON("permissions.*.label", Not(BeEmpty())))
		Expect(list).To(HaveLinksOf(role.ID))
		got := s.Arranged(ctx, byLabel.Get(UsersRead)).Should(BeAccepted())
		Expect(got).To(HaveLinksOf(role.ID))
	})

	s.Step("labels a permission with its type", "custom-role-permissions.list.label-is-type", func(ctx SpecContext) {
		list = s.Eventually(ctx, permissions.List()).Should(HaveJSON("permissions.*.label", Not(BeEmpty())))
		Expect(list).To(HaveJSON("permissions.*.label", ConsistOf(UsersRead, GroupsRead)))
		got = s.Eventually(ctx, permissions.Get(UsersRead)).Should(BeAccepted())
		Expect(got).To(HaveJSON("label", UsersRead))
	})

	s.Aside("shows dates and links", "custom-role-permissions.list.dates-and-links", func(SpecContext) {
		Expect(list).To(HaveDatesAndLinks())
		Expect(got).To(HaveDatesAndLinks())
	})
})

var _ = Scene("custom-role-permissions", "More permissions than a page of twenty", func(s *Stage) {
	// None of them depends on the products that an org has licensed.
	many := []string{
		UsersRead, UserProfileManage, GroupsRead, GroupsManage, AppsRead,
		"okta.users.manage", "okta.users.create", "okta.users.groupMembership.manage", "okta.users.appAssignment.manage",
		"okta.users.credentials.manage", "okta.users.credentials.resetFactors", "okta.users.credentials.resetPassword",
		"okta.users.credentials.expirePassword", "okta.users.lifecycle.manage", "okta.users.lifecycle.activate",
		"okta.users.lifecycle.deactivate", "okta.users.lifecycle.suspend", "okta.users.lifecycle.unsuspend",
		"okta.users.lifecycle.delete", "okta.users.lifecycle.unlock", "okta.users.lifecycle.clearSessions",
		"okta.groups.create", "okta.groups.members.manage", "okta.groups.appAssignment.manage",
		"okta.apps.manage", "okta.apps.assignment.manage",
	}
	var permissions RolePermissions
	s.Arrange(func(ctx SpecContext) { permissions = PermissionsOf(s.NewCustomRole(ctx, many...).ID) })

	s.Aside("are listed at once", "custom-role-permissions.list.not-paginated", func(ctx SpecContext) {
		list := s.Eventually(ctx, permissions.List()).Should(HavePermissions(many...))
		Expect(list).To(Show("the link to the next page", NextPage, ""))
		Expect(list).To(HaveJSON("_links.next", BeNil()))
	})
})

var _ = Scene("custom-role-permissions", "A custom role that does not exist", func(s *Stage) {
	s.Aside("has no permissions to read or to change", "custom-role-permissions.role.unknown-404", func(ctx SpecContext) {
		s.Arranged(ctx, PermissionsOf(s.CustomRole(ctx).ID).List()).Should(BeAccepted())
		permissions := PermissionsOf(UnknownCustomRole)

		Expect(s.Send(ctx, permissions.List())).To(BeRefusedWith(404, CodeNotFound))
		Expect(s.Send(ctx, permissions.Get(UsersRead))).To(BeRefusedWith(404, CodeNotFound))
		Expect(s.Send(ctx, permissions.Add(UsersRead))).To(BeRefusedWith(404, CodeNotFound))
		Expect(s.Send(ctx, permissions.Replace(UsersRead))).To(BeRefusedWith(404, CodeNotFound))
		Expect(s.Send(ctx, permissions.Remove(UsersRead))).To(BeRefusedWith(404, CodeNotFound))
	})
})

var _ = Scene("custom-role-permissions", "A custom role by its label", func(s *Stage) {
	var byID, byLabel RolePermissions
	s.Arrange(func(ctx SpecContext) {
		role := s.NewCustomRole(ctx, AppsRead, GroupsManage, UsersRead)
		byID, byLabel = PermissionsOf(role.ID), PermissionsOf(role.Name)
		s.Arranged(ctx, byID.Get(GroupsManage)).Should(BeAccepted())
	})

	s.Aside("is read and changed as by its id", "custom-role-permissions.role.label-is-id", func(ctx SpecContext) {
		Expect(s.Send(ctx, byLabel.Remove(GroupsManage))).To(BeAccepted())
		s.Eventually(ctx, byID.Get(GroupsManage)).Should(BeRefusedWith(404))

		Expect(s.Send(ctx, byLabel.Add(GroupsManage))).To(BeAccepted())
		s.Eventually(ctx, byID.List()).Should(HavePermissions(AppsRead, GroupsManage, UsersRead))
		s.Eventually(ctx, byLabel.List()).Should(HavePermissions(AppsRead, GroupsManage, UsersRead))

		Expect(s.Send(ctx, byLabel.Replace(UsersRead).With(Including("title", "department")))).To(BeAccepted())
		s.Eventually(ctx, byID.Get(UsersRead)).Should(HaveIncluded("title", "department"))
		s.Eventually(ctx, byLabel.Get(UsersRead)).Should(HaveIncluded("title", "department"))
	})
})

var _ = Scene("custom-role-permissions", "A custom role whose label has spaces", func(s *Stage) {
	var byLabel RolePermissions
	s.Arrange(func(ctx SpecContext) {
		role := s.NewCustomRoleLabelled(ctx, "has a label", UsersRead, GroupsRead)
		byLabel = PermissionsOf(role.Name)
		s.Arranged(ctx, PermissionsOf(role.ID).List()).Should(HavePermissions(UsersRead, GroupsRead))
	})

	s.Aside("is read by its label", "custom-role-permissions.role.label-with-spaces", func(ctx SpecContext) {
		s.Eventually(ctx, byLabel.List()).Should(HavePermissions(UsersRead, GroupsRead))
		s.Eventually(ctx, byLabel.Get(UsersRead)).Should(HaveJSON("label", UsersRead))
	})
})
