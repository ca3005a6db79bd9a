package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

// TestKeep leaves what a failed row was judged by, names it, and sweeps it.
func TestKeep(t *testing.T) {
	f := before(t, altered(func(r *http.Request, h http.Header) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/roles") && strings.Contains(r.URL.Path, "/users/") {
			h.Set("Content-Type", "text/plain")
		}
	}))
	census := f.Org.Census()
	dir := t.TempDir()
	args := []string{"run", "--label-filter", "user-roles", "--seed", "1", "--out", dir}
	if code, _, _ := rolecheck(t, args...); code != verdict.ExitFailed {
		t.Fatalf("exit code %d", code)
	}
	f.unchanged(t, census)
	f2 := before(t, func(http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/roles") {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			f.Org.ServeHTTP(w, r)
		}
	})
	t.Setenv("OKTA_CLIENT_TOKEN", f.Org.Credentials().Admin)
	code, stdout, _ := rolecheck(t, append(args, "--keep")...)
	ledgers, err := filepath.Glob(filepath.Join(dir, "*.ledger.jsonl"))
	if code != verdict.ExitFailed || err != nil || len(ledgers) != 1 || f.Org.Census()["users"] == census["users"] {
		t.Fatalf("exit code %d, ledgers %v, census %v:\n%s", code, ledgers, f.Org.Census(), stdout)
	}
	if !strings.Contains(stdout, "kept, since a row failed by it") || !strings.Contains(stdout, "rolecheck sweep "+ledgers[0]) {
		t.Errorf("it does not say what is kept, or how to remove it:\n%s", stdout)
	}
	t.Setenv("OKTA_CLIENT_ORGURL", f2.URL)
	if code, stdout, stderr := rolecheck(t, "sweep", ledgers[0]); code != 0 {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	f.unchanged(t, census)
}
