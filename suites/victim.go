package suites

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// victim is what calls are made at that must be refused. Nothing else stands on it, so that an org which lets such a
// call through harms no other check.
type victim struct {
	system string
	// params are the values of path parameters, by name; those of one operation go before.
	params map[string]string
	own    map[string]map[string]string
	// state is what the victim was last seen to hold.
	state string
}

// victims are made by the first spec that needs one, system by system.
var victims map[string]*victim

// helpDeskAdmin is a role that no victim holds.
const helpDeskAdmin = "HELP_DESK_ADMIN"

func victimOf(ctx SpecContext, system string) *victim {
	if v := victims[system]; v != nil {
		return v
	}
	v := &victim{system: system, own: map[string]map[string]string{}}
	switch system {
	case "user-roles":
		v.holder(ctx, users, "users")
	case "group-roles":
		v.holder(ctx, groups, "groups")
	case "client-roles":
		v.holder(ctx, clients, "client-apps")
	case "custom-role-permissions":
		v.role(ctx)
	case "user-role-targets":
		v.scopes(ctx)
	default:
		Block("no way is known to make something for calls of %s to be refused at", system)
	}
	v.state = v.look(ctx)
	victims[system] = v
	return v
}

// lacking ends the spec when the target declares not to have a feature.
func lacking(features ...string) {
	if feature, _ := org.Target.Missing(features); feature != "" {
		Unsupported("the target declares to lack %s", feature)
	}
}

func (v *victim) holder(ctx SpecContext, h *holders, feature string) {
	lacking(feature)
	p := h.claim(ctx)
	v.params = map[string]string{firstParam(h): p.ID, "roleAssignmentId": p.give(ctx, readOnlyAdmin)}
}

func (v *victim) role(ctx SpecContext) {
	lacking("custom-roles")
	o, err := maker.CustomRole(ctx, "okta.users.read", "okta.groups.read")
	if err != nil {
		Block("%v", err)
	}
	v.params = map[string]string{"roleIdOrLabel": o.ID, "permissionType": "okta.users.read"}
	v.own["createRolePermission"] = map[string]string{"permissionType": "okta.apps.read"}
	v.own["deleteRolePermission"] = map[string]string{"permissionType": "okta.groups.read"}
}

func (v *victim) scopes(ctx SpecContext) {
	lacking("users", "groups", "apps", "catalog-apps")
	p := users.claim(ctx)
	apps, group := p.give(ctx, appAdmin), p.give(ctx, userAdmin)
	kept, other := groups.standing(ctx).ID, victimOf(ctx, groups.system).params["groupId"]
	keys := catalogApps(ctx)
	for _, key := range keys[:2] {
		org.Need(ctx, Call("assignAppTargetToAdminRoleForUser", p.ID, apps, key))
	}
	for _, id := range []string{kept, other} {
		org.Need(ctx, Call("assignGroupTargetToUserRole", p.ID, group, id))
	}
	instance := appInstance(ctx)
	v.params = map[string]string{
		"userId": p.ID, "roleAssignmentId": apps, "appName": keys[0], "appId": instance.ID, "groupId": kept,
	}
	for _, op := range []string{"listGroupTargetsForRole", "assignGroupTargetToUserRole", "unassignGroupTargetFromUserAdminRole"} {
		v.own[op] = map[string]string{"roleAssignmentId": group}
	}
	for _, op := range []string{"assignAppInstanceTargetToAppAdminRoleForUser", "unassignAppInstanceTargetFromAdminRoleForUser"} {
		v.own[op] = map[string]string{"appName": instance.key}
	}
	v.own["assignAppTargetToAdminRoleForUser"] = map[string]string{"appName": instance.key}
}

// call is a valid call of an operation at the victim, and a write would change it.
func (v *victim) call(op spec.Operation) Request {
	var values []string
	for _, name := range op.PathParameters() {
		value, ok := v.own[op.ID][name]
		if !ok {
			value = v.params[name]
		}
		values = append(values, value)
	}
	r := Call(op.ID, values...)
	if op.BodyRequired {
		r = r.With(standard(helpDeskAdmin))
	}
	return r
}

// with is the victim with other values for some parameters, in every operation.
func (v *victim) with(params map[string]string) *victim {
	c := *v
	c.params = maps.Clone(v.params)
	maps.Copy(c.params, params)
	c.own = map[string]map[string]string{}
	for op, own := range v.own {
		c.own[op] = maps.Clone(own)
		maps.DeleteFunc(c.own[op], func(name, _ string) bool { _, ok := params[name]; return ok })
	}
	return &c
}

// unknownID makes the last parameter of an operation name nothing, in the form that its ids have.
func unknownID(op spec.Operation) map[string]string {
	if slices.Contains(op.PathParameters(), "permissionType") {
		return map[string]string{"permissionType": "okta.apps.manage"}
	}
	return map[string]string{"roleAssignmentId": unknownAssignment}
}

// oddly calls an operation with an odd identifier in the last place there is: the path, or else the cursor.
func oddly(v *victim, op spec.Operation, id string) Request {
	names := op.PathParameters()
	if len(names) == 0 {
		return v.call(op).Query("after", id).Defective("an odd cursor")
	}
	return v.with(map[string]string{names[len(names)-1]: id}).call(op).Defective("an odd identifier")
}

// look describes what the victim holds, in one line that changes when that changes.
func (v *victim) look(ctx SpecContext) string {
	switch v.system {
	case "user-roles":
		return ids(ctx, users.list, v.params["userId"])
	case "group-roles":
		return ids(ctx, groups.list, v.params["groupId"])
	case "client-roles":
		return ids(ctx, clients.list, v.params["clientId"])
	case "custom-role-permissions":
		x := org.Need(ctx, Call("listRolePermissions", v.params["roleIdOrLabel"]))
		var out []string
		for _, p := range Decode[struct {
			Permissions []struct {
				Label      string `json:"label"`
				Conditions any    `json:"conditions"`
			} `json:"permissions"`
		}](x).Permissions {
			out = append(out, fmt.Sprint(p.Label, p.Conditions))
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	default:
		own := v.own["listGroupTargetsForRole"]["roleAssignmentId"]
		return ids(ctx, "listApplicationTargetsForApplicationAdministratorRoleForUser", v.params["userId"], v.params["roleAssignmentId"]) +
			"; " + ids(ctx, "listGroupTargetsForRole", v.params["userId"], own)
	}
}

// ids are the ids of a list's entries, or their names where they have none, sorted.
func ids(ctx SpecContext, operation string, params ...string) string {
	x := org.Need(ctx, Call(operation, params...))
	var out []string
	for _, entry := range Decode[[]struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Type string `json:"type"`
	}](x) {
		if entry.ID == "" {
			entry.ID = entry.Name
		}
		out = append(out, entry.ID+" "+entry.Type)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// examine says what became of the victim, and is empty when nothing did. A victim that was harmed is replaced by the
// next spec that needs one.
func (v *victim) examine(ctx SpecContext) string {
	state := v.look(ctx)
	if state == v.state {
		return ""
	}
	delete(victims, v.system)
	return fmt.Sprintf("a refused write took effect: before %q, after %q", v.state, state)
}

func header(x *exchange.Exchange, name string) string {
	if x.Response == nil {
		return ""
	}
	return x.Response.Header.Get(name)
}

// instance is an app instance with the key of the app that it is one of.
type instance struct {
	ID, key string
}
