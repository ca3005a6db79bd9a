package sdk

import (
	"fmt"
	"maps"
	"strings"

	"github.com/rolecheck/rolecheck/spec"
)

// sample is a step on an operation that the stage answers with a body.
func (p *planner) sample(op spec.Operation, title string, answer any, rows ...string) *step {
	s := p.add(step{
		op: op, Step: Step{Path: p.samplePath(op)}, title: title, rows: rows, reply: always(success(usualStatus(op), answer)),
	})
	if op.BodyRequired {
		s.Body = object{"type": "USER_ADMIN"}
	}
	if answer != nil {
		s.twins = ordinaryRows(op)
	}
	return s
}

// ordinaryRows are the rules that an operation's ordinary answers are judged by.
func ordinaryRows(op spec.Operation) []string {
	switch op.Action.Object {
	case spec.Role:
		return []string{rowStandardRoles + plural(op.Action.Of), rowCustomRoles + plural(op.Action.Of)}
	case spec.Assignee:
		return []string{rowAssignees}
	case spec.Permission:
		return []string{rowPermissions}
	case spec.AppTarget:
		return []string{rowAppTargets}
	case spec.GroupTarget:
		return []string{rowGroupTargets}
	}
	return nil
}

// plural is the word for a kind of principal in the ids of rows.
func plural(of spec.Holder) string { return string(of) + "s" }

// takesQuery reports whether an operation has a query parameter.
func takesQuery(op spec.Operation, name string) bool {
	return op.Raw.Parameters.GetByInAndName("query", name) != nil
}

// parameters are steps with values that are hard to encode, and with the parameters that no other step has.
func (p *planner) parameters() {
	const label = `Tier 1/2: "north" & south? #7 +50%`
	const cursor = "PGE+a/b=c&d e%2F"
	least := leastSamples()
	for _, op := range p.spec.Operations {
		if op.Action.Of == spec.CustomRole {
			s := p.sample(op, "by a label with reserved characters", least.answer(op))
			s.Path[op.Parameters[0]] = label
			s.pathRow = rowPathReserved
		}
		if takesQuery(op, "after") {
			p.sample(op, "a page", least.answer(op)).Query = map[string]any{"after": cursor, "limit": 5}
		}
		if takesQuery(op, "expand") {
			role := with(leastSamples().standardRole, object{"_embedded": sampleStandardRole("", "")["_embedded"]})
			p.sample(op, "with group targets embedded", []any{role}, rowEmbedded).Query = map[string]any{"expand": "targets/groups"}
		}
		if takesQuery(op, notifications) {
			p.sample(op, "with notifications", least.answer(op)).Query = map[string]any{notifications: false}
		}
	}
}

// statuses are steps for every status of success there is, with a body and without where both can be.
func (p *planner) statuses() {
	for _, op := range p.spec.Operations {
		for _, status := range op.Statuses {
			if !status.Success() {
				continue
			}
			body := leastSamples().answer(op)
			title := fmt.Sprintf("answered %d", status.Code)
			if status.HasBody {
				s := p.sample(op, title, body, rowSuccess)
				s.reply, s.judge = always(success(status.Code, body)), judgeKnown
			}
			if !status.HasBody || status.BodyOptional {
				p.sample(op, title+" without a body", nil, rowSuccess).reply = always(success(status.Code, nil))
			}
		}
	}
}

// shapes are steps with the forms that an answer can have besides the usual one.
func (p *planner) shapes() {
	for _, op := range p.spec.Operations {
		if hasAssignments(op) {
			p.assignmentShapes(op)
		}
	}
	unconditional := with(leastPermission(somePermission), object{"conditions": nil})
	p.sample(p.permission(spec.Get), "null conditions", unconditional, rowNull).judge = judgeKnown
	p.sample(p.permission(spec.List), "null conditions", object{"permissions": []any{unconditional}}, rowNull).judge = judgeKnown
	for _, op := range p.lists(spec.GroupTarget) {
		undescribed := with(leastGroup("00gSample1"), object{"profile": object{"name": "North", "description": nil}})
		p.sample(op, "a group with a null description", []any{undescribed}, rowNull).judge = judgeKnown
	}
	p.conditions()

	least := leastSamples()
	p.sample(p.permission(spec.Get), "no more than it must have", least.permission, rowAbsent)
	for _, op := range p.lists(spec.GroupTarget, spec.AppTarget, spec.Assignee) {
		p.sample(op, "no more than it must have", least.answer(op), rowAbsent)
	}
	for _, op := range p.lists(spec.Role, spec.AppTarget, spec.GroupTarget) {
		p.sample(op, "an empty list", []any{}, rowEmptyLists)
	}
	p.sample(p.assignees(), "no users", object{"value": []any{}}, rowEmptyLists)
	p.sample(p.permission(spec.List), "no permissions", object{"permissions": []any{}}, rowEmptyLists)
	p.dates()
}

// assignmentShapes are those of an operation that answers with role assignments.
func (p *planner) assignmentShapes(op spec.Operation) {
	shape := func(title, row string, role object) *step {
		return p.sample(op, title, assignmentAnswer(op, role), row)
	}
	least := leastSamples()
	shape("a standard role with no more than it must have", rowAbsent, least.standardRole)
	shape("a custom role with no more than it must have", rowAbsent, least.customRole)
	self := object{"href": exampleOrg + "/api/v1/principals/roles/ra1Sample1", "hints": object{"allow": []any{"DELETE"}}}
	shape("a standard role as older pages show it", rowOlder, with(leastSamples().standardRole, object{
		"description": "May manage the users of some groups", "_links": object{"self": self},
	})).judge = judgeKnown
	shape("a standard role with null members", rowNull, with(least.standardRole, object{
		"description": nil, "created": nil, "lastUpdated": nil, "_embedded": nil, "_links": nil,
	})).judge = judgeKnown
	shape("a custom role with null members", rowNull, with(least.customRole, object{
		"description": nil, "created": nil, "lastUpdated": nil, "_links": nil,
	})).judge = judgeKnown
}

// with adds members to an object.
func with(o, members object) object {
	maps.Copy(o, members)
	return o
}

// conditions are steps with the forms of conditions that the org does not answer with by itself.
func (p *planner) conditions() {
	add := func(title string, conditions object) {
		answer := with(leastPermission(somePermission), object{"conditions": conditions})
		p.sample(p.permission(spec.Get), title, answer, rowConditions)
	}
	add("one half of the conditions null", with(conditionsOf("exclude", "zipCode"), object{"include": nil}))
	add("conditions that are objects", object{"include": object{userProfile: object{"city": object{"read": true}}}})
}

// dates are steps with dates as the documents and real orgs write them, and as the standard allows.
func (p *planner) dates() {
	for _, date := range []string{"2026-02-03T04:05:06Z", "2026-02-03T04:05:06.000Z", "2026-02-03T04:05:06.789Z", "2026-02-03T05:05:06+01:00"} {
		dated := func(o object) object { return with(o, object{"created": date, "lastUpdated": date}) }
		p.sample(p.permission(spec.Get), "dates like "+date, dated(leastPermission(somePermission)), rowDates).judge = judgeKnown
		p.sample(p.role(spec.Get, spec.User), "dates like "+date, dated(leastSamples().standardRole), rowDates).judge = judgeKnown
		for _, op := range p.lists(spec.GroupTarget) {
			p.sample(op, "dates like "+date, []any{dated(leastGroup("00gSample1"))}, rowDates).judge = judgeKnown
		}
	}
}

// unknown are steps with members and values that the description does not have.
func (p *planner) unknown() {
	for _, op := range p.spec.Operations {
		full := fullSamples(op).answer(op)
		if full == nil {
			continue
		}
		least := encoded(leastSamples().answer(op))
		s := p.sample(op, "with members that nobody described", extended(full), rowUnknownMembers, rowUnknownKept)
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
	unknown := leastSamples()
	with(unknown.standardRole, object{"type": "RELEASE_ADMIN", "assignmentType": "WORKLOAD"})
	for _, op := range p.spec.Operations {
		if hasAssignments(op) {
			p.sample(op, title, assignmentAnswer(op, unknown.standardRole), rowUnknownValues).judge = judgeKnown
		}
	}
	for _, op := range p.lists(spec.GroupTarget) {
		p.sample(op, title, []any{with(unknown.group, object{"type": "DEVICE_GROUP"})}, rowUnknownValues).judge = judgeKnown
	}
	for _, op := range p.lists(spec.AppTarget) {
		app := with(unknown.app, object{"status": "PREVIEW", "signOnModes": []any{"PASSKEY_ONLY"}})
		p.sample(op, title, []any{app}, rowUnknownValues).judge = judgeKnown
	}
	p.sample(p.permission(spec.Get), title, leastPermission("okta.releases.manage"), rowUnknownValues).judge = judgeKnown
}

// added is a member that the description does not have.
const added = "stageAdded"

// notAdded reports whether a pointer leads neither to the added member nor into it.
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
