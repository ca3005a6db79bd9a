package stage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness"
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

// List asks for all permissions of the role.
func (p RolePermissions) List() harness.Request { return harness.Call("listRolePermissions", p.role) }

// Get asks for one permission.
func (p RolePermissions) Get(permission string) harness.Request {
	return harness.Call("getRolePermission", p.role, permission)
}

// Add adds a permission. Without a body it has no conditions.
func (p RolePermissions) Add(permission string) harness.Request {
	return harness.Call("createRolePermission", p.role, permission)
}

// Replace puts a permission in the place of the one there is, with the conditions of the body.
func (p RolePermissions) Replace(permission string) harness.Request {
	return harness.Call("replaceRolePermission", p.role, permission)
}

// Remove takes a permission away.
func (p RolePermissions) Remove(permission string) harness.Request {
	return harness.Call("deleteRolePermission", p.role, permission)
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

// PermissionLabels are the labels of an answer's permissions, sorted.
func PermissionLabels(a *harness.Answer) []string {
	var labels []string
	for _, p := range Permissions(a) {
		labels = append(labels, p.Label)
	}
	slices.Sort(labels)
	return labels
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

// HavePermissions expects a list of just these permissions, each once.
func HavePermissions(permissions ...string) types.GomegaMatcher {
	want := slices.Sorted(slices.Values(permissions))
	if len(want) >= len(numbers) {
		return haveMany(want)
	}
	return harness.Matching(permissionTally(want), func(a *harness.Answer) string {
		got, problem := listedLabels(a)
		if problem == "" && !slices.Equal(got, want) {
			problem = permissionTally(got)
		}
		return problem
	})
}

// haveMany is HavePermissions of so many that only those are named which are wrong.
func haveMany(want []string) types.GomegaMatcher {
	return harness.Matching(fmt.Sprintf("just the %d permissions, each once", len(want)), func(a *harness.Answer) string {
		got, problem := listedLabels(a)
		if problem != "" || slices.Equal(got, want) {
			return problem
		}
		var wrong []string
		for _, label := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(got, want)))) {
			if n := count(got, label); n != count(want, label) {
				wrong = append(wrong, number(n)+" "+label)
			}
		}
		return fmt.Sprintf("%d, with %s", len(got), nameList(wrong))
	})
}

// IncludePermission expects a list that has a permission once, whatever else it has.
func IncludePermission(permission string) types.GomegaMatcher {
	return harness.Matching("one "+permission+" among others", func(a *harness.Answer) string {
		got, problem := listedLabels(a)
		if n := count(got, permission); problem == "" && n != 1 {
			problem = howMany(n)
		}
		return problem
	})
}

// LackPermission expects a list without a permission.
func LackPermission(permission string) types.GomegaMatcher {
	return harness.Matching("no "+permission, func(a *harness.Answer) string {
		got, problem := listedLabels(a)
		if n := count(got, permission); problem == "" && n != 0 {
			problem = howMany(n)
		}
		return problem
	})
}

// listedLabels are the labels of the permissions that an answer lists, sorted.
func listedLabels(a *harness.Answer) (labels []string, problem string) {
	if a.Status() != http.StatusOK {
		return nil, fmt.Sprintf("status %d", a.Status())
	}
	var body struct {
		Permissions []Permission `json:"permissions"`
	}
	if json.Unmarshal(a.Body(), &body) != nil || body.Permissions == nil {
		return nil, "what is no list of permissions"
	}
	return PermissionLabels(a), ""
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// howMany is a number that stands alone.
func howMany(n int) string {
	if n == 0 {
		return "none"
	}
	return number(n)
}

// permissionTally counts permissions by label, in words.
func permissionTally(labels []string) string {
	if len(labels) == 0 {
		return "no permission"
	}
	named := slices.Clone(labels)
	for i, label := range named {
		if label == "" {
			named[i] = "permission without a label"
		}
	}
	return tally(named)
}

// HaveIncluded expects one permission whose conditions include just these attributes; without any, that include none.
func HaveIncluded(attributes ...string) types.GomegaMatcher {
	return haveConditions("include", attributes, func(c Conditions) map[string]any { return c.Include })
}

// HaveExcluded expects one permission whose conditions exclude just these attributes; without any, that exclude none.
func HaveExcluded(attributes ...string) types.GomegaMatcher {
	return haveConditions("exclude", attributes, func(c Conditions) map[string]any { return c.Exclude })
}

func haveConditions(verb string, attributes []string, side func(Conditions) map[string]any) types.GomegaMatcher {
	want := slices.Sorted(slices.Values(attributes))
	return harness.Matching("conditions that "+verb+" "+nameList(want), func(a *harness.Answer) string {
		p, problem := onePermission(a)
		if problem != "" {
			return problem
		}
		var got []string
		if p.Conditions != nil {
			got = attributesOf(side(*p.Conditions))
		}
		if !slices.Equal(got, want) {
			return p.Conditions.String()
		}
		return ""
	})
}

// HaveNoConditions expects one permission whose conditions are absent or null.
func HaveNoConditions() types.GomegaMatcher {
	return harness.Matching("no conditions", func(a *harness.Answer) string {
		p, problem := onePermission(a)
		if problem == "" && p.Conditions != nil {
			problem = p.Conditions.String()
		}
		return problem
	})
}

// IsUnconditional reports whether an answer is one permission without conditions.
func IsUnconditional(a *harness.Answer) bool {
	p, problem := onePermission(a)
	return problem == "" && p.Conditions == nil
}

// onePermission reads an answer as one permission.
func onePermission(a *harness.Answer) (p Permission, problem string) {
	if a.Status() != http.StatusOK {
		return p, fmt.Sprintf("status %d", a.Status())
	}
	if json.Unmarshal(a.Body(), &p) != nil || p.Label == "" {
		return p, "what is no permission"
	}
	return p, ""
}

// String says in words what the conditions are.
func (c *Conditions) String() string {
	if c == nil {
		return "no conditions"
	}
	included, excluded := attributesOf(c.Include), attributesOf(c.Exclude)
	switch {
	case len(included) > 0 && len(excluded) > 0:
		return "conditions that include " + nameList(included) + " and exclude " + nameList(excluded)
	case len(included) > 0:
		return "conditions that include " + nameList(included)
	case len(excluded) > 0:
		return "conditions that exclude " + nameList(excluded)
	default:
		return "conditions that are empty"
	}
}

func nameList(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " and ")
}

// HaveLinksOf expects permissions, one or a list, each of which has links whose paths name the role's id: the role link,
// and the self link, which names the permission as well.
func HaveLinksOf(role string) types.GomegaMatcher {
	return harness.Matching("links by the role's id "+role, func(a *harness.Answer) string {
		all := Permissions(a)
		if len(all) == 0 {
			return "no permission"
		}
		for _, p := range all {
			switch self := p.Links.Self; {
			case !p.Links.Role.Names(role):
				return fmt.Sprintf("the role link %q of %s", p.Links.Role.Href, p.Label)
			case !self.Names(role) || !self.Names(p.Label):
				return fmt.Sprintf("the self link %q of %s", self.Href, p.Label)
			}
		}
		return ""
	})
}

// HaveDatesAndLinks expects permissions, one or a list, each of which says when it was created and last updated, and has
// links to its role and to itself.
func HaveDatesAndLinks() types.GomegaMatcher {
	return harness.Matching("created, lastUpdated, _links.role.href and _links.self.href", func(a *harness.Answer) string {
		all := Permissions(a)
		if len(all) == 0 {
			return "no permission"
		}
		for _, p := range all {
			switch {
			case p.Created == "":
				return "no created of " + p.Label
			case p.LastUpdated == "":
				return "no lastUpdated of " + p.Label
			case p.Links.Role.Href == "":
				return "no _links.role.href of " + p.Label
			case p.Links.Self.Href == "":
				return "no _links.self.href of " + p.Label
			}
		}
		return ""
	})
}

// HaveCreatedOf expects one permission that was created at the instant that an earlier answer says.
func HaveCreatedOf(earlier *harness.Answer) types.GomegaMatcher {
	return haveInstant("created", "as before", earlier, func(p Permission) string { return p.Created },
		func(now, then time.Time) bool { return now.Equal(then) })
}

// HaveLastUpdatedSince expects one permission that was last updated at the instant that an earlier answer says, or later.
func HaveLastUpdatedSince(earlier *harness.Answer) types.GomegaMatcher {
	return haveInstant("lastUpdated", "or later", earlier, func(p Permission) string { return p.LastUpdated },
		func(now, then time.Time) bool { return !now.Before(then) })
}

func haveInstant(
	member, how string, earlier *harness.Answer, read func(Permission) string, suits func(now, then time.Time) bool,
) types.GomegaMatcher {
	before, _ := onePermission(earlier)
	then, err := time.Parse(time.RFC3339, read(before))
	if err != nil {
		return harness.Matching(member+" in the earlier answer", func(*harness.Answer) string { return noDate(read(before)) })
	}
	return harness.Matching(member+" "+read(before)+" "+how, func(a *harness.Answer) string {
		p, problem := onePermission(a)
		if problem != "" {
			return problem
		}
		switch now, err := time.Parse(time.RFC3339, read(p)); {
		case err != nil:
			return noDate(read(p))
		case !suits(now, then):
			return read(p)
		}
		return ""
	})
}

func noDate(s string) string {
	if s == "" {
		return "none"
	}
	return fmt.Sprintf("%q, which is no date", s)
}

// LinkHeaders are all headers Link of an answer.
func LinkHeaders(a *harness.Answer) []string {
	if a.Response == nil {
		return nil
	}
	return a.Response.Header.Values("Link")
}
