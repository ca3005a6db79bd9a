package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// Codes of refusals.
const (
	codeNotFound    = "E0000007"
	codeHeldAlready = "E0000090"
	codeDuplicate   = "E0000263"
)

// noSuchRole is a role type that does not exist. The documents leave the type a free string, so that the request is
// valid and its refusal is the org's to make.
const noSuchRole = "ROLECHECK_NO_SUCH_ROLE"

// assigning plants the specs about giving a role that users, groups and client apps have in common. The requirement
// that a role can be given at all differs between them and is named by accepted.
func assigning(h *holders, accepted string) {
	It("gives a standard role", Requirement(h.id(accepted)), func(ctx SpecContext) {
		s := h.attempt(ctx)
		org.Cite(s.scoped)

		given := s.scoped
		Expect(given).To(BeAccepted())
		if h == groups && given.Status() == 201 && len(trimmed(given)) == 0 {
			org.Note("201 without a body, as documented")
			list := org.Send(ctx, Call(h.list, s.ID))
			Expect(types(listed(list))).To(ContainElement(userAdmin), list.Line())
			return
		}
		role := assigned(given)
		Expect(role.ID).NotTo(BeEmpty(), given.Line())
		Expect(role.Type).To(Equal(userAdmin), given.Line())
	})

	It("describes the new assignment in full", Requirement(h.id("assign.full-representation")), func(ctx SpecContext) {
		s := h.standing(ctx)
		org.Cite(s.readOnly, s.scoped)

		for _, given := range []*exchange.Exchange{s.readOnly, s.scoped} {
			role := assigned(given)
			Expect(role.Label).NotTo(BeEmpty(), given.Line())
			Expect(role.Status).To(Equal("ACTIVE"), given.Line())
			Expect(role.Created).NotTo(BeEmpty(), given.Line())
			Expect(role.LastUpdated).NotTo(BeEmpty(), given.Line())
		}
	})

	It("refuses a role that is held already", Requirement(h.id("assign.duplicate-refused")), func(ctx SpecContext) {
		r := h.refusal(ctx, "a role that is held already", standard(readOnlyAdmin), "")

		Expect(r.answer).To(BeRefusedWith(409))
	})

	It("names the reason when a role is held already", Requirement(h.id("assign.duplicate-code")), func(ctx SpecContext) {
		r := h.refusal(ctx, "a role that is held already", standard(readOnlyAdmin), "")

		Expect(r.answer).To(BeRefused(codeHeldAlready, codeDuplicate))
	})

	It("keeps one assignment when it is asked for twice", Requirement(h.id("assign.duplicate-changes-nothing")), func(ctx SpecContext) {
		r := h.refusal(ctx, "a role that is held already", standard(readOnlyAdmin), "")

		Expect(r.list).To(BeAccepted())
		after := listed(r.list)
		Expect(types(after)).To(Equal([]string{readOnlyAdmin}), r.list.Line())
		Expect(after[0].ID).To(Equal(r.held), r.list.Line())
	})

	It("refuses a role type that does not exist", Requirement(h.id("assign.unknown-type-refused")), func(ctx SpecContext) {
		r := h.refusal(ctx, "no such role type", standard(noSuchRole), "no such role type")

		Expect(r.answer).To(BeRefused())
		Expect(types(listed(r.list))).To(Equal([]string{readOnlyAdmin}), r.list.Line())
	})

	It("answers 400 to a role type that does not exist", Requirement(h.id("assign.unknown-type-400")), func(ctx SpecContext) {
		r := h.refusal(ctx, "no such role type", standard(noSuchRole), "no such role type")

		Expect(r.answer).To(HaveStatus(400))
	})

	It("refuses an unknown one", Requirement(h.id("assign.unknown-"+h.word()+"-404")), func(ctx SpecContext) {
		s := h.standing(ctx)
		org.Cite(s.readOnly)

		refused := org.Send(ctx, Call(h.assign, h.unknown).With(standard(readOnlyAdmin)))
		Expect(refused).To(BeRefusedWith(404, codeNotFound))
	})

	It("is not harmed by an empty object", Requirement(h.id("assign.empty-object-harmless")), func(ctx SpecContext) {
		r := h.refusal(ctx, "an empty object", struct{}{}, "no type")

		Expect(r.answer).To(NotBeAServerError())
		Expect(types(listed(r.list))).To(Equal([]string{readOnlyAdmin}), r.list.Line())
	})

	It("takes no read-only member over", Requirement(h.id("assign.read-only-members-ignored")), func(ctx SpecContext) {
		p := h.lease(ctx)
		const id, created = "ra1rolecheckchosenid", "2001-02-03T04:05:06.000Z"
		body := map[string]string{"type": userAdmin, "id": id, "status": "INACTIVE", "created": created}

		given := org.Send(ctx, Call(h.assign, p.ID).With(body).Defective("read-only members"))
		Expect(given.Status()).To(BeNumerically("<", 500), given.Line())
		list := org.Send(ctx, Call(h.list, p.ID))
		Expect(list).To(BeAccepted())
		for _, role := range listed(list) {
			Expect(role.ID).NotTo(Equal(id), list.Line())
			Expect(role.Status).NotTo(Equal("INACTIVE"), list.Line())
			Expect(role.Created).NotTo(Equal(created), list.Line())
		}
	})
}

// refusal is a call at a holder of READ_ONLY_ADMIN that changes nothing in a correct org, and the list after it.
type refusal struct {
	answer, list *exchange.Exchange
	// held is the id of the role that was held before.
	held string
}

// refusal makes the call once for all specs that look at what it shows.
func (h *holders) refusal(ctx SpecContext, name string, body any, defect string) refusal {
	if r, ok := h.refusals[name]; ok {
		org.Cite(r.answer, r.list)
		return r
	}
	v := victimOf(ctx, h.system)
	r := refusal{held: v.params["roleAssignmentId"]}
	r.answer = org.Send(ctx, Call(h.assign, v.params[firstParam(h)]).With(body).Defective(defect))
	r.list = org.Send(ctx, Call(h.list, v.params[firstParam(h)]))
	h.refusals[name] = r
	v.examine(ctx)
	return r
}

// asThirdPartyAdmin plants the spec about the notification switch, which users and groups have.
func asThirdPartyAdmin(h *holders) {
	It("gives a role to a third-party admin", Requirement(h.id("assign.third-party-admin")), func(ctx SpecContext) {
		p := h.lease(ctx)

		given := org.Send(ctx, Call(h.assign, p.ID).Query("disableNotifications", "true").With(standard(readOnlyAdmin)))
		Expect(given).To(BeAccepted())
		list := org.Send(ctx, Call(h.list, p.ID))
		Expect(types(listed(list))).To(Equal([]string{readOnlyAdmin}), list.Line())
	})
}
