package stage

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// A run that only reads judges objects that the org holds already, and changes none of them.

// maxLooked is how many objects of a kind are read to find a suitable one.
const maxLooked = 10

// read reads a neighbour; nil where it is not answered with 200.
func (s *Stage) read(ctx context.Context, path string, query url.Values) []byte {
	x := s.fixtures.send(ctx, exchange.Message{Method: http.MethodGet, Path: path, Query: query, Phase: exchange.Arrange})
	if x.Status() != http.StatusOK {
		return nil
	}
	return x.Response.Body.Bytes
}

// principals are some principals of the org, those first that are listed as holding roles.
func (s *Stage) principals(ctx context.Context, k Kind) []Principal {
	var ids []string
	switch k {
	case Users:
		ids = append(AssigneeIDs(s.Send(ctx, Assignees())), s.Org().Target.Identity["user"])
	case Groups:
		var groups []struct{ ID string }
		_ = json.Unmarshal(s.read(ctx, "/api/v1/groups", url.Values{"limit": {"20"}}), &groups) // no list has no groups
		for _, g := range groups {
			ids = append(ids, g.ID)
		}
	default:
		var apps []struct{ ID, SignOnMode string }
		_ = json.Unmarshal(s.read(ctx, "/api/v1/apps", url.Values{"limit": {"100"}}), &apps)
		for _, app := range apps {
			if app.SignOnMode == "OPENID_CONNECT" {
				ids = append(ids, app.ID)
			}
		}
	}
	var out []Principal
	for _, id := range ids {
		if p := k.Of(id); id != "" && !strings.ContainsAny(id, "/?#") && !slices.Contains(out, p) && len(out) < maxLooked {
			out = append(out, p)
		}
	}
	return out
}

// existingRole is a role that some principal holds directly, of one of the types or, without types, of any standard type.
func (s *Stage) existingRole(ctx context.Context, k Kind, types ...string) (Role, bool) {
	for _, p := range s.principals(ctx, k) {
		list := s.Send(ctx, p.List())
		for _, a := range Assignments(list) {
			if a.ID != "" && a.AssignmentType == k.Type && (slices.Contains(types, a.Type) || len(types) == 0 && a.Type != CustomType) {
				return Role{Principal: p, Assignment: a.ID}, true
			}
		}
	}
	return Role{}, false
}

// existing uses an object of the org as the subject, at which only reads are called.
func (v *Subject) existing(ctx context.Context) {
	switch v.system {
	case "custom-role-permissions":
		v.existingCustomRole(ctx)
	case "user-role-targets":
		v.existingTargets(ctx, Users)
	default:
		k := Kinds[slices.IndexFunc(Kinds, func(k Kind) bool { return k.System == v.system })]
		role, ok := v.s.existingRole(ctx, k)
		if !ok {
			v.s.Unobservable("no %s was found that holds a standard role, and the run gives none", k.Noun)
		}
		v.heldRole(role)
	}
}

func (v *Subject) existingTargets(ctx context.Context, k Kind) {
	apps, ok := v.s.existingRole(ctx, k, AppAdmin)
	groups, also := v.s.existingRole(ctx, k, UserAdmin, HelpDeskAdmin, GroupMembershipAdmin)
	if !ok || !also {
		v.s.Unobservable("no %ss were found who hold a role that can have apps as targets, and one that can have groups", k.Noun)
	}
	v.values = func(op spec.Operation) []string {
		if op.Action.Object == spec.GroupTarget {
			return []string{groups.ID, groups.Assignment}
		}
		return []string{apps.ID, apps.Assignment}
	}
	v.reads = []harness.Request{apps.ListApps(), groups.ListGroups()}
}

func (v *Subject) existingCustomRole(ctx context.Context) {
	var list struct{ Roles []struct{ ID string } }
	_ = json.Unmarshal(v.s.read(ctx, "/api/v1/iam/roles", nil), &list) // no list has no roles
	for i, role := range list.Roles {
		if role.ID == "" || strings.ContainsAny(role.ID, "/?#") || i == maxLooked {
			continue
		}
		var permissions struct{ Permissions []struct{ Label string } }
		answer := v.s.Send(ctx, PermissionsOf(role.ID).List())
		if answer.OK() && json.Unmarshal(answer.Body(), &permissions) == nil && len(permissions.Permissions) > 0 && permissions.Permissions[0].Label != "" {
			v.values = func(spec.Operation) []string { return []string{role.ID, permissions.Permissions[0].Label} }
			v.reads = []harness.Request{PermissionsOf(role.ID).List()}
			return
		}
	}
	v.s.Unobservable("no custom role with a permission was found, and the run makes none")
}
