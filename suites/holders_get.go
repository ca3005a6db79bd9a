package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
)

// retrieving plants the specs about reading one assignment that users, groups and client apps have in common.
func retrieving(h *holders) {
	It("reads an assignment as the list shows it", Requirement(h.id("get.same-as-list")), func(ctx SpecContext) {
		s := h.standing(ctx)
		list := org.Need(ctx, Call(h.list, s.ID))
		items := ofType(listed(list), readOnlyAdmin)
		if len(items) != 1 {
			Block("the role that was given is not listed once: %s", list.Line())
		}

		got := org.Send(ctx, Call(h.get, s.ID, items[0].ID))
		Expect(got).To(BeAccepted())
		role := assigned(got)
		Expect(role.ID).To(Equal(items[0].ID), got.Line())
		Expect(role.Type).To(Equal(readOnlyAdmin), got.Line())
		Expect(role.Label).To(Equal(items[0].Label), got.Line())
		Expect(role.Status).To(Equal(items[0].Status), got.Line())
	})

	It("knows no assignment by an unknown id", Requirement(h.id("get.unknown-assignment-404")), func(ctx SpecContext) {
		s := h.standing(ctx)
		org.Need(ctx, Call(h.get, s.ID, s.readOnlyID(ctx)))

		refused := org.Send(ctx, Call(h.get, s.ID, unknownAssignment))
		Expect(refused).To(BeRefusedWith(404, codeNotFound))
	})

	It("knows no assignment of an unknown one", Requirement(h.id("get.unknown-"+h.word()+"-404")), func(ctx SpecContext) {
		s := h.standing(ctx)
		id := s.readOnlyID(ctx)
		org.Need(ctx, Call(h.get, s.ID, id))

		refused := org.Send(ctx, Call(h.get, h.unknown, id))
		Expect(refused).To(BeRefusedWith(404, codeNotFound))
	})
}

// retrievingForeign plants the spec about an assignment of somebody else, which users and groups have.
func retrievingForeign(h *holders) {
	It("does not show one holder's assignment at another", Requirement(h.id("get.foreign-assignment-404")), func(ctx SpecContext) {
		s, other := h.standing(ctx), h.lease(ctx)
		id := s.readOnlyID(ctx)
		org.Need(ctx, Call(h.get, s.ID, id))

		refused := org.Send(ctx, Call(h.get, other.ID, id))
		Expect(refused).To(BeRefusedWith(404, codeNotFound))
	})
}

// readOnlyID is the id of the standing principal's assignment of a type without targets; its answer may have come
// without a body, and then the list tells.
func (s *standing) readOnlyID(ctx SpecContext) string { return s.idOf(ctx, readOnlyAdmin) }

func (s *standing) idOf(ctx SpecContext, role string) string {
	answer := s.readOnly
	if role == userAdmin {
		answer = s.scoped
	}
	if id := assignmentID(answer); id != "" {
		return id
	}
	list := org.Need(ctx, Call(s.list, s.ID))
	items := ofType(listed(list), role)
	if len(items) == 0 || items[0].ID == "" {
		Block("the role that was given has no id: %s", list.Line())
	}
	return items[0].ID
}
