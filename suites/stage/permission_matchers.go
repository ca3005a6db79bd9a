package stage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness"
)

// permissionLists are lists of permissions, by label.
var permissionLists = list{listedLabels, func(labels []string) string {
	return inWords(labels, "no permission", "permission without a label")
}}

// manyPermissions is how many permissions are so many that a failure names only those that are wrong.
const manyPermissions = 7

// HavePermissions expects a list of just these permissions, each once.
func HavePermissions(labels ...string) types.GomegaMatcher {
	if len(labels) < manyPermissions {
		return permissionLists.exactly(labels...)
	}
	want := slices.Sorted(slices.Values(labels))
	wrong := list{listedLabels, func(got []string) string {
		var wrong []string
		for _, label := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(got, want)))) {
			if n := occurrences(got, label); n != occurrences(want, label) {
				wrong = append(wrong, number(n)+" "+label)
			}
		}
		return fmt.Sprintf("%d, with %s", len(got), nameList(wrong))
	}}
	expected := fmt.Sprintf("just the %d permissions, each once", len(want))
	return wrong.matching(expected, func(got []string) bool { return slices.Equal(got, want) })
}

// IncludePermission expects a list that has a permission once, whatever else it has.
func IncludePermission(label string) types.GomegaMatcher {
	return times(label).once("one "+label+" among others", label)
}

// LackPermission expects a list without a permission.
func LackPermission(label string) types.GomegaMatcher {
	return times(label).without("no "+label, label)
}

// times are lists of permissions, described by how often they have one of them.
func times(label string) list {
	return list{listedLabels, func(got []string) string {
		if n := occurrences(got, label); n > 0 {
			return number(n)
		}
		return "none"
	}}
}

// listedLabels are the labels of the permissions that an answer lists, sorted.
func listedLabels(a *harness.Answer) (labels []string, problem string) {
	var body struct {
		Permissions []Permission `json:"permissions"`
	}
	_ = json.Unmarshal(a.Body(), &body) // what is no JSON has no list
	return listed(a, body.Permissions, "permissions", func(p Permission) string { return p.Label })
}

// HaveIncluded expects one permission whose conditions include just these attributes; without any, that include none.
func HaveIncluded(attributes ...string) types.GomegaMatcher {
	return haveConditions("include", attributes, func(c Conditions) map[string]any { return c.Include })
}

// HaveExcluded expects one permission whose conditions exclude just these attributes; without any, that exclude none.
func HaveExcluded(attributes ...string) types.GomegaMatcher {
	return haveConditions("exclude", attributes, func(c Conditions) map[string]any { return c.Exclude })
}

func haveConditions(verb string, attributes []string, side func(Conditions) map[string]any) types.GomegaMatcher {
	want := slices.Sorted(slices.Values(attributes))
	return harness.Matching("conditions that "+verb+" "+nameList(want), func(a *harness.Answer) string {
		p, problem := onePermission(a)
		if problem != "" {
			return problem
		}
		var got []string
		if p.Conditions != nil {
			got = attributesOf(side(*p.Conditions))
		}
		if !slices.Equal(got, want) {
			return p.Conditions.String()
		}
		return ""
	})
}

// HaveNoConditions expects one permission whose conditions are absent or null.
func HaveNoConditions() types.GomegaMatcher {
	return harness.Matching("no conditions", func(a *harness.Answer) string {
		p, problem := onePermission(a)
		if problem == "" && p.Conditions != nil {
			problem = p.Conditions.String()
		}
		return problem
	})
}

// IsUnconditional reports whether an answer is one permission without conditions.
func IsUnconditional(a *harness.Answer) bool {
	p, problem := onePermission(a)
	return problem == "" && p.Conditions == nil
}

// onePermission reads an answer as one permission.
func onePermission(a *harness.Answer) (p Permission, problem string) {
	if a.Status() != http.StatusOK {
		return p, fmt.Sprintf("status %d", a.Status())
	}
	if json.Unmarshal(a.Body(), &p) != nil || p.Label == "" {
		return p, "a body that is no permission"
	}
	return p, ""
}

// String says in words what the conditions are.
func (c *Conditions) String() string {
	if c == nil {
		return "no conditions"
	}
	included, excluded := attributesOf(c.Include), attributesOf(c.Exclude)
	switch {
	case len(included) > 0 && len(excluded) > 0:
		return "conditions that include " + nameList(included) + " and exclude " + nameList(excluded)
	case len(included) > 0:
		return "conditions that include " + nameList(included)
	case len(excluded) > 0:
		return "conditions that exclude " + nameList(excluded)
	default:
		return "conditions that are empty"
	}
}

func nameList(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " and ")
}

// HaveLinksOf expects permissions, one or a list, each of which has links whose paths name the role's id: the role link,
// and the self link, which names the permission as well.
func HaveLinksOf(role string) types.GomegaMatcher {
	return eachPermission("links by the role's id "+role, func(p Permission) string {
		switch self := p.Links.Self; {
		case !p.Links.Role.Names(role):
			return fmt.Sprintf("the role link %q of %s", p.Links.Role.Href, p.Label)
		case !self.Names(role) || !self.Names(p.Label):
			return fmt.Sprintf("the self link %q of %s", self.Href, p.Label)
		}
		return ""
	})
}

// HaveDatesAndLinks expects permissions, one or a list, each of which says when it was created and last updated, and has
// links to its role and to itself.
func HaveDatesAndLinks() types.GomegaMatcher {
	return eachPermission("created, lastUpdated, _links.role.href and _links.self.href", func(p Permission) string {
		switch "" {
		case p.Created:
			return "no created of " + p.Label
		case p.LastUpdated:
			return "no lastUpdated of " + p.Label
		case p.Links.Role.Href:
			return "no _links.role.href of " + p.Label
		case p.Links.Self.Href:
			return "no _links.self.href of " + p.Label
		}
		return ""
	})
}

// eachPermission expects permissions, one or a list, with none of which there is a problem.
func eachPermission(expected string, problem func(Permission) string) types.GomegaMatcher {
	return harness.Matching(expected, func(a *harness.Answer) string {
		all := Permissions(a)
		if len(all) == 0 {
			return "no permission"
		}
		for _, p := range all {
			if wrong := problem(p); wrong != "" {
				return wrong
			}
		}
		return ""
	})
}

// HaveCreatedOf expects one permission that was created at the instant that an earlier answer says.
func HaveCreatedOf(earlier *harness.Answer) types.GomegaMatcher {
	return haveInstant("created", "as before", earlier, func(p Permission) string { return p.Created },
		func(now, then time.Time) bool { return now.Equal(then) })
}

// HaveLastUpdatedSince expects one permission that was last updated at the instant that an earlier answer says, or later.
func HaveLastUpdatedSince(earlier *harness.Answer) types.GomegaMatcher {
	return haveInstant("lastUpdated", "or later", earlier, func(p Permission) string { return p.LastUpdated },
		func(now, then time.Time) bool { return !now.Before(then) })
}

func haveInstant(
	member, how string, earlier *harness.Answer, read func(Permission) string, suits func(now, then time.Time) bool,
) types.GomegaMatcher {
	before, _ := onePermission(earlier)
	then, err := time.Parse(time.RFC3339, read(before))
	if err != nil {
		return harness.Matching(member+" in the earlier answer", func(*harness.Answer) string { return noDate(read(before)) })
	}
	return harness.Matching(member+" "+read(before)+" "+how, func(a *harness.Answer) string {
		p, problem := onePermission(a)
		if problem != "" {
			return problem
		}
		switch now, err := time.Parse(time.RFC3339, read(p)); {
		case err != nil:
			return noDate(read(p))
		case !suits(now, then):
			return read(p)
		}
		return ""
	})
}

func noDate(s string) string {
	if s == "" {
		return "none"
	}
	return fmt.Sprintf("%q, which is no date", s)
}
