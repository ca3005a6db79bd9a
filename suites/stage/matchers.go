package stage

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness"
)

// list is how matchers read the lists of one kind of object, and how failure messages describe them.
type list struct {
	// names are the names of the objects that an answer lists, sorted, or why there are none.
	names func(*harness.Answer) (names []string, problem string)
	words func(names []string) string
}

// matching expects a list whose names suit.
func (l list) matching(expected string, suit func(names []string) bool) types.GomegaMatcher {
	return harness.Matching(expected, func(a *harness.Answer) string {
		names, problem := l.names(a)
		if problem == "" && !suit(names) {
			problem = l.words(names)
		}
		return problem
	})
}

// exactly expects a list of just these names, each as often as it is given.
func (l list) exactly(names ...string) types.GomegaMatcher {
	want := slices.Sorted(slices.Values(names))
	return l.matching(l.words(want), func(got []string) bool { return slices.Equal(got, want) })
}

// once expects a list with a name once, whatever else it has.
func (l list) once(expected, name string) types.GomegaMatcher {
	return l.matching(expected, func(got []string) bool { return occurrences(got, name) == 1 })
}

// without expects a list without a name.
func (l list) without(expected, name string) types.GomegaMatcher {
	return l.matching(expected, func(got []string) bool { return !slices.Contains(got, name) })
}

// listed returns the sorted names of the entries of a list in an answer; a nil list is none.
func listed[E any](a *harness.Answer, entries []E, of string, name func(E) string) (names []string, problem string) {
	switch {
	case a.Status() != http.StatusOK:
		return nil, fmt.Sprintf("status %d", a.Status())
	case entries == nil:
		return nil, "a body that is no list of " + of
	}
	for _, e := range entries {
		names = append(names, name(e))
	}
	slices.Sort(names)
	return names, ""
}

// occurrences is how often one text is among all.
func occurrences(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// roleLists are lists of role assignments, by type.
var roleLists = list{roleTypes, tally}

// HaveRoles expects a list of just so many roles of these types.
func HaveRoles(types ...string) types.GomegaMatcher { return roleLists.exactly(types...) }

// IncludeRoles expects a list that has a role of each of these types, whatever else it has.
func IncludeRoles(types ...string) types.GomegaMatcher {
	return roleLists.matching(tally(types)+" among others", func(got []string) bool {
		return !slices.ContainsFunc(types, func(role string) bool { return !slices.Contains(got, role) })
	})
}

// LackRole expects a list without a role of the type.
func LackRole(role string) types.GomegaMatcher { return roleLists.without("no "+role, role) }

// LackAssignment expects a list of roles without that assignment.
func LackAssignment(id string) types.GomegaMatcher {
	return harness.Matching("no assignment "+id, func(a *harness.Answer) string {
		got, problem := roleTypes(a)
		if slices.ContainsFunc(Assignments(a), func(x Assignment) bool { return x.ID == id }) {
			problem = tally(got) + ", one of them with that id"
		}
		return problem
	})
}

// ListRole expects a list that has the role once, under the id of its assignment.
func ListRole(r Role) types.GomegaMatcher {
	withIDs := list{
		names: func(a *harness.Answer) ([]string, string) {
			return listed(a, Assignments(a), "role assignments", func(x Assignment) string { return x.Type + " " + x.ID })
		},
		words: func(names []string) string { return cmp.Or(strings.Join(names, ", "), tally(nil)) },
	}
	return withIDs.once(fmt.Sprintf("the %s with the id %s once", r.Type, r.Assignment), r.Type+" "+r.Assignment)
}

func roleTypes(a *harness.Answer) (types []string, problem string) {
	return listed(a, Assignments(a), "role assignments", func(x Assignment) string { return x.Type })
}

// number is a small number in words.
func number(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

// tally counts roles by type, in words.
func tally(types []string) string { return inWords(types, "no role", "without a type") }

// inWords counts names, in words: none if there are no names, and unnamed for the empty name.
func inWords(names []string, none, unnamed string) string {
	var parts []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		parts = append(parts, number(occurrences(names, name))+" "+cmp.Or(name, unnamed))
	}
	return cmp.Or(strings.Join(parts, " and "), none)
}

// Each expects a list, each value of which satisfies a function, which what describes in words. It is for the values that
// HaveJSON finds by a path with a star.
func Each(what string, is func(any) bool) types.GomegaMatcher {
	return harness.Satisfying("be "+what+" each", func(v any) bool {
		entries, ok := v.([]any)
		return ok && !slices.ContainsFunc(entries, func(v any) bool { return !is(v) })
	})
}

// Is reports whether a value is of a type: string, map[string]any and []any are those of JSON's strings, objects and arrays.
func Is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

// IsAbsent reports whether there is no value, or null.
func IsAbsent(v any) bool { return v == nil }

// targetLists are lists of targets. A target goes by its id, and an app of the catalog by its name.
var targetLists = list{targetNames, targetList}

// HaveTargets expects a list of just these targets, each once.
func HaveTargets(names ...string) types.GomegaMatcher { return targetLists.exactly(names...) }

// IncludeTarget expects a list that has a target once, whatever else it has.
func IncludeTarget(name string) types.GomegaMatcher {
	return targetLists.once("the target "+name+" once", name)
}

// LackTarget expects a list without a target.
func LackTarget(name string) types.GomegaMatcher { return targetLists.without("no target "+name, name) }

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
	return targetLists.matching(number(n)+" target at most", func(got []string) bool { return len(got) <= n })
}

// BeRefusedAsUnknownTarget expects a refusal that says that there is no such target, in today's form or in that of the
// page of 2014.
func BeRefusedAsUnknownTarget() types.GomegaMatcher {
	expected := fmt.Sprintf("status 404 with errorCode %s, or 405 with errorCode %s", CodeNotFound, codeNotSupported)
	return harness.Matching(expected, func(a *harness.Answer) string {
		code := a.ErrorCode()
		switch {
		case a.Status() == 404 && code == CodeNotFound, a.Status() == 405 && code == codeNotSupported:
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
	}
	return "the targets " + nameList(names)
}

func targetNames(a *harness.Answer) (names []string, problem string) {
	return listed(a, Targets(a), "targets", func(name string) string { return name })
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
		for _, x := range ofType(Assignments(a), r.Type) {
			if x.AssignmentType == r.Kind.Type && x.Links.Assignee.Names(r.ID) {
				return ""
			}
		}
		return tally(got) + ", none of them of that group"
	})
}
