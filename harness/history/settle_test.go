package history

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// within gives each sequence a settle of 100 ms, and its steps the times 0–1, 10–11, 20–21 and so on: each of them may
// still show what was before the others.
func within(all ...sequence) []sequence {
	for i := range all {
		all[i].settle = 100
		for n := range all[i].steps {
			if all[i].steps[n].to == 0 {
				all[i].steps[n] = all[i].steps[n].at(10*n, 10*n+1)
			}
		}
	}
	return all
}

const custom0 = "/api/v1/iam/roles/cr0aaaaaaaaaaaaaaaaa"

func TestWhatDoesNotShowYetIsNoFinding(t *testing.T) {
	reader := held(opaque, "READ_ONLY_ADMIN", "USER")
	given, taken := assign(ada, "READ_ONLY_ADMIN", "USER", opaque), unassign(ada, opaque, 204)
	permit := step{send: "POST " + custom0 + "/permissions/okta.users.read", status: 204}
	forbid := step{send: "DELETE " + custom0 + "/permissions/okta.users.read", status: 204}
	permissions := func(list string) step { return get(custom0+"/permissions", `{"permissions":[`+list+`]}`) }
	permitted := permissions(`{"label":"okta.users.read"}`)
	createdAt := func(clock string) string {
		return `{"id":"gra1","type":"REPORT_ADMIN","assignmentType":"GROUP","created":"2026-01-01T` + clock + `.000Z"}`
	}
	firstPage := next(get(groups+"?limit=1", `[{"id":"00g1"}]`), groups+"?limit=1&after=c1")
	secondPage := get(groups+"?limit=1&after=c1", `[{"id":"00g1"}]`)

	runSequences(t, within(
		sequence{name: "given, not listed", steps: []step{given, roles(ada)}},
		sequence{name: "given, not found", steps: []step{given, get(ada+"/roles/"+opaque, "").with(404), roles(ada).at(300, 301)},
			want: []string{"x3 history-assigned-listed should"}},
		sequence{name: "given, never listed", steps: []step{given, roles(ada), roles(ada), roles(ada).at(101, 102)},
			want: []string{"x4 history-assigned-listed should"}},
		sequence{name: "given, listed just within the settle", steps: []step{given, roles(ada).at(100, 101), roles(ada, reader).at(101, 102)}},
		sequence{name: "given, nobody found yet", steps: []step{given, roles(ada).with(404), roles(ada).at(300, 301)},
			want: []string{"x3 history-assigned-listed should"}},
		sequence{name: "given, the list has another id for it", steps: []step{given, roles(ada, held("ra1b", "READ_ONLY_ADMIN", "USER")), roles(ada, reader).at(300, 301), given.at(310, 311)},
			want: []string{"x4 history-duplicate-refused should"}},
		sequence{name: "still believed where it did not show", steps: []step{given, roles(ada), given},
			want: []string{"x3 history-duplicate-refused should"}},

		sequence{name: "removed, still listed and found", steps: []step{given, taken, roles(ada, reader), get(ada+"/roles/"+opaque, reader)}},
		sequence{name: "removed, listed for good", steps: []step{taken, roles(ada, reader), roles(ada, reader).at(300, 301)},
			want: []string{"x3 history-removed-gone should"}},
		sequence{name: "removed, still there, given again", steps: []step{given, taken, roles(ada, reader), given, roles(ada, reader).at(300, 301)}},
		sequence{name: "removed by an unclear request, still there, given again", steps: []step{
			assign(squad, "REPORT_ADMIN", "GROUP", "gra1"), unassign(squad, "gra1", 500), roles(squad, createdAt("10:00:00")),
			{send: "POST " + squad + `/roles {"type":"REPORT_ADMIN"}`, status: 201, answer: createdAt("10:00:05")}}},
		sequence{name: "removed twice", steps: []step{taken, roles(ada, reader), taken}, want: []string{"x3 history-removed-gone should"}},

		sequence{name: "target not listed yet", steps: []step{put(groups + "/00g1"), get(groups, `[]`), get(groups, `[{"id":"00g1"}]`).at(300, 301)}},
		sequence{name: "target never listed", steps: []step{put(groups + "/00g1"), get(groups, `[]`), get(groups, `[]`).at(300, 301)},
			want: []string{"x3 history-targets-as-put should"}},
		sequence{name: "target still listed", steps: []step{put(groups + "/00g1"), put(groups + "/00g2"), remove(groups + "/00g1"), get(groups, `[{"id":"00g1"},{"id":"00g2"}]`)}},
		sequence{name: "target listed for good", steps: []step{put(groups + "/00g2"), remove(groups + "/00g1"), get(groups, `[{"id":"00g1"},{"id":"00g2"}]`),
			get(groups, `[{"id":"00g1"},{"id":"00g2"}]`).at(300, 301)}, want: []string{"x4 history-targets-as-put should"}},
		sequence{name: "role with targets not found yet", steps: []step{put(groups + "/00g1"), get(groups, ``).with(404), get(groups, `[]`).at(300, 301)},
			want: []string{"x3 history-targets-as-put should"}},
		sequence{name: "only target by an old list alone", steps: []step{put(groups + "/00g1"), put(groups + "/00g2"), get(groups, `[{"id":"00g1"}]`), remove(groups + "/00g1")}},
		sequence{name: "only target by an old walk alone", steps: []step{put(groups + "/00g2"), firstPage,
			get(groups+"?limit=1&after=c1", `[]`).at(300, 301), remove(groups+"/00g1").at(310, 311)}},
		sequence{name: "last target removed", steps: []step{assign(ada, "USER_ADMIN", "USER", userAdmin), put(groups + "/00g1"), get(groups, `[]`), remove(groups + "/00g1")},
			want: []string{"x4 history-last-target-stays should"}},
		sequence{name: "app and its instance on their way", steps: []step{put(apps + "/bookmark/0oa1"), put(apps + "/bookmark"), get(apps, `[{"id":"0oa1","name":"x"},{"name":"bookmark"}]`)}},
		sequence{name: "app and its instance for good", steps: []step{put(apps + "/bookmark/0oa1"), put(apps + "/bookmark"), get(apps, `[{"id":"0oa1","name":"x"},{"name":"bookmark"}]`).at(300, 301)},
			want: []string{"x3 history-app-target-kinds must"}},
		sequence{name: "pages that move", steps: []step{put(groups + "/00g1"), firstPage, secondPage}},
		sequence{name: "pages that moved at first", steps: []step{put(groups + "/00g1"), firstPage, secondPage.at(300, 301)}},
		sequence{name: "pages at rest", steps: []step{put(groups + "/00g1"), firstPage.at(300, 301), secondPage.at(310, 311)},
			want: []string{"x3 history-pages-disjoint should"}},
		sequence{name: "assignees that move", steps: []step{given,
			get("/api/v1/iam/assignees/users?limit=1", `{"value":[{"id":"00u1"}],"_links":{"next":{"href":"`+org+`/api/v1/iam/assignees/users?after=00u1"}}}`),
			get("/api/v1/iam/assignees/users?after=00u1", `{"value":[{"id":"00u1"}]}`)}},
		sequence{name: "assignees at rest", steps: []step{given,
			get("/api/v1/iam/assignees/users?limit=1", `{"value":[{"id":"00u1"}],"_links":{"next":{"href":"`+org+`/api/v1/iam/assignees/users?after=00u1"}}}`).at(300, 301),
			get("/api/v1/iam/assignees/users?after=00u1", `{"value":[{"id":"00u1"}]}`).at(310, 311)}, want: []string{"x3 history-pages-disjoint should"}},

		sequence{name: "permission not listed yet", steps: []step{permit, permissions(""), permitted.at(300, 301)}},
		sequence{name: "permission not found yet", steps: []step{permit, get(custom0+"/permissions/okta.users.read", "").with(404), permissions("").at(300, 301)},
			want: []string{"x3 history-permissions-as-put should"}},
		sequence{name: "permission never listed", steps: []step{permit, permissions(""), permissions("").at(300, 301)},
			want: []string{"x3 history-permissions-as-put should"}},
		sequence{name: "permission still listed", steps: []step{permit, forbid, permitted, permitted.at(300, 301)},
			want: []string{"x4 history-permissions-as-put should"}},

		sequence{name: "group removed, roles still listed, given again", steps: []step{
			{send: "DELETE " + squad, status: 204}, roles(squad, createdAt("10:00:00")),
			{send: "POST " + squad + `/roles {"type":"REPORT_ADMIN"}`, status: 201, answer: createdAt("10:00:05")}}},
		sequence{name: "taken by login, still listed, given again", steps: []step{
			unassign("/api/v1/users/ada@acme.example", opaque, 204), roles(ada, `{"id":"ra1b","type":"ORG_ADMIN","assignmentType":"USER","created":"2026-01-01T10:00:00.000Z"}`),
			{send: "POST " + ada + `/roles {"type":"ORG_ADMIN"}`, status: 201, answer: `{"id":"ra1c","type":"ORG_ADMIN","created":"2026-01-01T10:00:05.000Z"}`}}},
		sequence{name: "binding removed, still listed, given again", steps: []step{
			{send: "DELETE /api/v1/iam/resource-sets/iam1/bindings/cr01", status: 204},
			roles(ada, `{"id":"irb1","type":"CUSTOM","role":"cr01","resource-set":"iam1","assignmentType":"USER","created":"2026-01-01T10:00:00.000Z"}`),
			{send: "POST " + ada + `/roles {"type":"CUSTOM","role":"cr01","resource-set":"iam1"}`, status: 201,
				answer: `{"id":"irb2","type":"CUSTOM","role":"cr01","resource-set":"iam1","created":"2026-01-01T10:00:05.000Z"}`}}},

		sequence{name: "another user's roles are settled", steps: []step{assign(bob, "ORG_ADMIN", "USER", "ra1b"), given.at(300, 301), roles(bob).at(310, 311)},
			want: []string{"x3 history-assigned-listed should"}},
	))
}

func TestTimesThatAreUnknownSettleNothing(t *testing.T) {
	runSequences(t, []sequence{
		{name: "no times at all", settle: 100, steps: []step{assign(ada, "READ_ONLY_ADMIN", "USER", opaque), roles(ada)},
			want: []string{"x2 history-assigned-listed should"}},
		{name: "no time of the write", settle: 100, steps: []step{assign(ada, "READ_ONLY_ADMIN", "USER", opaque), roles(ada).at(10, 11)},
			want: []string{"x2 history-assigned-listed should"}},
		{name: "no settle", steps: []step{assign(ada, "READ_ONLY_ADMIN", "USER", opaque).at(0, 1), roles(ada).at(10, 11)},
			want: []string{"x2 history-assigned-listed should"}},
		{name: "a settle below none", settle: -100, steps: []step{assign(ada, "READ_ONLY_ADMIN", "USER", opaque).at(0, 1), roles(ada).at(10, 11)},
			want: []string{"x2 history-assigned-listed should"}},
	})
}

// What shows before it must meets the rule; what does not show yet neither meets nor breaks it.
func TestWhatShowsEarlyMeetsTheRule(t *testing.T) {
	tracker := newTracker(t, Settle(time.Second))
	reader := held(opaque, "READ_ONLY_ADMIN", "USER")
	var got [][]string
	for i, s := range []step{
		assign(ada, "READ_ONLY_ADMIN", "USER", opaque).at(0, 1), roles(ada).at(10, 11), roles(ada, reader).at(20, 21),
		unassign(ada, opaque, 204).at(30, 31), roles(ada, reader).at(40, 41), roles(ada).at(50, 51),
	} {
		j := tracker.Observe(s.exchange(t, i+1), nil)
		if len(j.Findings) > 0 {
			t.Errorf("step %d: %v", i+1, j.Findings)
		}
		got = append(got, slices.Clip(j.Rules))
	}
	want := [][]string{nil, {}, {assignedListed}, nil, {}, {removedGone}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}
