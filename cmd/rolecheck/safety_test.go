package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// front stands before a reference org and counts what reaches it.
type front struct {
	*mockorg.Server
	// URL is where the front is.
	URL string

	mu    sync.Mutex
	calls []string
}

func (f *front) requests(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, call := range f.calls {
		if method == "" && !strings.HasPrefix(call, "GET ") || method != "" && strings.HasPrefix(call, method) {
			n++
		}
	}
	return n
}

// sent is how many requests reached the org.
func (f *front) sent() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func (f *front) writes() int { return f.requests("") }

// before puts a handler before the reference org of the test's environment; it gets the org to hand requests on.
func before(t *testing.T, handler func(org http.Handler) http.HandlerFunc) *front {
	t.Helper()
	f := &front{Server: served(t)}
	handle := handler(f.Org)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.calls = append(f.calls, r.Method+" "+r.URL.Path)
		f.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	f.URL = server.URL
	t.Setenv("OKTA_CLIENT_ORGURL", server.URL)
	return f
}

func handOn(org http.Handler) http.HandlerFunc { return org.ServeHTTP }

// slowly answers after a while.
func slowly(d time.Duration) func(http.Handler) http.HandlerFunc {
	return func(org http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(d)
			org.ServeHTTP(w, r)
		}
	}
}

// linking has answers to one call say that they come from a real org.
func linking(call string) func(http.Handler) http.HandlerFunc {
	return func(org http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method+" "+r.URL.Path == call {
				w.Header().Add("Link", `<https://corp.okta.com/api/v1/users>; rel="self"`)
			}
			org.ServeHTTP(w, r)
		}
	}
}

// unchanged fails where the org holds something else than before.
func (f *front) unchanged(t *testing.T, census map[string]int) {
	t.Helper()
	if after := f.Org.Census(); !maps.Equal(after, census) {
		t.Errorf("the org held %v before and holds %v after", census, after)
	}
}

// TestNoOrgIsJudgedByAccident shows that a target which was meant never turns into another one, or into none.
func TestNoOrgIsJudgedByAccident(t *testing.T) {
	const org, token = "OKTA_CLIENT_ORGURL", "OKTA_CLIENT_TOKEN"
	for name, test := range map[string]struct {
		args []string
		env  map[string]string
		code int
		says string
	}{
		"run with nothing":            {[]string{"run"}, nil, 2, "or judge the embedded reference org with --reference"},
		"run with an empty flag":      {[]string{"run", "--target", ""}, nil, 2, "--target is set, and empty"},
		"run with an empty variable":  {[]string{"run"}, map[string]string{org: "", token: "abc"}, 2, "OKTA_CLIENT_ORGURL is set, and empty"},
		"run with a token alone":      {[]string{"run"}, map[string]string{token: "abc"}, 2, "OKTA_CLIENT_TOKEN is set, and no target is"},
		"run with two targets":        {[]string{"run", "--reference", "--target", "http://127.0.0.1:1"}, nil, 2, "[reference target]"},
		"plan with nothing":           {[]string{"plan"}, nil, 2, "no target"},
		"plan with an empty variable": {[]string{"plan"}, map[string]string{org: " "}, 2, "OKTA_CLIENT_ORGURL is set, and empty"},
		"doctor with a token alone":   {[]string{"doctor"}, map[string]string{token: ""}, 2, "OKTA_CLIENT_TOKEN is set, and no target is"},
		"doctor with nothing":         {[]string{"doctor"}, nil, 2, "no target"},
		"proxy with an empty variable": {[]string{"proxy"}, map[string]string{org: ""}, 2,
			"OKTA_CLIENT_ORGURL is set, and empty"},
		"sweep with nothing":     {[]string{"sweep", "nowhere.jsonl"}, nil, 2, "no target"},
		"list does not mind":     {[]string{"list"}, map[string]string{org: "", token: "abc"}, 0, ""},
		"explain does not mind":  {[]string{"explain", "user-roles.assign.created"}, map[string]string{org: ""}, 0, ""},
		"judge does not mind":    {[]string{"judge", "nowhere.har"}, map[string]string{org: ""}, 2, "nowhere.har"},
		"the plan of nobody's":   {[]string{"plan", "--reference"}, nil, 0, "judging the embedded reference org"},
		"the reference org":      {[]string{"run", "--reference", "--only", "user-roles.assign.created", "--out", t.TempDir()}, map[string]string{org: "", token: ""}, 0, ""},
		"the reference org only": {[]string{"run", "--reference", "--only", "user-roles.assign.created", "--out", t.TempDir()}, map[string]string{org: "http://127.0.0.1:1", token: "abc"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range test.env {
				t.Setenv(k, v)
			}
			code, stdout, stderr := rolecheck(t, test.args...)
			if code != test.code || !strings.Contains(stdout+stderr, test.says) {
				t.Errorf("exit code %d, expected %d with %q:\n%s%s", code, test.code, test.says, stdout, stderr)
			}
			if code != 0 && (strings.Contains(stdout, "PASSED") || strings.Count(stderr, "\n") != 1) {
				t.Errorf("not one line:\n%s%s", stdout, stderr)
			}
		})
	}
}

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

// TestARunIsBounded shows that a run keeps to what it was allowed, and leaves nothing behind.
func TestARunIsBounded(t *testing.T) {
	t.Run("by requests", func(t *testing.T) {
		f := before(t, handOn)
		census := f.Org.Census()
		for _, most := range []string{"1", "40", "333"} {
			start := f.sent()
			code, r := judged(t, "--max-requests", most)
			if sent := f.sent() - start; code != verdict.ExitUnverified || fmt.Sprint(sent) > most && len(fmt.Sprint(sent)) >= len(most) || r.Requests.Total != sent {
				t.Errorf("--max-requests %s: exit code %d, %d requests", most, code, sent)
			}
		}
		f.unchanged(t, census)
	})
	t.Run("by time", func(t *testing.T) {
		f := before(t, slowly(5*time.Millisecond))
		census := f.Org.Census()
		started := time.Now()
		code, r := judged(t, "--timeout", "2s")
		if code != verdict.ExitUnverified || time.Since(started) > 20*time.Second || len(r.Leaks) > 0 {
			t.Errorf("exit code %d after %s, %d left behind", code, time.Since(started), len(r.Leaks))
		}
		f.unchanged(t, census)
	})
	t.Run("by its first failure", func(t *testing.T) {
		f := before(t, func(org http.Handler) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/roles") {
					w.WriteHeader(http.StatusTeapot)
					return
				}
				org.ServeHTTP(w, r)
			}
		})
		census := f.Org.Census()
		code, r := judged(t, "--fail-fast", "--label-filter", "user-roles")
		failed := 0
		for _, q := range r.Requirements {
			if q.Outcome == verdict.Fail && q.Level == spec.Must && q.Location != "" {
				failed++
			}
		}
		if code != verdict.ExitFailed || failed != 1 {
			t.Errorf("exit code %d after %d failed rows", code, failed)
		}
		f.unchanged(t, census)
	})
	t.Run("by a credential that may make nothing", func(t *testing.T) {
		f := before(t, func(org http.Handler) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost && !strings.Contains(r.URL.Path, "/roles/") {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(http.StatusForbidden)
					_, _ = io.WriteString(w, `{"errorCode":"E0000006","errorSummary":"You do not have permission","errorLink":"E0000006","errorId":"oae1","errorCauses":[]}`)
					return
				}
				org.ServeHTTP(w, r)
			}
		})
		code, r := judged(t, "--seed", "1")
		told := 0
		for _, q := range r.Requirements {
			if strings.Contains(q.Detail, "the credential may make nothing") {
				told++
			}
		}
		if code != verdict.ExitUnverified || told < 50 || f.writes() > 12 {
			t.Errorf("exit code %d, %d rows say why, %d writes: %q", code, told, f.writes(), f.calls)
		}
	})
}

// TestHangUpCleansUp stops a run by what a closed terminal sends.
func TestHangUpCleansUp(t *testing.T) {
	f := before(t, slowly(5*time.Millisecond))
	census := f.Org.Census()
	dir := t.TempDir()
	var said bytes.Buffer
	cmd := asCommand(t, "run", "--out", filepath.Join(dir, "report"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for f.Org.Census()["users"] == census["users"] {
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != verdict.ExitInterrupted {
		t.Errorf("exit code %d:\n%s", code, said.String())
	}
	f.unchanged(t, census)
}

// TestNoCachedPass shows that Go never takes the pass of an earlier test for one of an org's.
func TestNoCachedPass(t *testing.T) {
	f := before(t, handOn)
	test := func(ctx context.Context) string {
		cmd := exec.CommandContext(ctx, "go", "test", ".")
		cmd.Dir = "../../suites"
		cmd.Env = append(os.Environ(), "ROLECHECK_ONLY=user-roles.assign.created")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "cached") {
			t.Errorf("%v: %s", err, out)
		}
		return string(out)
	}
	for range 2 {
		asked := f.sent()
		if out := test(t.Context()); f.sent() == asked {
			t.Errorf("the org was not asked: %s", out)
		}
	}
}

// TestSuitesNeedATarget pastes the line of the README into somebody else's test, without a target and with the reference
// org.
func TestSuitesNeedATarget(t *testing.T) {
	dir := t.TempDir()
	const source = `package mine

import (
	"testing"

	"github.com/rolecheck/rolecheck/suites"
)

func TestContract(t *testing.T)  { suites.Run(t, suites.Options{}) }
func TestReference(t *testing.T) { suites.Run(t, suites.Options{Reference: true}) }
`
	if err := os.WriteFile(filepath.Join(dir, "mine_test.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "mine.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", binary, filepath.Join(dir, "mine_test.go")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, want := range map[string]string{"TestContract": "no target: give the base URL of the org", "TestReference": "PASSED"} {
		cmd := exec.CommandContext(t.Context(), binary, "-test.run", name)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if !strings.Contains(string(out), want) || (err == nil) != (want == "PASSED") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestReadOnlyJudgesWhatIsThere reads an org that holds roles of every kind, and one that holds none.
func TestReadOnlyJudgesWhatIsThere(t *testing.T) {
	org, ids := populated(t)
	var mu sync.Mutex
	var writes []string
	targeted(t, org, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			mu.Lock()
			writes = append(writes, r.Method+" "+r.URL.Path)
			mu.Unlock()
		}
		org.ServeHTTP(w, r)
	})
	t.Setenv("ROLECHECK_READER_TOKEN", org.Credentials().Reader)
	t.Setenv("ROLECHECK_SCOPELESS_TOKEN", org.Credentials().Scopeless)
	_, bare := judged(t, "--read-only")
	alice := "/api/v1/users/" + ids["/api/v1/users"] + "/roles"
	for _, role := range []string{"APP_ADMIN", "USER_ADMIN"} {
		ask(t, org, http.MethodPost, alice, `{"type":"`+role+`"}`)
	}
	ask(t, org, http.MethodPost, "/api/v1/groups/"+ids["/api/v1/groups"]+"/roles", `{"type":"READ_ONLY_ADMIN"}`)
	client := ask(t, org, http.MethodPost, "/api/v1/apps", `{"name":"oidc_client","label":"Robot","signOnMode":"OPENID_CONNECT","credentials":{"oauthClient":{}},"settings":{"oauthClient":{"application_type":"service","grant_types":["client_credentials"],"response_types":["token"]}}}`)
	ask(t, org, http.MethodPost, "/oauth2/v1/clients/"+client.(map[string]any)["id"].(string)+"/roles", `{"type":"READ_ONLY_ADMIN"}`)
	code, full := judged(t, "--read-only")
	if code != verdict.ExitPassed || len(writes) > 0 || full.Requests.Writes > 0 {
		t.Errorf("exit code %d, writes %q", code, writes)
	}
	for _, system := range full.Systems {
		if n := system.Counts[verdict.Pass]; n < 12 || system.Counts[verdict.Fail]+system.Counts[verdict.Blocked] > 0 {
			t.Errorf("%s: %v", system.ID, system.Counts)
		}
	}
	for _, q := range bare.Requirements {
		if q.Outcome == verdict.Fail || q.Outcome == verdict.Blocked || q.Outcome == verdict.Error {
			t.Errorf("where little is there, %s: %s: %s", q.ID, q.Outcome, q.Detail)
		}
	}
	if bare.Run.Exit != verdict.ExitPassed {
		t.Errorf("exit code %d where little is there", bare.Run.Exit)
	}
}
