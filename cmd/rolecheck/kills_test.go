package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/suites"
)

// collections are where an org lists what can be made, with the member of the answer that holds the list.
var collections = map[string]string{
	"/api/v1/users": "", "/api/v1/groups": "", "/api/v1/apps": "", "/api/v1/groups/rules": "",
	"/api/v1/iam/roles": "roles", "/api/v1/iam/resource-sets": "resource-sets",
}

// ask sends a request to an org and reads the answer.
func ask(t *testing.T, org *mockorg.Org, method, path, body string) (answer any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	// The org makes its links by where it was asked.
	r.Host = "127.0.0.1"
	r.Header.Set("Authorization", "SSWS "+org.Credentials().Admin)
	w := httptest.NewRecorder()
	org.ServeHTTP(w, r)
	if w.Code > 299 {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
	}
	return answer
}

// inventory is all that an org holds, by path: each object as the org shows it, and the roles of each principal.
func inventory(t *testing.T, org *mockorg.Org) map[string]string {
	t.Helper()
	out := map[string]string{}
	for path, member := range collections {
		list := ask(t, org, http.MethodGet, path+"?limit=200", "")
		if member != "" {
			list = list.(map[string]any)[member]
		}
		for _, item := range list.([]any) {
			at := path + "/" + item.(map[string]any)["id"].(string)
			b, err := json.Marshal(item)
			if err != nil {
				t.Fatal(err)
			}
			out[at] = string(b)
			if path == "/api/v1/users" || path == "/api/v1/groups" {
				out[at+"/roles"] = fmt.Sprint(ask(t, org, http.MethodGet, at+"/roles", ""))
			}
		}
	}
	return out
}

// populated is an org that holds an object of each kind that has nothing to do with rolecheck, and their ids by the
// collections.
func populated(t *testing.T) (*mockorg.Org, map[string]string) {
	t.Helper()
	org, err := mockorg.New(mockorg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, made := range [][2]string{
		{"/api/v1/users", `{"profile":{"login":"alice@corp.example","email":"alice@corp.example","firstName":"Alice","lastName":"A"}}`},
		{"/api/v1/groups", `{"profile":{"name":"Finance"}}`},
		{"/api/v1/apps", `{"name":"bookmark","label":"Payroll","signOnMode":"BOOKMARK"}`},
		{"/api/v1/iam/roles", `{"label":"Auditors","description":"d","permissions":["okta.users.read"]}`},
		{"/api/v1/iam/resource-sets", `{"label":"Branch office","description":"d","resources":[]}`},
		{"/api/v1/groups/rules", `{"type":"group_rule","name":"Joiners"}`},
	} {
		ids[made[0]] = ask(t, org, http.MethodPost, made[0], made[1]).(map[string]any)["id"].(string)
	}
	ask(t, org, http.MethodPost, "/api/v1/users/"+ids["/api/v1/users"]+"/roles", `{"type":"READ_ONLY_ADMIN"}`)
	return org, ids
}

// targeted serves an org behind a front and makes it the target.
func targeted(t *testing.T, org *mockorg.Org, front http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	t.Setenv("OKTA_CLIENT_ORGURL", server.URL)
	t.Setenv("OKTA_CLIENT_TOKEN", org.Credentials().Admin)
	return server.URL
}

// lethal is an org that kills who asks it, at one of its requests.
type lethal struct {
	*mockorg.Org
	asked, at atomic.Int64
	late      atomic.Bool
	kill      atomic.Pointer[func()]
	going     sync.WaitGroup
}

// ServeHTTP kills at its request: after it was carried out and before it is answered or, if late, before it is carried
// out, which it is then all the same.
func (l *lethal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.going.Add(1)
	defer l.going.Done()
	if l.asked.Add(1) != l.at.Load() {
		l.Org.ServeHTTP(w, r)
		return
	}
	b, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(b))
	if !l.late.Load() {
		l.Org.ServeHTTP(httptest.NewRecorder(), r)
		(*l.kill.Load())()
		return
	}
	(*l.kill.Load())()
	time.Sleep(30 * time.Millisecond)
	l.Org.ServeHTTP(httptest.NewRecorder(), r)
}

// TestKilledRunsAreSwept kills runs at moments that are spread over a whole run, in the midst of a request each, and
// sweeps. Whatever the moment, the org holds then what it held before, to the byte.
func TestKilledRunsAreSwept(t *testing.T) {
	org, _ := populated(t)
	l := &lethal{Org: org}
	url := targeted(t, org, l.ServeHTTP)
	before := inventory(t, org)
	live := func() (*exec.Cmd, string) {
		dir := t.TempDir()
		return asCommand(t, "run", "--out", dir, "--target", url, "--consents", "builtin-group-consent"), dir
	}
	whole, _ := live()
	if out, err := whole.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	total := l.asked.Load()
	swept, removed := 0, 0
	for i := range *kills {
		c, dir := live()
		started := make(chan struct{})
		kill := func() {
			<-started
			_ = c.Process.Kill()
		}
		l.kill.Store(&kill)
		l.asked.Store(0)
		l.at.Store(2 + int64(i)*(total-2)/int64(*kills))
		l.late.Store(i%2 == 1)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		close(started)
		if err := c.Wait(); err == nil {
			t.Errorf("the run was over before request %d", l.at.Load())
		}
		for _, ledger := range earlierLedgers(dir) {
			code, stdout, stderr := rolecheck(t, "sweep", "--settle", "150ms", ledger)
			if code != verdict.ExitPassed {
				t.Errorf("killed at request %d, the sweep exits with %d\n%s%s", l.at.Load(), code, stdout, stderr)
			}
			swept++
			removed += strings.Count(stdout, "removed ")
		}
		l.going.Wait()
		if after := inventory(t, org); !maps.Equal(after, before) {
			t.Fatalf("killed at request %d of %d and swept: %s", l.at.Load(), total, cmp.Diff(before, after))
		}
	}
	t.Logf("%d kills in runs of %d requests; %d ledgers swept, %d objects removed; nothing left, nothing else gone or changed", *kills, total, swept, removed)
}

// TestKilledRunsTakeBackGivenRoles kills runs that give roles to principals of the settings, and sweeps. Whatever the
// moment, these hold no role then, or the sweep names those that it cannot tell from somebody else's.
func TestKilledRunsTakeBackGivenRoles(t *testing.T) {
	org, _ := populated(t)
	add := func(path, body string) string {
		return ask(t, org, http.MethodPost, path, body).(map[string]any)["id"].(string)
	}
	user := add("/api/v1/users", `{"profile":{"login":"bob@corp.example","email":"bob@corp.example","firstName":"Bob","lastName":"B"}}`)
	group := add("/api/v1/groups", `{"profile":{"name":"Sales"}}`)
	client := add("/api/v1/apps", `{"name":"oidc_client","label":"Robot","signOnMode":"OPENID_CONNECT","settings":{"oauthClient":{"application_type":"service","grant_types":["client_credentials"],"response_types":["token"]}}}`)
	config := configured(t, fmt.Sprintf("given:\n  users: [%s]\n  groups: [%s]\n  client: %s\n", user, group, client))
	lists := []string{"/api/v1/users/" + user + "/roles", "/api/v1/groups/" + group + "/roles", "/oauth2/v1/clients/" + client + "/roles"}
	// ownRoles are the assignments that a list shows, but for those that a user has by a group.
	ownRoles := func(list string) (ids []string) {
		for _, held := range ask(t, org, http.MethodGet, list, "").([]any) {
			if a := held.(map[string]any); a["assignmentType"] != "GROUP" || strings.Contains(list, group) {
				ids = append(ids, a["id"].(string))
			}
		}
		return ids
	}
	gave := 0
	l := &lethal{Org: org}
	url := targeted(t, org, l.ServeHTTP)
	run := func() (*exec.Cmd, string) {
		dir := t.TempDir()
		return asCommand(t, "run", "--config", config, "--out", dir, "--target", url, "--settle", "50ms", "--seed", "1", "--label-filter", "user-roles || group-roles || client-roles"), dir
	}
	before := inventory(t, org)
	whole, dir := run()
	if out, _ := whole.CombinedOutput(); bytes.Contains(out, []byte("LEFT BEHIND")) || len(earlierLedgers(dir)) > 0 {
		t.Fatalf("%s", out)
	}
	if after := inventory(t, org); !maps.Equal(after, before) {
		t.Fatal(cmp.Diff(before, after))
	}
	total, taken, told := l.asked.Load(), 0, 0
	for i := range *kills {
		c, dir := run()
		started := make(chan struct{})
		kill := func() {
			<-started
			_ = c.Process.Kill()
		}
		l.kill.Store(&kill)
		l.asked.Store(0)
		l.at.Store(2 + int64(i)*(total-2)/int64(*kills))
		l.late.Store(i%2 == 1)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		close(started)
		_ = c.Wait()
		l.going.Wait()
		for _, list := range lists {
			gave += len(ownRoles(list))
		}
		out := ""
		for _, ledger := range earlierLedgers(dir) {
			code, stdout, stderr := rolecheck(t, "sweep", "--settle", "50ms", ledger)
			if out = stdout; (code == verdict.ExitPassed) == strings.Contains(stdout, "LEFT BEHIND") {
				t.Errorf("killed at request %d, the sweep exits with %d\n%s%s", l.at.Load(), code, stdout, stderr)
			}
			taken += strings.Count(stdout, "removed role of the given ")
		}
		for _, list := range lists {
			for _, id := range ownRoles(list) {
				if !strings.Contains(out, "holds "+id) {
					t.Errorf("killed at request %d, %s still has %s, and the sweep says\n%s", l.at.Load(), list, id, out)
				}
				told++
				ask(t, org, http.MethodDelete, list+"/"+id, "")
			}
		}
		if after := inventory(t, org); !maps.Equal(after, before) {
			t.Fatalf("killed at request %d of %d and swept: %s", l.at.Load(), total, cmp.Diff(before, after))
		}
	}
	// A custom role of the run's takes its assignments with it.
	if taken == 0 || taken+told > gave {
		t.Errorf("%d roles were left, %d taken back and %d told", gave, taken, told)
	}
	t.Logf("%d kills in runs of %d requests; %d roles of given principals were left, %d taken back and %d told", *kills, total, gave, taken, told)
}

// TestSomebodyElsesObjects runs against an org that makes what it is asked for, answers with somebody else's object, and
// removes nothing.
func TestSomebodyElsesObjects(t *testing.T) {
	org, ids := populated(t)
	lies := true
	var touched []string
	targeted(t, org, func(w http.ResponseWriter, r *http.Request) {
		_, isCollection := collections[r.URL.Path]
		for _, id := range ids {
			if strings.Contains(r.URL.Path, id) && r.Method != http.MethodGet {
				touched = append(touched, r.Method+" "+r.URL.Path)
			}
		}
		switch {
		case lies && isCollection && r.Method == http.MethodPost:
			org.ServeHTTP(httptest.NewRecorder(), r)
			got := httptest.NewRequest(http.MethodGet, r.URL.Path+"/"+ids[r.URL.Path], nil)
			got.Header, got.Host = r.Header, r.Host
			org.ServeHTTP(w, got)
		case lies && r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusForbidden)
		default:
			org.ServeHTTP(w, r)
		}
	})
	before := inventory(t, org)
	dir := t.TempDir() + "/out of the way"
	code, stdout, stderr := rolecheck(t, "run", "--out", dir, "--settle", "50ms")
	if code != verdict.ExitUnverified {
		t.Errorf("exit code %d", code)
	}
	if len(touched) > 0 {
		t.Errorf("touched %v", touched)
	}
	after := inventory(t, org)
	ours := 0
	for at, was := range before {
		if after[at] != was {
			t.Errorf("%s was %s and is %s", at, was, after[at])
		}
	}
	for at, is := range after {
		if before[at] == "" && strings.Contains(is, "rolecheck-") {
			ours++
			if id := at[strings.LastIndex(at, "/")+1:]; !strings.Contains(stdout, " "+id+" ") {
				t.Errorf("left and not named: %s", at)
			}
		}
	}
	ledgers := earlierLedgers(dir)
	if ours == 0 || len(ledgers) != 1 || strings.Count(stdout, "remove what is left with: rolecheck sweep '"+ledgers[0]+"' --target "+os.Getenv("OKTA_CLIENT_ORGURL")+"\n") != 1 {
		t.Fatalf("%d objects left, the ledgers %v\n%s%s", ours, ledgers, stdout, stderr)
	}
	// The next run finds the ledger, says so, and goes on.
	_, _, stderr = rolecheck(t, "run", "--out", dir, "--only", "user-roles.assign.created")
	if strings.Count(stderr, "rolecheck sweep '"+ledgers[0]+"'\n") != 1 || !strings.Contains(stderr, "of an earlier run, or of one that is still going on") {
		t.Errorf("the next run says\n%s", stderr)
	}
	lies = false
	for _, ledger := range earlierLedgers(dir) {
		if code, stdout, stderr := rolecheck(t, "sweep", "--settle", "50ms", ledger); code != verdict.ExitPassed || !strings.HasSuffix(stdout, "nothing is left of that run\n") {
			t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
		}
	}
	if after := inventory(t, org); !maps.Equal(after, before) {
		t.Error(cmp.Diff(before, after))
	}
}

// TestSweepGoesByTheSettings gives sweep ledgers that would lead it elsewhere.
func TestSweepGoesByTheSettings(t *testing.T) {
	org, ids := populated(t)
	asked := 0
	url := targeted(t, org, func(w http.ResponseWriter, r *http.Request) {
		asked++
		org.ServeHTTP(w, r)
	})
	before := inventory(t, org)
	write := func(target, name, id string) string {
		path := t.TempDir() + "/rolecheck-0123abcd.ledger.jsonl"
		var text bytes.Buffer
		for _, line := range []map[string]string{{"event": "open", "target": target}, {"event": "made", "kind": "user", "name": name, "id": id}} {
			if err := json.NewEncoder(&text).Encode(line); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	alice := ids["/api/v1/users"]
	tests := map[string]struct {
		target, path string
		code         int
		says         string
		asks         bool
	}{
		"no target":            {"", write(url, "rolecheck-0123abcd-1", alice), verdict.ExitUsage, "no target is: give the base URL of the org by OKTA_CLIENT_ORGURL or --target", false},
		"another org's ledger": {url, write("https://other.okta.com", "rolecheck-0123abcd-1", alice), verdict.ExitUsage, "nothing was removed", false},
		"no org at all":        {url, write("file:///x", "rolecheck-0123abcd-1", alice), verdict.ExitUsage, "not a ledger", false},
		"somebody else's name": {url, write(url, "rolecheck-prod-2", alice), verdict.ExitUsage, `rolecheck makes no "user" named "rolecheck-prod-2"`, false},
		"somebody else's id":   {strings.Replace(url, "http:", "HTTP:", 1), write(url, "rolecheck-0123abcd-1", alice), verdict.ExitUnverified, `with the name "alice@corp.example", and roles may have been given to it; left alone`, true},
		"an id with a slash":   {url, write(url, "rolecheck-0123abcd-1", "a/b"), verdict.ExitUsage, `no object has the id "a/b"`, false},
		"an escape":            {url, write(url, "rolecheck-0123abcd-1 \u001b[2J", "00u\u009b2J"), verdict.ExitUsage, `rolecheck makes no "user" named`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			asked = 0
			if test.target == "" {
				if err := os.Unsetenv("OKTA_CLIENT_ORGURL"); err != nil {
					t.Fatal(err)
				}
			} else {
				t.Setenv("OKTA_CLIENT_ORGURL", test.target)
			}
			code, stdout, stderr := rolecheck(t, "sweep", "--settle", "1ms", test.path)
			if code != test.code || !strings.Contains(stdout+stderr, test.says) || asked > 0 != test.asks {
				t.Errorf("exit code %d, %d requests\n%s%s", code, asked, stdout, stderr)
			}
			if strings.ContainsAny(stdout+stderr, "\x1b\u009b") {
				t.Errorf("%q", stdout+stderr)
			}
		})
	}
	if after := inventory(t, org); !maps.Equal(after, before) {
		t.Error(cmp.Diff(before, after))
	}
}

// TestWhatNeverLeftIsNotLeft runs against an org that is gone after its first answer: nothing can have been made in it.
func TestWhatNeverLeftIsNotLeft(t *testing.T) {
	org, _ := populated(t)
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		org.ServeHTTP(w, r)
		_ = server.Listener.Close()
	}))
	defer server.Close()
	t.Setenv("OKTA_CLIENT_ORGURL", server.URL)
	t.Setenv("OKTA_CLIENT_TOKEN", org.Credentials().Admin)
	dir := t.TempDir()
	code, stdout, stderr := rolecheck(t, "run", "--out", dir, "--settle", "1ms")
	if code != verdict.ExitUnverified || strings.Contains(stdout, "LEFT BEHIND") || !strings.Contains(stdout, "connection refused") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if left := earlierLedgers(dir); left != nil {
		t.Errorf("the ledgers %v are left", left)
	}
}

func TestARunsIDIsToldFromOtherNames(t *testing.T) {
	for _, id := range []string{"prod", "0123ABCD", "0123abcd-1", "0123abcde"} {
		if _, err := suites.Execute(t.Context(), suites.Options{RunID: id}); err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("%s: %v", id, err)
		}
	}
}
