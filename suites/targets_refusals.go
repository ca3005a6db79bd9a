package suites

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

var _ = Specs("user-role-targets", "Targets of roles that have none", func() {
	It("are refused for a role that reaches everything", Requirement("user-role-targets.roles.without-targets-refused"), func(ctx SpecContext) {
		group := provenGroup(ctx)
		key, i := provenApps(ctx)
		role := besideEachOther(ctx).further

		for _, add := range []Request{role.addApp(key), role.addInstance(i), role.addGroup(group)} {
			Expect(org.Send(ctx, add)).To(BeRefused())
		}
	})

	It("are refused for a custom role", Requirement("user-role-targets.roles.custom-refused"), func(ctx SpecContext) {
		group := provenGroup(ctx)
		key, i := provenApps(ctx)
		holder := users.customHolder(ctx)
		role := userRole{holder.ID, holder.role}
		org.Cite(holder.answer)

		for _, call := range slices.Concat(role.lists(), role.appWrites(key, i), role.groupWrites(group)) {
			Expect(org.Send(ctx, call)).To(BeRefused())
		}
	})

	It("are not found for an unknown role", Requirement("user-role-targets.roles.unknown-404"), func(ctx SpecContext) {
		group := provenGroup(ctx)
		key, i := provenApps(ctx)
		role := userRole{rolesOfEachType(ctx).ID, unknownAssignment}

		for _, call := range slices.Concat(role.lists(), role.appWrites(key, i), role.groupWrites(group)) {
			Expect(org.Send(ctx, call)).To(BeRefusedWith(404, codeNotFound))
		}
	})

	It("are not found for an unknown user", Requirement("user-role-targets.roles.unknown-user-refused"), func(ctx SpecContext) {
		group := provenGroup(ctx)
		key, i := provenApps(ctx)
		m := rolesOfEachType(ctx)
		withApps, withGroups := m.of(users.unknown, appAdmin), m.of(users.unknown, userAdmin)

		for _, write := range slices.Concat(withApps.appWrites(key, i), withGroups.groupWrites(group)) {
			Expect(org.Send(ctx, write)).To(BeRefusedWith(404, codeNotFound))
		}
		// These were asked for while somebody's role of that id had targets.
		for _, list := range []*exchange.Exchange{lifeWithInstances(ctx).nowhere, lifeWithGroups(ctx).nowhere} {
			org.Cite(list)
			if list.Status() == 200 && !org.DocumentsOnly() {
				expectTargets(list)
				org.Note("200 with an empty list for an unknown user, where the documents say 404: %s", list.Line())
				continue
			}
			Expect(list).To(BeRefusedWith(404))
		}
	})

	It("are not listed for an unknown user", Requirement("user-role-targets.roles.unknown-user-lists-404"), func(ctx SpecContext) {
		m := rolesOfEachType(ctx)
		arranged(m.unscoped[appAdmin], m.unscoped[userAdmin])

		lists := []*exchange.Exchange{
			org.Send(ctx, m.of(users.unknown, appAdmin).apps()), org.Send(ctx, m.of(users.unknown, userAdmin).groups()),
		}
		// With something to target, the same was asked while somebody's role of that id had targets.
		if has("apps") {
			lists = append(lists, lifeWithInstances(ctx).nowhere)
		}
		if has("groups") {
			lists = append(lists, lifeWithGroups(ctx).nowhere)
		}
		for _, list := range lists {
			org.Cite(list)
			Expect(list).To(BeRefusedWith(404, codeNotFound))
		}
	})
})

// has reports whether the target does not declare to lack a feature.
func has(feature string) bool {
	lacking, _ := org.Target.Missing([]string{feature})
	return lacking == ""
}
