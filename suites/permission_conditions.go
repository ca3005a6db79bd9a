package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

// Each step of this scene has a permission of its own on the role.
var _ = Scene("custom-role-permissions", "Conditions of a permission", func(s *Stage) {
	var permissions RolePermissions
	s.Arrange(func(ctx SpecContext) {
		permissions = PermissionsOf(s.NewCustomRole(ctx, AppsRead).ID)
		s.Arranged(ctx, permissions.List()).Should(BeAccepted())
	})

	s.Aside("keep what they include", "custom-role-permissions.conditions.include-kept", func(ctx SpecContext) {
		Expect(s.Send(ctx, permissions.Add(UsersRead).With(Including("city", "state")))).To(BeAccepted())
		s.Eventually(ctx, permissions.Get(UsersRead)).Should(HaveIncluded("city", "state"))
	})

	s.Aside("may be null, which is none", "custom-role-permissions.conditions.null-accepted", func(ctx SpecContext) {
		const free = "okta.users.groupMembership.manage"

		Expect(s.Send(ctx, permissions.Add(free).With(NullConditions()))).To(BeAccepted())
		s.Eventually(ctx, permissions.Get(free)).Should(HaveNoConditions())

		replaced := s.Send(ctx, permissions.Replace(free).With(NullConditions()))
		Expect(replaced).To(BeAccepted())
		Expect(replaced).To(HaveNoConditions())
		s.Eventually(ctx, permissions.Get(free)).Should(HaveNoConditions())
	})

	s.Aside("may be an empty object, which is none", "custom-role-permissions.conditions.empty-object", func(ctx SpecContext) {
		const free = "okta.apps.assignment.manage"

		added := s.Send(ctx, permissions.Add(free).With(EmptyConditions()))
		if added.Status() == 400 {
			s.Note("conditions that are an empty object are refused with 400")
			Expect(added).To(BeRefused())
			s.Eventually(ctx, permissions.Get(free)).Should(BeRefusedWith(404))
		} else {
			Expect(added).To(BeAccepted())
			s.Eventually(ctx, permissions.Get(free)).Should(HaveNoConditions())
		}
	})

	s.Aside("may not include and exclude", "custom-role-permissions.conditions.include-with-exclude-400", func(ctx SpecContext) {
		both := IncludingAndExcluding("city", "state")

		refused := s.Send(ctx, permissions.Add(UserProfileManage).With(both).Defective("include and exclude"))
		Expect(refused).To(BeRefused())
		s.Eventually(ctx, permissions.Get(UserProfileManage)).Should(BeRefusedWith(404))
		// The refusal shows something only if the include alone is accepted.
		s.Need(ctx, permissions.Add(UserProfileManage).With(Including("division")))
		Expect(refused).To(HaveStatus(400))

		s.Need(ctx, permissions.Replace(UserProfileManage).With(Including("division")))
		s.Arranged(ctx, permissions.Get(UserProfileManage)).Should(HaveIncluded("division"))
		refused = s.Send(ctx, permissions.Replace(UserProfileManage).With(both).Defective("include and exclude"))
		Expect(refused).To(BeRefusedWith(400))
		s.Eventually(ctx, permissions.Get(UserProfileManage)).Should(And(HaveIncluded("division"), HaveExcluded()))
	})

	s.Aside("are refused where a permission can have none", "custom-role-permissions.conditions.unsupported-permission-refused", func(ctx SpecContext) {
		const why = "conditions on a permission that can have none"

		refused := s.Send(ctx, permissions.Add(GroupsRead).With(Including("city")).Defective(why))
		Expect(refused).To(BeRefused())
		s.Eventually(ctx, permissions.Get(GroupsRead)).Should(BeRefusedWith(404))

		s.Need(ctx, permissions.Add(GroupsRead))
		s.Need(ctx, permissions.Replace(GroupsRead))
		s.Arranged(ctx, permissions.Get(GroupsRead)).Should(BeAccepted())
		refused = s.Send(ctx, permissions.Replace(GroupsRead).With(Including("city")).Defective(why))
		Expect(refused).To(BeRefused())
		s.Eventually(ctx, permissions.Get(GroupsRead)).Should(HaveNoConditions())
	})
})

var _ = Scene("custom-role-permissions", "Conditions that exclude", func(s *Stage) {
	var permissions RolePermissions
	s.Arrange(func(ctx SpecContext) {
		permissions = PermissionsOf(s.NewCustomRole(ctx, AppsRead).ID)
		s.Arranged(ctx, permissions.List()).Should(BeAccepted())
	})

	s.Aside("keep what they exclude", "custom-role-permissions.conditions.exclude-kept", func(ctx SpecContext) {
		Expect(s.Send(ctx, permissions.Add(UsersRead).With(Excluding("zipCode")))).To(BeAccepted())
		s.Eventually(ctx, permissions.Get(UsersRead)).Should(HaveExcluded("zipCode"))
	})

	s.Aside("hide nobody's login and email", "custom-role-permissions.conditions.protected-attributes-refused", func(ctx SpecContext) {
		added := s.Send(ctx, permissions.Add(UserProfileManage).With(Excluding("login")).Defective("a protected attribute"))
		if added.OK() {
			s.Note("adding a permission that hides the login is accepted, with %d", added.Status())
		} else {
			Expect(added).To(BeRefused())
			s.Need(ctx, permissions.Add(UserProfileManage).With(Excluding("zipCode")))
		}

		replaced := s.Send(ctx, permissions.Replace(UserProfileManage).With(Excluding("email")).Defective("a protected attribute"))
		if replaced.OK() {
			s.Note("replacing a permission by one that hides the email is accepted, with %d", replaced.Status())
		} else {
			Expect(replaced).To(BeRefused())
		}
	})
})

var _ = Scene("custom-role-permissions", "Replacing conditions", func(s *Stage) {
	var permissions RolePermissions
	s.Arrange(func(ctx SpecContext) {
		permissions = PermissionsOf(s.NewCustomRole(ctx, AppsRead, UsersRead).ID)
		s.Arranged(ctx, permissions.Get(UsersRead)).Should(BeAccepted())
	})

	s.Aside("replaces them as a whole", "custom-role-permissions.replace.conditions-replaced", func(ctx SpecContext) {
		s.Need(ctx, permissions.Replace(UsersRead).With(Including("city", "state")))
		s.Arranged(ctx, permissions.Get(UsersRead)).Should(HaveIncluded("city", "state"))

		Expect(s.Send(ctx, permissions.Replace(UsersRead).With(Excluding("zipCode")))).To(BeAccepted())
		s.Eventually(ctx, permissions.Get(UsersRead)).Should(And(HaveExcluded("zipCode"), HaveIncluded()))
	})

	s.Aside("takes them away, or leaves them", "custom-role-permissions.replace.nothing-clears-conditions", func(ctx SpecContext) {
		replace := permissions.Replace(UsersRead)
		for _, nothing := range []Request{replace, replace.With(NullConditions())} {
			s.Need(ctx, replace.With(Including("city")))
			s.Arranged(ctx, permissions.Get(UsersRead)).Should(HaveIncluded("city"))

			replaced := s.Send(ctx, nothing)
			Expect(replaced).To(BeAccepted())
			if IsUnconditional(replaced) {
				s.Eventually(ctx, permissions.Get(UsersRead)).Should(HaveNoConditions())
			} else if replaced.OK() {
				s.Note("replacing a permission with the body %q leaves its conditions", nothing.Message().Body)
			}
		}
	})
})
