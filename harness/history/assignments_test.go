package history

import (
	"net/http"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

const opaque = "ra1aaaaaaaaaaaaaaaaa"

func omitAnswer(x *exchange.Exchange) { x.Response.Body = exchange.Body{Omitted: true} }

func TestAssignedListed(t *testing.T) {
	reader := held(opaque, "READ_ONLY_ADMIN", "USER")
	assigned := assign(ada, "READ_ONLY_ADMIN", "USER", opaque)
	runSequences(t, []sequence{
		{name: "listed", steps: []step{assigned, roles(ada, reader)}},
		{name: "missing", steps: []step{assigned, roles(ada)}, want: []string{"x2 history-assigned-listed should"}},
		{name: "reported once", steps: []step{assigned, roles(ada), roles(ada)}, want: []string{"x2 history-assigned-listed should"}},
		{name: "lost later", steps: []step{assigned, roles(ada, reader), roles(ada)}, want: []string{"x3 history-assigned-listed should"}},
		{name: "another id", steps: []step{assigned, roles(ada, held("ra1bbbbbbbbbbbbbbbbb", "READ_ONLY_ADMIN", "USER"))},
			want: []string{"x2 history-assigned-listed should"}},
		{name: "group", steps: []step{assign(squad, "REPORT_ADMIN", "GROUP", "gra1"), roles(squad)},
			want: []string{"x2 history-assigned-listed should"}},
		{name: "client", steps: []step{assign(robot, "REPORT_ADMIN", "CLIENT", "cra1"), roles(robot)},
			want: []string{"x2 history-assigned-listed should"}},
		{name: "success without a body, by type", steps: []step{
			{send: "POST " + squad + `/roles {"type":"REPORT_ADMIN"}`, status: 201}, roles(squad, held("gra1", "REPORT_ADMIN", "GROUP")), roles(squad)},
			want: []string{"x3 history-assigned-listed should"}},
		{name: "at the admin host", steps: []step{assigned, {send: "GET https://acme-admin.okta.example" + ada + "/roles", status: 200, answer: "[]"}},
			want: []string{"x2 history-assigned-listed should"}},

		{name: "unknown before", steps: []step{roles(ada), roles(ada, reader)}},
		{name: "merely seen before", steps: []step{roles(ada, reader), roles(ada)}},
		{name: "another user", steps: []step{assigned, roles(bob)}},
		{name: "another org", steps: []step{assigned, {send: "GET https://else.okta.example" + ada + "/roles", status: 200, answer: "[]"}}},
		{name: "removed in between", steps: []step{assigned, unassign(ada, opaque, 204), roles(ada)}},
		{name: "removal of unknown outcome", steps: []step{assigned, unassign(ada, opaque, 500), roles(ada)}},
		{name: "removal without an answer", steps: []step{assigned, unassign(ada, opaque, 0).but(func(x *exchange.Exchange) { x.Response = nil }), roles(ada)}},
		{name: "refused removal", steps: []step{assigned, unassign(ada, opaque, 429), roles(ada)}, want: []string{"x3 history-assigned-listed should"}},
		{name: "removal that found nothing", steps: []step{assigned, unassign(ada, opaque, 404), roles(ada)}},
		{name: "assignment that found nobody", steps: []step{assigned, assigned.with(404), roles(ada)}},
		{name: "refused assignment", steps: []step{assigned.with(409), roles(ada)}},
		{name: "failed list", steps: []step{assigned, roles(ada).with(500), roles(ada).with(429), roles(ada).with(403)}},
		{name: "list of unknown content", steps: []step{assigned, roles(ada).but(omitAnswer)}},
		{name: "list in no known shape", steps: []step{assigned, {send: "GET " + ada + "/roles", status: 200, answer: `{"roles":[]}`}}},
		{name: "part of a list", steps: []step{assigned, {send: "GET " + ada + "/roles?limit=1", status: 200, answer: "[]"},
			{send: "GET " + ada + "/roles", status: 200, answer: "[]", link: `<` + org + ada + `/roles?after=1>; rel="next"`}}},
		{name: "inherited shows in its place", steps: []step{assign(ada, "USER_ADMIN", "USER", userAdmin), roles(ada, held(userAdmin, "USER_ADMIN", "GROUP"))}},
		{name: "another id that may be inherited", steps: []step{assigned, roles(ada, `{"id":"gra1","type":"READ_ONLY_ADMIN"}`)}},
		{name: "notifications alone", steps: []step{
			{send: "POST " + ada + "/roles?disableNotifications=true {}", status: 200, answer: "{}"}, roles(ada)}},
		{name: "unknown request, empty answer", steps: []step{
			assigned, {send: "POST " + ada + "/roles", status: 201, edit: func(x *exchange.Exchange) { x.Request.Body.Omitted = true }}, roles(ada)}},
		{name: "user removed", steps: []step{assigned, {send: "DELETE " + ada, status: 204}, roles(ada)}},
		{name: "user deactivated", steps: []step{assigned, {send: "POST " + ada + "/lifecycle/deactivate", status: 200, answer: "{}"}, roles(ada)}},
		{name: "group removed", steps: []step{assign(squad, "REPORT_ADMIN", "GROUP", "gra1"), {send: "DELETE " + squad, status: 204}, roles(squad)}},
		{name: "client's app removed", steps: []step{assign(robot, "REPORT_ADMIN", "CLIENT", "cra1"),
			{send: "DELETE /api/v1/apps/0oaaaaaaaaaaaaaaaaaa", status: 204}, roles(robot)}},
		{name: "removed by login", steps: []step{assigned, unassign("/api/v1/users/ada@acme.example", opaque, 204), roles(ada)}},
		{name: "only app of the role removed", steps: []step{assign(ada, "APP_ADMIN", "USER", appAdmin),
			{send: "PUT " + ada + "/roles/" + appAdmin + "/targets/catalog/apps/bookmark/0oabbbbbbbbbbbbbbbbb", status: 204},
			{send: "DELETE /api/v1/apps/0oabbbbbbbbbbbbbbbbb", status: 204}, roles(ada)}},
		{name: "custom role's binding removed", steps: []step{
			{send: "POST " + ada + `/roles {"type":"CUSTOM","role":"cr0a","resource-set":"iama"}`, status: 201,
				answer: `{"id":"irb1","type":"CUSTOM","role":"cr0a","resource-set":"iama"}`},
			{send: "DELETE /api/v1/iam/resource-sets/iama/bindings/cr0a", status: 204}, roles(ada)}},
	})
}

func TestRemovedGone(t *testing.T) {
	reader := held(opaque, "READ_ONLY_ADMIN", "USER")
	removed := unassign(ada, opaque, 204)
	get := func(answer string, status int) step {
		return step{send: "GET " + ada + "/roles/" + opaque, status: status, answer: answer}
	}
	runSequences(t, []sequence{
		{name: "gone", steps: []step{removed, roles(ada), get("", 404), unassign(ada, opaque, 404)}},
		{name: "still listed", steps: []step{removed, roles(ada, reader)}, want: []string{"x2 history-removed-gone should"}},
		{name: "still listed, told by the link", steps: []step{removed, roles(ada, `{"id":"`+opaque+`","type":"READ_ONLY_ADMIN","_links":{"assignee":{"href":"`+org+ada+`"}}}`)},
			want: []string{"x2 history-removed-gone should"}},
		{name: "still readable", steps: []step{removed, get(reader, 200)}, want: []string{"x2 history-removed-gone should"}},
		{name: "removed twice", steps: []step{removed, removed}, want: []string{"x2 history-removed-gone should"}},
		{name: "client's removed twice", steps: []step{unassign(robot, "cra1", 204), unassign(robot, "cra1", 204)},
			want: []string{"x2 history-removed-gone should"}},
		{name: "group's still listed", steps: []step{unassign(squad, "gra1", 204), roles(squad, held("gra1", "REPORT_ADMIN", "GROUP"))},
			want: []string{"x2 history-removed-gone should"}},

		{name: "group's removed twice", steps: []step{unassign(squad, "gra1", 204), unassign(squad, "gra1", 204)}},
		{name: "given again", steps: []step{removed, assign(ada, "READ_ONLY_ADMIN", "USER", opaque), get(reader, 200), roles(ada, reader), removed}},
		{name: "given again with a target", steps: []step{unassign(ada, userAdmin, 204),
			{send: "PUT " + ada + "/roles/" + userAdmin + "/targets/groups/00g1", status: 204}, roles(ada, held(userAdmin, "USER_ADMIN", "USER"))}},
		{name: "given again, with an id that was not told", steps: []step{removed, {send: "POST " + ada + `/roles {"type":"READ_ONLY_ADMIN"}`, status: 201}, roles(ada, reader)}},
		{name: "another user's", steps: []step{unassign(ada, userAdmin, 204), roles(bob, held(userAdmin, "USER_ADMIN", "USER")), unassign(bob, userAdmin, 204)}},
		{name: "inherited", steps: []step{unassign(ada, userAdmin, 204), roles(ada, held(userAdmin, "USER_ADMIN", "GROUP")),
			{send: "GET " + ada + "/roles/" + userAdmin, status: 200, answer: held(userAdmin, "USER_ADMIN", "GROUP")}}},
		{name: "perhaps inherited", steps: []step{unassign(ada, userAdmin, 204), roles(ada, `{"id":"`+userAdmin+`","type":"USER_ADMIN"}`)}},
		{name: "refused before", steps: []step{removed.with(403), roles(ada, reader), removed}},
		{name: "a part of what there was", steps: []step{removed.but(ofPart), roles(ada, reader).but(ofPart), roles(ada, reader)}},
		{name: "failed reads", steps: []step{removed, get("", 500), get("", 429), get("", 403), get(reader, 200).but(omitAnswer)}},
	})
}

func TestDuplicateRefused(t *testing.T) {
	reader := assign(ada, "READ_ONLY_ADMIN", "USER", opaque)
	createdAt := func(clock string) string {
		return `{"id":"gra1","type":"REPORT_ADMIN","assignmentType":"GROUP","created":"2026-01-01T` + clock + `.000Z"}`
	}
	again := func(clock string) step {
		return step{send: "POST " + squad + `/roles {"type":"REPORT_ADMIN"}`, status: 201, answer: createdAt(clock)}
	}
	custom := func(set string) step {
		return step{send: "POST " + ada + `/roles {"type":"CUSTOM","role":"cr0a","resource-set":"` + set + `"}`, status: 201,
			answer: `{"id":"irb` + set + `","type":"CUSTOM","role":"cr0a","resource-set":"` + set + `"}`}
	}
	runSequences(t, []sequence{
		{name: "refused", steps: []step{reader, reader.with(409), reader.with(400)}},
		{name: "accepted", steps: []step{reader, reader}, want: []string{"x2 history-duplicate-refused should"}},
		{name: "accepted of one that was listed", steps: []step{roles(squad, createdAt("10:00:00")), again("10:00:05")},
			want: []string{"x2 history-duplicate-refused should"}},
		{name: "custom role in the same set", steps: []step{custom("iam1"), custom("iam1")}, want: []string{"x2 history-duplicate-refused should"}},
		{name: "client", steps: []step{assign(robot, "REPORT_ADMIN", "CLIENT", "cra1"), assign(robot, "REPORT_ADMIN", "CLIENT", "cra1")},
			want: []string{"x2 history-duplicate-refused should"}},

		{name: "the list may have come during the assignment", steps: []step{roles(squad, createdAt("10:00:05")), again("10:00:05")}},
		{name: "the list did come during the assignment", steps: []step{roles(squad, createdAt("10:00:00")).at(5, 15), again("10:00:05").at(10, 20)}},
		{name: "listed without a time", steps: []step{roles(squad, held("gra1", "REPORT_ADMIN", "GROUP")), again("10:00:05")}},
		{name: "custom role in another set", steps: []step{custom("iam1"), custom("iam2")}},
		{name: "other type", steps: []step{reader, assign(ada, "USER_ADMIN", "USER", userAdmin)}},
		{name: "other user", steps: []step{reader, assign(bob, "READ_ONLY_ADMIN", "USER", "ra1c")}},
		{name: "removed in between", steps: []step{reader, unassign(ada, opaque, 204), reader}},
		{name: "gone from the list in between", steps: []step{roles(ada, held(opaque, "READ_ONLY_ADMIN", "USER")), roles(ada), reader}},
		{name: "not found in between", steps: []step{reader, {send: "GET " + ada + "/roles/" + opaque, status: 404}, reader}},
		{name: "first of unknown outcome", steps: []step{reader.with(503), reader}},
		{name: "removal of unknown outcome", steps: []step{reader, unassign(ada, opaque, 502), reader}},
		{name: "inherited", steps: []step{roles(ada, held("gra1", "READ_ONLY_ADMIN", "GROUP")), reader}},
		{name: "user not found in between", steps: []step{reader, roles(ada).with(404), reader}},
	})
}

func TestOverlap(t *testing.T) {
	reader := held(opaque, "READ_ONLY_ADMIN", "USER")
	assigned := assign(ada, "READ_ONLY_ADMIN", "USER", opaque)
	runSequences(t, []sequence{
		{name: "one after the other", steps: []step{assigned.at(0, 10), roles(ada).at(10, 20)}, want: []string{"x2 history-assigned-listed should"}},
		{name: "the list began before the assignment ended", steps: []step{assigned.at(0, 10), roles(ada).at(5, 20)}},
		{name: "and the next one did not", steps: []step{assigned.at(0, 10), roles(ada).at(5, 20), roles(ada).at(20, 30)},
			want: []string{"x3 history-assigned-listed should"}},
		{name: "two writes at once", steps: []step{assigned.at(0, 10), unassign(ada, opaque, 204).at(5, 12), roles(ada, reader).at(20, 30), roles(ada).at(30, 40)}},
		{name: "two duplicates at once", steps: []step{assigned.at(0, 10), assigned.at(5, 12)}},
		{name: "another user's write at the same time", steps: []step{assigned.at(0, 10), assign(bob, "READ_ONLY_ADMIN", "USER", "ra1c").at(5, 12), roles(ada).at(12, 20)},
			want: []string{"x3 history-assigned-listed should"}},
	})
}

func TestOddExchanges(t *testing.T) {
	tracker := newTracker(t)
	if got := tracker.Observe(&exchange.Exchange{Request: exchange.Request{Method: "GET"}}, nil); got.Findings != nil {
		t.Errorf("without a URL: %v", got)
	}
	for _, s := range []step{
		{send: "GET /"}, {send: "DELETE /api/v1"}, {send: "DELETE /api/v1/users"}, {send: "GET /api/v1/apps", status: 200, answer: "3"},
		{send: "POST /api/v1/iam", status: 200}, {send: "PUT /api/v1/iam/roles", status: 200},
		{send: "GET " + ada + "/roles", status: 200, answer: "[null,{}]"},
		{send: "POST " + ada + "/roles null", status: 201, answer: "null"},
	} {
		if got := tracker.Observe(s.exchange(t, 1), nil); got.Findings != nil {
			t.Errorf("%s: %v", s.send, got)
		}
	}
	x := step{send: "GET " + ada + "/roles", status: 200}.exchange(t, 2)
	x.Response.Header = http.Header{"Link": {`<:bad>; rel="next", <`, `; rel=next`}}
	if got := tracker.Observe(x, nil); got.Findings != nil {
		t.Errorf("odd links: %v", got)
	}
}

// TestMemoryIsBounded fills a tracker with more than it may remember, in both directions.
func TestMemoryIsBounded(t *testing.T) {
	tracker := newTracker(t)
	for i := range 3 * maxPrincipals {
		tracker.Observe(assign("/api/v1/users/u"+string(rune('a'+i%26))+itoa(i), "READ_ONLY_ADMIN", "USER", "ra1"+itoa(i)).exchange(t, i), nil)
	}
	if n := len(tracker.principals.items); n != maxPrincipals {
		t.Errorf("%d principals are remembered, expected %d", n, maxPrincipals)
	}
	for i := range maxKnown + 10 {
		tracker.Observe(unassign(ada, "ra1"+itoa(i), 204).exchange(t, i), nil)
		if p, ok := tracker.principals.get(key{"acme.okta.example", user, ada[len("/api/v1/users/"):]}); ok && p.size() > maxKnown {
			t.Fatalf("%d facts about one principal are remembered", p.size())
		}
	}
}
