package stage

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/spec"
)

// Types of permissions. Conditions can narrow those of UsersRead and UserProfileManage, and not the others'.
const (
	UsersRead         = "okta.users.read"
	UserProfileManage = "okta.users.userprofile.manage"
	GroupsRead        = "okta.groups.read"
	GroupsManage      = "okta.groups.manage"
	AppsRead          = "okta.apps.read"
	// NoSuchPermission does not exist.
	NoSuchPermission = "okta.rolecheck.nothing.manage"
)

// UnknownCustomRole is a well-formed id that names no custom role.
const UnknownCustomRole = "cr0rolecheckunknown0"

// RolePermissions are the permissions of a custom role, which is named by its id or by its label.
type RolePermissions struct{ role string }

// PermissionsOf are the permissions of the custom role of that id or label, whether there is one or not.
func PermissionsOf(role string) RolePermissions { return RolePermissions{role} }

// call begins the request that does something with the permissions, or with those that are named.
func (p RolePermissions) call(verb spec.Verb, permission ...string) harness.Request {
	return harness.Call(spec.Action{Verb: verb, Object: spec.Permission, Of: spec.CustomRole}, slices.Insert(permission, 0, p.role)...)
}

// List asks for all permissions of the role.
func (p RolePermissions) List() harness.Request { return p.call(spec.List) }

// Get asks for one permission.
func (p RolePermissions) Get(permission string) harness.Request {
	return p.call(spec.Get, permission)
}

// Add adds a permission. Without a body it has no conditions.
func (p RolePermissions) Add(permission string) harness.Request {
	return p.call(spec.Assign, permission)
}

// Replace puts a permission in the place of the one there is, with the conditions of the body.
func (p RolePermissions) Replace(permission string) harness.Request {
	return p.call(spec.Replace, permission)
}

// Remove takes a permission away.
func (p RolePermissions) Remove(permission string) harness.Request {
	return p.call(spec.Unassign, permission)
}

// userProfile is the kind of attribute that conditions are about.
const userProfile = "okta:ResourceAttribute/User/Profile"

// Including is the body that narrows a permission to some attributes of users.
func Including(attributes ...string) map[string]any {
	return conditioned(map[string]any{"include": map[string]any{userProfile: attributes}})
}

// Excluding is the body that narrows a permission to all attributes of users but some.
func Excluding(attributes ...string) map[string]any {
	return conditioned(map[string]any{"exclude": map[string]any{userProfile: attributes}})
}

// IncludingAndExcluding is the body with conditions that both include an attribute and exclude one.
func IncludingAndExcluding(included, excluded string) map[string]any {
	return conditioned(map[string]any{
		"include": map[string]any{userProfile: []string{included}},
		"exclude": map[string]any{userProfile: []string{excluded}},
	})
}

// NullConditions is the body whose conditions are null.
func NullConditions() map[string]any { return conditioned(nil) }

// EmptyConditions is the body whose conditions are an empty object.
func EmptyConditions() map[string]any { return conditioned(map[string]any{}) }

func conditioned(conditions any) map[string]any { return map[string]any{"conditions": conditions} }

// Permission is a permission of a custom role as far as the scenes look into it.
type Permission struct {
	Label       string      `json:"label"`
	Created     string      `json:"created"`
	LastUpdated string      `json:"lastUpdated"`
	Conditions  *Conditions `json:"conditions"`
	Links       struct {
		Role Link `json:"role"`
		Self Link `json:"self"`
	} `json:"_links"`
}

// Conditions narrow a permission.
type Conditions struct {
	Include map[string]any `json:"include"`
	Exclude map[string]any `json:"exclude"`
}

// Permissions are those that an answer has, be it a list of them or one alone; nil where it has none of either shape.
func Permissions(a *harness.Answer) []Permission {
	var body struct {
		Permission
		Permissions []Permission `json:"permissions"`
	}
	if a.Status() != http.StatusOK || json.Unmarshal(a.Body(), &body) != nil {
		return nil
	}
	if body.Permissions == nil && body.Label != "" {
		return []Permission{body.Permission}
	}
	return body.Permissions
}

// attributesOf are the attributes on one side of conditions, sorted. Those of another kind than a user's profile go by
// that kind.
func attributesOf(side map[string]any) []string {
	var out []string
	for kind, value := range side {
		if kind == userProfile {
			out = append(out, namesIn(value)...)
		} else {
			out = append(out, kind)
		}
	}
	slices.Sort(out)
	return out
}

// namesIn are the names that a value holds: it may be a list of them, as real orgs have it, or an object, as the document
// has it without saying more. The names are then what the object holds, or else its members' own.
func namesIn(value any) []string {
	var out []string
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, v := range value {
			out = append(out, namesIn(v)...)
		}
	case map[string]any:
		for _, v := range value {
			out = append(out, namesIn(v)...)
		}
		if len(out) == 0 {
			for name := range value {
				out = append(out, name)
			}
		}
	}
	return out
}
