package spec

import "testing"

func TestPathWith(t *testing.T) {
	get := operation(t, "get permission of custom-role")
	path, err := get.PathWith("a role/of mine", "okta.users.read")
	if want := "/api/v1/iam/roles/a%20role%2Fof%20mine/permissions/okta.users.read"; err != nil || path != want {
		t.Errorf("%s, %v, want %s", path, err, want)
	}
	for _, values := range [][]string{nil, {"one"}, {"one", "two", "three"}} {
		if path, err := get.PathWith(values...); err == nil {
			t.Errorf("with %q the path is %s, want an error", values, path)
		}
	}
	if path, err := operation(t, "list assignee of org").PathWith(); err != nil || path != "/api/v1/iam/assignees/users" {
		t.Errorf("%s, %v", path, err)
	}
}

func TestHolderIn(t *testing.T) {
	parameters := map[string]string{"userId": "00u1", "roleAssignmentId": "ra1"}
	if got := operation(t, "get role of user").HolderIn(parameters); got != "00u1" {
		t.Errorf("the holder is %q", got)
	}
	if got := operation(t, "list assignee of org").HolderIn(parameters); got != "" {
		t.Errorf("the org is named %q", got)
	}
}

func TestFindKnowsNoOtherAction(t *testing.T) {
	if o, ok := loaded(t).Find(Action{Replace, Role, User}); ok {
		t.Errorf("%s is said to replace a role", o.ID)
	}
}

func TestTargets(t *testing.T) {
	for object, want := range map[Object]bool{
		Role: false, Permission: false, Assignee: false, GroupTarget: true, AppTarget: true, AppInstanceTarget: true, AllAppTargets: true,
	} {
		if object.IsTarget() != want {
			t.Errorf("%s is a target: %t", object, !want)
		}
	}
}
