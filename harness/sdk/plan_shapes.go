package sdk

import (
	"fmt"
	"slices"
	"strings"
)

// unique is an id that looks like one of the org's.
func unique(name string, n int) string {
	prefix := map[string]string{
		"userId": "00u", "groupId": "00g", "clientId": "0oa", "appId": "0oa", "roleAssignmentId": "ra1", "roleIdOrLabel": "cr0",
	}[name]
	return fmt.Sprintf("%sStage%012d", prefix, n)
}

// sample is a step on an operation that the stage answers with a body.
func (p *planner) sample(operation, title string, answer any, rows ...string) *step {
	op, _ := p.spec.Operation(operation)
	s := p.add(step{
		Step:  Step{Operation: operation, Path: p.samplePath(operation), Body: sampleBody(operation)},
		title: title, rows: rows, reply: always(success(usualStatus(op), answer)),
	})
	if answer != nil {
		s.twins = ordinaryRows(operation)
	}
	return s
}

// ordinaryRows are the rules that an operation's ordinary answers are judged by.
func ordinaryRows(operation string) []string {
	if slices.Contains(assignmentOperations, operation) {
		of := strings.ToLower(kindOf(operation)) + "s"
		return []string{rowStandardRoles + of, rowCustomRoles + of}
	}
	return map[string][]string{
		"listUsersWithRoleAssignments": {rowAssignees},
		"listRolePermissions":          {rowPermissions}, "getRolePermission": {rowPermissions}, "replaceRolePermission": {rowPermissions},
		"listApplicationTargetsForApplicationAdministratorRoleForUser": {rowAppTargets},
		"listGroupTargetsForRole":                                      {rowGroupTargets},
	}[operation]
}

// parameters are steps with values that are hard to encode, and with the parameters that no other step has.
func (p *planner) parameters() {
	const label = `Tier 1/2: "north" & south? #7 +50%`
	for _, operation := range []string{
		"listRolePermissions", "getRolePermission", "createRolePermission", "replaceRolePermission", "deleteRolePermission",
	} {
		s := p.sample(operation, "by a label with reserved characters", leastSamples().answer(operation))
		s.Path["roleIdOrLabel"] = label
		s.pathRow = rowPathReserved
	}
	const cursor = "PGE+a/b=c&d e%2F"
	for _, operation := range []string{
		"listUsersWithRoleAssignments", "listApplicationTargetsForApplicationAdministratorRoleForUser", "listGroupTargetsForRole",
	} {
		p.sample(operation, "a page", leastSamples().answer(operation)).Query = map[string]any{"after": cursor, "limit": 5}
	}
	for _, operation := range []string{"listGroupAssignedRoles", "listAssignedRolesForUser"} {
		role := leastStandardRole()
		role["_embedded"] = sampleStandardRole("", "")["_embedded"]
		p.sample(operation, "with group targets embedded", []any{role}, rowEmbedded).Query = map[string]any{"expand": "targets/groups"}
	}
	for _, operation := range []string{"assignRoleToGroup", "assignRoleToUser"} {
		p.sample(operation, "with notifications", leastSamples().answer(operation)).Query = map[string]any{"disableNotifications": false}
	}
}

// statuses are steps for every status of success there is, with a body and without where both can be.
func (p *planner) statuses() {
	for _, op := range p.spec.Operations {
		for _, status := range op.Statuses {
			if !status.Success() {
				continue
			}
			body := leastSamples().answer(op.ID)
			title := fmt.Sprintf("answered %d", status.Code)
			if status.HasBody {
				s := p.sample(op.ID, title, body, rowSuccess)
				s.reply, s.judge = always(success(status.Code, body)), judgeKnown
			}
			if !status.HasBody || status.BodyOptional {
				p.sample(op.ID, title+" without a body", nil, rowSuccess).reply = always(success(status.Code, nil))
			}
		}
	}
}

// shapes are steps with the forms that an answer can have besides the usual one.
func (p *planner) shapes() {
	for _, operation := range assignmentOperations {
		p.sample(operation, "a standard role with no more than it must have", assignmentAnswer(operation, leastStandardRole()), rowAbsent)
		p.sample(operation, "a custom role with no more than it must have", assignmentAnswer(operation, leastCustomRole("irbSample1")), rowAbsent)
		older := with(leastStandardRole(), "description", "May manage the users of some groups",
			"_links", object{"self": object{"href": exampleOrg + "/api/v1/principals/roles/ra1Sample1", "hints": object{"allow": []any{"DELETE"}}}})
		p.sample(operation, "a standard role as older pages show it", assignmentAnswer(operation, older), rowOlder).judge = judgeKnown
		standard := with(leastStandardRole(), "description", nil, "created", nil, "lastUpdated", nil, "_embedded", nil, "_links", nil)
		p.sample(operation, "a standard role with null members", assignmentAnswer(operation, standard), rowNull).judge = judgeKnown
		custom := with(leastCustomRole("irbSample1"), "description", nil, "created", nil, "lastUpdated", nil, "_links", nil)
		p.sample(operation, "a custom role with null members", assignmentAnswer(operation, custom), rowNull).judge = judgeKnown
	}
	unconditional := with(leastPermission(somePermission), "conditions", nil)
	p.sample("getRolePermission", "null conditions", unconditional, rowNull).judge = judgeKnown
	p.sample("listRolePermissions", "null conditions", object{"permissions": []any{unconditional}}, rowNull).judge = judgeKnown
	undescribed := with(leastGroup("00gSample1"), "profile", object{"name": "North", "description": nil})
	p.sample("listGroupTargetsForRole", "a group with a null description", []any{undescribed}, rowNull).judge = judgeKnown
	p.conditions()

	least := leastSamples()
	for _, operation := range []string{
		"getRolePermission", "listGroupTargetsForRole", "listApplicationTargetsForApplicationAdministratorRoleForUser", "listUsersWithRoleAssignments",
	} {
		p.sample(operation, "no more than it must have", least.answer(operation), rowAbsent)
	}
	for _, operation := range []string{
		"listRolesForClient", "listGroupAssignedRoles", "listAssignedRolesForUser",
		"listApplicationTargetsForApplicationAdministratorRoleForUser", "listGroupTargetsForRole",
	} {
		p.sample(operation, "an empty list", []any{}, rowEmptyLists)
	}
	p.sample("listUsersWithRoleAssignments", "no users", object{"value": []any{}}, rowEmptyLists)
	p.sample("listRolePermissions", "no permissions", object{"permissions": []any{}}, rowEmptyLists)
	p.dates()
}

// with adds members to an object, given as names and values in turn.
func with(o object, members ...any) object {
	for i := 0; i < len(members); i += 2 {
		o[members[i].(string)] = members[i+1]
	}
	return o
}

// conditions are steps with the forms of conditions that the org does not answer with by itself.
func (p *planner) conditions() {
	half := object{"include": nil, "exclude": object{"okta:ResourceAttribute/User/Profile": []any{"zipCode"}}}
	objects := object{"include": object{"okta:ResourceAttribute/User/Profile": object{"city": object{"read": true}}}}
	p.sample("getRolePermission", "one half of the conditions null", with(leastPermission(somePermission), "conditions", half), rowConditions)
	p.sample("getRolePermission", "conditions that are objects", with(leastPermission(somePermission), "conditions", objects), rowConditions)
}

// dates are steps with dates as the documents and real orgs write them, and as the standard allows.
func (p *planner) dates() {
	for _, date := range []string{"2026-02-03T04:05:06Z", "2026-02-03T04:05:06.000Z", "2026-02-03T04:05:06.789Z", "2026-02-03T05:05:06+01:00"} {
		dated := func(o object) object { return with(o, "created", date, "lastUpdated", date) }
		p.sample("getRolePermission", "dates like "+date, dated(leastPermission(somePermission)), rowDates).judge = judgeKnown
		p.sample("getUserAssignedRole", "dates like "+date, dated(leastStandardRole()), rowDates).judge = judgeKnown
		p.sample("listGroupTargetsForRole", "dates like "+date, []any{dated(leastGroup("00gSample1"))}, rowDates).judge = judgeKnown
	}
}

// unknown are steps with what an org of tomorrow may send.
func (p *planner) unknown() {
	for _, op := range p.spec.Operations {
		full := fullSamples(op.ID).answer(op.ID)
		if full == nil {
			continue
		}
		least := encoded(leastSamples().answer(op.ID))
		s := p.sample(op.ID, "with members that nobody described", extended(full), rowUnknownMembers, rowUnknownKept)
		s.judge = func(v *view) {
			wrong := v.unsuccessful(v.seen[0].answer.status)
			if wrong != nil {
				v.judgeRow(rowUnknownMembers, wrong)
				return
			}
			v.judgeRow(rowUnknownMembers, v.differs(least, &comparison{known: true}))
			v.judgeRow(rowUnknownKept, v.differs(v.seen[0].answer.body, &comparison{known: true, skip: notAdded}))
		}
	}
	const title = "words that nobody described"
	for _, operation := range assignmentOperations {
		role := with(leastStandardRole(), "type", "RELEASE_ADMIN", "assignmentType", "WORKLOAD")
		p.sample(operation, title, assignmentAnswer(operation, role), rowUnknownValues).judge = judgeKnown
	}
	p.sample("listGroupTargetsForRole", title, []any{with(leastGroup("00gSample1"), "type", "DEVICE_GROUP")}, rowUnknownValues).judge = judgeKnown
	p.sample("listApplicationTargetsForApplicationAdministratorRoleForUser", title,
		[]any{with(leastApp("salesforce"), "status", "PREVIEW", "signOnModes", []any{"PASSKEY_ONLY"})}, rowUnknownValues).judge = judgeKnown
	p.sample("getRolePermission", title, leastPermission("okta.releases.manage"), rowUnknownValues).judge = judgeKnown
}

// added is the member that nobody described.
const added = "stageAdded"

// notAdded finds what is not, and not within, a member that nobody described.
func notAdded(pointer string) bool { return !strings.Contains(pointer, "/"+added) }

// extended adds a member to every object of an answer.
func extended(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = extended(v[i])
		}
		return out
	case object:
		out := object{added: object{"by": "rolecheck", "rank": 7}}
		for name, member := range v {
			out[name] = extended(member)
		}
		return out
	}
	return v
}
