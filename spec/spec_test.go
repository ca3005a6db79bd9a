package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func loaded(t testing.TB) *Spec {
	t.Helper()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// operation returns the operation that does what the words say, as Action.String has them.
func operation(t testing.TB, action string) Operation {
	t.Helper()
	for _, o := range loaded(t).Operations {
		if o.Action.String() == action {
			return o
		}
	}
	t.Fatalf("no operation is there to %s", action)
	return Operation{}
}

// contract is what the reference pages state of each operation, in the order of the description.
var contract = []struct {
	id, method, path, scope string
	documented              []int
}{
	{"listRolesForClient", "GET", "/oauth2/v1/clients/{clientId}/roles", "read", []int{200, 403, 404, 429}},
	{"assignRoleToClient", "POST", "/oauth2/v1/clients/{clientId}/roles", "manage", []int{200, 403, 404, 429}},
	{"retrieveClientRole", "GET", "/oauth2/v1/clients/{clientId}/roles/{roleAssignmentId}", "read", []int{200, 403, 404, 429}},
	{"deleteRoleFromClient", "DELETE", "/oauth2/v1/clients/{clientId}/roles/{roleAssignmentId}", "manage", []int{204, 403, 404, 429}},

	{"listGroupAssignedRoles", "GET", "/api/v1/groups/{groupId}/roles", "read", []int{200, 403, 404, 429}},
	{"assignRoleToGroup", "POST", "/api/v1/groups/{groupId}/roles", "manage", []int{200, 201, 400, 403, 404, 429}},
	{"getGroupAssignedRole", "GET", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}", "read", []int{200, 403, 404, 429}},
	{"unassignRoleFromGroup", "DELETE", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}", "manage", []int{204, 403, 404, 429}},

	{"listUsersWithRoleAssignments", "GET", "/api/v1/iam/assignees/users", "read", []int{200, 403, 429}},
	{"listAssignedRolesForUser", "GET", "/api/v1/users/{userId}/roles", "read", []int{200, 403, 404, 429}},
	{"assignRoleToUser", "POST", "/api/v1/users/{userId}/roles", "manage", []int{201, 400, 403, 404, 429}},
	{"getUserAssignedRole", "GET", "/api/v1/users/{userId}/roles/{roleAssignmentId}", "read", []int{200, 403, 404, 429}},
	{"unassignRoleFromUser", "DELETE", "/api/v1/users/{userId}/roles/{roleAssignmentId}", "manage", []int{204, 403, 404, 429}},

	{"listRolePermissions", "GET", permissions, "read", []int{200, 403, 404, 429}},
	{"getRolePermission", "GET", permissions + "/{permissionType}", "read", []int{200, 403, 404, 429}},
	{"createRolePermission", "POST", permissions + "/{permissionType}", "manage", []int{204, 400, 403, 404, 429}},
	{"replaceRolePermission", "PUT", permissions + "/{permissionType}", "manage", []int{200, 400, 403, 404, 429}},
	{"deleteRolePermission", "DELETE", permissions + "/{permissionType}", "manage", []int{204, 403, 404, 429}},

	{"listApplicationTargetsForApplicationAdministratorRoleForUser", "GET", appTargets, "read", []int{200, 403, 404, 429}},
	{"assignAllAppsAsTargetToRoleForUser", "PUT", appTargets, "manage", []int{200, 403, 404, 429}},
	{"assignAppTargetToAdminRoleForUser", "PUT", appTargets + "/{appName}", "manage", []int{204, 403, 404, 429}},
	{"unassignAppTargetFromAppAdminRoleForUser", "DELETE", appTargets + "/{appName}", "manage", []int{204, 403, 404, 429}},
	{"assignAppInstanceTargetToAppAdminRoleForUser", "PUT", appTargets + "/{appName}/{appId}", "manage", []int{204, 403, 404, 429}},
	{"unassignAppInstanceTargetFromAdminRoleForUser", "DELETE", appTargets + "/{appName}/{appId}", "manage", []int{204, 403, 404, 429}},
	{"listGroupTargetsForRole", "GET", groupTargets, "read", []int{200, 403, 404, 429}},
	{"assignGroupTargetToUserRole", "PUT", groupTargets + "/{groupId}", "manage", []int{204, 403, 404, 429}},
	{"unassignGroupTargetFromUserAdminRole", "DELETE", groupTargets + "/{groupId}", "manage", []int{204, 403, 404, 429}},
}

const (
	permissions  = "/api/v1/iam/roles/{roleIdOrLabel}/permissions"
	appTargets   = "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/catalog/apps"
	groupTargets = "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/groups"
)

func TestOperationsAreThoseOfTheDocuments(t *testing.T) {
	s := loaded(t)
	if len(s.Operations) != len(contract) {
		t.Fatalf("%d operations described, want %d", len(s.Operations), len(contract))
	}
	for i, want := range contract {
		got, ok := s.Operation(want.id)
		if !ok {
			t.Errorf("%s is not described", want.id)
			continue
		}
		if got.ID != s.Operations[i].ID {
			t.Errorf("operation %d is %s, want %s", i, s.Operations[i].ID, want.id)
		}
		if got.Method != want.method || got.Path != want.path || got.Scope != "okta.roles."+want.scope {
			t.Errorf("%s: %s %s with %s, want %s %s with okta.roles.%s", want.id,
				got.Method, got.Path, got.Scope, want.method, want.path, want.scope)
		}
		if got.Writes() != (want.scope == "manage") {
			t.Errorf("%s: Writes is %t", want.id, got.Writes())
		}
	}
	if _, ok := s.Operation("listRoles"); ok {
		t.Error("an operation was found that is not described")
	}
}

func TestDocumentedPairs(t *testing.T) {
	var want []Pair
	for _, o := range contract {
		for _, status := range o.documented {
			want = append(want, Pair{o.id, status})
		}
	}
	got := loaded(t).DocumentedPairs()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documented pairs (-want +got):\n%s", diff)
	}
}

func TestWhatTheLegacyPageAloneStates(t *testing.T) {
	var got []Pair
	for _, o := range loaded(t).Operations {
		for _, s := range o.Statuses {
			if s.Legacy {
				if !s.Basis.InDocuments() {
					t.Errorf("%s %d is said to be on the legacy page and not to be documented", o.ID, s.Code)
				}
				got = append(got, Pair{o.ID, s.Code})
			}
		}
	}
	want := []Pair{
		{"assignRoleToUser", 409},
		{"assignAppTargetToAdminRoleForUser", 405},
		{"assignGroupTargetToUserRole", 405},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pairs of the legacy page (-want +got):\n%s", diff)
	}
}

func TestStatuses(t *testing.T) {
	s := loaded(t)
	tests := []struct {
		operation string
		want      Status
	}{
		{"assignRoleToClient", Status{Code: 200, Basis: Documented, HasBody: true}},
		{"assignRoleToClient", Status{Code: 201, Basis: Observed, HasBody: true}},
		{"assignRoleToClient", Status{Code: 400, Basis: Observed, HasBody: true}},
		{"assignRoleToClient", Status{Code: 409, Basis: Observed, HasBody: true}},
		{"assignRoleToGroup", Status{Code: 201, Basis: Both, HasBody: true, BodyOptional: true}},
		{"assignRoleToGroup", Status{Code: 409, Basis: Observed, HasBody: true}},
		{"assignRoleToUser", Status{Code: 409, Basis: Both, Legacy: true, HasBody: true}},
		{"assignAllAppsAsTargetToRoleForUser", Status{Code: 200, Basis: Documented}},
		{"assignAllAppsAsTargetToRoleForUser", Status{Code: 204, Basis: Observed}},
		{"deleteRolePermission", Status{Code: 204, Basis: Both}},
		{"unassignGroupTargetFromUserAdminRole", Status{Code: 400, Basis: Observed, HasBody: true}},
	}
	for _, test := range tests {
		o, _ := s.Operation(test.operation)
		got, ok := o.Status(test.want.Code)
		if !ok {
			t.Errorf("%s: %d is not described", test.operation, test.want.Code)
			continue
		}
		if got.Source == "" {
			t.Errorf("%s: %d has no source", test.operation, test.want.Code)
		}
		got.Source = ""
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.operation, diff)
		}
	}
	assignees, _ := s.Operation("listUsersWithRoleAssignments")
	if _, ok := assignees.Status(404); ok {
		t.Error("the list of assignees has a 404, though it names nothing that could be missing")
	}
}

func TestEveryOperation(t *testing.T) {
	s := loaded(t)
	lines := strings.Split(description(t), "\n")
	for _, o := range s.Operations {
		if got := strings.TrimSpace(lines[o.Line-1]); got != strings.ToLower(o.Method)+":" {
			t.Errorf("%s is said to be at line %d, which is %q", o.ID, o.Line, got)
		}
		if !strings.Contains(lines[o.Line], "operationId: "+o.ID) {
			t.Errorf("%s is said to be at line %d, but is not below it", o.ID, o.Line)
		}
		if _, err := evidenceOf(o.Raw.Extensions); err != nil {
			t.Errorf("%s: %v", o.ID, err)
		}
		if !slices.IsSortedFunc(o.Statuses, func(a, b Status) int { return a.Code - b.Code }) {
			t.Errorf("%s: statuses are not sorted", o.ID)
		}
		for code, response := range o.Raw.Responses.Map() {
			if _, err := evidenceOf(response.Value.Extensions); err != nil {
				t.Errorf("%s %s: %v", o.ID, code, err)
			}
		}
		for _, code := range []int{401, 403, 429} {
			if _, ok := o.Status(code); !ok {
				t.Errorf("%s: %d is not described", o.ID, code)
			}
		}
		if token := (*o.Raw.Security)[0]; token["apiToken"] == nil || len(*o.Raw.Security) != 2 {
			t.Errorf("%s can be called with %v, want an API token or OAuth 2.0", o.ID, *o.Raw.Security)
		}
		if got, ok := s.Find(o.Action); !ok || got.ID != o.ID {
			t.Errorf("to %s is %q, want %q", o.Action, got.ID, o.ID)
		}
		if _, ok := s.System(o.System); !ok {
			t.Errorf("%s is of the system %q, which there is not", o.ID, o.System)
		}
	}
}

func TestSystems(t *testing.T) {
	s := loaded(t)
	total := 0
	for _, system := range s.Systems {
		if system.Title == "" {
			t.Errorf("%s has no title", system.ID)
		}
		operations := s.OperationsOf(system.ID)
		if tagged := s.Doc.Tags.Get(system.ID) != nil; tagged != (len(operations) > 0) {
			t.Errorf("%s is a tag of the description: %t, and has %d operations", system.ID, tagged, len(operations))
		}
		total += len(operations)
	}
	if total != len(s.Operations) {
		t.Errorf("%d operations in the systems, %d in all", total, len(s.Operations))
	}
}

func TestEmbeddedCatalogue(t *testing.T) {
	s := loaded(t)
	total := 0
	for _, system := range s.Systems {
		of := s.RequirementsOf(system.ID)
		if len(of) == 0 {
			t.Errorf("%s has no requirements", system.ID)
		}
		total += len(of)
	}
	if total != len(s.Requirements) {
		t.Errorf("%d requirements in the systems, %d in all", total, len(s.Requirements))
	}
	for _, want := range s.Requirements {
		if got, ok := s.Requirement(want.ID); !ok || got.ID != want.ID {
			t.Errorf("%s cannot be looked up", want.ID)
		}
	}
	if _, ok := s.Requirement("user-roles.no-such-rule"); ok {
		t.Error("a requirement was found that is not in the catalogue")
	}
}

// The title of a system stands in the description and in the catalogue, each of which can be read alone.
func TestTitlesAgree(t *testing.T) {
	s := loaded(t)
	c, err := readCatalogue(files, s.Operations)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range c.systems {
		if got, _ := s.System(want.ID); got != want {
			t.Errorf("openapi.yaml calls %s %q, the catalogue %q", want.ID, got.Title, want.Title)
		}
	}
}

func TestNeeds(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range Needs {
		if seen[n.Name] {
			t.Errorf("%s is there twice", n.Name)
		}
		seen[n.Name] = true
		if n.Meaning == "" || strings.Contains(n.Meaning, "\n") {
			t.Errorf("%s: the meaning is not one line", n.Name)
		}
		if n.Kind != Credential && n.Kind != Feature {
			t.Errorf("%s: unknown kind %q", n.Name, n.Kind)
		}
		if got, ok := NeedNamed(n.Name); !ok || got != n {
			t.Errorf("%s cannot be looked up", n.Name)
		}
	}
	if _, ok := NeedNamed("money"); ok {
		t.Error("a need was found that is not in the table")
	}
}
