package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/suites"
)

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
