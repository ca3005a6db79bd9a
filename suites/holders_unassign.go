package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// unassigning plants the specs about taking a role away that users, groups and client apps have in common.
func unassigning(h *holders) {
	It("removes one role and no other", Requirement(h.id("unassign.removes-just-that-role")), func(ctx SpecContext) {
		r := h.removal(ctx)
		org.Cite(r.first)

		Expect(r.first).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			got := org.Send(ctx, Call(h.get, r.ID, r.role))
			g.Expect(got).To(BeRefusedWith(404, codeNotFound))
			list := org.Send(ctx, Call(h.list, r.ID))
			g.Expect(list).To(BeAccepted())
			g.Expect(types(listed(list))).To(Equal([]string{userAdmin}), list.Line())
		})
	})

	It("refuses to remove what never was", Requirement(h.id("unassign.unknown-404")), func(ctx SpecContext) {
		s := h.standing(ctx)
		id := s.readOnlyID(ctx)
		org.Need(ctx, Call(h.get, s.ID, id))

		never := org.Send(ctx, Call(h.unassign, s.ID, unknownAssignment))
		Expect(never).To(BeRefusedWith(404, codeNotFound))
		nobodys := org.Send(ctx, Call(h.unassign, h.unknown, id))
		Expect(nobodys).To(BeRefusedWith(404, codeNotFound))
	})
}

// removal is the removal of one of two roles, and what became of trying it again. Specs share it.
type removal struct {
	principal
	// role is the id of the removed assignment, of type READ_ONLY_ADMIN; a USER_ADMIN stays.
	role          string
	first, second *exchange.Exchange
}

func (h *holders) removal(ctx SpecContext) *removal {
	if h.removed == nil {
		p := h.claim(ctx)
		r := &removal{principal: p, role: p.give(ctx, readOnlyAdmin)}
		p.give(ctx, userAdmin)
		r.first = org.Send(ctx, Call(h.unassign, p.ID, r.role))
		r.second = org.Send(ctx, Call(h.unassign, p.ID, r.role))
		h.removed = r
	}
	return h.removed
}

// secondRemoval is the answer to a removal that was done already. It says nothing unless the first one was accepted.
func (h *holders) secondRemoval(ctx SpecContext) *exchange.Exchange {
	r := h.removal(ctx)
	if r.first.Status() < 200 || r.first.Status() > 299 {
		Block("could not arrange the check: %s", r.first.Line())
	}
	org.Cite(r.first, r.second)
	return r.second
}

// give gives a principal a role as arrangement, and returns the assignment's id.
func (p principal) give(ctx SpecContext, role string) string {
	given := org.Need(ctx, Call(p.assign, p.ID).With(standard(role)))
	if id := assignmentID(given); id != "" {
		return id
	}
	list := org.Need(ctx, Call(p.list, p.ID))
	items := ofType(listed(list), role)
	if len(items) == 0 || items[0].ID == "" {
		Block("the role that was just given has no id: %s", list.Line())
	}
	return items[0].ID
}
