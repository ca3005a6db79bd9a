package sdk

import (
	"context"
	"slices"

	"github.com/rolecheck/rolecheck/spec"
)

// planner makes the plan. No step needs another one, so that a step without an answer blocks none.
type planner struct {
	spec *spec.Spec
	f    Fixtures
	// elsewhere is the address of the other host.
	elsewhere string
	steps     []*step
	// serial counts the ids that were made up.
	serial int
}

// plan lists all steps.
func plan(s *spec.Spec, f Fixtures, elsewhere string) []*step {
	p := &planner{spec: s, f: f, elsewhere: elsewhere}
	p.roles()
	p.assigneeLists()
	p.permissions()
	p.targets()
	p.parameters()
	p.statuses()
	p.shapes()
	p.unknown()
	p.errors()
	p.pages()
	p.throttling()
	p.redirects()
	return p.steps
}

// find returns the operation with an action, which the description must have.
func (p *planner) find(verb spec.Verb, what spec.Object, of spec.Holder) spec.Operation {
	action := spec.Action{Verb: verb, Object: what, Of: of}
	op, ok := p.spec.Find(action)
	if !ok {
		panic("sdk: the description has no operation to " + action.String())
	}
	return op
}

func (p *planner) role(verb spec.Verb, of spec.Holder) spec.Operation {
	return p.find(verb, spec.Role, of)
}

func (p *planner) permission(verb spec.Verb) spec.Operation {
	return p.find(verb, spec.Permission, spec.CustomRole)
}

func (p *planner) assignees() spec.Operation { return p.find(spec.List, spec.Assignee, spec.Org) }

// lists are the operations that list some objects, whoever's they are, in the order of the description.
func (p *planner) lists(objects ...spec.Object) []spec.Operation {
	var out []spec.Operation
	for _, op := range p.spec.Operations {
		if op.Action.Verb == spec.List && slices.Contains(objects, op.Action.Object) {
			out = append(out, op)
		}
	}
	return out
}

// add adds a step to the plan. A step without a judge of its own expects what the org sent.
func (p *planner) add(s step) *step {
	s.Operation = s.op.ID
	if s.judge == nil && len(s.rows) > 0 {
		s.judge = judgeResult
	}
	p.steps = append(p.steps, &s)
	return &s
}

// live adds a step that the org itself answers, with values for the parameters of the operation's path, in their order. Empty
// values are left to the arrangement, and those that the path has no place for are left out.
func (p *planner) live(op spec.Operation, title, row string, arrange arrangement, values ...string) *step {
	path := map[string]string{}
	for i, name := range op.Parameters {
		if i < len(values) && values[i] != "" {
			path[name] = values[i]
		}
	}
	return p.add(step{op: op, Step: Step{Path: path}, title: title, rows: []string{row}, arrange: arrange})
}

// holders are the fixtures that can hold roles, in the order of the description.
func (p *planner) holders() []holder {
	ids := map[spec.Holder]string{spec.User: p.f.User, spec.Group: p.f.Group, spec.Client: p.f.Client}
	var out []holder
	for _, list := range p.lists(spec.Role) {
		out = append(out, holder{list.Action.Of, ids[list.Action.Of]})
	}
	return out
}

// notifications is the parameter by which an assignment asks for none.
const notifications = "disableNotifications"

// roles are the steps on role assignments that the org itself answers.
func (p *planner) roles() {
	shapes := []struct {
		title string
		row   string
		role  object
	}{
		{"a standard role", rowStandardRoles, object{"type": "READ_ONLY_ADMIN"}},
		{"a custom role", rowCustomRoles, object{"type": "CUSTOM", "role": p.f.CustomRole, "resource-set": p.f.ResourceSet}},
		{"a standard role built on a resource set", rowCustomRoles, object{"type": "ACCESS_REQUESTS_ADMIN"}},
	}
	for _, h := range p.holders() {
		without := func(ctx context.Context, o *org) (string, error) { return "", o.clear(ctx, h) }
		assign := p.role(spec.Assign, h.of)
		for _, shape := range shapes {
			holding := func(ctx context.Context, o *org) (string, error) { return o.give(ctx, h, shape.role) }
			for _, verb := range []spec.Verb{spec.List, spec.Assign, spec.Get, spec.Unassign} {
				s := p.live(p.role(verb, h.of), shape.title, shape.row+plural(h.of), holding, h.id)
				switch verb {
				case spec.Assign:
					s.Body, s.arrange = shape.role, without
				case spec.Unassign:
					s.rows = []string{rowNoContent}
				}
			}
		}
		if takesQuery(assign, notifications) {
			s := p.live(assign, "without notifications", rowStandardRoles+plural(h.of), without, h.id)
			s.Query, s.Body = map[string]any{notifications: true}, shapes[0].role
		}
	}
}

func (p *planner) assigneeLists() {
	arrange := func(ctx context.Context, o *org) (string, error) {
		return o.give(ctx, holder{spec.User, p.f.User}, object{"type": "READ_ONLY_ADMIN"})
	}
	p.live(p.assignees(), "all users", rowAssignees, arrange)
	p.live(p.assignees(), "one user", rowAssignees, arrange).Query = map[string]any{"limit": 1}
}

// The permissions that the steps put on the custom role and take from it. All but the other one can have conditions.
const (
	somePermission      = "okta.users.read"
	otherPermission     = "okta.groups.read"
	rewrittenPermission = "okta.users.userprofile.manage"
)

// userProfile is the kind of attributes that conditions are about.
const userProfile = "okta:ResourceAttribute/User/Profile"

// conditionsOf are conditions on the attributes of users.
func conditionsOf(kind string, attributes ...any) object {
	return object{kind: object{userProfile: attributes}}
}

// permissions are the steps on permissions that the org itself answers: by the role's id, and by its label.
func (p *planner) permissions() {
	having := func(conditions any) arrangement {
		return func(ctx context.Context, o *org) (string, error) {
			return "", o.permit(ctx, p.f.CustomRole, somePermission, conditions)
		}
	}
	lacking := func(ctx context.Context, o *org) (string, error) {
		if err := o.permit(ctx, p.f.CustomRole, otherPermission, nil); err != nil {
			return "", err
		}
		return "", o.forbid(ctx, p.f.CustomRole, somePermission)
	}
	include, exclude := conditionsOf("include", "city", "state"), conditionsOf("exclude", "zipCode")
	for _, name := range []struct{ by, role, pathRow string }{
		{"by the role's id", p.f.CustomRole, rowPath}, {"by the role's label", p.f.CustomRoleLabel, rowPathEncoding},
	} {
		for _, s := range []struct {
			verb       spec.Verb
			title, row string
			conditions object // of the request
			arrange    arrangement
		}{
			{spec.List, "permissions", rowPermissions, nil, having(nil)},
			{spec.Get, "a permission", rowPermissions, nil, having(nil)},
			{spec.Assign, "without a body", rowNoContent, nil, lacking},
			{spec.Assign, "with conditions", rowNoContent, include, lacking},
			{spec.Replace, "without a body", rowPermissions, nil, having(nil)},
			{spec.Replace, "with conditions", rowConditions, exclude, having(include)},
			{spec.List, "a permission with conditions", rowConditions, nil, having(include)},
			{spec.Unassign, "a permission", rowNoContent, nil, having(nil)},
		} {
			added := p.live(p.permission(s.verb), s.title+" "+name.by, s.row, s.arrange, name.role, somePermission)
			added.pathRow = name.pathRow
			if s.conditions != nil {
				added.Body, added.bodyRow = object{"conditions": s.conditions}, rowSentConditions
			}
		}
	}
	p.fresh()
}

// fresh are three steps that show whether a client reads again what it has changed itself.
func (p *planner) fresh() {
	get, role := p.permission(spec.Get), p.f.CustomRole
	p.live(get, "before a change", rowPermissions, func(ctx context.Context, o *org) (string, error) {
		return "", o.permit(ctx, role, rewrittenPermission, nil)
	}, role, rewrittenPermission)
	change := p.live(p.permission(spec.Replace), "the change", rowConditions, nil, role, rewrittenPermission)
	change.Body, change.bodyRow = object{"conditions": conditionsOf("exclude", "zipCode")}, rowSentConditions
	p.live(get, "after the client's own change", rowFresh, nil, role, rewrittenPermission).reread = true
}

// targets are the steps on targets that the org itself answers, for every principal whose roles the description has
// targets of.
func (p *planner) targets() {
	app := func(key string) target { return target{spec.AppTarget, []string{key}} }
	first, second := app(p.f.CatalogApps[0]), app(p.f.CatalogApps[1])
	instance := target{spec.AppInstanceTarget, []string{p.f.AppName, p.f.App}}
	groupA, groupB := target{spec.GroupTarget, []string{p.f.TargetGroups[0]}}, target{spec.GroupTarget, []string{p.f.TargetGroups[1]}}

	const appAdmin, userAdmin = "APP_ADMIN", "USER_ADMIN"
	for _, h := range p.holders() {
		for _, s := range []struct {
			verb       spec.Verb
			target     target
			title, row string
			role       string
			before     []target
			expand     string
		}{
			{spec.List, target{spec.AppTarget, nil}, "a catalog app and an instance", rowAppTargets, appAdmin, []target{first, instance}, ""},
			{spec.Assign, target{spec.AllAppTargets, nil}, "a role with targets", rowNoContent, appAdmin, []target{first}, ""},
			{spec.Assign, first, "the first target", rowNoContent, appAdmin, nil, ""},
			{spec.Unassign, first, "one of two", rowNoContent, appAdmin, []target{first, second}, ""},
			{spec.Assign, instance, "the first target", rowNoContent, appAdmin, nil, ""},
			{spec.Unassign, instance, "one of two", rowNoContent, appAdmin, []target{first, instance}, ""},
			{spec.List, target{spec.GroupTarget, nil}, "two groups", rowGroupTargets, userAdmin, []target{groupA, groupB}, ""},
			{spec.Assign, groupA, "the first target", rowNoContent, userAdmin, nil, ""},
			{spec.Unassign, groupA, "one of two", rowNoContent, userAdmin, []target{groupA, groupB}, ""},
			{spec.List, target{spec.Role, nil}, "with group targets", rowEmbedded, userAdmin, []target{groupA}, "targets/groups"},
			{spec.List, target{spec.Role, nil}, "with app targets", rowEmbedded, appAdmin, []target{first, instance}, "targets/catalog/apps"},
		} {
			op, ok := p.spec.Find(spec.Action{Verb: s.verb, Object: s.target.object, Of: h.of})
			if !ok || !p.canNarrow(h, s.before) || s.expand != "" && !takesQuery(op, "expand") {
				continue
			}
			values := append([]string{h.id, ""}, s.target.names...)
			added := p.live(op, s.title, s.row, narrowed(h, s.role, s.before), values...)
			if s.expand != "" {
				added.Query, added.twins = map[string]any{"expand": s.expand}, ordinaryRows(op)
			}
		}
	}
}

// canNarrow reports whether the description has operations that add these targets to a role of such a principal.
func (p *planner) canNarrow(h holder, targets []target) bool {
	return !slices.ContainsFunc(targets, func(t target) bool {
		_, ok := p.spec.Find(spec.Action{Verb: spec.Assign, Object: t.object, Of: h.of})
		return !ok
	})
}

// narrowed has a principal hold a role with these targets.
func narrowed(h holder, role string, targets []target) arrangement {
	return func(ctx context.Context, o *org) (string, error) {
		id, err := o.give(ctx, h, object{"type": role})
		if err != nil {
			return "", err
		}
		return id, o.narrow(ctx, h, id, targets)
	}
}
