package history

import (
	"strconv"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

const (
	apps   = ada + "/roles/" + appAdmin + "/targets/catalog/apps"
	groups = ada + "/roles/" + userAdmin + "/targets/groups"
)

func put(path string) step    { return step{send: "PUT " + path, status: 204} }
func remove(path string) step { return step{send: "DELETE " + path, status: 204} }
func get(path, answer string) step {
	return step{send: "GET " + path, status: 200, answer: answer}
}

func TestTargetsAsPut(t *testing.T) {
	runSequences(t, []sequence{
		{name: "group put and listed", steps: []step{put(groups + "/00g1"), get(groups, `[{"id":"00g1"}]`)}},
		{name: "group missing", steps: []step{put(groups + "/00g1"), get(groups, `[{"id":"00g2"}]`)}, want: []string{"x2 history-targets-as-put should"}},
		{name: "group removed and listed", steps: []step{put(groups + "/00g1"), put(groups + "/00g2"), remove(groups + "/00g1"), get(groups, `[{"id":"00g1"},{"id":"00g2"}]`)},
			want: []string{"x4 history-targets-as-put should"}},
		{name: "app put and listed", steps: []step{put(apps + "/bookmark"), get(apps, `[{"name":"bookmark"}]`)}},
		{name: "app missing", steps: []step{put(apps + "/bookmark"), get(apps, `[]`)}, want: []string{"x2 history-targets-as-put should"}},
		{name: "instance put and listed", steps: []step{put(apps + "/bookmark/0oa1"), get(apps, `[{"id":"0oa1","name":"My links"}]`)}},
		{name: "instance missing", steps: []step{put(apps + "/bookmark/0oa1"), get(apps, `[{"name":"bookmark"}]`)}, want: []string{"x2 history-targets-as-put should"}},
		{name: "instance removed and listed", steps: []step{put(apps + "/bookmark/0oa1"), put(apps + "/facebook"), remove(apps + "/bookmark/0oa1"),
			get(apps, `[{"id":"0oa1","name":"My links"},{"name":"facebook"}]`)}, want: []string{"x4 history-targets-as-put should"}},
		{name: "widened and listed", steps: []step{put(apps + "/bookmark"), put(apps).with(200), get(apps, `[{"name":"bookmark"}]`)},
			want: []string{"x3 history-targets-as-put should"}},
		{name: "widened", steps: []step{put(apps + "/bookmark"), put(apps), get(apps, `[]`)}},
		{name: "walk lacks one", steps: []step{put(groups + "/00g1"), put(groups + "/00g2"), put(groups + "/00g3"),
			next(get(groups+"?limit=1", `[{"id":"00g1"}]`), groups+"?limit=1&after=c1"), get(groups+"?limit=1&after=c1", `[{"id":"00g2"}]`)},
			want: []string{"x5 history-targets-as-put should"}},

		{name: "walk has all", steps: []step{put(groups + "/00g1"), put(groups + "/00g2"),
			next(get(groups+"?limit=1", `[{"id":"00g1"}]`), groups+"?limit=1&after=c1"), get(groups+"?limit=1&after=c1", `[{"id":"00g2"}]`)}},
		{name: "first page alone", steps: []step{put(groups + "/00g2"), next(get(groups+"?limit=1", `[{"id":"00g1"}]`), groups+"?limit=1&after=c1")}},
		{name: "page from the middle", steps: []step{put(groups + "/00g2"), get(groups+"?limit=1&after=c1", `[{"id":"00g3"}]`)}},
		{name: "walk during a change", steps: []step{put(groups + "/00g1"), next(get(groups+"?limit=1", `[{"id":"00g1"}]`), groups+"?limit=1&after=c1"),
			put(groups + "/00g0"), get(groups+"?limit=1&after=c1", `[{"id":"00g2"}]`)}},
		{name: "merely seen", steps: []step{get(groups, `[{"id":"00g1"}]`), get(groups, `[]`)}},
		{name: "refused put", steps: []step{put(groups + "/00g1").with(400), get(groups, `[]`)}},
		{name: "put of unknown outcome", steps: []step{put(groups + "/00g1").with(500), get(groups, `[]`)}},
		{name: "app in place of its instances", steps: []step{put(apps + "/bookmark/0oa1"), put(apps + "/bookmark"), get(apps, `[{"name":"bookmark"}]`)}},
		{name: "instance in place of its app", steps: []step{put(apps + "/bookmark"), put(apps + "/bookmark/0oa1"), get(apps, `[{"id":"0oa1","name":"My links"}]`)}},
		{name: "other app beside an instance", steps: []step{put(apps + "/bookmark/0oa1"), put(apps + "/facebook"), get(apps, `[{"name":"facebook"}]`)},
			want: []string{"x3 history-targets-as-put should"}},
		{name: "assignment given anew", steps: []step{put(groups + "/00g1"), unassign(ada, userAdmin, 204), assign(ada, "USER_ADMIN", "USER", userAdmin), get(groups, `[]`)}},
		{name: "group removed from the org", steps: []step{put(groups + "/00g1"), remove("/api/v1/groups/00g1"), get(groups, `[]`)}},
		{name: "app removed from the org", steps: []step{put(apps + "/bookmark/0oa1"), remove("/api/v1/apps/0oa1"), get(apps, `[]`)}},
		{name: "same role of another user", steps: []step{put(groups + "/00g1"), get(bob+"/roles/"+userAdmin+"/targets/groups", `[]`)}},
		{name: "another role of the same user", steps: []step{put(groups + "/00g1"), get(ada+"/roles/JBCUYUC7IRCVGS27IFCE2SKO/targets/groups", `[]`)}},
		{name: "entries without an id", steps: []step{put(groups + "/00g1"), get(groups, `[{}]`), put(apps + "/bookmark"), get(apps, `[{}]`)}},
		{name: "unreadable lists", steps: []step{put(groups + "/00g1"), get(groups, `{}`), get(groups, `[]`).with(500), get(groups, `[]`).but(omitAnswer)}},
		{name: "removal that found nothing", steps: []step{put(groups + "/00g1"), remove(groups + "/00g1").with(404), get(groups, `[]`)}},
		{name: "not found", steps: []step{put(groups + "/00g1"), get(groups, ``).with(404), get(groups, `[]`)}},
	})
}

func TestLastTargetStays(t *testing.T) {
	fresh := assign(ada, "USER_ADMIN", "USER", userAdmin)
	freshApps := assign(ada, "APP_ADMIN", "USER", appAdmin)
	runSequences(t, []sequence{
		{name: "refused", steps: []step{fresh, put(groups + "/00g1"), remove(groups + "/00g1").with(400), get(groups, `[{"id":"00g1"}]`)}},
		{name: "accepted", steps: []step{fresh, put(groups + "/00g1"), remove(groups + "/00g1")}, want: []string{"x3 history-last-target-stays should"}},
		{name: "accepted, known from a list", steps: []step{get(apps, `[{"name":"bookmark"}]`), remove(apps + "/bookmark")}, want: []string{"x2 history-last-target-stays should"}},
		{name: "accepted, last of two", steps: []step{freshApps, put(apps + "/facebook"), put(apps + "/bookmark/0oa1"), remove(apps + "/facebook"), remove(apps + "/bookmark/0oa1")},
			want: []string{"x5 history-last-target-stays should"}},
		{name: "after widening", steps: []step{put(apps + "/facebook"), put(apps), put(apps + "/bookmark"), remove(apps + "/bookmark")},
			want: []string{"x4 history-last-target-stays should"}},

		{name: "the list came during the removal", steps: []step{get(apps, `[{"name":"bookmark"}]`).at(5, 15), remove(apps+"/bookmark").at(10, 20)}},
		{name: "another one left", steps: []step{fresh, put(groups + "/00g1"), put(groups + "/00g2"), remove(groups + "/00g1")}},
		{name: "unknown targets", steps: []step{put(groups + "/00g1"), remove(groups + "/00g1")}},
		{name: "part of a list", steps: []step{next(get(groups+"?limit=1", `[{"id":"00g1"}]`), groups+"?after=c1"), remove(groups + "/00g1")}},
		{name: "widening of unknown outcome", steps: []step{freshApps, put(apps + "/bookmark"), put(apps).with(500), remove(apps + "/bookmark")}},
		{name: "app that took the place of instances", steps: []step{freshApps, put(apps + "/bookmark/0oa1"), put(apps + "/bookmark"), remove(apps + "/bookmark")}},
		{name: "instance that took the place of its app", steps: []step{freshApps, put(apps + "/bookmark"), put(apps + "/bookmark/0oa1"), remove(apps + "/bookmark/0oa1")}},
		{name: "one that nobody put", steps: []step{fresh, put(groups + "/00g1"), remove(groups + "/00g9"), remove(groups + "/00g1")}},
		{name: "group removed from the org", steps: []step{fresh, put(groups + "/00g1"), put(groups + "/00g2"), remove("/api/v1/groups/00g2"), remove(groups + "/00g1")}},
	})
}

func TestAppTargetKinds(t *testing.T) {
	both := get(apps, `[{"name":"bookmark"},{"id":"0oa1","name":"My links"}]`)
	runSequences(t, []sequence{
		{name: "both, known by the put", steps: []step{put(apps + "/bookmark/0oa1"), put(apps + "/bookmark"), both}, want: []string{"x3 history-app-target-kinds must"}},
		{name: "both, known by the app", steps: []step{get("/api/v1/apps/0oa1", `{"id":"0oa1","name":"bookmark","label":"My links"}`), both},
			want: []string{"x2 history-app-target-kinds must"}},
		{name: "both, known by the list of apps", steps: []step{get("/api/v1/apps?limit=2", `[{"id":"0oa1","name":"bookmark"}]`), both},
			want: []string{"x2 history-app-target-kinds must"}},
		{name: "both, by name alone", steps: []step{get(apps, `[{"name":"bookmark"},{"id":"0oa1","name":"bookmark"}]`)}, want: []string{"x1 history-app-target-kinds should"}},

		{name: "of different apps", steps: []step{put(apps + "/bookmark/0oa1"), get(apps, `[{"name":"facebook"},{"id":"0oa1","name":"My links"}]`)}},
		{name: "label of another app's instance", steps: []step{get("/api/v1/apps/0oa1", `{"id":"0oa1","name":"template_swa"}`), get(apps, `[{"name":"bookmark"},{"id":"0oa1","name":"bookmark"}]`)}},
		{name: "instance of an unknown app", steps: []step{both}},
		{name: "two instances", steps: []step{put(apps + "/bookmark/0oa1"), put(apps + "/bookmark/0oa2"), get(apps, `[{"id":"0oa1","name":"a"},{"id":"0oa2","name":"b"}]`)}},
	})
}
