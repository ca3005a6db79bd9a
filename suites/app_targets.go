package suites

import (
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rolecheck/rolecheck/fixtures"
	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

var _ = Specs("user-role-targets", "Giving a role app targets", func() {
	It("begins with a role that reaches all apps", Requirement("user-role-targets.apps.unscoped-is-empty"), func(ctx SpecContext) {
		m := rolesOfEachType(ctx)
		org.Cite(m.unscoped[appAdmin])

		expectTargets(m.unscoped[appAdmin])
	})

	It("narrows the role with the first catalog app", Requirement("user-role-targets.apps.first-catalog-target-narrows"), func(ctx SpecContext) {
		l := lifeWithCatalog(ctx)
		org.Cite(l.unscoped, l.first.answer, l.first.list)

		expectTargets(l.unscoped)
		Expect(l.first.answer).To(HaveStatus(204))
		expectTargets(l.first.list, l.a)
		Expect(Decode[[]map[string]any](l.first.list)).To(HaveEach(HaveKeyWithValue("name", l.a)), l.first.list.Line())
		Expect(Decode[[]map[string]any](l.first.list)).To(HaveEach(Not(HaveKeyWithValue("id", Not(BeNil())))), l.first.list.Line())
	})

	It("narrows the role with the first instance", Requirement("user-role-targets.apps.first-instance-target-narrows"), func(ctx SpecContext) {
		l := lifeWithInstances(ctx)
		org.Cite(l.unscoped, l.first.answer, l.first.list)

		expectTargets(l.unscoped)
		Expect(l.first.answer).To(HaveStatus(204))
		expectTargets(l.first.list, l.a.ID)
	})

	It("puts a catalog app in the place of its instances", Requirement("user-role-targets.apps.catalog-replaces-instances"), func(ctx SpecContext) {
		l := mixedTargets(ctx)
		arranged(l.mixed.answer, l.both.answer)
		org.Cite(l.whole.answer, l.whole.list)

		Expect(l.whole.answer).To(BeAccepted())
		expectOnce(l.whole.list, l.a.key)
		Expect(targetNames(l.whole.list)).NotTo(ContainElement(l.a.ID), l.whole.list.Line())
		Expect(targetNames(l.whole.list)).NotTo(ContainElement(l.b.ID), l.whole.list.Line())
	})

	It("never has an app whole and in part", Requirement("user-role-targets.apps.never-both-for-one-app"), func(ctx SpecContext) {
		l := mixedTargets(ctx)
		arranged(l.whole.answer)
		org.Cite(l.whole.list, l.part.answer, l.part.list)

		if accepted(l.part.answer) {
			Expect(l.part.answer).To(HaveStatus(204))
			expectOnce(l.part.list, l.a.ID)
			Expect(targetNames(l.part.list)).NotTo(ContainElement(l.a.key), l.part.list.Line())
			org.Note("the instance takes the place of its catalog app")
			return
		}
		Expect(l.part.answer).To(BeRefused())
		Expect(targetNames(l.part.list)).NotTo(ContainElement(l.a.ID), l.part.list.Line())
		expectSame(l.part.list, l.whole.list)
		org.Note("an instance is refused beside its catalog app, with %d", l.part.answer.Status())
	})

	It("mixes a catalog app with an instance of another app", Requirement("user-role-targets.apps.different-apps-mix"), func(ctx SpecContext) {
		l := mixedTargets(ctx)
		org.Cite(l.catalog.answer, l.mixed.answer, l.mixed.list)

		Expect(l.catalog.answer).To(HaveStatus(204))
		Expect(l.mixed.answer).To(HaveStatus(204))
		expectOnce(l.mixed.list, l.other)
		expectOnce(l.mixed.list, l.a.ID)
	})

	It("takes two instances of one app", Requirement("user-role-targets.apps.two-instances-coexist"), func(ctx SpecContext) {
		l := lifeWithInstances(ctx)
		org.Cite(l.first.answer, l.second.answer, l.second.list)

		Expect(l.first.answer).To(BeAccepted())
		Expect(l.second.answer).To(BeAccepted())
		expectOnce(l.second.list, l.a.ID)
		expectOnce(l.second.list, l.b.ID)
	})

	It("is harmless when repeated", Requirement("user-role-targets.apps.repeated-put-harmless"), func(ctx SpecContext) {
		c, i := lifeWithCatalog(ctx), lifeWithInstances(ctx)
		arranged(c.second.answer, i.second.answer)
		notRemoved(c.last, i.last)
		org.Cite(c.repeated.answer, c.repeated.list, i.repeated.answer, i.repeated.list)

		Expect(c.repeated.answer).To(HaveStatus(204))
		expectOnce(c.repeated.list, c.b)
		Expect(i.repeated.answer).To(HaveStatus(204))
		expectOnce(i.repeated.list, i.b.ID)
	})

	It("widens the role with all apps", Requirement("user-role-targets.apps.all-apps-widens"), func(ctx SpecContext) {
		l := lifeWithInstances(ctx)
		arranged(l.first.answer)
		org.Cite(l.widened.answer, l.widened.list)

		Expect(l.widened.answer).To(BeAccepted())
		org.Note("answered %d", l.widened.answer.Status())
		Expect(trimmed(l.widened.answer)).To(BeEmpty(), l.widened.answer.Line())
		expectTargets(l.widened.list)
	})

	It("lasts no longer than the role", Requirement("user-role-targets.apps.recreated-role-unscoped"), func(ctx SpecContext) {
		l := lifeWithInstances(ctx)
		arranged(l.narrowed.answer, l.renewed.taken, l.renewed.given)
		org.Cite(l.renewed.list)

		expectTargets(l.renewed.list)
	})
})

var _ = Specs("user-role-targets", "Giving app targets that cannot be", func() {
	It("is refused as all apps for a role that groups are for", Requirement("user-role-targets.apps.all-apps-wrong-role-refused"), func(ctx SpecContext) {
		m := rolesOfEachType(ctx)
		// The role reaches all apps already, and does so afterwards.
		org.Need(ctx, m.role(appAdmin).addAllApps())

		refused := org.Send(ctx, m.role(userAdmin).addAllApps())
		Expect(refused).To(BeRefused(codeWrongRole))
	})

	It("is refused for a role that groups are for", Requirement("user-role-targets.apps.wrong-role-refused"), func(ctx SpecContext) {
		a := appsAtUserAdmin(ctx)

		for _, refused := range a.answers {
			Expect(refused).To(BeRefused())
		}
		a.leftNoTrace()
	})

	It("is refused for an app that the catalog does not have", Requirement("user-role-targets.apps.unknown-app-refused"), func(ctx SpecContext) {
		l := lifeWithCatalog(ctx)
		arranged(l.first.answer)
		org.Cite(l.unknown.answer, l.unknown.list)

		Expect(l.unknown.answer).To(BeRefused())
		expectSame(l.unknown.list, l.repeated.list)
	})

	It("is refused for an unknown instance", Requirement("user-role-targets.apps.unknown-instance-refused"), func(ctx SpecContext) {
		l := lifeWithInstances(ctx)
		arranged(l.first.answer)
		org.Cite(l.unknown.answer, l.unknown.list)

		Expect(l.unknown.answer).To(BeRefused())
		expectSame(l.unknown.list, l.repeated.list)
	})

	It("does not find what is unknown", Requirement("user-role-targets.apps.unknown-target-404"), func(ctx SpecContext) {
		c, i := lifeWithCatalog(ctx), lifeWithInstances(ctx)
		arranged(c.first.answer, i.first.answer)
		org.Cite(c.unknown.answer, i.unknown.answer)

		expectUnknown(c.unknown.answer)
		expectUnknown(i.unknown.answer)
	})

	It("is refused for an instance of another app", Requirement("user-role-targets.apps.instance-of-other-app-refused"), func(ctx SpecContext) {
		l := mixedTargets(ctx)
		arranged(l.both.answer)
		org.Cite(l.misnamed.answer, l.misnamed.list)

		Expect(l.misnamed.answer).To(BeRefused())
		expectSame(l.misnamed.list, l.part.list)
	})
})

var _ = Specs("user-role-targets", "Taking app targets away", func() {
	It("removes one of two catalog apps", Requirement("user-role-targets.apps.catalog-target-removed"), func(ctx SpecContext) {
		l := lifeWithCatalog(ctx)
		arranged(l.first.answer, l.second.answer)
		org.Cite(l.removed.answer, l.removed.list)

		Expect(l.removed.answer).To(HaveStatus(204))
		expectTargets(l.removed.list, l.b)
	})

	It("removes one of two instances", Requirement("user-role-targets.apps.instance-target-removed"), func(ctx SpecContext) {
		l := lifeWithInstances(ctx)
		arranged(l.first.answer, l.second.answer)
		org.Cite(l.removed.answer, l.removed.list)

		Expect(l.removed.answer).To(HaveStatus(204))
		expectTargets(l.removed.list, l.b.ID)
	})

	It("leaves the last catalog app", Requirement("user-role-targets.apps.last-catalog-target-stays"), func(ctx SpecContext) {
		l := lifeWithCatalog(ctx)
		arranged(l.removed.answer)
		arrangedTargets(l.removed.list, l.b)
		org.Cite(l.last.answer, l.last.list)

		Expect(l.last.answer).To(BeRefused())
		Expect(targetNames(l.last.list)).To(ContainElement(l.b), l.last.list.Line())
	})

	It("leaves the last instance", Requirement("user-role-targets.apps.last-instance-target-stays"), func(ctx SpecContext) {
		l := lifeWithInstances(ctx)
		arranged(l.removed.answer)
		arrangedTargets(l.removed.list, l.b.ID)
		org.Cite(l.last.answer, l.last.list)

		Expect(l.last.answer).To(BeRefused())
		Expect(targetNames(l.last.list)).To(ContainElement(l.b.ID), l.last.list.Line())
	})

	It("answers 400 for the last one", Requirement("user-role-targets.apps.last-target-400"), func(ctx SpecContext) {
		c, i := lifeWithCatalog(ctx), lifeWithInstances(ctx)
		arranged(c.removed.answer, i.removed.answer)
		arrangedTargets(c.removed.list, c.b)
		arrangedTargets(i.removed.list, i.b.ID)
		org.Cite(c.last.answer, i.last.answer)

		Expect(c.last.answer).To(HaveStatus(400))
		Expect(i.last.answer).To(HaveStatus(400))
	})

	It("does not find what is no target", Requirement("user-role-targets.apps.remove-non-target-404"), func(ctx SpecContext) {
		c, i, l := lifeWithCatalog(ctx), lifeWithInstances(ctx), mixedTargets(ctx)
		arranged(c.removed.answer, i.removed.answer)
		org.Cite(l.strangerApp.answer, l.strangerApp.list, l.strangerInstance.answer, l.strangerInstance.list)

		Expect(l.strangerApp.answer).To(BeRefusedWith(404))
		expectSame(l.strangerApp.list, l.mixed.list)
		Expect(l.strangerInstance.answer).To(BeRefusedWith(404))
		expectSame(l.strangerInstance.list, l.strangerApp.list)
	})
})

var _ = Specs("user-role-targets", "Listing a role's app targets", func() {
	It("gives no more entries than asked for", Requirement("user-role-targets.apps.limit-honoured"), func(ctx SpecContext) {
		l := lifeWithInstances(ctx)
		arranged(l.first.answer, l.second.answer)

		l.pages.expectSmallPages()
	})

	It("gives every target on its pages", Requirement("user-role-targets.apps.pages-cover-all"), func(ctx SpecContext) {
		l := lifeWithInstances(ctx)
		arranged(l.first.answer, l.second.answer)

		l.pages.expectAll(l.a.ID, l.b.ID)
	})

	It("bears with a deleted app", Requirement("user-role-targets.apps.deleted-app-recorded"), func(ctx SpecContext) {
		app, err := maker.App(ctx)
		if err != nil {
			Block("%v", err)
		}
		p := users.lease(ctx)
		role := userRole{p.ID, p.give(ctx, appAdmin)}
		org.Need(ctx, role.addInstance(instance{app.ID, fixtures.AppKey}))
		if err := maker.Remove(ctx, app); err != nil {
			Block("%v", err)
		}

		targets := org.Send(ctx, role.apps())
		Expect(targets).To(NotBeAServerError())
		roles := org.Send(ctx, Call("listAssignedRolesForUser", p.ID))
		Expect(roles).To(NotBeAServerError())
		Expect(org.Send(ctx, Call("getUserAssignedRole", p.ID, role.id))).To(NotBeAServerError())
		org.Note("%s", afterDeletion(targets, roles))
	})
})

// afterDeletion says in words what became of a role whose only target is gone.
func afterDeletion(targets, roles *exchange.Exchange) string {
	held := roles.Status() == 200 && slices.Contains(types(listed(roles)), appAdmin)
	switch {
	case !held:
		return "the role vanished from the user"
	case targets.Status() != 200:
		return "the role stays, and its targets cannot be listed: " + targets.Line()
	case len(targetNames(targets)) == 0:
		return "the role stays, with an empty list of targets"
	default:
		return "the role stays, scoped to " + strings.Join(targetNames(targets), ", ")
	}
}
