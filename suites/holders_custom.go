package suites

import (
	"encoding/json"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// Ids that name nothing.
const (
	unknownCustomRole  = "cr0rolecheckunknown0"
	unknownResourceSet = "iamrolecheckunknown0"
)

// iamBased is a standard role that is built on a custom role and a resource set of the org's own.
const iamBased = "ACCESS_REQUESTS_ADMIN"

// assigningCustom plants the specs about giving custom roles that users, groups and client apps have in common.
func assigningCustom(h *holders) {
	It("gives a custom role", Requirement(h.id("custom.assigned")), func(ctx SpecContext) {
		p := h.customAttempt(ctx)
		org.Cite(p.answer)

		Expect(p.answer).To(BeAccepted())
		got := h.newAssignment(ctx, p.principal, p.answer)
		Expect(got.Type).To(Equal("CUSTOM"), p.answer.Line())
		Expect(got.Role).To(Equal(customRoleFixture(ctx).ID), p.answer.Line())
		Expect(got.ResourceSet).To(Equal(resourceSetFixture(ctx).ID), p.answer.Line())
	})

	It("refuses an incomplete custom role", Requirement(h.id("custom.incomplete-refused")), func(ctx SpecContext) {
		p, role, set := h.customHolder(ctx), customRoleFixture(ctx).ID, resourceSetFixture(ctx).ID
		org.Cite(p.answer)

		for name, body := range map[string]map[string]string{
			"no resource-set": {"type": "CUSTOM", "role": role},
			"no role":         {"type": "CUSTOM", "resource-set": set},
		} {
			refused := org.Send(ctx, Call(h.assign, p.ID).With(body).Defective(name))
			Expect(refused).To(BeRefusedWith(400), name)
		}
	})

	It("refuses a custom role of unknown parts", Requirement(h.id("custom.unknown-parts-refused")), func(ctx SpecContext) {
		p, role, set := h.customHolder(ctx), customRoleFixture(ctx).ID, resourceSetFixture(ctx).ID
		org.Cite(p.answer)
		before := listed(org.Need(ctx, Call(h.list, p.ID)))

		for name, body := range map[string]map[string]string{
			"unknown role":         custom(unknownCustomRole, set),
			"unknown resource set": custom(role, unknownResourceSet),
		} {
			refused := org.Send(ctx, Call(h.assign, p.ID).With(body))
			Expect(refused).To(BeRefused(), name)
			Expect(refused).To(HaveStatus(404, 400), name)
		}
		list := org.Send(ctx, Call(h.list, p.ID))
		Expect(types(listed(list))).To(Equal(types(before)), list.Line())
	})

	It("shows a custom role as a member of its binding", Requirement(h.id("custom.is-binding-member")), func(ctx SpecContext) {
		p := h.customHolder(ctx)
		org.Cite(p.answer)

		org.Eventually(ctx, func(g Gomega) {
			members := maker.BindingMembers(ctx, resourceSetFixture(ctx).ID, customRoleFixture(ctx).ID)
			g.Expect(members).To(HaveStatus(200))
			list := Decode[struct {
				Members []struct {
					ID    string          `json:"id"`
					Links map[string]link `json:"_links"`
				} `json:"members"`
			}](members)
			g.Expect(list.Members).To(ContainElement(HaveField("ID", p.role)), members.Line())
		})
	})

	It("answers to an IAM-based role as to a custom one", Requirement(h.id("iam-based.answered-like-custom")), func(ctx SpecContext) {
		p := h.lease(ctx)

		given := org.Send(ctx, Call(h.assign, p.ID).With(standard(iamBased)))
		switch given.Status() {
		case 400, 401, 403:
			Unsupported("the org does not give %s: %s", iamBased, given.Line())
		}
		Expect(given).To(BeAccepted())
		got := h.newAssignment(ctx, p, given)
		Expect(got.Type).To(Equal(iamBased), given.Line())
		Expect(got.Role).NotTo(BeEmpty(), given.Line())
		Expect(got.ResourceSet).NotTo(BeEmpty(), given.Line())
	})
}

// refusingDuplicateCustom plants the spec about giving a custom role twice, which users and groups have.
func refusingDuplicateCustom(h *holders) {
	It("refuses a custom role that is held already", Requirement(h.id("custom.duplicate-refused")), func(ctx SpecContext) {
		p := h.customHolder(ctx)
		org.Cite(p.answer)

		again := org.Send(ctx, Call(h.assign, p.ID).With(custom(customRoleFixture(ctx).ID, resourceSetFixture(ctx).ID)))
		Expect(again).To(BeRefusedWith(409))
	})
}

// unassigningCustom plants the spec about taking a custom role away.
func unassigningCustom(h *holders) {
	It("removes a custom role by its binding's member", Requirement(h.id("custom.removed-by-its-id")), func(ctx SpecContext) {
		p := h.lease(ctx)
		given := org.Need(ctx, Call(h.assign, p.ID).With(custom(customRoleFixture(ctx).ID, resourceSetFixture(ctx).ID)))
		id := h.newAssignment(ctx, p, given).ID

		removed := org.Send(ctx, Call(h.unassign, p.ID, id))
		Expect(removed).To(BeAccepted())
		org.Eventually(ctx, func(g Gomega) {
			list := org.Send(ctx, Call(h.list, p.ID))
			g.Expect(list).To(BeAccepted())
			g.Expect(listed(list)).To(BeEmpty(), list.Line())
		})
	})
}

// newAssignment is the assignment that an answer holds, or the only one of its type that the list shows where the answer
// came without a body, which that of a group may.
func (h *holders) newAssignment(ctx SpecContext, p principal, given *exchange.Exchange) assignment {
	if len(trimmed(given)) > 0 || h != groups {
		return assigned(given)
	}
	var asked struct {
		Type string `json:"type"`
	}
	Expect(json.Unmarshal(given.Request.Body.Bytes, &asked)).To(Succeed())
	list := org.Send(ctx, Call(h.list, p.ID))
	roles := ofType(listed(list), asked.Type)
	Expect(roles).To(HaveLen(1), list.Line())
	return roles[0]
}

// customHolder is a principal that was given one custom role, for specs that leave it as it is.
type customHolder struct {
	principal
	// role is the assignment's id, and answer what the org said when it was given.
	role   string
	answer *exchange.Exchange
}

func (h *holders) customHolder(ctx SpecContext) *customHolder {
	p := h.customAttempt(ctx)
	if p.answer.Status() < 200 || p.answer.Status() > 299 {
		Block("could not arrange the check: %s", p.answer.Line())
	}
	if p.role == "" {
		p.role = h.newAssignment(ctx, p.principal, p.answer).ID
	}
	return p
}

// customAttempt is customHolder for the spec that judges how the role was given, whatever the answer was.
func (h *holders) customAttempt(ctx SpecContext) *customHolder {
	if h.withCustom == nil {
		p := h.sharedScopes(ctx)
		answer := org.Send(ctx, Call(h.assign, p.ID).With(custom(customRoleFixture(ctx).ID, resourceSetFixture(ctx).ID)))
		h.withCustom = &customHolder{principal: p, answer: answer}
	}
	return h.withCustom
}
