package main

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

// TestConsent shows when somebody has to agree before anything is written.
func TestConsent(t *testing.T) {
	only := []string{"--only", "user-roles.assign.created"}
	for name, test := range map[string]struct {
		org  func(http.Handler) http.HandlerFunc
		args []string
		code int
		// writes says whether anything is written, and says what stands on standard error.
		writes bool
		says   string
	}{
		"a mock":                            {handOn, nil, 0, true, "the plan: judging"},
		"a way to a real org":               {linking("GET /api/v1/users/me"), nil, 2, false, "link to corp.okta.com"},
		"a way to a real org, only read":    {linking("GET /api/v1/users/me"), []string{"--read-only", "--only", "user-roles.assignees.list-of-users"}, 0, false, "makes    nothing"},
		"a way to a real org, and a yes":    {linking("GET /api/v1/users/me"), []string{"--yes"}, 0, true, "corp.okta.com"},
		"a way that shows with the writing": {linking("POST /api/v1/users"), nil, 3, true, "makes    1 user"},
	} {
		t.Run(name, func(t *testing.T) {
			f := before(t, test.org)
			census := f.Org.Census()
			args := append(append([]string{"run", "--out", t.TempDir()}, only...), test.args...)
			code, stdout, stderr := rolecheck(t, args...)
			if code != test.code || (f.writes() > 0) != test.writes || !strings.Contains(stderr, test.says) {
				t.Errorf("exit code %d, expected %d; %d writes; %q is wanted in\n%s%s", code, test.code, f.writes(), test.says, stdout, stderr)
			}
			if test.code == verdict.ExitUnverified && !strings.Contains(stdout, "give --yes") {
				t.Errorf("it does not say what to do:\n%s", stdout)
			}
			if test.code == verdict.ExitUsage && (!strings.Contains(stderr, "grants   1 role (USER_ADMIN)") || !strings.Contains(stderr, "--yes (ROLECHECK_YES=true)")) {
				t.Errorf("the plan is not there, or not what to do:\n%s", stderr)
			}
			f.unchanged(t, census)
		})
	}
}

func TestPlan(t *testing.T) {
	f := before(t, handOn)
	code, stdout, stderr := rolecheck(t, "plan", "--out", filepath.Join(t.TempDir(), "nowhere"))
	// What is long is broken between words.
	stdout = strings.Join(strings.Fields(stdout), " ")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{
		f.URL, "admin@reference.example", "34 users", "12 custom roles", "USER_ADMIN", "to users that it makes, to groups that it makes, to client apps that it makes; to nobody else",
		"/api/v1/iam/roles", "a minute", ".ledger.jsonl", "less than a minute",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in\n%s", want, stdout)
		}
	}
	if f.writes() > 0 || f.requests("GET") > 8 {
		t.Errorf("it sent %q", f.calls)
	}
	t.Chdir(filepath.Dir(configured(t, "given: {users: [00u1, 00u2], groups: [00g1], client: 0oa1}\n")))
	_, stdout, _ = rolecheck(t, "plan")
	stdout = strings.Join(strings.Fields(stdout), " ")
	for _, want := range []string{"the given users 00u1 00u2, from which", "the given group 00g1, from which", "the given client app 0oa1, from which"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in\n%s", want, stdout)
		}
	}
}

// TestAnOrgCannotSteerTheTerminal has an org answer with what a terminal would obey.
func TestAnOrgCannotSteerTheTerminal(t *testing.T) {
	for name, answer := range map[string]string{
		"a user": `{"id":"00u\u001b[2J","profile":{"login":"a\u001b]0;x\u0007\n::error::pwned\r\u202e@b\u009b2J"}}`,
		"a 401":  "\n::error::pwned\x1b[2J",
		"a page": "<title>\x1b[2J</title>",
	} {
		before(t, func(org http.Handler) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Server", "x\u009b2J")
				if name == "a 401" {
					w.WriteHeader(http.StatusUnauthorized)
				}
				if r.URL.Path == "/api/v1/users/me" || name != "a user" {
					_, _ = io.WriteString(w, answer)
					return
				}
				org.ServeHTTP(w, r)
			}
		})
		for _, command := range []string{"plan", "doctor", "run"} {
			_, stdout, stderr := rolecheck(t, command, "--out", t.TempDir(), "--only", "user-roles.assign.created")
			if strings.ContainsAny(stdout+stderr, "\x1b\x07\u009b\u202e\r") || strings.Contains(stdout+stderr, "\n::error") {
				t.Errorf("%s, %s: %q", name, command, stdout+stderr)
			}
		}
	}
}

// TestWhatAnswersIsNoOrg shows that nothing is written where no Okta org answers.
func TestWhatAnswersIsNoOrg(t *testing.T) {
	f := before(t, func(http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<title>Sign in</title>")
		}
	})
	for _, command := range []string{"run", "plan", "doctor"} {
		code, stdout, stderr := rolecheck(t, command, "--out", t.TempDir())
		if code != verdict.ExitUnverified || !strings.Contains(stdout+stderr, "a page for people") || !strings.Contains(stdout+stderr, "answer GET /api/v1/users/me") {
			t.Errorf("%s: exit code %d:\n%s%s", command, code, stdout, stderr)
		}
	}
	if f.writes() > 0 {
		t.Errorf("it sent %q", f.calls)
	}
}
