package stage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness"
)

// HaveRoles expects a list of just so many roles of these types.
func HaveRoles(roles ...string) types.GomegaMatcher {
	want := slices.Sorted(slices.Values(roles))
	return harness.Matching(tally(want), func(a *harness.Answer) string {
		got, problem := roleTypes(a)
		if problem == "" && !slices.Equal(got, want) {
			problem = tally(got)
		}
		return problem
	})
}

// IncludeRoles expects a list that has a role of each of these types, whatever else it has.
func IncludeRoles(roles ...string) types.GomegaMatcher {
	return harness.Matching(tally(roles)+" among others", func(a *harness.Answer) string {
		got, problem := roleTypes(a)
		for _, role := range roles {
			if problem == "" && !slices.Contains(got, role) {
				problem = tally(got)
			}
		}
		return problem
	})
}

// LackRole expects a list without a role of the type.
func LackRole(role string) types.GomegaMatcher {
	return harness.Matching("no "+role, func(a *harness.Answer) string {
		got, problem := roleTypes(a)
		if problem == "" && slices.Contains(got, role) {
			problem = tally(got)
		}
		return problem
	})
}

// LackAssignment expects a list of roles without that assignment.
func LackAssignment(id string) types.GomegaMatcher {
	return harness.Matching("no assignment "+id, func(a *harness.Answer) string {
		got, problem := roleTypes(a)
		for _, x := range Assignments(a) {
			if x.ID == id {
				problem = tally(got) + ", one of them with that id"
			}
		}
		return problem
	})
}

// ListRole expects a list that has the role once, under the id of its assignment.
func ListRole(r Role) types.GomegaMatcher {
	return harness.Matching(fmt.Sprintf("the %s with the id %s once", r.Type, r.Assignment), func(a *harness.Answer) string {
		got, problem := roleTypes(a)
		if problem != "" {
			return problem
		}
		n := 0
		for _, x := range Assignments(a) {
			if x.ID == r.Assignment && x.Type == r.Type {
				n++
			}
		}
		if n == 1 {
			return ""
		}
		var ids []string
		for _, x := range Assignments(a) {
			ids = append(ids, x.Type+" "+x.ID)
		}
		if len(ids) == 0 {
			return tally(got)
		}
		return strings.Join(ids, ", ")
	})
}

func roleTypes(a *harness.Answer) (types []string, problem string) {
	if a.Status() != 200 {
		return nil, fmt.Sprintf("status %d", a.Status())
	}
	list := Assignments(a)
	if list == nil {
		return nil, "what is no list of role assignments"
	}
	types = make([]string, len(list))
	for i, x := range list {
		types[i] = x.Type
	}
	slices.Sort(types)
	return types, ""
}

var numbers = []string{"no", "one", "two", "three", "four", "five", "six"}

func number(n int) string {
	if n < len(numbers) {
		return numbers[n]
	}
	return fmt.Sprint(n)
}

// tally counts roles by type, in words.
func tally(roles []string) string {
	if len(roles) == 0 {
		return "no role"
	}
	sorted := slices.Sorted(slices.Values(roles))
	var parts []string
	for i := 0; i < len(sorted); {
		n := 1
		for i+n < len(sorted) && sorted[i+n] == sorted[i] {
			n++
		}
		name := sorted[i]
		if name == "" {
			name = "without a type"
		}
		parts = append(parts, number(n)+" "+name)
		i += n
	}
	return strings.Join(parts, " and ")
}

// each holds every value of a list against a function.
type each struct {
	what string
	is   func(any) bool
}

// Each expects a list, each value of which is what is said in words and shown by a function. It is for the values that
// HaveJSON finds by a path with a star.
func Each(what string, is func(any) bool) types.GomegaMatcher { return each{what, is} }

func (e each) Match(actual any) (bool, error) {
	list, ok := actual.([]any)
	return ok && !slices.ContainsFunc(list, func(v any) bool { return !e.is(v) }), nil
}

func (e each) FailureMessage(actual any) string {
	return format.Message(actual, "to be "+e.what+" each")
}

func (e each) NegatedFailureMessage(actual any) string {
	return format.Message(actual, "not to be "+e.what+" each")
}

// Is reports whether a value is of a type: string, map[string]any and []any are those of JSON's strings, objects and arrays.
func Is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

// IsAbsent reports whether there is no value, or null.
func IsAbsent(v any) bool { return v == nil }

// HaveTargets expects a list of just these targets, each once. A target goes by its id, and an app of the catalog by its
// name.
func HaveTargets(targets ...string) types.GomegaMatcher {
	want := slices.Sorted(slices.Values(targets))
	return harness.Matching(targetList(want), func(a *harness.Answer) string {
		got, problem := targetNames(a)
		if problem == "" && !slices.Equal(got, want) {
			problem = targetList(got)
		}
		return problem
	})
}

// IncludeTarget expects a list that has a target once, whatever else it has.
func IncludeTarget(target string) types.GomegaMatcher {
	return harness.Matching("the target "+target+" once", func(a *harness.Answer) string {
		got, problem := targetNames(a)
		if problem != "" {
			return problem
		}
		n := 0
		for _, name := range got {
			if name == target {
				n++
			}
		}
		if n == 1 {
			return ""
		}
		return targetList(got)
	})
}

// LackTarget expects a list without a target.
func LackTarget(target string) types.GomegaMatcher {
	return harness.Matching("no target "+target, func(a *harness.Answer) string {
		got, problem := targetNames(a)
		if problem == "" && slices.Contains(got, target) {
			problem = targetList(got)
		}
		return problem
	})
}

// HaveNoTargets expects an empty list of targets, or that there is none: a role may have no list of a kind that it does
// not take.
func HaveNoTargets() types.GomegaMatcher {
	return harness.Matching("no target, or no list of targets (4xx)", func(a *harness.Answer) string {
		if a.Status() >= 400 && a.Status() <= 499 {
			return ""
		}
		got, problem := targetNames(a)
		if len(got) > 0 {
			problem = targetList(got)
		}
		return problem
	})
}

// HaveTargetsOn expects the pages of a list, of which the answer is the last one, to have just these targets together, each
// once.
func HaveTargetsOn(pages []*harness.Answer, targets ...string) types.GomegaMatcher {
	want := slices.Sorted(slices.Values(targets))
	return harness.Matching(targetList(want)+" on all pages together", func(*harness.Answer) string {
		var got []string
		for i, page := range pages {
			names, problem := targetNames(page)
			if problem != "" {
				return fmt.Sprintf("%s on page %d", problem, i+1)
			}
			got = append(got, names...)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			return targetList(got)
		}
		return ""
	})
}

// HaveAtMostTargets expects a list of no more than n targets.
func HaveAtMostTargets(n int) types.GomegaMatcher {
	return harness.Matching(number(n)+" target at most", func(a *harness.Answer) string {
		got, problem := targetNames(a)
		if len(got) > n {
			problem = targetList(got)
		}
		return problem
	})
}

// BeRefusedAsUnknownTarget expects a refusal that says that there is no such target, in today's form or in that of the
// page of 2014.
func BeRefusedAsUnknownTarget() types.GomegaMatcher {
	expected := fmt.Sprintf("status 404 with errorCode %s, or 405 with errorCode %s", CodeNotFound, CodeNotSupported)
	return harness.Matching(expected, func(a *harness.Answer) string {
		code := a.ErrorCode()
		switch {
		case a.Status() == 404 && code == CodeNotFound, a.Status() == 405 && code == CodeNotSupported:
			return ""
		case code == "":
			return fmt.Sprintf("status %d without an errorCode", a.Status())
		default:
			return fmt.Sprintf("status %d with errorCode %s", a.Status(), code)
		}
	})
}

func targetList(names []string) string {
	switch len(names) {
	case 0:
		return "no target"
	case 1:
		return "the target " + names[0]
	default:
		return "the targets " + strings.Join(names, " and ")
	}
}

func targetNames(a *harness.Answer) (names []string, problem string) {
	if a.Status() != 200 {
		return nil, fmt.Sprintf("status %d", a.Status())
	}
	names = Targets(a)
	if names == nil {
		return nil, "what is no list of targets"
	}
	return names, ""
}

// BeLinkTo expects the URL of a link that has an id as a segment of its path. Host and scheme are not looked at.
func BeLinkTo(id string) types.GomegaMatcher {
	return harness.Satisfying("be a link to "+id, func(v any) bool {
		href, _ := v.(string)
		return Link{href}.Names(id)
	})
}

// IncludeRoleOf expects a list that shows a group's role as the group's.
func IncludeRoleOf(r Role) types.GomegaMatcher {
	return harness.Matching("the "+r.Type+" of the group "+r.ID, func(a *harness.Answer) string {
		got, problem := roleTypes(a)
		if problem != "" {
			return problem
		}
		for _, x := range OfType(Assignments(a), r.Type) {
			if x.AssignmentType == r.Kind.Type && x.Links.Assignee.Names(r.ID) {
				return ""
			}
		}
		return tally(got) + ", none of them of that group"
	})
}
