package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

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

// strike starts a run that sends so many requests when nobody kills it, and kills it at the i-th of *kills moments. It returns
// how the run ended.
func (l *lethal) strike(t *testing.T, c *exec.Cmd, i int, total int64) error {
	t.Helper()
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
	return c.Wait()
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
		return exec.CommandContext(t.Context(), "rolecheck", "run", "--out", dir, "--target", url, "--consents", "builtin-group-consent"), dir
	}
	whole, _ := live()
	if out, err := whole.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	total := l.asked.Load()
	swept, removed := 0, 0
	for i := range *kills {
		c, dir := live()
		if err := l.strike(t, c, i, total); err == nil {
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
		return exec.CommandContext(t.Context(), "rolecheck", "run", "--config", config, "--out", dir, "--target", url, "--settle", "50ms", "--seed", "1", "--label-filter", "user-roles || group-roles || client-roles"), dir
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
		_ = l.strike(t, c, i, total)
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
