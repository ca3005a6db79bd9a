package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
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
