package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
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

// TestOrgsThatLieLate runs by orgs that begin to answer creations with somebody else's ids when the first ones went well,
// and answer honestly who asks by an id. What is somebody else's holds no new role afterwards, and is told by its id.
func TestOrgsThatLieLate(t *testing.T) {
	for _, honest := range []int{1, 2, 3, 6} {
		t.Run(fmt.Sprintf("after %d", honest), func(t *testing.T) {
			org, ids := populated(t)
			// The app of the others is one that can hold roles, so that it may be taken for one that was made to.
			app := ask(t, org, http.MethodPost, "/api/v1/apps", `{"name":"oidc_client","label":"Robot","signOnMode":"OPENID_CONNECT","settings":{"oauthClient":{"application_type":"service","grant_types":["client_credentials"],"response_types":["token"]}}}`)
			ids["/api/v1/apps"] = app.(map[string]any)["id"].(string)
			clientRoles := "/oauth2/v1/clients/" + ids["/api/v1/apps"] + "/roles"
			before := inventory(t, org)
			before[clientRoles] = fmt.Sprint(ask(t, org, http.MethodGet, clientRoles, ""))
			var mu sync.Mutex
			created, lied, given := map[string]int{}, map[string]bool{}, map[string]bool{}
			targeted(t, org, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				id := ids[r.URL.Path]
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/roles") {
					for path, id := range ids {
						given[path] = given[path] || strings.Contains(r.URL.Path, id)
					}
				}
				if r.Method != http.MethodPost || id == "" {
					org.ServeHTTP(w, r)
					return
				}
				if created[r.URL.Path]++; created[r.URL.Path] <= honest {
					org.ServeHTTP(w, r)
					return
				}
				made := httptest.NewRecorder()
				org.ServeHTTP(made, r)
				var object map[string]any
				if err := json.Unmarshal(made.Body.Bytes(), &object); err != nil {
					t.Error(err)
				}
				object["id"], lied[r.URL.Path] = id, true
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(made.Code)
				_ = json.NewEncoder(w).Encode(object)
			})
			// To whom roles are given by then depends on the order of the scenes.
			code, stdout, stderr := rolecheck(t, "run", "--settle", "50ms", "--seed", "1", "--out", t.TempDir())
			if code != verdict.ExitUnverified && code != verdict.ExitFailed {
				t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
			}
			after := inventory(t, org)
			after[clientRoles] = fmt.Sprint(ask(t, org, http.MethodGet, clientRoles, ""))
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the org holds something else than before:\n%s", diff)
			}
			for path := range lied {
				if !strings.Contains(stdout, ids[path]) {
					t.Errorf("%s is not told:\n%s", ids[path], stdout)
				}
			}
			if len(given) == 0 || honest < 3 && (given["/api/v1/users"] || given["/api/v1/groups"]) || honest > 3 && !given["/api/v1/users"] {
				t.Errorf("roles were given to somebody else's: %v", given)
			}
			t.Logf("lied about %v; roles were given to %v", slices.Sorted(maps.Keys(lied)), given)
		})
	}
}
