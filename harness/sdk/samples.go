package sdk

import (
	"fmt"
	"strings"

	"github.com/rolecheck/rolecheck/spec"
)

// The answers that the stage gives by itself. Each follows the contract, but for what the unknown steps add on purpose.

// exampleOrg is the host in the samples' links; nothing is there.
const exampleOrg = "https://org.example.com"

const (
	someDate  = "2026-02-03T04:05:06.000Z"
	laterDate = "2026-02-03T10:20:30.000Z"
)

func link(path string) object { return object{"href": exampleOrg + path} }

// sampleStandardRole is a standard role with every member that one can have, but for those of older pages alone.
func sampleStandardRole(assignment, kind string) object {
	return object{
		"id": assignment, "label": "Group Administrator",
		"type": "USER_ADMIN", "status": "ACTIVE", "created": someDate, "lastUpdated": laterDate, "assignmentType": kind,
		"_embedded": object{"targets": object{
			"groups":  []any{sampleGroup("00gSample1")},
			"catalog": object{"apps": []any{sampleCatalogApp("salesforce"), sampleInstance("0oaSample1")}},
		}},
		"_links": object{"assignee": link("/api/v1/principals/of-" + assignment)},
	}
}

// sampleCustomRole is a custom role with every member that one can have, but for those of older pages alone.
func sampleCustomRole(assignment, kind string) object {
	return object{
		"id": assignment, "label": "Help desk of the north",
		"type": "CUSTOM", "status": "INACTIVE", "created": someDate, "lastUpdated": laterDate, "assignmentType": kind,
		"role": "cr0Sample1", "resource-set": "iamSample1",
		"_links": object{
			"assignee":     link("/api/v1/principals/of-" + assignment),
			"member":       link("/api/v1/iam/resource-sets/iamSample1/bindings/cr0Sample1/members/" + assignment),
			"permissions":  link("/api/v1/iam/roles/cr0Sample1/permissions"),
			"resource-set": link("/api/v1/iam/resource-sets/iamSample1"),
			"role":         link("/api/v1/iam/roles/cr0Sample1"),
		},
	}
}

func sampleAssignee(id string) object {
	return object{
		"id": id, "orn": "orn:okta:directory:00oSample1:users:" + id,
		"_links": object{"self": link("/api/v1/users/" + id), "roles": link("/api/v1/users/" + id + "/roles")},
	}
}

func samplePermission(role, permission string) object {
	at := "/api/v1/iam/roles/" + role
	return object{
		"label": permission, "created": someDate, "lastUpdated": laterDate,
		"_links": object{"role": link(at), "self": link(at + "/permissions/" + permission)},
	}
}

func sampleGroup(id string) object {
	at := "/api/v1/groups/" + id
	return object{
		"id": id, "created": someDate, "lastUpdated": laterDate, "lastMembershipUpdated": laterDate,
		"objectClass": []any{"okta:user_group"}, "type": "OKTA_GROUP",
		"profile": object{"name": "North", "description": "Everybody in the north"},
		"_links": object{
			"self": link(at), "users": link(at + "/users"), "apps": link(at + "/apps"),
			"logo": []any{
				object{"name": "medium", "href": exampleOrg + "/logo/medium.png", "type": "image/png"},
				object{"name": "large", "href": exampleOrg + "/logo/large.png", "type": "image/png"},
			},
		},
	}
}

func sampleCatalogApp(key string) object {
	return object{
		"name": key, "displayName": "App " + key, "description": "An app of the catalog", "category": "CRM",
		"verificationStatus": "OKTA_VERIFIED", "website": "https://app.example.com", "status": "ACTIVE",
		"lastUpdated": laterDate, "features": []any{"PUSH_NEW_USERS"}, "signOnModes": []any{"SAML_2_0", "BROWSER_PLUGIN"},
		"_links": object{
			"logo": []any{object{"name": "medium", "href": exampleOrg + "/logo/app.png", "type": "image/png"}},
			"self": link("/api/v1/catalog/apps/" + key),
		},
	}
}

func sampleInstance(id string) object {
	return object{
		"id": id, "name": "Our own instance", "status": "ACTIVE", "_links": object{"self": link("/api/v1/apps/" + id)},
	}
}

// The least samples have the members that they must have and no others. Steps on what is not about members are answered
// with these, so that a client which loses a member fails where members are judged and nowhere else.

func leastAssignee(id string) object {
	return object{"id": id, "orn": "orn:okta:directory:00oSample1:users:" + id, "_links": object{}}
}

func leastPermission(permission string) object { return object{"label": permission} }

func leastGroup(id string) object {
	return object{"id": id, "profile": object{"name": "North"}, "type": "OKTA_GROUP"}
}

func leastApp(key string) object { return object{"name": key, "status": "ACTIVE"} }

func leastInstance(id string) object { return object{"id": id, "name": "Our own instance"} }

// hasAssignments reports whether an operation answers with role assignments.
func hasAssignments(op spec.Operation) bool {
	return op.Action.Object == spec.Role && op.Action.Verb != spec.Unassign
}

// assignmentAnswer is the body with which one of them answers with these.
func assignmentAnswer(op spec.Operation, assignments ...any) any {
	if op.Action.Verb == spec.List {
		return assignments
	}
	return assignments[0]
}

// samplePath are values for the parameters of an operation's path that no other step has: an answer that a client kept
// from elsewhere cannot be taken for one to this step.
func (p *planner) samplePath(op spec.Operation) map[string]string {
	p.serial++
	prefixes := map[string]string{
		"userId": "00u", "groupId": "00g", "clientId": "0oa", "appId": "0oa", "roleAssignmentId": "ra1", "roleIdOrLabel": "cr0",
	}
	out := map[string]string{}
	for _, name := range op.Parameters {
		switch name {
		case "permissionType":
			out[name] = somePermission
		case "appName":
			out[name] = "salesforce"
		default:
			out[name] = fmt.Sprintf("%sStage%012d", prefixes[name], p.serial)
		}
	}
	return out
}

// samples are the objects in the stage's own answers.
type samples struct {
	standardRole, customRole, assignee, permission, group, app, instance object
}

// fullSamples have every member, leastSamples no more than they must have.
func fullSamples(op spec.Operation) samples {
	kind := strings.ToUpper(string(op.Action.Of))
	return samples{
		sampleStandardRole("ra1Sample1", kind), sampleCustomRole("irbSample1", kind), sampleAssignee("00uSample1"),
		samplePermission("cr0Sample1", somePermission), sampleGroup("00gSample1"), sampleCatalogApp("salesforce"), sampleInstance("0oaSample1"),
	}
}

func leastSamples() samples {
	return samples{
		object{"id": "ra1Sample1", "type": "USER_ADMIN"},
		object{"id": "irbSample1", "type": "CUSTOM", "role": "cr0Sample1", "resource-set": "iamSample1"},
		leastAssignee("00uSample1"),
		leastPermission(somePermission), leastGroup("00gSample1"), leastApp("salesforce"), leastInstance("0oaSample1"),
	}
}

// answer is the body of an operation's success, made of the samples; nil where it has none.
func (s samples) answer(op spec.Operation) any {
	list := op.Action.Verb == spec.List
	switch what := op.Action.Object; {
	case hasAssignments(op):
		return assignmentAnswer(op, s.standardRole, s.customRole)
	case list && what == spec.Assignee:
		return object{"value": []any{s.assignee}}
	case list && what == spec.Permission:
		return object{"permissions": []any{s.permission}}
	case list && what == spec.AppTarget:
		return []any{s.app, s.instance}
	case list && what == spec.GroupTarget:
		return []any{s.group}
	case what == spec.Permission && (op.Action.Verb == spec.Get || op.Action.Verb == spec.Replace):
		return s.permission
	}
	return nil
}
