package stage

import (
	"strings"
	"testing"

	"github.com/onsi/gomega/types"
)

func TestRoleMatchers(t *testing.T) {
	const (
		one   = `[{"id":"ra1","type":"USER_ADMIN"}]`
		twice = `[{"id":"ra1","type":"USER_ADMIN"},{"id":"ra2","type":"USER_ADMIN"},{"id":"ra3","type":"APP_ADMIN"}]`
		group = `[{"id":"ra1","type":"USER_ADMIN","assignmentType":"GROUP","_links":{"assignee":{"href":"/api/v1/groups/00g1"}}}]`
	)
	held := Role{Users.Of("00u1"), UserAdmin, "ra1"}
	for _, c := range []struct {
		name    string
		matcher types.GomegaMatcher
		status  int
		body    string
		// want are the words against the answer; empty where it suits.
		want string
	}{
		{"just those", HaveRoles(AppAdmin, UserAdmin, UserAdmin), 200, twice, ""},
		{"one too many", HaveRoles(AppAdmin, UserAdmin), 200, twice, "expected one APP_ADMIN and one USER_ADMIN, got one APP_ADMIN and two USER_ADMIN"},
		{"none", HaveRoles(), 200, `[]`, ""},
		{"none instead of one", HaveRoles(UserAdmin), 200, `[]`, "expected one USER_ADMIN, got no role"},
		{"one without a type", HaveRoles(), 200, `[{"id":"ra1"}]`, "expected no role, got one without a type"},
		{"no list", HaveRoles(), 200, `{}`, "expected no role, got what is no list of role assignments"},
		{"a null list", HaveRoles(), 200, `null`, "expected no role, got what is no list of role assignments"},
		{"a refusal", HaveRoles(), 404, `{}`, "expected no role, got status 404"},
		{"among others", IncludeRoles(AppAdmin), 200, twice, ""},
		{"not among others", IncludeRoles(UserAdmin, AppAdmin), 200, one, "expected one APP_ADMIN and one USER_ADMIN among others, got one USER_ADMIN"},
		{"lacking", LackRole(AppAdmin), 200, one, ""},
		{"not lacking", LackRole(AppAdmin), 200, twice, "expected no APP_ADMIN, got one APP_ADMIN and two USER_ADMIN"},
		{"lacking the assignment", LackAssignment("ra4"), 200, twice, ""},
		{"not lacking the assignment", LackAssignment("ra3"), 200, twice, "expected no assignment ra3, got one APP_ADMIN and two USER_ADMIN, one of them with that id"},
		{"lacking the assignment in a refusal", LackAssignment("ra3"), 403, `{}`, "expected no assignment ra3, got status 403"},
		{"listed once", ListRole(held), 200, twice, ""},
		{"listed twice", ListRole(held), 200, `[{"id":"ra1","type":"USER_ADMIN"},{"id":"ra1","type":"USER_ADMIN"}]`, "got USER_ADMIN ra1, USER_ADMIN ra1"},
		{"listed under another id", ListRole(held), 200, `[{"id":"ra2","type":"USER_ADMIN"}]`, "expected the USER_ADMIN with the id ra1 once, got USER_ADMIN ra2"},
		{"not listed", ListRole(held), 200, `[]`, "got no role"},
		{"listed in a refusal", ListRole(held), 404, `{}`, "got status 404"},
		{"the group's", IncludeRoleOf(Role{Groups.Of("00g1"), UserAdmin, "ra1"}), 200, group, ""},
		{"another group's", IncludeRoleOf(Role{Groups.Of("00g2"), UserAdmin, "ra1"}), 200, group, "got one USER_ADMIN, none of them of that group"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := permissionsAnswer(c.status, c.body)
			matches, err := c.matcher.Match(a)
			if err != nil || matches != (c.want == "") {
				t.Fatalf("matches %v, %v", matches, err)
			}
			if got := c.matcher.FailureMessage(a); !matches && !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
