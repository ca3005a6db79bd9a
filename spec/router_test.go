package spec

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatch(t *testing.T) {
	const role = "/api/v1/users/u/roles/r"
	tests := []struct {
		method, path string
		// action is empty where nothing must match.
		action     string
		parameters map[string]string
	}{
		{"GET", "/oauth2/v1/clients/c/roles", "list role of client", map[string]string{"clientId": "c"}},
		{"POST", "/oauth2/v1/clients/c/roles", "assign role of client", map[string]string{"clientId": "c"}},
		{"DELETE", "/api/v1/groups/g/roles/r", "unassign role of group", map[string]string{"groupId": "g", "roleAssignmentId": "r"}},
		{"GET", "/api/v1/iam/assignees/users", "list assignee of org", map[string]string{}},
		{"GET", "/api/v1/users/me/roles", "list role of user", map[string]string{"userId": "me"}},
		{
			"GET", role + "/targets/catalog/apps", "list app-target of user",
			map[string]string{"userId": "u", "roleAssignmentId": "r"},
		},
		{
			"PUT", role + "/targets/catalog/apps", "assign all-app-targets of user",
			map[string]string{"userId": "u", "roleAssignmentId": "r"},
		},
		{
			"PUT", role + "/targets/catalog/apps/groups", "assign app-target of user",
			map[string]string{"userId": "u", "roleAssignmentId": "r", "appName": "groups"},
		},
		{
			"DELETE", role + "/targets/catalog/apps/a/0oa1", "unassign app-instance-target of user",
			map[string]string{"userId": "u", "roleAssignmentId": "r", "appName": "a", "appId": "0oa1"},
		},
		{"PUT", role + "/targets/groups/g", "assign group-target of user", map[string]string{"userId": "u", "roleAssignmentId": "r", "groupId": "g"}},

		// Escapes belong to their segment.
		{"GET", "/api/v1/iam/roles/Help%20desk%2FEMEA/permissions", "list permission of custom-role", map[string]string{"roleIdOrLabel": "Help desk/EMEA"}},
		{"GET", "/api/v1/iam/roles/a+b%2Bc/permissions", "list permission of custom-role", map[string]string{"roleIdOrLabel": "a+b+c"}},
		{"GET", "/api/v1/iam/roles/%C3%A9t%C3%A9/permissions", "list permission of custom-role", map[string]string{"roleIdOrLabel": "été"}},
		{"GET", "/api/v1/users/a%40example.com/roles", "list role of user", map[string]string{"userId": "a@example.com"}},
		{"GET", "/api/v1/%75sers/u/roles", "list role of user", map[string]string{"userId": "u"}},
		{"GET", "/api/v1/iam%2Froles/x/permissions", "", nil},
		{"GET", "/api/v1/users/u%zz/roles", "", nil},
		{"GET", "/api/v1/users/u%2", "", nil},

		// Nothing is made up for.
		{"GET", "/api/v1/users/u/roles/", "", nil},
		{"GET", "/api/v1/users//roles", "", nil},
		{"GET", "//api/v1/users/u/roles", "", nil},
		{"GET", "api/v1/users/u/roles", "", nil},
		{"GET", "/API/v1/users/u/roles", "", nil},
		{"GET", "", "", nil},
		{"GET", "/", "", nil},
		{"get", "/api/v1/users/u/roles", "", nil},
		{"PATCH", "/api/v1/users/u/roles", "", nil},
		{"HEAD", "/api/v1/users/u/roles", "", nil},

		// Neighbours are no operations.
		{"GET", "/api/v1/users/u", "", nil},
		{"GET", "/api/v1/iam/roles/r", "", nil},
		{"GET", role + "/targets", "", nil},
		{"GET", role + "/targets/catalog", "", nil},
		{"GET", role + "/targets/catalog/apps/a", "", nil},
		{"PUT", role + "/targets/catalog/apps/a/b/c", "", nil},
		{"PUT", role + "/targets/groups", "", nil},
		{"GET", "/api/v1/groups/g/roles/r/targets/groups", "", nil},
		{"POST", "/oauth2/v1/clients/c/roles/r", "", nil},
	}
	s := loaded(t)
	for _, test := range tests {
		o, parameters, ok := s.Match(test.method, test.path)
		if ok != (test.action != "") || ok && o.Action.String() != test.action {
			t.Errorf("%s %s is to %q, want %q", test.method, test.path, o.Action, test.action)
			continue
		}
		if diff := cmp.Diff(test.parameters, parameters); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.method, test.path, diff)
		}
	}
}

func TestMatchFindsEveryOperation(t *testing.T) {
	s := loaded(t)
	for _, want := range s.Operations {
		if got, _, ok := s.Match(want.Method, want.Path); !ok || got.ID != want.ID {
			t.Errorf("%s %s is %q, want %q", want.Method, want.Path, got.ID, want.ID)
		}
	}
}

// A literal that leads nowhere must not hide the parameter beside it.
func TestMatchTriesTheParameterToo(t *testing.T) {
	s := &Spec{routes: &node{}}
	s.routes.add(Operation{ID: "all", Method: "GET", Path: "/x/all/list"})
	s.routes.add(Operation{ID: "one", Method: "GET", Path: "/x/{id}/state"})
	for path, want := range map[string]string{"/x/all/list": "all", "/x/all/state": "one", "/x/1/state": "one", "/x/1/list": ""} {
		if got, _, _ := s.Match("GET", path); got.ID != want {
			t.Errorf("%s is %q, want %q", path, got.ID, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	s := loaded(f)
	for _, o := range s.Operations {
		f.Add(o.Method, o.Path)
	}
	f.Add("GET", "/api/v1/iam/roles/a%20b%2Fc/permissions")
	f.Add("GET", "/api/v1/users/%/roles")
	f.Fuzz(func(t *testing.T, method, path string) {
		o, parameters, ok := s.Match(method, path)
		if !ok {
			return
		}
		again := o.Path
		for name, value := range parameters {
			again = strings.Replace(again, "{"+name+"}", strings.ReplaceAll(url.PathEscape(value), "{", "%7B"), 1)
		}
		o2, parameters2, ok := s.Match(method, again)
		if !ok || o2.ID != o.ID {
			t.Fatalf("%s is %s, and %s is %q", path, o.ID, again, o2.ID)
		}
		if diff := cmp.Diff(parameters, parameters2); diff != "" {
			t.Fatalf("%s and %s differ:\n%s", path, again, diff)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	s := loaded(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := s.Match("PUT", "/api/v1/users/00u1/roles/ra1/targets/catalog/apps/salesforce/0oa1"); !ok {
			b.Fatal("no match")
		}
	}
}
