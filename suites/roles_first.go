package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

// The first roles of a principal, for users, groups and client apps alike.
func init() {
	for _, kind := range Kinds {
		Scene(kind.System, "The first two roles of a "+kind.Noun, func(s *Stage) { firstRoles(s, kind) })
	}
}

func firstRoles(s *Stage, kind Kind) {
	var p Principal
	var second Role
	var userAdmin, readOnly, list *Answer
	s.Arrange(func(ctx SpecContext) { p = s.Principal(ctx, kind) })

	s.Aside("has no role at first", kind.ID("list.new-"+kind.Noun+"-has-none"), func(ctx SpecContext) {
		s.Eventually(ctx, p.List()).Should(HaveRoles())
	})

	accepted := "assign.accepted"
	if kind == Users {
		accepted = "assign.created"
	}
	s.Step("is given the first one", kind.ID(accepted), func(ctx SpecContext) {
		userAdmin = s.Send(ctx, p.Assign(Standard(UserAdmin)))
		s.Accepted(userAdmin)
		if kind == Groups && userAdmin.Status() == 201 && len(userAdmin.Body()) == 0 {
			s.Note("201 without a body, as documented")
			s.Eventually(ctx, p.List()).Should(HaveRoles(UserAdmin))
			return
		}
		Expect(userAdmin).To(HaveJSON("id", BeText()))
		Expect(userAdmin).To(HaveJSON("type", UserAdmin))
	})

	s.Step("is given the second one", kind.ID("list.holds-every-assigned-role"), func(ctx SpecContext) {
		readOnly = s.Send(ctx, p.Assign(Standard(ReadOnlyAdmin)))
		s.Accepted(readOnly)
		list = s.Eventually(ctx, p.List()).Should(HaveRoles(ReadOnlyAdmin, UserAdmin))
		second = RoleIn(p, ReadOnlyAdmin, list, readOnly)
		Expect(list).To(ListRole(RoleIn(p, UserAdmin, list, userAdmin)))
		Expect(list).To(ListRole(second))
	})

	s.Aside("is described in full by both answers", kind.ID("assign.full-representation"), func(SpecContext) {
		for _, given := range []*Answer{userAdmin, readOnly} {
			if kind == Groups && len(given.Body()) == 0 {
				s.Note("201 without a body, as documented")
				continue
			}
			Expect(given).To(HaveJSON("label", BeText()))
			Expect(given).To(HaveJSON("status", "ACTIVE"))
			Expect(given).To(HaveJSON("created", BeText()))
			Expect(given).To(HaveJSON("lastUpdated", BeText()))
		}
	})

	s.Aside("lists well-formed items", kind.ID("list.items-well-formed"), func(SpecContext) {
		Expect(list).To(HaveJSON("*.id", HaveEach(BeText())))
		Expect(list).To(HaveJSON("*.type", ConsistOf(ReadOnlyAdmin, UserAdmin)))
		Expect(list).To(HaveJSON("*.status", HaveEach(Or(BeNil(), Equal("ACTIVE"), Equal("INACTIVE")))))
	})

	s.Aside("says whose the roles are", kind.ID("list.assignment-type-"+kind.Noun), func(SpecContext) {
		Expect(list).To(HaveJSON("*.assignmentType", HaveEach(kind.Type)))
	})

	s.Aside("links to whom the roles belong", kind.ID("list.assignee-link"), func(SpecContext) {
		Expect(list).To(HaveJSON("*._links.assignee.href", HaveEach(BeLinkTo(p.ID))))
	})

	if kind == Clients {
		s.Aside("embeds no targets", "client-roles.list.no-targets-embedded", func(SpecContext) {
			Expect(list).To(HaveJSON("*._embedded.targets", HaveEach(BeNil())))
		})
	}

	s.Step("reads one role as the list shows it", kind.ID("get.same-as-list"), func(ctx SpecContext) {
		listed := OneOfType(list, ReadOnlyAdmin)
		got := s.Eventually(ctx, p.Get(second.Assignment)).Should(BeAccepted())
		Expect(got).To(HaveJSON("id", listed.ID))
		Expect(got).To(HaveJSON("type", ReadOnlyAdmin))
		Expect(got).To(HaveJSON("label", listed.Label))
		Expect(got).To(HaveJSON("status", listed.Status))
	})

	s.Aside("knows no role by an unknown id", kind.ID("get.unknown-assignment-404"), func(ctx SpecContext) {
		Expect(s.Send(ctx, p.Get(UnknownAssignment))).To(BeRefusedWith(404, CodeNotFound))
	})

	s.Aside("is not found at an unknown "+kind.Noun, kind.ID("get.unknown-"+kind.Noun+"-404"), func(ctx SpecContext) {
		Expect(s.Send(ctx, kind.Of(kind.Unknown).Get(second.Assignment))).To(BeRefusedWith(404, CodeNotFound))
	})

	unknown := "list.unknown-" + kind.Noun + "-404"
	if kind == Groups {
		unknown += "-or-empty"
	}
	s.Aside("lists no roles of an unknown "+kind.Noun, kind.ID(unknown), func(ctx SpecContext) {
		list := s.Send(ctx, kind.Of(kind.Unknown).List())
		if kind == Groups && list.Status() == 200 && !s.Org().DocumentsOnly() {
			Expect(list).To(HaveRoles())
			s.Note("200 with an empty list for an unknown group, as real orgs answer; the documents say 404")
			return
		}
		Expect(list).To(BeRefusedWith(404, CodeNotFound))
	})

	s.Aside("gives no role to an unknown "+kind.Noun, kind.ID("assign.unknown-"+kind.Noun+"-404"), func(ctx SpecContext) {
		Expect(s.Send(ctx, kind.Of(kind.Unknown).Assign(Standard(ReadOnlyAdmin)))).To(BeRefusedWith(404, CodeNotFound))
	})
}
