package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("group-roles", "Groups that can hold no role", func(s *Stage) {
	s.Aside("are the built-in one", "group-roles.assign.built-in-group-refused", func(ctx SpecContext) {
		everyone := s.Everyone(ctx)
		Expect(s.Send(ctx, everyone.Assign(Standard(ReadOnlyAdmin)))).To(BeRefusedWith(400, "E0000211"))
		s.Eventually(ctx, everyone.List()).Should(LackRole(ReadOnlyAdmin))
	})

	s.Aside("are those that a rule fills", "group-roles.assign.rule-fed-group-refused", func(ctx SpecContext) {
		filled, _ := s.NewGroup(ctx)
		s.FilledByRule(ctx, filled)
		Expect(s.Send(ctx, filled.Assign(Standard(ReadOnlyAdmin)))).To(BeRefusedWith(400, "E0000192"))
		s.Eventually(ctx, filled.List()).Should(HaveRoles())
	})
})
