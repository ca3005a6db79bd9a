package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/target"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("custom-role-permissions", "Adding permissions", func(s *Stage) {
	const added = "okta.users.lifecycle.manage"
	var permissions RolePermissions
	s.Arrange(func(ctx SpecContext) { permissions = PermissionsOf(s.NewCustomRole(ctx, AppsRead).ID) })

	s.Step("adds one without a body", "custom-role-permissions.create.without-body", func(ctx SpecContext) {
		Expect(s.Send(ctx, permissions.Add(added))).To(BeAccepted())
		s.Eventually(ctx, permissions.Get(added)).Should(HaveJSON("label", added))
		s.Eventually(ctx, permissions.List()).Should(HavePermissions(AppsRead, added))
	})

	s.Aside("refuses a type that does not exist", "custom-role-permissions.create.unknown-type-refused", func(ctx SpecContext) {
		refused := s.Send(ctx, permissions.Add(NoSuchPermission).Defective("no such permission type"))
		Expect(refused).To(BeRefused())
		s.Eventually(ctx, permissions.List()).Should(And(LackPermission(NoSuchPermission), IncludePermission(added)))
	})

	s.Aside("answers 400 to a type that does not exist", "custom-role-permissions.create.unknown-type-400", func(ctx SpecContext) {
		refused := s.Send(ctx, permissions.Add("okta.rolecheck.nothing.read").Defective("no such permission type"))
		Expect(refused).To(HaveStatus(400))
	})

	s.Aside("refuses what the role has already", "custom-role-permissions.create.duplicate-400", func(ctx SpecContext) {
		refused := s.Send(ctx, permissions.Add(added))
		Expect(refused).To(BeRefusedWith(400))
		s.Eventually(ctx, permissions.List()).Should(IncludePermission(added))
	})

	s.Aside("refuses what is for standard roles alone", "custom-role-permissions.create.governance-permission-400", func(ctx SpecContext) {
		const governance = "okta.governance.accessRequests.manage"

		refused := s.Send(ctx, permissions.Add(governance).Defective("not for custom roles"))
		Expect(refused).To(BeRefusedWith(400))
		s.Eventually(ctx, permissions.List()).Should(And(LackPermission(governance), IncludePermission(added)))
	})
})

var _ = Scene("custom-role-permissions", "Replacing a permission", func(s *Stage) {
	var permissions RolePermissions
	var before, replaced *Answer
	s.Arrange(func(ctx SpecContext) {
		permissions = PermissionsOf(s.NewCustomRole(ctx, AppsRead, GroupsManage).ID)
		before = s.Arranged(ctx, permissions.Get(GroupsManage)).Should(BeAccepted())
	})

	s.Step("answers with the permission", "custom-role-permissions.replace.returns-permission", func(ctx SpecContext) {
		replaced = s.Send(ctx, permissions.Replace(GroupsManage))
		Expect(replaced).To(BeAccepted())
		Expect(replaced).To(HaveJSON("label", GroupsManage))
	})

	s.Aside("keeps when it was created", "custom-role-permissions.replace.created-kept", func(ctx SpecContext) {
		Expect(replaced).To(And(HaveCreatedOf(before), HaveLastUpdatedSince(before)))
		s.Eventually(ctx, permissions.Get(GroupsManage)).Should(And(HaveCreatedOf(before), HaveLastUpdatedSince(before)))
	})

	s.Aside("does not add what the role lacks", "custom-role-permissions.replace.absent-permission-404", func(ctx SpecContext) {
		refused := s.Send(ctx, permissions.Replace(GroupsRead))
		Expect(refused).To(BeRefusedWith(404))
		s.Eventually(ctx, permissions.List()).Should(And(LackPermission(GroupsRead), IncludePermission(AppsRead)))
	})
})

var _ = Scene("custom-role-permissions", "Removing permissions", func(s *Stage) {
	var permissions RolePermissions
	s.Arrange(func(ctx SpecContext) {
		permissions = PermissionsOf(s.NewCustomRole(ctx, AppsRead, GroupsManage, GroupsRead).ID)
		s.Arranged(ctx, permissions.List()).Should(HavePermissions(AppsRead, GroupsManage, GroupsRead))
	})

	s.Step("removes one and no other", "custom-role-permissions.delete.removes-just-that-permission", func(ctx SpecContext) {
		Expect(s.Send(ctx, permissions.Remove(GroupsManage))).To(BeAccepted())
		s.Eventually(ctx, permissions.Get(GroupsManage)).Should(BeRefusedWith(404))
		s.Eventually(ctx, permissions.List()).Should(HavePermissions(AppsRead, GroupsRead))
	})

	s.Aside("refuses it the second time", "custom-role-permissions.delete.second-delete-404", func(ctx SpecContext) {
		refused := s.Send(ctx, permissions.Remove(GroupsManage))
		Expect(refused).To(BeRefusedWith(404))
		s.Eventually(ctx, permissions.List()).Should(HavePermissions(AppsRead, GroupsRead))
	})

	s.Aside("refuses what the role never had", "custom-role-permissions.delete.absent-permission-404", func(ctx SpecContext) {
		refused := s.Send(ctx, permissions.Remove("okta.users.lifecycle.unlock"))
		Expect(refused).To(BeRefusedWith(404))
		s.Eventually(ctx, permissions.List()).Should(HavePermissions(AppsRead, GroupsRead))
	})

	s.Aside("removes the last one, or does not", "custom-role-permissions.delete.last-permission-recorded", func(ctx SpecContext) {
		s.Need(ctx, permissions.Remove(GroupsRead))
		s.Arranged(ctx, permissions.List()).Should(HavePermissions(AppsRead))

		last := s.Send(ctx, permissions.Remove(AppsRead))
		if last.OK() {
			s.Note("removing the only permission is accepted, with %d", last.Status())
		} else {
			Expect(last).To(BeRefused())
			s.Note("removing the only permission is refused with %d", last.Status())
		}
		list := s.Eventually(ctx, permissions.List()).Should(NotBeAServerError())
		if list.OK() {
			s.Note("right after that the list has %d permissions", len(Permissions(list)))
		} else {
			s.Note("right after that the list is refused with %d", list.Status())
		}
	})
})

var _ = Scene("custom-role-permissions", "Changing a standard role that is built on permissions", func(s *Stage) {
	s.Aside("changes nothing", "custom-role-permissions.iam-based.immutable", func(ctx SpecContext) {
		if s.Org().Target.Kind != target.Reference {
			s.Unobservable("an org that lets it happen could lose a permission of %s, which others rely on", IAMBased)
		}
		permissions := PermissionsOf(IAMBased)
		before := Permissions(s.Arranged(ctx, permissions.List()).Should(HaveJSON("permissions", Not(BeEmpty()))))
		its := before[0].Label

		unchanged := true
		for _, change := range []Request{permissions.Add(UsersRead), permissions.Replace(its), permissions.Remove(its)} {
			if answer := s.Send(ctx, change); answer.OK() {
				unchanged = false
				s.Note("%s is accepted, with %d", change, answer.Status())
			} else {
				Expect(answer).To(BeRefused())
			}
		}
		if unchanged {
			s.Eventually(ctx, permissions.List()).Should(Show("permissions", Permissions, ConsistOf(before)))
		}
	})
})
