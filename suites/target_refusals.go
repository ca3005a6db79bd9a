package suites

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("user-role-targets", "Roles that can have no targets, beside two that have some", func(s *Stage) {
	var userAdmin, appAdmin, readOnly Role
	var group, spare, free Principal
	var app, otherApp string
	var instance, otherInstance Instance

	s.Arrange(func(ctx SpecContext) {
		app, otherApp = s.CatalogApps()
		instance, otherInstance = s.Instances(ctx)
		roles := s.GiveEach(ctx, s.User(ctx), UserAdmin, AppAdmin, ReadOnlyAdmin)
		userAdmin, appAdmin, readOnly = roles[0], roles[1], roles[2]
		group, spare, free = s.Group(ctx), s.Group(ctx), s.Group(ctx)
		s.Need(ctx, userAdmin.AddGroup(group))
		s.Need(ctx, userAdmin.AddGroup(spare))
		s.Need(ctx, appAdmin.AddApp(app))
		s.Need(ctx, appAdmin.AddInstance(instance))
		s.Arranged(ctx, userAdmin.ListGroups()).Should(HaveTargets(group.ID, spare.ID))
		s.Arranged(ctx, appAdmin.ListApps()).Should(HaveTargets(app, instance.ID))
	})

	// Each write would change something if it were made for the roles that have targets.
	groupWrites := func(r Role) []Request { return []Request{r.AddGroup(free), r.RemoveGroup(group)} }
	appWrites := func(r Role) []Request {
		return []Request{
			r.AddApp(otherApp), r.RemoveApp(app), r.AddInstance(otherInstance), r.RemoveInstance(instance), r.AddAllApps(),
		}
	}
	lists := func(r Role) []Request { return []Request{r.ListGroups(), r.ListApps()} }
	nothingChanged := func(ctx SpecContext) {
		s.Eventually(ctx, userAdmin.ListGroups()).Should(HaveTargets(group.ID, spare.ID))
		s.Eventually(ctx, appAdmin.ListApps()).Should(HaveTargets(app, instance.ID))
	}

	s.Aside("because nobody holds them", "user-role-targets.roles.unknown-404", func(ctx SpecContext) {
		unknown := Role{Principal: userAdmin.Principal, Assignment: UnknownAssignment}
		for _, call := range slices.Concat(groupWrites(unknown), appWrites(unknown), lists(unknown)) {
			Expect(s.Send(ctx, call)).To(BeRefusedWith(404, CodeNotFound))
		}
		nothingChanged(ctx)
	})

	s.Aside("because their user does not exist", "user-role-targets.roles.unknown-user-refused", func(ctx SpecContext) {
		nobody := Users.Of(Users.Unknown)
		groups, apps := userAdmin.At(nobody), appAdmin.At(nobody)
		for _, write := range slices.Concat(groupWrites(groups), appWrites(apps)) {
			Expect(s.Send(ctx, write)).To(BeRefusedWith(404, CodeNotFound))
		}
		for _, list := range []Request{groups.ListGroups(), apps.ListApps()} {
			answer := s.Send(ctx, list)
			if answer.Status() == 200 && !s.Org().DocumentsOnly() {
				Expect(answer).To(HaveTargets())
				s.Note("%s answers 200 with an empty list for an unknown user, where the documents say 404", answer.Operation.ID)
				continue
			}
			Expect(answer).To(BeRefusedWith(404))
		}
		nothingChanged(ctx)
	})

	s.Aside("because they are custom", "user-role-targets.roles.custom-refused", func(ctx SpecContext) {
		custom := s.Give(ctx, s.User(ctx), CustomType)
		for _, call := range slices.Concat(groupWrites(custom), appWrites(custom), lists(custom)) {
			Expect(s.Send(ctx, call)).To(BeRefused())
		}
		s.Eventually(ctx, custom.List()).Should(HaveRoles(CustomType))
		nothingChanged(ctx)
	})

	s.Aside("because of their type", "user-role-targets.roles.without-targets-refused", func(ctx SpecContext) {
		Expect(s.Send(ctx, readOnly.AddApp(otherApp))).To(BeRefused())
		Expect(s.Send(ctx, readOnly.AddInstance(otherInstance))).To(BeRefused())
		Expect(s.Send(ctx, readOnly.AddGroup(free))).To(BeRefused())
		nothingChanged(ctx)
	})

	s.Aside("because their targets are of the other kind", "user-role-targets.legacy.wrong-role-code", func(ctx SpecContext) {
		for _, write := range []Request{appAdmin.AddGroup(free), userAdmin.AddApp(otherApp), userAdmin.AddInstance(otherInstance)} {
			refused := s.Send(ctx, write)
			Expect(refused).To(BeRefused(CodeWrongRole))
			Expect(refused).To(HaveStatus(405, 400))
			s.Note("answered %d", refused.Status())
		}
	})
})
