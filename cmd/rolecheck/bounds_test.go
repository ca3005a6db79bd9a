package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

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
	cmd := exec.CommandContext(t.Context(), "rolecheck", "run", "--out", filepath.Join(dir, "report"))
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
