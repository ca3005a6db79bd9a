package history

import "testing"

// next gives an answer a link to the next page.
func next(s step, path string) step {
	s.link = `<` + org + `/api/v1/self>; rel="self", <` + org + path + `>; rel="next"`
	return s
}

func TestPagesDisjoint(t *testing.T) {
	const first, second, third = groups + "?limit=2", groups + "?after=c1&limit=2", groups + "?after=c2&limit=2"
	const users, more = "/api/v1/iam/assignees/users?limit=1", "/api/v1/iam/assignees/users?after=00u1&limit=1"
	page1 := next(get(first, `[{"id":"00g1"},{"id":"00g2"}]`), second)
	assignees1 := get(users, `{"value":[{"id":"00u1"}],"_links":{"next":{"href":"`+org+more+`"}}}`)
	runSequences(t, []sequence{
		{name: "disjoint", steps: []step{page1, next(get(second, `[{"id":"00g3"}]`), third), get(third, `[{"id":"00g4"}]`)}},
		{name: "entry again", steps: []step{page1, get(second, `[{"id":"00g2"},{"id":"00g3"}]`)}, want: []string{"x2 history-pages-disjoint should"}},
		{name: "entry again two pages on", steps: []step{page1, next(get(second, `[{"id":"00g3"}]`), third), get(third, `[{"id":"00g1"}]`)},
			want: []string{"x3 history-pages-disjoint should"}},
		{name: "twice in one page", steps: []step{get(groups, `[{"id":"00g1"},{"id":"00g1"}]`)}, want: []string{"x1 history-pages-disjoint should"}},
		{name: "next leads to itself", steps: []step{page1, next(get(second, `[{"id":"00g3"}]`), second)}, want: []string{"x2 history-pages-disjoint should"}},
		{name: "next leads to the beginning", steps: []step{page1, next(get(second, `[{"id":"00g3"}]`), first)}, want: []string{"x2 history-pages-disjoint should"}},
		{name: "apps", steps: []step{next(get(apps, `[{"name":"a"},{"id":"0oa1","name":"a"}]`), apps+"?after=c1"), get(apps+"?after=c1", `[{"name":"a"}]`)},
			want: []string{"x1 history-app-target-kinds should", "x2 history-pages-disjoint should"}},
		{name: "assignees", steps: []step{assignees1, get(more, `{"value":[{"id":"00u1"}]}`)}, want: []string{"x2 history-pages-disjoint should"}},
		{name: "assignees disjoint", steps: []step{assignees1, get(more, `{"value":[{"id":"00u2"}]}`)}},
		{name: "next at the admin host", steps: []step{
			{send: "GET " + first, status: 200, answer: `[{"id":"00g1"}]`, link: `<https://acme-admin.okta.example` + second + `>; rel="next"`},
			{send: "GET https://acme-admin.okta.example" + second, status: 200, answer: `[{"id":"00g1"}]`}}, want: []string{"x2 history-pages-disjoint should"}},

		{name: "read again", steps: []step{page1, page1, get(second, `[{"id":"00g3"}]`), get(second, `[{"id":"00g3"}]`)}},
		{name: "unknown first page", steps: []step{get(second, `[{"id":"00g3"}]`), get(second, `[{"id":"00g3"}]`)}},
		{name: "failed in between", steps: []step{page1, get(second, ``).with(500), get(second, `[{"id":"00g3"}]`)}},
		{name: "changed in between", steps: []step{page1, put(groups + "/00g0"), get(second, `[{"id":"00g2"}]`)}},
		{name: "role given in between", steps: []step{assignees1, assign(ada, "READ_ONLY_ADMIN", "USER", opaque), get(more, `{"value":[{"id":"00u1"}]}`)}},
		{name: "user removed in between", steps: []step{assignees1, remove(bob), get(more, `{"value":[{"id":"00u1"}]}`)}},
		{name: "another user's list", steps: []step{page1, get(bob+"/roles/"+userAdmin+"/targets/groups?after=c1", `[{"id":"00g1"}]`)}},
		{name: "unreadable assignees", steps: []step{get(users, `[]`), get(users, `{"value":[],"_links":{"next":{"href":":"}}}`)}},
	})
}
