package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
)

// listing plants the specs about the list of roles that users, groups and client apps have in common.
func listing(h *holders) {
	It("answers with an empty list for a new one", Requirement(h.id("list.new-"+h.word()+"-has-none")), func(ctx SpecContext) {
		p := principal{h, h.fresh(ctx)}

		list := org.Send(ctx, Call(h.list, p.ID))
		Expect(list).To(BeAccepted())
		Expect(listed(list)).To(BeEmpty(), list.Line())

		h.idle = append(h.idle, p.Object)
	})

	It("lists well-formed items", Requirement(h.id("list.items-well-formed")), func(ctx SpecContext) {
		s := h.standing(ctx)

		list := s.look(ctx)
		Expect(list).To(BeAccepted())
		roles := listed(list)
		Expect(types(roles)).To(ConsistOf(readOnlyAdmin, userAdmin), list.Line())
		for _, r := range roles {
			Expect(r.ID).NotTo(BeEmpty(), list.Line())
			Expect(r.Status).To(BeElementOf("", "ACTIVE", "INACTIVE"), list.Line())
		}
	})

	It("says whose the roles are", Requirement(h.id("list.assignment-type-"+h.word())), func(ctx SpecContext) {
		s := h.standing(ctx)

		list := s.look(ctx)
		Expect(list).To(BeAccepted())
		Expect(listed(list)).To(HaveEach(HaveField("AssignmentType", h.kind)), list.Line())
	})

	It("links to whom the roles belong", Requirement(h.id("list.assignee-link")), func(ctx SpecContext) {
		s := h.standing(ctx)

		list := s.look(ctx)
		Expect(list).To(BeAccepted())
		for _, r := range listed(list) {
			Expect(r.Links.Assignee.names(s.ID)).To(BeTrue(), "the assignee link %q does not name %s in %s", r.Links.Assignee.Href, s.ID, list.Line())
		}
	})

	It("holds every assigned role once", Requirement(h.id("list.holds-every-assigned-role")), func(ctx SpecContext) {
		s := h.standing(ctx)
		org.Cite(s.readOnly, s.scoped)

		org.Eventually(ctx, func(g Gomega) {
			list := org.Send(ctx, Call(h.list, s.ID))
			g.Expect(list).To(BeAccepted())
			roles := listed(list)
			g.Expect(types(roles)).To(Equal([]string{readOnlyAdmin, userAdmin}), list.Line())
			for role, given := range map[string]string{readOnlyAdmin: assignmentID(s.readOnly), userAdmin: assignmentID(s.scoped)} {
				if given != "" {
					g.Expect(ofType(roles, role)[0].ID).To(Equal(given), list.Line())
				}
			}
		})
	})
}

// word is what the catalogue calls one of the kind.
func (h *holders) word() string {
	switch h {
	case users:
		return "user"
	case groups:
		return "group"
	default:
		return "client"
	}
}
