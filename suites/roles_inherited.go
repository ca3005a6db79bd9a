package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("user-roles", "A role that a user has through two groups", func(s *Stage) {
	var user Principal
	var role, same Role
	s.Arrange(func(ctx SpecContext) {
		role, same = s.Give(ctx, s.Group(ctx), ReadOnlyAdmin), s.Give(ctx, s.Group(ctx), ReadOnlyAdmin)
		user = s.User(ctx)
		s.Member(ctx, role.Principal, user)
		s.Member(ctx, same.Principal, user)
	})

	s.Aside("is listed as the group's", "user-roles.inherited.group-role-listed", func(ctx SpecContext) {
		s.Eventually(ctx, user.List()).Should(IncludeRoleOf(role))
	})

	s.Aside("can be listed although there are two", "user-roles.inherited.same-role-twice-lists", func(ctx SpecContext) {
		s.Eventually(ctx, user.List()).Should(HaveStatus(200))
	})

	s.Aside("is not taken away at the user", "user-roles.inherited.not-removable-at-user", func(ctx SpecContext) {
		s.Arranged(ctx, role.Get(role.Assignment)).Should(BeAccepted())
		Expect(s.Send(ctx, user.Unassign(role.Assignment))).To(BeRefusedWith(404, CodeNotFound))
		s.Eventually(ctx, role.Get(role.Assignment)).Should(BeAccepted())
	})

	s.Aside("can be given to the user as well", "user-roles.inherited.direct-assignment-allowed", func(ctx SpecContext) {
		Expect(s.Send(ctx, user.Assign(Standard(ReadOnlyAdmin)))).To(BeAccepted())
	})
})
