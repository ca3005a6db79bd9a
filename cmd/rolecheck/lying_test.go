package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

// TestLyingOrgsLoseNothing runs the whole suites by orgs whose answers would have a trusting tester give roles to
// somebody else's objects, and remove them.
func TestLyingOrgsLoseNothing(t *testing.T) {
	record := func(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	// lie gets a creation with its body and the id of what was there before, and returns status and body of the answer.
	type lie func(org http.Handler, r *http.Request, body []byte, id string) (int, []byte)
	withID := func(answer []byte, id string) []byte {
		var object map[string]any
		if json.Unmarshal(answer, &object) != nil {
			return answer
		}
		object["id"] = id
		b, _ := json.Marshal(object)
		return b
	}
	for name, tells := range map[string]lie{
		"somebody's object for a new one": func(org http.Handler, r *http.Request, _ []byte, id string) (int, []byte) {
			get := r.Clone(r.Context())
			get.Method, get.URL.Path, get.URL.RawQuery, get.Body = http.MethodGet, r.URL.Path+"/"+id, "", http.NoBody
			return http.StatusOK, record(org, get).Body.Bytes()
		},
		"somebody's id for what it made": func(org http.Handler, r *http.Request, _ []byte, id string) (int, []byte) {
			w := record(org, r)
			return w.Code, withID(w.Body.Bytes(), id)
		},
		"somebody's id, and nothing made": func(_ http.Handler, _ *http.Request, body []byte, id string) (int, []byte) {
			return http.StatusOK, withID(body, id)
		},
		"a conflict for what it made": func(org http.Handler, r *http.Request, _ []byte, _ string) (int, []byte) {
			record(org, r)
			return http.StatusConflict, []byte(`{}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			org, ids := populated(t)
			before := inventory(t, org)
			var mu sync.Mutex
			var touched []string
			targeted(t, org, func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					for _, id := range ids {
						if strings.Contains(r.URL.Path, id) {
							mu.Lock()
							touched = append(touched, r.Method+" "+r.URL.Path)
							mu.Unlock()
						}
					}
				}
				id := ids[r.URL.Path]
				if r.Method != http.MethodPost || id == "" {
					org.ServeHTTP(w, r)
					return
				}
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				status, answer := tells(org, r, body, id)
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = w.Write(answer)
			})
			dir := t.TempDir()
			code, stdout, stderr := rolecheck(t, "run", "--settle", "50ms", "--out", dir)
			if code != verdict.ExitUnverified {
				t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
			}
			if len(touched) > 0 {
				t.Errorf("what is somebody else's was written to: %q", touched)
			}
			if diff := cmp.Diff(before, inventory(t, org)); diff != "" {
				t.Errorf("the org holds something else than before:\n%s", diff)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*.ledger.jsonl")); len(left) > 0 != strings.Contains(stdout, "LEFT BEHIND") {
				t.Errorf("ledgers %v, and\n%s", left, stdout)
			}
		})
	}
}
