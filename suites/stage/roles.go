package stage

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// Types of standard roles.
const (
	// ReadOnlyAdmin can have no targets, and each of its assignments has an id of its own.
	ReadOnlyAdmin = "READ_ONLY_ADMIN"
	// UserAdmin, HelpDeskAdmin and GroupMembershipAdmin can have groups as targets, AppAdmin apps. Their assignments have
	// the same id at every principal.
	UserAdmin            = "USER_ADMIN"
	HelpDeskAdmin        = "HELP_DESK_ADMIN"
	GroupMembershipAdmin = "GROUP_MEMBERSHIP_ADMIN"
	AppAdmin             = "APP_ADMIN"
	// IAMBased is a standard role that is built on a custom role and a resource set of the org's own.
	IAMBased = "ACCESS_REQUESTS_ADMIN"
	// NoSuchRole does not exist. The documents leave the type a free string, so that a request with it is valid and its
	// refusal is the org's to make.
	NoSuchRole = "ROLECHECK_NO_SUCH_ROLE"
	// CustomType is the type of every custom role.
	CustomType = "CUSTOM"
)

// Codes of refusals.
const (
	CodeNotFound     = "E0000007"
	CodeHeldAlready  = "E0000090"
	CodeDuplicate    = "E0000263"
	codeNotSupported = "E0000022"
	CodeWrongRole    = "E0000091"
)

// UnknownAssignment is a well-formed id of an assignment that nobody holds.
const UnknownAssignment = "ra1rolecheckunknown0"

// Standard is the body that asks for a standard role.
func Standard(role string) map[string]string { return map[string]string{"type": role} }

// Custom is the body that asks for a custom role within a resource set, each by its id.
func Custom(role, resourceSet string) map[string]string {
	return map[string]string{"type": CustomType, "role": role, "resource-set": resourceSet}
}

// Assignment is a role assignment as far as the scenes look into it. What the description says of it beyond that is
// judged on every exchange.
type Assignment struct {
	ID             string          `json:"id"`
	Type           string          `json:"type"`
	Label          string          `json:"label"`
	Status         string          `json:"status"`
	AssignmentType string          `json:"assignmentType"`
	Role           string          `json:"role"`
	ResourceSet    string          `json:"resource-set"`
	Embedded       json.RawMessage `json:"_embedded"`
	Links          struct {
		Assignee Link `json:"assignee"`
	} `json:"_links"`
}

// Link is a link in a body.
type Link struct {
	Href string `json:"href"`
}

// Names reports whether the id is a segment of the link's path.
func (l Link) Names(id string) bool {
	u, err := url.Parse(l.Href)
	return err == nil && slices.Contains(strings.Split(u.Path, "/"), id)
}

// Assignments are those that an answer lists; nil where it is no list of them.
func Assignments(a *harness.Answer) []Assignment { return assignmentsIn(a.Exchange) }

func assignmentsIn(x *exchange.Exchange) []Assignment {
	var list []Assignment
	if x.Status() != 200 || json.Unmarshal(x.Response.Body.Bytes, &list) != nil {
		return nil
	}
	return list
}

// ofType keeps the assignments of one role type.
func ofType(list []Assignment, role string) []Assignment {
	return slices.DeleteFunc(slices.Clone(list), func(a Assignment) bool { return a.Type != role })
}

// idOf is the id in an answer's body, or empty where there is none.
func idOf(x *exchange.Exchange) string {
	var body struct {
		ID string `json:"id"`
	}
	if x.Response == nil || json.Unmarshal(x.Response.Body.Bytes, &body) != nil {
		return ""
	}
	return body.ID
}

// ID is the id in an answer's body, or empty where there is none.
func ID(a *harness.Answer) string { return idOf(a.Exchange) }

// Role is a role that a principal holds.
type Role struct {
	Principal
	// Type is the role's type, and Assignment the id of the assignment.
	Type, Assignment string
}

// Give gives a principal a role, and waits until it shows in the list. CustomType is the custom role that the run shares.
func (s *Stage) Give(ctx context.Context, p Principal, role string) Role {
	return s.GiveEach(ctx, p, role)[0]
}

// GiveEach gives a principal roles, and waits until they show in the list. CustomType is the custom role that the run shares.
func (s *Stage) GiveEach(ctx context.Context, p Principal, roles ...string) []Role {
	given := make([]*harness.Answer, len(roles))
	for i, role := range roles {
		body := Standard(role)
		if role == CustomType {
			body = Custom(s.CustomRole(ctx).ID, s.ResourceSet(ctx).ID)
		}
		given[i] = s.Need(ctx, p.Assign(body))
	}
	list := s.Arranged(ctx, p.List()).Should(IncludeRoles(roles...))
	out := make([]Role, len(roles))
	for i, role := range roles {
		out[i] = RoleIn(p, role, list, given[i])
		if out[i].Assignment == "" {
			s.Block("the role %s that was given has no id: %s", role, list.Line())
		}
	}
	return out
}

// RoleIn is the role of a type that a principal holds: by the id in the answer that gave it, or where that answer has no
// body by the id in the list.
func RoleIn(p Principal, role string, list, given *harness.Answer) Role {
	return Role{p, role, cmp.Or(ID(given), OneOfType(list, role).ID)}
}

// OneOfType is the first role of a type in a list; without one it is empty.
func OneOfType(list *harness.Answer, role string) Assignment {
	if of := ofType(Assignments(list), role); len(of) > 0 {
		return of[0]
	}
	return Assignment{}
}
