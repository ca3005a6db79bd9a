package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

// Taking a role away from a user, a group or a client app.
func init() {
	for _, kind := range Kinds {
		Scene(kind.System, "One of two roles is taken from the "+kind.Noun, func(s *Stage) { roleRemoved(s, kind) })
	}
}

func roleRemoved(s *Stage, kind Kind) {
	var p Principal
	var gone, kept Role
	s.Arrange(func(ctx SpecContext) {
		p = s.Principal(ctx, kind)
		roles := s.GiveEach(ctx, p, ReadOnlyAdmin, UserAdmin)
		gone, kept = roles[0], roles[1]
	})

	s.Step("is gone, and the other one stays", kind.ID("unassign.removes-just-that-role"), func(ctx SpecContext) {
		Expect(s.Send(ctx, p.Unassign(gone.Assignment))).To(BeAccepted())
		s.Eventually(ctx, p.List()).Should(HaveRoles(UserAdmin))
		s.Eventually(ctx, p.Get(gone.Assignment)).Should(BeRefusedWith(404, CodeNotFound))
	})

	switch kind {
	case Users:
		s.Aside("is not found the second time", "user-roles.unassign.second-delete-404", func(ctx SpecContext) {
			Expect(s.Send(ctx, p.Unassign(gone.Assignment))).To(BeRefusedWith(404, CodeNotFound))
		})
	case Groups:
		s.Aside("is not found the second time, or done already", "group-roles.unassign.second-delete-404-or-204", func(ctx SpecContext) {
			again := s.Send(ctx, p.Unassign(gone.Assignment))
			if again.Status() == 204 && !s.Org().DocumentsOnly() {
				s.Note("204 for a role that was gone already, as real orgs answer; the documents say 404")
				return
			}
			Expect(again).To(BeRefusedWith(404, CodeNotFound))
		})
	case Clients:
		s.Aside("is not found the second time", "client-roles.unassign.second-delete-404", func(ctx SpecContext) {
			Expect(s.Send(ctx, p.Unassign(gone.Assignment))).To(BeRefusedWith(404))
		})
	}

	s.Aside("is not found where it never was", kind.ID("unassign.unknown-404"), func(ctx SpecContext) {
		Expect(s.Send(ctx, p.Unassign(UnknownAssignment))).To(BeRefusedWith(404, CodeNotFound))
		Expect(s.Send(ctx, kind.Of(kind.Unknown).Unassign(kept.Assignment))).To(BeRefusedWith(404, CodeNotFound))
		s.Eventually(ctx, p.List()).Should(HaveRoles(UserAdmin))
	})
}
