package sdk

import (
	"context"
	"net/url"

	"github.com/rolecheck/rolecheck/spec"
)

// planner writes the plan. Every step stands on its own, so that one which is lost takes no other with it.
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
	p.assignees()
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

// add takes a step into the plan. Without a judge of its own, its answer is to give what the org sent.
func (p *planner) add(s step) *step {
	if s.judge == nil && len(s.rows) > 0 {
		s.judge = judgeResult
	}
	p.steps = append(p.steps, &s)
	return &s
}

// holder is a kind of principal with the operations on its roles.
type holder struct {
	kind, parameter           string
	id                        string
	roles                     principal
	list, assign, get, remove string
	// silent says that an assignment may ask for no notifications.
	silent bool
}

func (p *planner) holders() []holder {
	return []holder{
		{"clients", "clientId", p.f.Client, clientRoles(p.f.Client), "listRolesForClient", "assignRoleToClient", "retrieveClientRole", "deleteRoleFromClient", false},
		{"groups", "groupId", p.f.Group, groupRoles(p.f.Group), "listGroupAssignedRoles", "assignRoleToGroup", "getGroupAssignedRole", "unassignRoleFromGroup", true},
		{"users", "userId", p.f.User, userRoles(p.f.User), "listAssignedRolesForUser", "assignRoleToUser", "getUserAssignedRole", "unassignRoleFromUser", true},
	}
}

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
		at := map[string]string{h.parameter: h.id}
		for _, shape := range shapes {
			rows := []string{shape.row + h.kind}
			holding := func(ctx context.Context, o *org) (map[string]string, error) {
				id, err := o.give(ctx, h.roles, shape.role)
				return map[string]string{"roleAssignmentId": id}, err
			}
			p.add(step{Step: Step{Operation: h.list, Path: at}, title: shape.title, rows: rows,
				arrange: only(holding)})
			p.add(step{Step: Step{Operation: h.assign, Path: at, Body: shape.role}, title: shape.title, rows: rows,
				arrange: func(ctx context.Context, o *org) (map[string]string, error) { return nil, o.clear(ctx, h.roles) }})
			p.add(step{Step: Step{Operation: h.get, Path: at}, title: shape.title, rows: rows, arrange: holding})
			p.add(step{Step: Step{Operation: h.remove, Path: at}, title: shape.title, rows: []string{rowNoContent}, arrange: holding})
		}
		if h.silent {
			p.add(step{Step: Step{Operation: h.assign, Path: at, Query: map[string]any{"disableNotifications": true}, Body: object{"type": "READ_ONLY_ADMIN"}},
				title: "without notifications", rows: []string{rowStandardRoles + h.kind},
				arrange: func(ctx context.Context, o *org) (map[string]string, error) { return nil, o.clear(ctx, h.roles) }})
		}
	}
}

// only arranges, and adds nothing to the path.
func only(arrange func(context.Context, *org) (map[string]string, error)) func(context.Context, *org) (map[string]string, error) {
	return func(ctx context.Context, o *org) (map[string]string, error) {
		_, err := arrange(ctx, o)
		return nil, err
	}
}

func (p *planner) assignees() {
	arrange := func(ctx context.Context, o *org) (map[string]string, error) {
		_, err := o.give(ctx, userRoles(p.f.User), object{"type": "READ_ONLY_ADMIN"})
		return nil, err
	}
	p.add(step{Step: Step{Operation: "listUsersWithRoleAssignments"}, title: "all users", rows: []string{rowAssignees}, arrange: arrange})
	p.add(step{Step: Step{Operation: "listUsersWithRoleAssignments", Query: map[string]any{"limit": 1}}, title: "one user",
		rows: []string{rowAssignees}, arrange: arrange})
}

// The permissions that the steps put on the custom role and take from it. All but the other one can have conditions.
const (
	somePermission      = "okta.users.read"
	otherPermission     = "okta.groups.read"
	rewrittenPermission = "okta.users.userprofile.manage"
)

// conditionsOf are conditions on the attributes of users.
func conditionsOf(kind string, attributes ...any) object {
	return object{kind: object{"okta:ResourceAttribute/User/Profile": attributes}}
}

// permissions are the steps on permissions that the org itself answers: by the role's id, and by its label.
func (p *planner) permissions() {
	having := func(conditions any) func(context.Context, *org) (map[string]string, error) {
		return func(ctx context.Context, o *org) (map[string]string, error) {
			return nil, o.permit(ctx, p.f.CustomRole, somePermission, conditions)
		}
	}
	lacking := func(ctx context.Context, o *org) (map[string]string, error) {
		if err := o.permit(ctx, p.f.CustomRole, otherPermission, nil); err != nil {
			return nil, err
		}
		return nil, o.forbid(ctx, p.f.CustomRole, somePermission)
	}
	include, exclude := conditionsOf("include", "city", "state"), conditionsOf("exclude", "zipCode")
	for _, name := range []struct{ by, role, pathRow string }{
		{"by the role's id", p.f.CustomRole, rowPath}, {"by the role's label", p.f.CustomRoleLabel, rowPathEncoding},
	} {
		list := map[string]string{"roleIdOrLabel": name.role}
		one := map[string]string{"roleIdOrLabel": name.role, "permissionType": somePermission}
		for _, s := range []step{
			{Step: Step{Operation: "listRolePermissions", Path: list}, title: "permissions", rows: []string{rowPermissions}, arrange: having(nil)},
			{Step: Step{Operation: "getRolePermission", Path: one}, title: "a permission", rows: []string{rowPermissions}, arrange: having(nil)},
			{Step: Step{Operation: "createRolePermission", Path: one}, title: "without a body", rows: []string{rowNoContent}, arrange: lacking},
			{Step: Step{Operation: "createRolePermission", Path: one, Body: object{"conditions": include}}, title: "with conditions",
				rows: []string{rowNoContent}, bodyRow: rowSentConditions, arrange: lacking},
			{Step: Step{Operation: "replaceRolePermission", Path: one}, title: "without a body", rows: []string{rowPermissions}, arrange: having(nil)},
			{Step: Step{Operation: "replaceRolePermission", Path: one, Body: object{"conditions": exclude}}, title: "with conditions",
				rows: []string{rowConditions}, bodyRow: rowSentConditions, arrange: having(include)},
			{Step: Step{Operation: "listRolePermissions", Path: list}, title: "a permission with conditions", rows: []string{rowConditions},
				arrange: having(include)},
			{Step: Step{Operation: "deleteRolePermission", Path: one}, title: "a permission", rows: []string{rowNoContent}, arrange: having(nil)},
		} {
			s.title, s.pathRow = s.title+" "+name.by, name.pathRow
			p.add(s)
		}
	}
	p.fresh()
}

// fresh are three steps that tell whether a client takes notice of what it has written itself.
func (p *planner) fresh() {
	one := map[string]string{"roleIdOrLabel": p.f.CustomRole, "permissionType": rewrittenPermission}
	change := object{"conditions": conditionsOf("exclude", "zipCode")}
	p.add(step{Step: Step{Operation: "getRolePermission", Path: one}, title: "before a change", rows: []string{rowPermissions},
		arrange: func(ctx context.Context, o *org) (map[string]string, error) {
			return nil, o.permit(ctx, p.f.CustomRole, rewrittenPermission, nil)
		}})
	p.add(step{Step: Step{Operation: "replaceRolePermission", Path: one, Body: change}, title: "the change",
		rows: []string{rowConditions}, bodyRow: rowSentConditions})
	p.add(step{Step: Step{Operation: "getRolePermission", Path: one}, title: "after the client's own change", rows: []string{rowFresh},
		maySkip: true, judge: judgeFresh})
}

// targets are the steps on targets that the org itself answers.
func (p *planner) targets() {
	roles := userRoles(p.f.User)
	scoped := func(role string, targets ...string) func(context.Context, *org) (map[string]string, error) {
		return func(ctx context.Context, o *org) (map[string]string, error) {
			id, err := o.give(ctx, roles, object{"type": role})
			if err != nil {
				return nil, err
			}
			return map[string]string{"roleAssignmentId": id}, o.target(ctx, roles, id, targets...)
		}
	}
	app := func(key string) string { return "catalog/apps/" + url.PathEscape(key) }
	group := func(i int) string { return "groups/" + p.f.TargetGroups[i] }
	first, second, instance := app(p.f.CatalogApps[0]), app(p.f.CatalogApps[1]), app(p.f.AppName)+"/"+p.f.App

	user := map[string]string{"userId": p.f.User}
	at := func(more ...string) map[string]string {
		out := map[string]string{"userId": p.f.User}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	catalog, inst := at("appName", p.f.CatalogApps[0]), at("appName", p.f.AppName, "appId", p.f.App)
	aGroup := at("groupId", p.f.TargetGroups[0])
	for _, s := range []step{
		{Step: Step{Operation: "listApplicationTargetsForApplicationAdministratorRoleForUser", Path: user}, title: "a catalog app and an instance",
			rows: []string{rowAppTargets}, arrange: scoped("APP_ADMIN", first, instance)},
		{Step: Step{Operation: "assignAllAppsAsTargetToRoleForUser", Path: user}, title: "a role with targets", arrange: scoped("APP_ADMIN", first)},
		{Step: Step{Operation: "assignAppTargetToAdminRoleForUser", Path: catalog}, title: "the first target", arrange: scoped("APP_ADMIN")},
		{Step: Step{Operation: "unassignAppTargetFromAppAdminRoleForUser", Path: catalog}, title: "one of two", arrange: scoped("APP_ADMIN", first, second)},
		{Step: Step{Operation: "assignAppInstanceTargetToAppAdminRoleForUser", Path: inst}, title: "the first target", arrange: scoped("APP_ADMIN")},
		{Step: Step{Operation: "unassignAppInstanceTargetFromAdminRoleForUser", Path: inst}, title: "one of two", arrange: scoped("APP_ADMIN", first, instance)},
		{Step: Step{Operation: "listGroupTargetsForRole", Path: user}, title: "two groups", rows: []string{rowGroupTargets},
			arrange: scoped("USER_ADMIN", group(0), group(1))},
		{Step: Step{Operation: "assignGroupTargetToUserRole", Path: aGroup}, title: "the first target", arrange: scoped("USER_ADMIN")},
		{Step: Step{Operation: "unassignGroupTargetFromUserAdminRole", Path: aGroup}, title: "one of two", arrange: scoped("USER_ADMIN", group(0), group(1))},
		{Step: Step{Operation: "listAssignedRolesForUser", Path: user, Query: map[string]any{"expand": "targets/groups"}}, title: "with group targets",
			rows: []string{rowEmbedded}, arrange: only(scoped("USER_ADMIN", group(0)))},
		{Step: Step{Operation: "listAssignedRolesForUser", Path: user, Query: map[string]any{"expand": "targets/catalog/apps"}}, title: "with app targets",
			rows: []string{rowEmbedded}, arrange: only(scoped("APP_ADMIN", first, instance))},
	} {
		switch {
		case s.rows == nil:
			s.rows = []string{rowNoContent}
		case s.rows[0] == rowEmbedded:
			s.twins = ordinaryRows(s.Operation)
		}
		p.add(s)
	}
}
