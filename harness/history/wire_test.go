package history

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/contract"
)

// A body with something of another type, or with a flaw in its text, shows nothing: neither that a role is gone nor that
// it is there.
func TestBodiesThatShowNothing(t *testing.T) {
	entry := held("r1", "USER_ADMIN", "USER")
	bodies := []string{"", "null", "7", `"x"`, "{}", `{"id":"r1"}`, "[null]", "[[]]", "[7]", `[{"id":7}]`, `[{"type":{}}]`,
		`[{"_links":[]}]`, `[{"_links":{"assignee":7}}]`, `[{"_links":{"assignee":{"href":7}}}]`, "[" + entry, "[" + entry + "]x",
		"\ufeff[]", `[{"id":"a","id":"b","type":"USER_ADMIN"}]`, "[\"\xff\"]"}
	var all []sequence
	for _, body := range bodies {
		list := step{send: "GET " + ada + "/roles", status: 200, answer: body}
		all = append(all, sequence{name: "list " + body, steps: []step{assign(ada, "USER_ADMIN", "USER", "r1"), list}},
			sequence{name: "removed, list " + body, steps: []step{unassign(ada, "r1", 204), list}})
	}
	runSequences(t, all)
	runSequences(t, []sequence{{name: "a whole list", steps: []step{assign(ada, "USER_ADMIN", "USER", "r1"), roles(ada)},
		want: []string{"x2 history-assigned-listed should"}}})
}

// FuzzObserve shows that no answer makes the tracker panic, and that it makes no difference whether the contract's judge
// decoded it.
func FuzzObserve(f *testing.F) {
	reads := []string{ada + "/roles", ada + "/roles/r1", ada + "/roles/r1/targets/groups", ada + "/roles/r1/targets/catalog/apps",
		"/api/v1/iam/assignees/users", "/api/v1/iam/roles/cr1/permissions", "/api/v1/iam/roles/cr1/permissions/okta.users.read", "/api/v1/apps"}
	for i := range reads {
		for _, body := range []string{"[]", "[" + held("r1", "USER_ADMIN", "USER") + "]", held("r1", "CUSTOM", ""), `{"value":[{"id":"u"}],"_links":{"next":{"href":"/x"}}}`,
			`{"permissions":[{"label":"okta.users.read","_links":{"role":{"href":"/cr1"}}}]}`, `{"permissions":null,"value":7}`} {
			f.Add(i, body)
		}
	}
	f.Fuzz(func(t *testing.T, i int, body string) {
		path := reads[(i%len(reads)+len(reads))%len(reads)]
		var got [2][]contract.Finding
		for way := range got {
			tracker := newTracker(t)
			for n, s := range []step{assign(ada, "USER_ADMIN", "USER", "r1"), {send: "GET " + path, status: 200, answer: body}, {send: "GET " + path, status: 200, answer: body}} {
				x := s.exchange(t, n)
				var judged contract.Judgement
				if way == 1 {
					judged.Answer = contract.Decode(x.Response.Body)
				}
				got[way] = append(got[way], tracker.Observe(x, judged.Answer).Findings...)
			}
		}
		if !slices.Equal(got[0], got[1]) {
			t.Error(cmp.Diff(got[0], got[1]))
		}
	})
}
