package suites

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
)

var _ = Specs("user-role-targets", "What the page of 2014 alone says of targets", func() {
	It("names the reason when a role is of the wrong type", Requirement("user-role-targets.legacy.wrong-role-code"), func(ctx SpecContext) {
		for _, refused := range slices.Concat(groupAtAppAdmin(ctx).answers, appsAtUserAdmin(ctx).answers) {
			Expect(refused).To(BeRefused(codeWrongRole))
			Expect(refused).To(HaveStatus(405, 400))
			org.Note("answered %d", refused.Status())
		}
	})
})
