package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

// Roles that cannot be given, to users, groups and client apps alike.
func init() {
	for _, kind := range Kinds {
		Scene(kind.System, "A role that the "+kind.Noun+" holds already", func(s *Stage) { heldAlready(s, kind) })
		Scene(kind.System, "Roles that no "+kind.Noun+" can hold", func(s *Stage) { impossibleRoles(s, kind) })
	}
}

func heldAlready(s *Stage, kind Kind) {
	var held Role
	var again *Answer
	s.Arrange(func(ctx SpecContext) { held = s.Give(ctx, s.Principal(ctx, kind), ReadOnlyAdmin) })

	s.Step("is refused", kind.ID("assign.duplicate-refused"), func(ctx SpecContext) {
		again = s.Send(ctx, held.Assign(Standard(ReadOnlyAdmin)))
		Expect(again).To(BeRefusedWith(409))
	})

	s.Aside("is refused for that reason", kind.ID("assign.duplicate-code"), func(SpecContext) {
		Expect(again).To(BeRefused(CodeHeldAlready, CodeDuplicate))
	})

	s.Aside("stays held once", kind.ID("assign.duplicate-changes-nothing"), func(ctx SpecContext) {
		list := s.Eventually(ctx, held.List()).Should(HaveRoles(ReadOnlyAdmin))
		Expect(list).To(ListRole(held))
	})
}

func impossibleRoles(s *Stage, kind Kind) {
	var held Role
	var unknown *Answer
	s.Arrange(func(ctx SpecContext) { held = s.Give(ctx, s.Principal(ctx, kind), ReadOnlyAdmin) })

	s.Step("are refused when their type does not exist", kind.ID("assign.unknown-type-refused"), func(ctx SpecContext) {
		unknown = s.Send(ctx, held.Assign(Standard(NoSuchRole)).Defective("no such role type"))
		Expect(unknown).To(BeRefused())
		s.Eventually(ctx, held.List()).Should(HaveRoles(ReadOnlyAdmin))
	})

	s.Aside("are refused with 400 when their type does not exist", kind.ID("assign.unknown-type-400"), func(SpecContext) {
		Expect(unknown).To(HaveStatus(400))
	})

	s.Aside("do no harm when there is no type", kind.ID("assign.empty-object-harmless"), func(ctx SpecContext) {
		Expect(s.Send(ctx, held.Assign(struct{}{}).Defective("no type"))).To(NotBeAServerError())
		s.Eventually(ctx, held.List()).Should(HaveRoles(ReadOnlyAdmin))
	})

	s.Aside("take no read-only member over", kind.ID("assign.read-only-members-ignored"), func(ctx SpecContext) {
		const id, created = "ra1rolecheckchosenid", "2001-02-03T04:05:06.000Z"
		body := map[string]string{"type": UserAdmin, "id": id, "status": "INACTIVE", "created": created}
		given := s.Send(ctx, held.Assign(body).Defective("read-only members"))
		Expect(given).To(NotBeAServerError())
		roles := []string{ReadOnlyAdmin}
		if given.OK() {
			roles = append(roles, UserAdmin)
		}
		list := s.Eventually(ctx, held.List()).Should(HaveRoles(roles...))
		Expect(list).To(HaveJSON("*.id", Not(ContainElement(id))))
		Expect(list).To(HaveJSON("*.status", Not(ContainElement("INACTIVE"))))
		Expect(list).To(HaveJSON("*.created", Not(ContainElement(created))))
	})
}
