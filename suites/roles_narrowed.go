package suites

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

// Roles with targets, as the lists of users and groups show them.
func init() {
	for _, kind := range []Kind{Users, Groups} {
		Scene(kind.System, "A role of the "+kind.Noun+" that is narrowed to groups", func(s *Stage) { narrowedToGroups(s, kind) })
		Scene(kind.System, "A role of the "+kind.Noun+" that is narrowed to apps", func(s *Stage) { narrowedToApps(s, kind) })
	}
}

func narrowedToGroups(s *Stage, kind Kind) {
	var role Role
	var groups []Principal
	s.Arrange(func(ctx SpecContext) {
		groups = s.Groups(ctx, 2)
		role = s.Give(ctx, s.Principal(ctx, kind), UserAdmin)
		s.Narrow(ctx, role, groups, nil)
	})

	s.Aside("embeds the groups when asked", kind.ID("list.expand-groups"), func(ctx SpecContext) {
		expanded := role.List().Query("expand", "targets/groups")
		s.Eventually(ctx, expanded).Should(HaveJSON("*._embedded.targets.groups.*.id", ConsistOf(ConsistOf(groups[0].ID, groups[1].ID))))
	})

	s.Aside("embeds no targets unasked", kind.ID("list.no-targets-without-expand"), func(ctx SpecContext) {
		list := s.Eventually(ctx, role.List()).Should(HaveRoles(UserAdmin))
		Expect(list).To(HaveJSON("*._embedded.targets", HaveEach(BeNil())))
	})

	if kind == Users {
		s.Aside("is read as before", "user-roles.get.unchanged-by-scoping", func(ctx SpecContext) {
			got := s.Eventually(ctx, role.Get(role.Assignment)).Should(BeAccepted())
			Expect(got).To(HaveJSON("id", role.Assignment))
			Expect(got).To(HaveJSON("type", UserAdmin))
		})
	}
}

func narrowedToApps(s *Stage, kind Kind) {
	var role Role
	var apps [2]string
	s.Arrange(func(ctx SpecContext) {
		apps[0], apps[1] = s.CatalogApps()
		role = s.Give(ctx, s.Principal(ctx, kind), AppAdmin)
		s.Narrow(ctx, role, nil, apps[:])
	})

	s.Aside("embeds the apps when asked", kind.ID("list.expand-apps"), func(ctx SpecContext) {
		expanded := role.List().Query("expand", "targets/catalog/apps")
		s.Eventually(ctx, expanded).Should(HaveJSON("*._embedded.targets.catalog.apps.*.name", ConsistOf(ConsistOf(apps[0], apps[1]))))
	})
}
