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

// Subject is the resource that negative tests of a system's operations call: it has a value for each path parameter, at which
// each write would change something. Every such call must be refused, and change nothing.
type Subject struct {
	s      *Stage
	system string
	// values are those of an operation's path parameters, in their order. There may be more than the path has.
	values func(spec.Operation) []string
	// reads are the calls that show what the subject holds, and states what they showed.
	reads  []harness.Request
	states []string
	// harmed says that a call that had to be refused changed the subject.
	harmed bool
}

// subjects make the subjects of the systems that have one.
var subjects = map[string]func(*Subject, context.Context){
	Users.System:  func(v *Subject, ctx context.Context) { v.heldRole(v.s.Give(ctx, v.s.User(ctx), ReadOnlyAdmin)) },
	Groups.System: func(v *Subject, ctx context.Context) { v.heldRole(v.s.Give(ctx, v.s.Group(ctx), ReadOnlyAdmin)) },
	Clients.System: func(v *Subject, ctx context.Context) {
		v.heldRole(v.s.Give(ctx, v.s.Principal(ctx, Clients), ReadOnlyAdmin))
	},
	"custom-role-permissions": (*Subject).customRole,
	"user-role-targets":       func(v *Subject, ctx context.Context) { v.narrowedRoles(ctx, Users) },
}

// Systems are the systems of which a subject can be made.
func Systems() []string { return slices.Sorted(maps.Keys(subjects)) }

// Subject makes the subject of a system. In a read-only run it is found among the objects of the org, and only reads may be
// called at it.
func (s *Stage) Subject(ctx context.Context, system string) *Subject {
	v := &Subject{s: s, system: system}
	v.renew(ctx)
	return v
}

func (v *Subject) renew(ctx context.Context) {
	if v.s.ReadOnly() {
		v.existing(ctx)
	} else {
		subjects[v.system](v, ctx)
	}
	v.states = nil
	for _, read := range v.reads {
		v.states = append(v.states, stateIn(v.s.Need(ctx, read)))
	}
	v.harmed = false
}

// heldRole uses a role as the subject.
func (v *Subject) heldRole(role Role) {
	v.values = func(spec.Operation) []string { return []string{role.ID, role.Assignment} }
	v.reads = []harness.Request{role.List()}
}

func (v *Subject) customRole(ctx context.Context) {
	v.s.Needs("custom-roles")
	role := v.s.NewCustomRole(ctx, UsersRead, GroupsRead)
	v.values = func(op spec.Operation) []string {
		switch op.Action.Verb {
		case spec.Assign:
			return []string{role.ID, AppsRead}
		case spec.Unassign:
			return []string{role.ID, GroupsRead}
		default:
			return []string{role.ID, UsersRead}
		}
	}
	v.reads = []harness.Request{PermissionsOf(role.ID).List()}
}

// narrowedRoles uses two roles of a principal as the subject: one that is narrowed to apps, and one to groups.
func (v *Subject) narrowedRoles(ctx context.Context, k Kind) {
	v.s.Needs(k.Feature, Groups.Feature, "apps", "catalog-apps")
	keyA, keyB := v.s.CatalogApps()
	instance, _ := v.s.Instances(ctx)
	kept, other := v.s.Group(ctx), v.s.Group(ctx)
	roles := v.s.GiveEach(ctx, v.s.Principal(ctx, k), AppAdmin, UserAdmin)
	apps, groups := roles[0], roles[1]
	for _, put := range []harness.Request{apps.AddApp(keyA), apps.AddApp(keyB), groups.AddGroup(kept), groups.AddGroup(other)} {
		v.s.Need(ctx, put)
	}
	v.s.Arranged(ctx, apps.ListApps()).Should(HaveTargets(keyA, keyB))
	v.s.Arranged(ctx, groups.ListGroups()).Should(HaveTargets(kept.ID, other.ID))
	v.values = func(op spec.Operation) []string {
		switch {
		case op.Action.Object == spec.GroupTarget:
			return []string{groups.ID, groups.Assignment, kept.ID}
		case op.Action.Object == spec.AppTarget && op.Action.Verb == spec.Unassign:
			return []string{apps.ID, apps.Assignment, keyA}
		default:
			return []string{apps.ID, apps.Assignment, instance.Key, instance.ID}
		}
	}
	v.reads = []harness.Request{apps.ListApps(), groups.ListGroups()}
}

// Call is a valid call of an operation at the subject, which a write would change. A subject that was harmed is replaced
// first.
func (v *Subject) Call(ctx context.Context, op spec.Operation) harness.Request {
	return v.call(op, v.valuesFor(ctx, op))
}

// valuesFor are the values of an operation's path parameters.
func (v *Subject) valuesFor(ctx context.Context, op spec.Operation) []string {
	if v.harmed {
		v.renew(ctx)
	}
	values := v.values(op)
	return values[:min(len(values), len(op.Parameters))]
}

func (v *Subject) call(op spec.Operation, values []string) harness.Request {
	r := harness.Call(op.Action, values...)
	if op.BodyRequired {
		r = r.With(Standard(HelpDeskAdmin))
	}
	return r
}

// Missing calls an operation with the second parameter of its path, an assignment's id or the type of a permission, naming
// nothing.
func (v *Subject) Missing(ctx context.Context, op spec.Operation) harness.Request {
	values := v.valuesFor(ctx, op)
	values[1] = UnknownAssignment
	if op.Action.Object == spec.Permission {
		values[1] = "okta.apps.manage"
	}
	return v.call(op, values)
}

// Odd calls an operation with an odd identifier in the last place there is: the path, or else the cursor.
func (v *Subject) Odd(ctx context.Context, op spec.Operation, id string) harness.Request {
	values := v.valuesFor(ctx, op)
	if len(values) == 0 {
		return v.call(op, values).Query("after", id).Defective("an odd cursor")
	}
	values[len(values)-1] = id
	return v.call(op, values).Defective("an odd identifier")
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

// stateIn is a line of text for the entries of a list. It changes whenever they do.
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
