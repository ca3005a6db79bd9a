package history

import (
	"fmt"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// BenchmarkObserve observes the life of one assignment with its targets, for one user after the other.
func BenchmarkObserve(b *testing.B) {
	s, err := spec.Load()
	if err != nil {
		b.Fatal(err)
	}
	var all []*exchange.Exchange
	for i := range 2000 {
		u := fmt.Sprintf("/api/v1/users/00u%017d", i)
		targets := u + "/roles/" + userAdmin + "/targets/groups"
		for _, step := range []step{
			assign(u, "USER_ADMIN", "USER", userAdmin), roles(u, held(userAdmin, "USER_ADMIN", "USER")), put(targets + "/00g1"), put(targets + "/00g2"),
			get(targets, `[{"id":"00g1"},{"id":"00g2"}]`), remove(targets + "/00g1"), get(targets, `[{"id":"00g2"}]`), unassign(u, userAdmin, 204), roles(u),
		} {
			all = append(all, step.exchange(b, len(all)))
		}
	}
	tracker := New(s)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if found := tracker.Observe(all[i%len(all)], nil); len(found.Findings) > 0 {
			b.Fatal(found)
		}
	}
}
