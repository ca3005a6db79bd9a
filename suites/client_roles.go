package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
)

var _ = Specs("client-roles", "Listing the roles of a client app", func() {
	listing(clients)

	It("knows no unknown client", Requirement("client-roles.list.unknown-client-404"), func(ctx SpecContext) {
		s := clients.standing(ctx)
		org.Need(ctx, Call("listRolesForClient", s.ID))

		refused := org.Send(ctx, Call("listRolesForClient", clients.unknown))
		Expect(refused).To(BeRefusedWith(404, codeNotFound))
	})

	It("embeds no targets", Requirement("client-roles.list.no-targets-embedded"), func(ctx SpecContext) {
		s := clients.standing(ctx)

		list := org.Send(ctx, Call("listRolesForClient", s.ID))
		Expect(list).To(BeAccepted())
		for _, role := range listed(list) {
			Expect(role.embeds("targets")).To(BeFalse(), list.Line())
		}
	})
})

var _ = Specs("client-roles", "Giving a client app a role", func() {
	assigning(clients, "assign.accepted")
	assigningCustom(clients)

	It("refuses an app that is not a service", Requirement("client-roles.assign.non-service-app-refused"), func(ctx SpecContext) {
		s := clients.standing(ctx)
		org.Cite(s.readOnly)
		web, err := maker.WebClient(ctx)
		if err != nil {
			Block("%v", err)
		}

		refused := org.Send(ctx, Call("assignRoleToClient", web.ID).With(standard(readOnlyAdmin)))
		Expect(refused).To(BeRefusedWith(400, "E0000227"))
		list := org.Send(ctx, Call("listRolesForClient", web.ID))
		if list.Status() == 200 {
			Expect(listed(list)).To(BeEmpty(), list.Line())
		}
	})
})

var _ = Specs("client-roles", "Reading one role of a client app", func() {
	retrieving(clients)
})

var _ = Specs("client-roles", "Taking a role from a client app", func() {
	unassigning(clients)
	unassigningCustom(clients)

	It("refuses the second time", Requirement("client-roles.unassign.second-delete-404"), func(ctx SpecContext) {
		Expect(clients.secondRemoval(ctx)).To(BeRefusedWith(404))
	})
})
