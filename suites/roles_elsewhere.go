package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

// One principal's role, asked for at another one.
func init() {
	for _, kind := range []Kind{Users, Groups} {
		Scene(kind.System, "The roles of one "+kind.Noun+" at another", func(s *Stage) {
			var readOnly, userAdmin Role
			var other Principal
			s.Arrange(func(ctx SpecContext) {
				roles := s.GiveEach(ctx, s.Principal(ctx, kind), ReadOnlyAdmin, UserAdmin)
				readOnly, userAdmin = roles[0], roles[1]
				other = s.Principal(ctx, kind)
			})

			s.Aside("are not shown by an id of their own", kind.ID("get.foreign-assignment-404"), func(ctx SpecContext) {
				s.Arranged(ctx, readOnly.Get(readOnly.Assignment)).Should(BeAccepted())
				Expect(s.Send(ctx, other.Get(readOnly.Assignment))).To(BeRefusedWith(404, CodeNotFound))
			})

			if kind == Users {
				s.Aside("are not shown by an id that is the same for everybody", "user-roles.get.scoped-id-not-held-404", func(ctx SpecContext) {
					s.Arranged(ctx, userAdmin.Get(userAdmin.Assignment)).Should(BeAccepted())
					Expect(s.Send(ctx, other.Get(userAdmin.Assignment))).To(BeRefusedWith(404))
				})
			}
		})
	}
}

var _ = Scene("user-roles", "The equal role of another user", func(s *Stage) {
	var mine, theirs Role
	s.Arrange(func(ctx SpecContext) {
		mine, theirs = s.Give(ctx, s.User(ctx), AppAdmin), s.Give(ctx, s.User(ctx), AppAdmin)
	})

	s.Step("stays when the first user's is taken away", "user-roles.unassign.other-users-keep-theirs", func(ctx SpecContext) {
		Expect(s.Send(ctx, mine.Unassign(mine.Assignment))).To(BeAccepted())
		s.Eventually(ctx, mine.List()).Should(HaveRoles())
		s.Eventually(ctx, theirs.List()).Should(HaveRoles(AppAdmin))
		s.Eventually(ctx, theirs.Get(theirs.Assignment)).Should(BeAccepted())
	})
})
