package suites

import (
	"encoding/json"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

var _ = Specs("user-roles", "What the page of 2014 alone says of a user's roles", func() {
	It("never leaves label, type and status out", Requirement("user-roles.legacy.label-type-status-not-null"), func(ctx SpecContext) {
		s := users.standing(ctx)
		org.Cite(s.readOnly, s.scoped)
		list := org.Send(ctx, Call("listAssignedRolesForUser", s.ID))
		Expect(list).To(BeAccepted())

		items := Decode[[]map[string]any](list)
		for _, answer := range []*exchange.Exchange{s.readOnly, s.scoped} {
			items = append(items, Decode[map[string]any](answer))
		}
		Expect(items).To(HaveLen(4), list.Line())
		for _, item := range items {
			for _, member := range []string{"label", "type", "status"} {
				Expect(item[member]).To(BeAssignableToTypeOf(""), "the member %s in %s, or in what the assignment answered", member, list.Line())
			}
		}
	})

	It("may leave description and dates out", Requirement("user-roles.legacy.description-and-dates-optional"), func(ctx SpecContext) {
		s := users.standing(ctx)
		list := org.Send(ctx, Call("listAssignedRolesForUser", s.ID))
		Expect(list).To(BeAccepted())

		for _, item := range Decode[[]map[string]json.RawMessage](list) {
			for _, member := range []string{"description", "created", "lastUpdated"} {
				value, there := item[member]
				if !there || string(value) == "null" {
					org.Note("%s is absent or null", member)
					continue
				}
				var s string
				Expect(json.Unmarshal(value, &s)).To(Succeed(), "the member %s in %s", member, list.Line())
				if member != "description" {
					_, err := time.Parse(time.RFC3339, s)
					Expect(err).NotTo(HaveOccurred(), "the member %s in %s", member, list.Line())
				}
			}
		}
	})

	It("names what a removal does not find", Requirement("user-roles.legacy.missing-role-named"), func(ctx SpecContext) {
		s := users.standing(ctx)
		org.Need(ctx, Call("getUserAssignedRole", s.ID, s.readOnlyID(ctx)))

		refused := org.Send(ctx, Call("unassignRoleFromUser", s.ID, unknownAssignment))
		Expect(refused).To(BeRefusedWith(404, codeNotFound))
		summary := Decode[struct {
			ErrorSummary string `json:"errorSummary"`
		}](refused).ErrorSummary
		if !strings.Contains(summary, unknownAssignment) || !strings.Contains(summary, "RoleAssignment") {
			org.Note("another wording: %q", summary)
		}
	})

	It("takes the older form of expand", Requirement("user-roles.legacy.comma-expand-accepted"), func(ctx SpecContext) {
		s := users.standing(ctx)

		list := org.Send(ctx, Call("listAssignedRolesForUser", s.ID).Query("expand", "targets/groups,targets/apps"))
		Expect(list).To(NotBeAServerError())
		org.Note("answered %d", list.Status())
	})
})
