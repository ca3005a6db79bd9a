package harness

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rolecheck/rolecheck/harness/target"
)

func TestSharedFixturesAndCleanup(t *testing.T) {
	var log []string
	note := func(s string) { log = append(log, s) }
	made := 0
	_, result := played(t, &fakeOrg{}, target.Settings{}, func(c *Container) {
		share := func() string {
			return Shared(c, "shared: a thing", func() (string, error) {
				made++
				c.Cleanup(func(context.Context, bool) { note("undo the shared thing") })
				return "thing", nil
			})
		}
		c.Arrange(func(ginkgo.SpecContext) {
			c.Cleanup(func(context.Context, bool) { note("undo the first") })
			share()
		})
		c.Step("one", first, func(ctx ginkgo.SpecContext) {
			c.Cleanup(func(context.Context, bool) { note("undo the second") })
			gomega.Expect(c.Send(ctx, list())).To(HaveStatus(200))
			if share() != "thing" {
				note("another thing")
			}
		})
	})
	if diff := cmp.Diff([]string{"undo the second", "undo the first", "undo the shared thing"}, log); diff != "" || made != 1 {
		t.Errorf("made %d times: %s", made, diff)
	}
	want := map[string][]string{sceneName("user-roles", "A scene"): {"shared: a thing"}, first: {"shared: a thing"}}
	if diff := cmp.Diff(want, result.Uses); diff != "" {
		t.Error(diff)
	}
	tried := 0
	rows, _ := played(t, &fakeOrg{}, target.Settings{}, func(c *Container) {
		for i, id := range []string{first, second} {
			c.Aside(fmt.Sprint(i), id, func(ginkgo.SpecContext) {
				Shared(c, "shared: nothing", func() (int, error) { tried++; return 0, errors.New("it cannot be made") })
			})
		}
	})
	if got := outcomesOf(rows, first, second); got != "blocked blocked" || tried != 1 || rows[second].Detail != "it cannot be made" {
		t.Errorf("%s after %d tries: %s", got, tried, rows[second].Detail)
	}
}
