package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("client-roles", "An app that people sign in to", func(s *Stage) {
	var web Principal
	s.Arrange(func(ctx SpecContext) { web = s.WebClient(ctx) })

	s.Step("can hold no role", "client-roles.assign.non-service-app-refused", func(ctx SpecContext) {
		Expect(s.Send(ctx, web.Assign(Standard(ReadOnlyAdmin)))).To(BeRefusedWith(400, "E0000227"))
		if list := s.Send(ctx, web.List()); list.Status() == 200 {
			Expect(list).To(HaveRoles())
		}
	})
})
