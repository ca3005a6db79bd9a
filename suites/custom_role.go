package suites

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rolecheck/rolecheck/fixtures"
	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
)

// Permission types that most specs use. Conditions can narrow those of usersRead and usersProfile, and not the others'.
const (
	usersRead    = "okta.users.read"
	usersProfile = "okta.users.userprofile.manage"
	groupsRead   = "okta.groups.read"
	appsRead     = "okta.apps.read"
)

// permission is a permission of a custom role as far as the specs look into it.
type permission struct {
	Label       string      `json:"label"`
	Created     string      `json:"created"`
	LastUpdated string      `json:"lastUpdated"`
	Conditions  *conditions `json:"conditions"`
	Links       struct {
		Role link `json:"role"`
		Self link `json:"self"`
	} `json:"_links"`
}

// conditions narrow a permission to some attributes of users, or to all but some.
type conditions struct {
	Include map[string]any `json:"include,omitempty"`
	Exclude map[string]any `json:"exclude,omitempty"`
}

// permissionOf reads an answer's body as one permission.
func permissionOf(x *exchange.Exchange) permission { return Decode[permission](x) }

// permissionsOf reads an answer's body as the permissions of a role.
func permissionsOf(x *exchange.Exchange) []permission {
	return Decode[struct {
		Permissions []permission `json:"permissions"`
	}](x).Permissions
}

// labels are the labels of permissions, sorted, so that lists can be compared as sets.
func labels(list []permission) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.Label
	}
	slices.Sort(out)
	return out
}

// userProfile is the kind of attribute that conditions are about.
const userProfile = "okta:ResourceAttribute/User/Profile"

func including(attributes ...string) map[string]any {
	return map[string]any{"conditions": conditions{Include: map[string]any{userProfile: attributes}}}
}

func excluding(attributes ...string) map[string]any {
	return map[string]any{"conditions": conditions{Exclude: map[string]any{userProfile: attributes}}}
}

// includingAndExcluding is what conditions must not be.
func includingAndExcluding() map[string]any {
	return map[string]any{"conditions": conditions{
		Include: map[string]any{userProfile: []string{"city"}},
		Exclude: map[string]any{userProfile: []string{"state"}},
	}}
}

// included are the attributes that conditions include, and excluded those that they exclude.
func (c *conditions) included() []string {
	if c == nil {
		return nil
	}
	return attributesOf(c.Include)
}

func (c *conditions) excluded() []string {
	if c == nil {
		return nil
	}
	return attributesOf(c.Exclude)
}

// attributesOf are the attributes on one side of conditions. Those of another kind than userProfile go by that kind.
func attributesOf(side map[string]any) []string {
	var out []string
	for kind, value := range side {
		if kind == userProfile {
			out = append(out, namesIn(value)...)
		} else {
			out = append(out, kind)
		}
	}
	return out
}

// namesIn are the names that a value holds: it may be a list of them, as real orgs have it, or an object, as the document
// has it without saying more. The names are then what the object holds, or else its members' own.
func namesIn(value any) []string {
	var out []string
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, v := range value {
			out = append(out, namesIn(v)...)
		}
	case map[string]any:
		for _, v := range value {
			out = append(out, namesIn(v)...)
		}
		if len(out) == 0 {
			for name := range value {
				out = append(out, name)
			}
		}
	}
	return out
}

// bench is a custom role that specs change. Each permission on it, or missing from it, is lent to one spec alone, so that
// specs which share the role have nothing in common: what one adds or removes, no other looks at.
type bench struct {
	fixtures.Object
	with, lent []string
}

// stock is what the bench is made with from which specs remove something. Every bench has appsRead, which stays.
var stock = []string{
	appsRead, usersRead, "okta.apps.manage", "okta.groups.manage", "okta.groups.create", "okta.groups.members.manage",
	"okta.users.manage",
}

// roleLacking is a role without a permission, which the spec may add.
func roleLacking(ctx context.Context, permission string) fixtures.Object {
	return benchWhere(ctx, []string{appsRead}, permission, func(b *bench) bool { return !slices.Contains(b.with, permission) })
}

// roleHaving is a role with a permission of the stock, which the spec may remove.
func roleHaving(ctx context.Context, permission string) fixtures.Object {
	return benchWhere(ctx, stock, permission, func(b *bench) bool { return slices.Contains(b.with, permission) })
}

// roleToNarrow is a role with the permission usersRead. Any spec may replace the conditions of that permission, which it
// therefore has to do before it looks at them; it may not remove it.
func roleToNarrow(ctx context.Context) fixtures.Object {
	for _, b := range customs.benches {
		if slices.Contains(b.with, usersRead) {
			return b.Object
		}
	}
	return newBench(ctx, stock).Object
}

// benchWhere lends a permission on a bench that fits, and makes one when none does.
func benchWhere(ctx context.Context, with []string, permission string, fits func(*bench) bool) fixtures.Object {
	i := slices.IndexFunc(customs.benches, func(b *bench) bool { return fits(b) && !slices.Contains(b.lent, permission) })
	var b *bench
	if i >= 0 {
		b = customs.benches[i]
	} else {
		b = newBench(ctx, with)
	}
	b.lent = append(b.lent, permission)
	return b.Object
}

func newBench(ctx context.Context, with []string) *bench {
	var o fixtures.Object
	if customs.benchErr == nil {
		o, customs.benchErr = maker.CustomRole(ctx, with...)
	}
	if customs.benchErr != nil {
		Block("%v", customs.benchErr)
	}
	b := &bench{Object: o, with: with}
	customs.benches = append(customs.benches, b)
	return b
}

// change is one change of a role that the org accepted: the valid twin of changes that it must refuse.
type change struct {
	role       fixtures.Object
	permission string
	answer     *exchange.Exchange
}

// added is a permission that was added, replaced one that was replaced, both without conditions, and removed one that was
// taken away.
func added(ctx context.Context) change {
	return customs.added.twin(ctx, "createRolePermission", "okta.groups.appAssignment.manage", roleLacking)
}

func replaced(ctx context.Context) {
	customs.replaced.twin(ctx, "replaceRolePermission", "okta.groups.create", roleHaving)
}

func removed(ctx context.Context) change {
	return customs.removed.twin(ctx, "deleteRolePermission", "okta.groups.members.manage", roleHaving)
}

// twin is the change as the first spec that needs it makes it, and as the others find it. It is evidence of each.
func (c *change) twin(ctx context.Context, operation, permission string, on func(context.Context, string) fixtures.Object) change {
	if c.answer == nil {
		c.role, c.permission = on(ctx, permission), permission
		m := Call(operation, c.role.ID, permission).Message()
		m.Phase = exchange.Arrange
		c.answer = org.Sender(target.Admin).Send(ctx, m)
	}
	org.Cite(c.answer)
	if !accepted(c.answer) {
		Block("could not arrange the check: %s", c.answer.Line())
	}
	return *c
}

func accepted(x *exchange.Exchange) bool { return x.Status() >= 200 && x.Status() <= 299 }

// refusedOrNoted expects a refusal where an acceptance is as good if it is told; it reports whether it was refused.
func refusedOrNoted(x *exchange.Exchange, what string) bool {
	GinkgoHelper()
	if accepted(x) {
		org.Note("%s is accepted, with %d", what, x.Status())
		return false
	}
	Expect(x).To(BeRefused())
	return true
}
