package examples_test

import (
	"context"
	"fmt"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/suites"
	. "github.com/rolecheck/rolecheck/suites/stage"
)

// A scene tells the life of one resource. It arranges what it needs, and each of its steps judges one requirement of the
// catalogue: request, answer and expectation beside each other.
var _ = Scene("group-roles", "An example: a role of a group that is taken away", func(s *Stage) {
	var role Role
	s.Arrange(func(ctx SpecContext) { role = s.Give(ctx, s.Group(ctx), ReadOnlyAdmin) })

	s.Step("is gone, and nothing else", "group-roles.unassign.removes-just-that-role", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.Unassign(role.Assignment))).To(BeAccepted())
		s.Eventually(ctx, role.List()).Should(HaveRoles())
	})
	s.Aside("is not found the second time", "group-roles.unassign.second-delete-404-or-204", func(ctx SpecContext) {
		Expect(s.Send(ctx, role.Unassign(role.Assignment))).To(BeRefusedWith(404, CodeNotFound))
	})
})

func Example_scene() {
	settings, err := target.Resolve("", os.LookupEnv, map[string]string{
		"only": "group-roles.unassign.removes-just-that-role,group-roles.unassign.second-delete-404-or-204",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := suites.Execute(context.Background(), suites.Options{Settings: settings, Reference: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("exit code", result.Report.Run.Exit)
	// Output: exit code 0
}
