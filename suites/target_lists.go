package suites

import (
	"fmt"
	"net/url"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("user-role-targets", "Roles that were never narrowed", func(s *Stage) {
	var userAdmin, helpDesk, membership, appAdmin Role
	var lists []Request
	s.Arrange(func(ctx SpecContext) {
		roles := s.GiveEach(ctx, s.User(ctx), UserAdmin, HelpDeskAdmin, GroupMembershipAdmin, AppAdmin)
		userAdmin, helpDesk, membership, appAdmin = roles[0], roles[1], roles[2], roles[3]
		lists = []Request{userAdmin.ListGroups(), appAdmin.ListApps()}
	})

	s.Aside("have an empty list of groups", "user-role-targets.groups.unscoped-is-empty", func(ctx SpecContext) {
		for _, role := range []Role{userAdmin, helpDesk, membership} {
			s.Eventually(ctx, role.ListGroups()).Should(HaveTargets())
		}
	})

	s.Aside("have an empty list of apps", "user-role-targets.apps.unscoped-is-empty", func(ctx SpecContext) {
		s.Eventually(ctx, appAdmin.ListApps()).Should(HaveTargets())
	})

	s.Aside("have lists that name themselves in a link", "user-role-targets.pages.link-header", func(ctx SpecContext) {
		for _, list := range lists {
			page := s.Eventually(ctx, list).Should(BeAccepted())
			Expect(page).To(linkToItself(list))
		}
	})

	s.Aside("have lists that bear odd sizes and cursors", "user-role-targets.pages.odd-limits-no-server-error", func(ctx SpecContext) {
		for _, list := range lists {
			s.Arranged(ctx, list).Should(BeAccepted())
			for _, odd := range [][2]string{{"limit", "0"}, {"limit", "201"}, {"limit", "abc"}, {"after", "rolecheck-never-issued"}} {
				page := s.Send(ctx, list.Query(odd[0], odd[1]).Defective("an odd "+odd[0]))
				Expect(page).To(NotBeAServerError())
				s.Note("%s with %s=%s: %d", page.Operation.ID, odd[0], odd[1], page.Status())
			}
		}
	})

	s.Aside("are not given all apps when groups are what they are for", "user-role-targets.apps.all-apps-wrong-role-refused", func(ctx SpecContext) {
		// The APP_ADMIN role reaches all apps already, and does so afterwards.
		s.Need(ctx, appAdmin.AddAllApps())
		Expect(s.Send(ctx, userAdmin.AddAllApps())).To(BeRefused(CodeWrongRole))
	})

	s.Aside("have no lists with a user who does not exist", "user-role-targets.roles.unknown-user-lists-404", func(ctx SpecContext) {
		// The user's own roles of the same ids get targets, so that an answer with those would show.
		if s.Org().Target.Has([]string{Groups.Feature}) {
			group := s.Group(ctx)
			s.Need(ctx, userAdmin.AddGroup(group))
			s.Arranged(ctx, userAdmin.ListGroups()).Should(HaveTargets(group.ID))
		}
		if s.Org().Target.Has([]string{"apps"}) {
			instance, _ := s.Instances(ctx)
			s.Need(ctx, appAdmin.AddInstance(instance))
			s.Arranged(ctx, appAdmin.ListApps()).Should(HaveTargets(instance.ID))
		}

		nobody := Users.Of(Users.Unknown)
		Expect(s.Send(ctx, userAdmin.At(nobody).ListGroups())).To(BeRefusedWith(404, CodeNotFound))
		Expect(s.Send(ctx, appAdmin.At(nobody).ListApps())).To(BeRefusedWith(404, CodeNotFound))
	})
})

// linkToItself expects a link of the relation self with the absolute URL of the list. The host may be another one.
func linkToItself(list Request) types.GomegaMatcher {
	path := list.Message().Path
	return Matching(`a header Link with <…`+path+`>; rel="self"`, func(a *Answer) string {
		u, err := url.Parse(LinkTo(a, "self"))
		if err == nil && u.IsAbs() && u.Host != "" && strings.HasSuffix(u.EscapedPath(), path) {
			return ""
		}
		return fmt.Sprintf("%q", a.Response.Header.Values("Link"))
	})
}
