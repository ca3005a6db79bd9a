package suites

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

func init() {
	for _, kind := range []Kind{Users, Groups} {
		Scene(kind.System, "A "+kind.Noun+" as a third-party admin", func(s *Stage) {
			var p Principal
			s.Arrange(func(ctx SpecContext) { p = s.Principal(ctx, kind) })

			s.Step("is given a role", kind.ID("assign.third-party-admin"), func(ctx SpecContext) {
				quietly := p.Assign(Standard(ReadOnlyAdmin)).Query("disableNotifications", "true")
				Expect(s.Send(ctx, quietly)).To(BeAccepted())
				s.Eventually(ctx, p.List()).Should(HaveRoles(ReadOnlyAdmin))
			})
		})
	}
}

var _ = Scene("user-roles", "A role that is given, taken away and given again", func(s *Stage) {
	var p Principal
	var role Role
	s.Arrange(func(ctx SpecContext) { p = s.User(ctx) })

	s.Step("is given to a user who was never activated", "user-roles.assign.staged-user", func(ctx SpecContext) {
		if s.IsGiven(Users) {
			s.Unobservable("it is not known whether a given user was ever activated")
		}
		given := s.Send(ctx, p.Assign(Standard(ReadOnlyAdmin)))
		s.Accepted(given)
		list := s.Eventually(ctx, p.List()).ForLater(HaveRoles(ReadOnlyAdmin))
		role = RoleIn(p, ReadOnlyAdmin, list, given)
	})

	s.Step("can be given again", "user-roles.unassign.assign-again", func(ctx SpecContext) {
		if s.IsGiven(Users) {
			role = s.Give(ctx, p, ReadOnlyAdmin)
		}
		s.Need(ctx, p.Unassign(role.Assignment))
		var again *Answer
		// For a while after the removal an org may refuse. A refused assignment changes nothing, so that it may be sent again.
		s.Await(ctx, "giving a role again", func() bool {
			again = s.Send(ctx, p.Assign(Standard(ReadOnlyAdmin)))
			return again.Status() != 409 && again.Status() != 400
		})
		Expect(again).To(BeAccepted())
	})
})

var _ = Scene("user-roles", "What the page of 2014 alone says of a user's roles", func(s *Stage) {
	var p Principal
	var userAdmin, readOnly, list *Answer
	s.Arrange(func(ctx SpecContext) { p = s.User(ctx) })

	s.Step("label, type and status are never left out", "user-roles.legacy.label-type-status-not-null", func(ctx SpecContext) {
		userAdmin = s.Send(ctx, p.Assign(Standard(UserAdmin)))
		readOnly = s.Send(ctx, p.Assign(Standard(ReadOnlyAdmin)))
		list = s.Arranged(ctx, p.List()).Should(IncludeRoles(ReadOnlyAdmin, UserAdmin))
		aText := BeAssignableToTypeOf("")
		for _, member := range []string{"label", "type", "status"} {
			Expect(userAdmin).To(HaveJSON(member, aText))
			Expect(readOnly).To(HaveJSON(member, aText))
			Expect(list).To(HaveJSON("*."+member, HaveEach(aText)))
		}
	})

	s.Aside("description and dates may be left out", "user-roles.legacy.description-and-dates-optional", func(SpecContext) {
		date := Satisfying("be a date", func(v any) bool {
			text, _ := v.(string)
			_, err := time.Parse(time.RFC3339, text)
			return err == nil
		})
		Expect(list).To(HaveJSON("*.description", HaveEach(Or(BeNil(), BeAssignableToTypeOf("")))))
		Expect(list).To(HaveJSON("*.created", HaveEach(Or(BeNil(), date))))
		Expect(list).To(HaveJSON("*.lastUpdated", HaveEach(Or(BeNil(), date))))
		for _, member := range []string{"description", "created", "lastUpdated"} {
			if absent, _ := HaveJSON("*."+member, ContainElement(BeNil())).Match(list); absent {
				s.Note("%s is absent or null", member)
			}
		}
	})

	s.Aside("an older form of expand is taken", "user-roles.legacy.comma-expand-accepted", func(ctx SpecContext) {
		expanded := s.Send(ctx, p.List().Query("expand", "targets/groups,targets/apps"))
		Expect(expanded).To(NotBeAServerError())
		s.Note("answered %d", expanded.Status())
	})

	s.Aside("a removal names what it does not find", "user-roles.legacy.missing-role-named", func(ctx SpecContext) {
		missing := s.Send(ctx, p.Unassign(UnknownAssignment))
		Expect(missing).To(BeRefusedWith(404, CodeNotFound))
		summary := Decode[struct {
			ErrorSummary string `json:"errorSummary"`
		}](missing).ErrorSummary
		if !strings.Contains(summary, UnknownAssignment) || !strings.Contains(summary, "RoleAssignment") {
			s.Note("another wording: %q", summary)
		}
	})
})
