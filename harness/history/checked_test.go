package history

import (
	"slices"
	"testing"

	"github.com/rolecheck/rolecheck/spec"
)

// A rule that is met says so at the exchange that shows it, and at no other.
func TestMetRules(t *testing.T) {
	const ra1 = "ra1aaaaaaaaaaaaaaaaa"
	given := assign(ada, "READ_ONLY_ADMIN", "USER", ra1)
	taken := unassign(ada, ra1, 204)
	again := given
	again.status, again.answer = 409, `{"errorCode":"E0000090"}`
	scoped := assign(bob, "USER_ADMIN", "USER", userAdmin)
	one := put(bob + "/roles/" + userAdmin + "/targets/groups/00g1")
	for rule, steps := range map[string][]step{
		assignedListed:   {given, roles(ada, held(ra1, "READ_ONLY_ADMIN", "USER"))},
		removedGone:      {given, taken, roles(ada)},
		duplicateRefused: {given, again},
		targetsAsPut:     {scoped, one, get(bob+"/roles/"+userAdmin+"/targets/groups", `[{"id":"00g1"}]`)},
		lastTargetStays:  {scoped, one, remove(bob + "/roles/" + userAdmin + "/targets/groups/00g1").with(400)},
		appTargetKinds:   {get(bob+"/roles/"+appAdmin+"/targets/catalog/apps", `[{"name":"a"}]`)},
		pagesDisjoint: {
			next(get(groups+"?limit=1", `[{"id":"00g1"}]`), groups+"?after=c1&limit=1"), get(groups+"?after=c1&limit=1", `[{"id":"00g2"}]`),
		},
		permissionsAsPut: {
			{send: "POST /api/v1/iam/roles/cr0aaaaaaaaaaaaaaaaa/permissions/okta.users.read", status: 204},
			get("/api/v1/iam/roles/cr0aaaaaaaaaaaaaaaaa/permissions", `{"permissions":[{"label":"okta.users.read"}]}`),
		},
	} {
		t.Run(rule, func(t *testing.T) {
			tracker := newTracker(t)
			for i, s := range steps {
				j := tracker.Observe(s.exchange(t, i+1), nil)
				if len(j.Findings) > 0 {
					t.Fatalf("step %d: %v", i+1, j.Findings)
				}
				if got, want := slices.Contains(j.Rules, rule), i == len(steps)-1; got != want {
					t.Errorf("step %d: judged by %v", i+1, j.Rules)
				}
			}
		})
	}
}

// Every operation of the description is observed, whoever's object it is about.
func TestEveryOperationIsObserved(t *testing.T) {
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range s.Operations {
		verb, object := op.Action.Verb, op.Action.Object
		if principalActs[object][verb] == nil && (object != spec.Permission || permissionActs[verb] == nil) && object != spec.Assignee {
			t.Errorf("%s is not observed: nothing is known of how to %s", op.ID, op.Action)
		}
	}
}
