package suites

import (
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rolecheck/rolecheck/fixtures"
	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

var _ = Scene("user-role-targets", "An APP_ADMIN role and apps of the catalog", func(s *Stage) {
	var role Role
	var a, b string
	s.Arrange(func(ctx SpecContext) {
		a, b = s.CatalogApps()
		role = s.Give(ctx, s.User(ctx), AppAdmin)
	})

	s.Step("is narrowed by the first one", "user-role-targets.apps.first-catalog-target-narrows", func(ctx SpecContext) {
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets())
		first := s.Send(ctx, role.AddApp(a))
		if first.Status() == 404 {
			s.Note("where the org's catalog has no app %q, the setting catalog-apps names others", a)
		}
		Expect(first).To(HaveStatus(204))
		list := s.Eventually(ctx, role.ListApps()).Should(HaveTargets(a))
		Expect(list).To(HaveJSON("*.name", ConsistOf(a)))
		Expect(list).To(HaveJSON("*.id", Each("absent", IsAbsent)))
	})

	s.Step("loses one of two and keeps the other", "user-role-targets.apps.catalog-target-removed", func(ctx SpecContext) {
		s.Need(ctx, role.AddApp(b))
		s.Arranged(ctx, role.ListApps()).Should(HaveTargets(a, b))
		Expect(s.Send(ctx, role.RemoveApp(a))).To(HaveStatus(204))
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(b))
	})

	s.Aside("keeps the last one", "user-role-targets.apps.last-catalog-target-stays", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.RemoveApp(b))).To(BeRefused())
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(b))
	})

	s.Aside("does not take one that the catalog does not have", "user-role-targets.apps.unknown-app-refused", func(ctx SpecContext) {
		s.Arranged(ctx, role.ListApps()).Should(HaveTargets(b))
		Expect(s.Send(ctx, role.AddApp(UnknownApp))).To(BeRefused())
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(b))
	})
})

var _ = Scene("user-role-targets", "An APP_ADMIN role and two instances of an app", func(s *Stage) {
	var role Role
	var a, b Instance
	var pages []*Answer
	s.Arrange(func(ctx SpecContext) {
		a, b = s.Instances(ctx)
		role = s.Give(ctx, s.User(ctx), AppAdmin)
	})

	s.Step("is narrowed by the first one", "user-role-targets.apps.first-instance-target-narrows", func(ctx SpecContext) {
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets())
		Expect(s.Send(ctx, role.AddInstance(a))).To(HaveStatus(204))
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(a.ID))
	})

	s.Step("takes the second one beside it", "user-role-targets.apps.two-instances-coexist", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.AddInstance(b))).To(BeAccepted())
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(a.ID, b.ID))
	})

	s.Step("lists no more of them than asked for", "user-role-targets.apps.limit-honoured", func(ctx SpecContext) {
		pages = s.Pages(ctx, role.ListApps(), 1, 5)
		for _, page := range pages {
			Expect(page).To(HaveAtMostTargets(1))
		}
	})

	s.Aside("lists both on its pages", "user-role-targets.apps.pages-cover-all", func(ctx SpecContext) {
		last := pages[len(pages)-1]
		Expect(last).To(Show("the next page after the last one", NextPage, ""))
		Expect(last).To(HaveTargetsOn(pages, a.ID, b.ID))
	})

	s.Aside("loses one of them and keeps the other", "user-role-targets.apps.instance-target-removed", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.RemoveInstance(a))).To(HaveStatus(204))
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(b.ID))
	})
})

var _ = Scene("user-role-targets", "An APP_ADMIN role that is narrowed to an app instance", func(s *Stage) {
	var role Role
	var a, b Instance
	s.Arrange(func(ctx SpecContext) {
		a, b = s.Instances(ctx)
		role = s.Give(ctx, s.User(ctx), AppAdmin)
		s.Need(ctx, role.AddInstance(a))
		s.Arranged(ctx, role.ListApps()).Should(HaveTargets(a.ID))
	})

	s.Aside("does not take an unknown one", "user-role-targets.apps.unknown-instance-refused", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.AddInstance(Instance{ID: UnknownInstance, Key: a.Key}))).To(BeRefused())
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(a.ID))
	})

	s.Aside("keeps its last one", "user-role-targets.apps.last-instance-target-stays", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.RemoveInstance(a))).To(BeRefused())
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(a.ID))
	})

	s.Aside("reaches all apps again when it is given them", "user-role-targets.apps.all-apps-widens", func(ctx SpecContext) {
		s.Need(ctx, role.AddInstance(b))
		s.Arranged(ctx, role.ListApps()).Should(IncludeTarget(b.ID))
		widened := s.Send(ctx, role.AddAllApps())
		Expect(widened).To(BeAccepted())
		Expect(widened).To(HaveNoBody())
		s.Note("answered %d", widened.Status())
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets())
	})

	s.Aside("reaches all apps when it is taken away and given again", "user-role-targets.apps.recreated-role-unscoped", func(ctx SpecContext) {
		s.Need(ctx, role.AddInstance(b))
		s.Arranged(ctx, role.ListApps()).Should(IncludeTarget(b.ID))
		s.Need(ctx, role.Unassign(role.Assignment))
		s.Arranged(ctx, role.List()).Should(LackRole(AppAdmin))

		again := s.Give(ctx, role.Principal, AppAdmin)
		s.Eventually(ctx, again.ListApps()).Should(HaveTargets())
	})
})

var _ = Scene("user-role-targets", "An APP_ADMIN role with a catalog app and instances of another app", func(s *Stage) {
	var role, userAdmin Role
	var app, other string
	var a, b Instance
	s.Arrange(func(ctx SpecContext) {
		app, other = s.CatalogApps()
		a, b = s.Instances(ctx)
		roles := s.GiveEach(ctx, s.User(ctx), AppAdmin, UserAdmin)
		role, userAdmin = roles[0], roles[1]
	})

	s.Step("has an app and an instance of another", "user-role-targets.apps.different-apps-mix", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.AddApp(app))).To(HaveStatus(204))
		Expect(s.Send(ctx, role.AddInstance(a))).To(HaveStatus(204))
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(app, a.ID))
	})

	s.Aside("is beside a role that takes neither", "user-role-targets.apps.wrong-role-refused", func(ctx SpecContext) {
		Expect(s.Send(ctx, userAdmin.AddApp(other))).To(BeRefused())
		Expect(s.Send(ctx, userAdmin.AddInstance(b))).To(BeRefused())
		s.Eventually(ctx, userAdmin.ListApps()).Should(HaveNoTargets())
		s.Eventually(ctx, userAdmin.ListGroups()).Should(And(LackTarget(other), LackTarget(b.ID)))
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(app, a.ID))
	})

	s.Aside("takes either again without harm", "user-role-targets.apps.repeated-put-harmless", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.AddApp(app))).To(HaveStatus(204))
		Expect(s.Send(ctx, role.AddInstance(a))).To(HaveStatus(204))
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(app, a.ID))
	})

	s.Aside("does not find what is no target of it", "user-role-targets.apps.remove-non-target-404", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.RemoveApp(other))).To(BeRefusedWith(404))
		Expect(s.Send(ctx, role.RemoveInstance(b))).To(BeRefusedWith(404))
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(app, a.ID))
	})

	s.Step("has an app in the place of its instances", "user-role-targets.apps.catalog-replaces-instances", func(ctx SpecContext) {
		s.Need(ctx, role.AddInstance(b))
		s.Arranged(ctx, role.ListApps()).Should(IncludeTarget(b.ID))
		Expect(s.Send(ctx, role.AddApp(a.Key))).To(BeAccepted())
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(app, a.Key))
	})

	s.Aside("never has an app whole and in part", "user-role-targets.apps.never-both-for-one-app", func(ctx SpecContext) {
		part := s.Send(ctx, role.AddInstance(a))
		if part.OK() {
			s.Note("the instance takes the place of its catalog app")
			Expect(part).To(HaveStatus(204))
			s.Eventually(ctx, role.ListApps()).Should(HaveTargets(app, a.ID))
			return
		}
		s.Note("an instance is refused beside its catalog app, with %d", part.Status())
		Expect(part).To(BeRefused())
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(app, a.Key))
	})

	s.Aside("does not take an instance by the name of another app", "user-role-targets.apps.instance-of-other-app-refused", func(ctx SpecContext) {
		before := s.Arranged(ctx, role.ListApps()).Should(LackTarget(b.ID))
		Expect(s.Send(ctx, role.AddInstance(Instance{ID: b.ID, Key: other}))).To(BeRefused())
		s.Eventually(ctx, role.ListApps()).Should(HaveTargets(Targets(before)...))
	})

	s.Aside("does not find what is unknown", "user-role-targets.apps.unknown-target-404", func(ctx SpecContext) {
		unknownApp := s.Send(ctx, role.AddApp(UnknownApp))
		Expect(unknownApp).To(BeRefusedAsUnknownTarget())
		s.NoteOlderForm(unknownApp)
		unknownInstance := s.Send(ctx, role.AddInstance(Instance{ID: UnknownInstance, Key: a.Key}))
		Expect(unknownInstance).To(BeRefusedAsUnknownTarget())
		s.NoteOlderForm(unknownInstance)
	})

	s.Aside("answers 400 when it should lose its only target", "user-role-targets.apps.last-target-400", func(ctx SpecContext) {
		s.Need(ctx, role.AddAllApps())
		s.Need(ctx, role.AddApp(app))
		s.Arranged(ctx, role.ListApps()).Should(HaveTargets(app))
		Expect(s.Send(ctx, role.RemoveApp(app))).To(HaveStatus(400))

		s.Need(ctx, role.AddAllApps())
		s.Need(ctx, role.AddInstance(a))
		s.Arranged(ctx, role.ListApps()).Should(HaveTargets(a.ID))
		Expect(s.Send(ctx, role.RemoveInstance(a))).To(HaveStatus(400))
	})
})

var _ = Scene("user-role-targets", "An APP_ADMIN role whose only app is deleted", func(s *Stage) {
	var role Role
	var object fixtures.Object
	s.Arrange(func(ctx SpecContext) {
		var only Instance
		only, object = s.NewInstance(ctx)
		role = s.Give(ctx, s.User(ctx), AppAdmin)
		s.Need(ctx, role.AddInstance(only))
		s.Arranged(ctx, role.ListApps()).Should(HaveTargets(only.ID))
	})

	s.Aside("can be read", "user-role-targets.apps.deleted-app-recorded", func(ctx SpecContext) {
		s.Remove(ctx, object)

		apps, roles := s.Send(ctx, role.ListApps()), s.Send(ctx, role.List())
		Expect(apps).To(NotBeAServerError())
		Expect(roles).To(NotBeAServerError())
		Expect(s.Send(ctx, role.Get(role.Assignment))).To(NotBeAServerError())

		held := func(a Assignment) bool { return a.Type == AppAdmin }
		switch targets := Targets(apps); {
		case !slices.ContainsFunc(Assignments(roles), held):
			s.Note("the role vanished from the user")
		case targets == nil:
			s.Note("the role stays, and its targets cannot be listed: %s", apps.Line())
		case len(targets) == 0:
			s.Note("the role stays, with an empty list of targets")
		default:
			s.Note("the role stays, scoped to %s", strings.Join(targets, ", "))
		}
	})
})
