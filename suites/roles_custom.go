package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

// Custom roles, and standard ones that are built like them, at users, groups and client apps.
func init() {
	for _, kind := range Kinds {
		Scene(kind.System, "A custom role of the "+kind.Noun, func(s *Stage) { customRole(s, kind) })
		Scene(kind.System, "A custom role that is taken from the "+kind.Noun, func(s *Stage) { customRoleRemoved(s, kind) })
		Scene(kind.System, "A standard role that is built on a custom one, for the "+kind.Noun, func(s *Stage) { iamBasedRole(s, kind) })
	}
}

func customRole(s *Stage, kind Kind) {
	var p Principal
	var held Role
	var role, set string
	s.Arrange(func(ctx SpecContext) {
		role, set = s.CustomRole(ctx).ID, s.ResourceSet(ctx).ID
		p = s.Principal(ctx, kind)
	})

	s.Step("is given", kind.ID("custom.assigned"), func(ctx SpecContext) {
		given := s.Send(ctx, p.Assign(Custom(role, set)))
		s.Accepted(given)
		shown, path := given, ""
		if kind == Groups && len(given.Body()) == 0 {
			// The documents show no body; the list shows the role.
			shown, path = s.Eventually(ctx, p.List()).Should(HaveRoles(CustomType)), "0."
		}
		Expect(shown).To(HaveJSON(path+"type", CustomType))
		Expect(shown).To(HaveJSON(path+"role", role))
		Expect(shown).To(HaveJSON(path+"resource-set", set))
		list := s.Eventually(ctx, p.List()).ForLater(HaveRoles(CustomType))
		held = RoleIn(p, CustomType, list, given)
	})

	s.Aside("is shown as a member of its binding", kind.ID("custom.is-binding-member"), func(ctx SpecContext) {
		s.Eventually(ctx, s.BindingMembers(ctx)).Should(HaveJSON("members.*.id", ContainElement(held.Assignment)))
	})

	s.Aside("is refused without its role or its resource set", kind.ID("custom.incomplete-refused"), func(ctx SpecContext) {
		noSet := map[string]string{"type": CustomType, "role": role}
		Expect(s.Send(ctx, p.Assign(noSet).Defective("no resource-set"))).To(BeRefusedWith(400))
		noRole := map[string]string{"type": CustomType, "resource-set": set}
		Expect(s.Send(ctx, p.Assign(noRole).Defective("no role"))).To(BeRefusedWith(400))
		s.Eventually(ctx, p.List()).Should(HaveRoles(CustomType))
	})

	s.Aside("is refused with an unknown role or resource set", kind.ID("custom.unknown-parts-refused"), func(ctx SpecContext) {
		Expect(s.Send(ctx, p.Assign(Custom(UnknownCustomRole, set)))).To(And(BeRefused(), HaveStatus(404, 400)))
		Expect(s.Send(ctx, p.Assign(Custom(role, UnknownResourceSet)))).To(And(BeRefused(), HaveStatus(404, 400)))
		s.Eventually(ctx, p.List()).Should(HaveRoles(CustomType))
	})

	if kind != Clients {
		s.Aside("is refused when it is held already", kind.ID("custom.duplicate-refused"), func(ctx SpecContext) {
			Expect(s.Send(ctx, p.Assign(Custom(role, set)))).To(BeRefusedWith(409))
		})
	}
}

func customRoleRemoved(s *Stage, kind Kind) {
	var held Role
	s.Arrange(func(ctx SpecContext) { held = s.Give(ctx, s.Principal(ctx, kind), CustomType) })

	s.Step("goes by its id", kind.ID("custom.removed-by-its-id"), func(ctx SpecContext) {
		Expect(s.Send(ctx, held.Unassign(held.Assignment))).To(BeAccepted())
		s.Eventually(ctx, held.List()).Should(LackAssignment(held.Assignment))
	})
}

func iamBasedRole(s *Stage, kind Kind) {
	var p Principal
	s.Arrange(func(ctx SpecContext) { p = s.Principal(ctx, kind) })

	s.Step("is answered like a custom one", kind.ID("iam-based.answered-like-custom"), func(ctx SpecContext) {
		given := s.Send(ctx, p.Assign(Standard(IAMBased)))
		switch given.Status() {
		case 400, 401, 403:
			s.Unsupported("the org does not give %s: %s", IAMBased, given.Line())
		}
		Expect(given).To(BeAccepted())
		shown, path := given, ""
		if kind == Groups && len(given.Body()) == 0 {
			shown, path = s.Eventually(ctx, p.List()).Should(HaveRoles(IAMBased)), "0."
		}
		Expect(shown).To(HaveJSON(path+"type", IAMBased))
		Expect(shown).To(HaveJSON(path+"role", BeText()))
		Expect(shown).To(HaveJSON(path+"resource-set", BeText()))
	})
}
