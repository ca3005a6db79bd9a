package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/spec"
)

// Subject is what negative tests of a system's operations are made at: it has a value for each path parameter, at which
// each write would change something. Every such call must be refused, and change nothing.
type Subject struct {
	s      *Stage
	system string
	// params are the values of path parameters, by name; those of one operation go before.
	params map[string]string
	own    map[string]map[string]string
	// reads are the calls that show what the subject holds, and states what they showed.
	reads  []harness.Request
	states []string
	// harmed says that a call that had to be refused changed the subject.
	harmed bool
}

// subjects make the subjects of the systems that have one.
var subjects = map[string]func(*Subject, context.Context){
	"user-roles":              func(v *Subject, ctx context.Context) { v.holder(ctx, Users) },
	"group-roles":             func(v *Subject, ctx context.Context) { v.holder(ctx, Groups) },
	"client-roles":            func(v *Subject, ctx context.Context) { v.holder(ctx, Clients) },
	"custom-role-permissions": (*Subject).customRole,
	"user-role-targets":       (*Subject).narrowedRoles,
}

// Systems are the systems of which a subject can be made.
func Systems() []string { return slices.Sorted(maps.Keys(subjects)) }

// Subject makes the subject of a system. Where the run only reads, it is what the org holds anyway, and reads alone may be
// called at it.
func (s *Stage) Subject(ctx context.Context, system string) *Subject {
	v := &Subject{s: s, system: system}
	v.renew(ctx)
	return v
}

func (v *Subject) renew(ctx context.Context) {
	v.params, v.own, v.reads, v.states = map[string]string{}, map[string]map[string]string{}, nil, nil
	if v.s.ReadOnly() {
		v.existing(ctx)
	} else {
		subjects[v.system](v, ctx)
	}
	for _, read := range v.reads {
		v.states = append(v.states, stateIn(v.s.Need(ctx, read)))
	}
	v.harmed = false
}

func (v *Subject) holder(ctx context.Context, k Kind) {
	role := v.s.Give(ctx, v.s.Principal(ctx, k), ReadOnlyAdmin)
	v.params = map[string]string{k.parameter: role.ID, "roleAssignmentId": role.Assignment}
	v.reads = []harness.Request{role.List()}
}

func (v *Subject) customRole(ctx context.Context) {
	v.s.Needs("custom-roles")
	role := v.s.NewCustomRole(ctx, "okta.users.read", "okta.groups.read")
	v.params = map[string]string{"roleIdOrLabel": role.ID, "permissionType": "okta.users.read"}
	v.own["createRolePermission"] = map[string]string{"permissionType": "okta.apps.read"}
	v.own["deleteRolePermission"] = map[string]string{"permissionType": "okta.groups.read"}
	v.reads = []harness.Request{harness.Call("listRolePermissions", role.ID)}
}

func (v *Subject) narrowedRoles(ctx context.Context) {
	v.s.Needs("users", "groups", "apps", "catalog-apps")
	keyA, keyB := v.s.CatalogApps()
	instance, _ := v.s.Instances(ctx)
	kept, other := v.s.Group(ctx), v.s.Group(ctx)
	roles := v.s.GiveEach(ctx, v.s.User(ctx), AppAdmin, UserAdmin)
	apps, groups := roles[0], roles[1]
	for _, put := range []harness.Request{apps.AddApp(keyA), apps.AddApp(keyB), groups.AddGroup(kept), groups.AddGroup(other)} {
		v.s.Need(ctx, put)
	}
	v.s.Arranged(ctx, apps.ListApps()).Should(HaveTargets(keyA, keyB))
	v.s.Arranged(ctx, groups.ListGroups()).Should(HaveTargets(kept.ID, other.ID))
	v.params = map[string]string{
		"userId": apps.ID, "roleAssignmentId": apps.Assignment, "appName": keyA, "appId": instance.ID, "groupId": kept.ID,
	}
	for _, op := range []string{"listGroupTargetsForRole", "assignGroupTargetToUserRole", "unassignGroupTargetFromUserAdminRole"} {
		v.own[op] = map[string]string{"roleAssignmentId": groups.Assignment}
	}
	for _, op := range []string{
		"assignAppInstanceTargetToAppAdminRoleForUser", "unassignAppInstanceTargetFromAdminRoleForUser", "assignAppTargetToAdminRoleForUser",
	} {
		v.own[op] = map[string]string{"appName": instance.Key}
	}
	v.reads = []harness.Request{apps.ListApps(), groups.ListGroups()}
}

// Call is a valid call of an operation at the subject, which a write would change. A subject that was harmed is replaced
// first.
func (v *Subject) Call(ctx context.Context, op spec.Operation) harness.Request {
	if v.harmed {
		v.renew(ctx)
	}
	return v.call(op, nil)
}

// Misnaming is a call at the subject with other values for some parameters.
func (v *Subject) Misnaming(ctx context.Context, op spec.Operation, params map[string]string) harness.Request {
	if v.harmed {
		v.renew(ctx)
	}
	return v.call(op, params)
}

func (v *Subject) call(op spec.Operation, params map[string]string) harness.Request {
	var values []string
	for _, name := range op.Parameters {
		value, ok := params[name]
		if !ok {
			value, ok = v.own[op.ID][name]
		}
		if !ok {
			value = v.params[name]
		}
		values = append(values, value)
	}
	r := harness.Call(op.ID, values...)
	if op.BodyRequired {
		r = r.With(Standard(HelpDeskAdmin))
	}
	return r
}

// Nothing names nothing by the last parameter of an operation, in the form that its ids have.
func Nothing(op spec.Operation) map[string]string {
	if slices.Contains(op.Parameters, "permissionType") {
		return map[string]string{"permissionType": "okta.apps.manage"}
	}
	return map[string]string{"roleAssignmentId": UnknownAssignment}
}

// Odd calls an operation with an odd identifier in the last place there is: the path, or else the cursor.
func (v *Subject) Odd(ctx context.Context, op spec.Operation, id string) harness.Request {
	names := op.Parameters
	if len(names) == 0 {
		return v.Call(ctx, op).Query("after", id).Defective("an odd cursor")
	}
	return v.Misnaming(ctx, op, map[string]string{names[len(names)-1]: id}).Defective("an odd identifier")
}

// StaysAsItWas expects the subject to hold what it held before the calls that had to be refused.
func (v *Subject) StaysAsItWas(ctx context.Context) {
	for i, read := range v.reads {
		if !v.s.Eventually(ctx, read).Still(showState(v.states[i])) {
			v.harmed = true
		}
	}
}

func showState(before string) types.GomegaMatcher {
	return harness.Matching("what was there before the refused calls, "+before, func(a *harness.Answer) string {
		if !a.OK() {
			return fmt.Sprintf("status %d", a.Status())
		}
		if now := stateIn(a); now != before {
			return now
		}
		return ""
	})
}

// stateIn tells what a list shows in a line that changes when that changes.
func stateIn(a *harness.Answer) string {
	type entry struct {
		ID         string          `json:"id"`
		Name       string          `json:"name"`
		Type       string          `json:"type"`
		Label      string          `json:"label"`
		Conditions json.RawMessage `json:"conditions"`
	}
	var list []entry
	if json.Unmarshal(a.Body(), &list) != nil {
		var wrapped struct {
			Permissions []entry `json:"permissions"`
		}
		_ = json.Unmarshal(a.Body(), &wrapped) // what is no list has no entries
		list = wrapped.Permissions
	}
	out := make([]string, len(list))
	for i, e := range list {
		conditions := string(e.Conditions)
		if conditions == "null" {
			conditions = ""
		}
		out[i] = strings.Join(strings.Fields(e.Type+" "+e.Label+" "+e.ID+" "+conditions), " ")
		if e.ID == "" && e.Name != "" {
			out[i] = e.Name
		}
	}
	slices.Sort(out)
	return "[" + strings.Join(out, ", ") + "]"
}

// CommonRule is a system's own requirement of a rule that systems have in common.
type CommonRule struct {
	// ID is empty where the system has no operation that the rule is about.
	ID         string
	Operations []spec.Operation
}

// Rule returns the requirement of a common rule, with the operations of the system that it is about.
func Rule(system, name string) CommonRule {
	s, err := spec.Load()
	if err != nil {
		panic(err)
	}
	q, ok := s.Requirement(system + "." + name)
	if !ok {
		return CommonRule{}
	}
	r := CommonRule{ID: q.ID}
	for _, id := range q.Operations {
		op, _ := s.Operation(id)
		r.Operations = append(r.Operations, op)
	}
	return r
}
