package suites

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// manyRoles is a user with a role of each type that can have targets. Those of type USER_ADMIN and APP_ADMIN never get
// any; the others do in besideEachOther.
type manyRoles struct {
	principal
	ids map[string]string
	// unscoped are the lists of targets by role type, from before any of the roles had one.
	unscoped map[string]*exchange.Exchange
}

// scopable are the role types that can have targets.
var scopable = []string{userAdmin, helpDeskAdmin, groupMembershipAdmin, appAdmin}

var theManyRoles memo[*manyRoles]

func rolesOfEachType(ctx SpecContext) *manyRoles {
	return theManyRoles.get(func() (*manyRoles, error) {
		m := &manyRoles{
			principal: principal{users, users.fresh(ctx)},
			ids:       map[string]string{}, unscoped: map[string]*exchange.Exchange{},
		}
		for _, kind := range scopable {
			m.ids[kind] = m.give(ctx, kind)
		}
		for _, kind := range scopable {
			o := &observer{list: m.targets(kind)}
			m.unscoped[kind] = o.see(ctx)
		}
		return m, nil
	})
}

func (m *manyRoles) role(kind string) userRole { return m.of(m.ID, kind) }

// of is the role of a type by its id, but with another user.
func (m *manyRoles) of(user, kind string) userRole { return userRole{user, m.ids[kind]} }

// targets is the call that lists the targets of the role of a type.
func (m *manyRoles) targets(kind string) Request {
	if kind == appAdmin {
		return m.role(kind).apps()
	}
	return m.role(kind).groups()
}

// besideRoles is what happened to the user of rolesOfEachType when two of the roles were scoped and one was added.
type besideRoles struct {
	*manyRoles
	// helpDeskGroup and membershipGroup are the targets of the roles of type HELP_DESK_ADMIN and GROUP_MEMBERSHIP_ADMIN.
	helpDeskGroup, membershipGroup string
	helpDesk, membership           step
	// others are the lists of the other roles, after the first had its target, and kept is that one's, after a further
	// role was given. The further role is of a type that can have no targets.
	others  []*exchange.Exchange
	further userRole
	kept    *exchange.Exchange
}

var theBesideRoles memo[*besideRoles]

func besideEachOther(ctx SpecContext) *besideRoles {
	g, m := targetGroups(ctx), rolesOfEachType(ctx)
	return theBesideRoles.get(func() (*besideRoles, error) {
		b := &besideRoles{manyRoles: m, helpDeskGroup: g[0], membershipGroup: g[1]}
		helpDesk, membership := &observer{list: b.targets(helpDeskAdmin)}, &observer{list: b.targets(groupMembershipAdmin)}

		b.helpDesk = helpDesk.after(ctx, b.role(helpDeskAdmin).addGroup(g[0]), g[0])
		for _, kind := range []string{userAdmin, groupMembershipAdmin, appAdmin} {
			b.others = append(b.others, org.Send(ctx, b.targets(kind)))
		}
		b.further = userRole{b.ID, b.give(ctx, readOnlyAdmin)}
		b.kept = helpDesk.see(ctx, g[0])
		b.membership = membership.after(ctx, b.role(groupMembershipAdmin).addGroup(g[1]), g[1])
		return b, nil
	})
}

// attempt is what came of targets that the role of a type does not take.
type attempt struct {
	answers []*exchange.Exchange
	// before and after are the lists of all of the user's roles, and list is the one that the targets would be in.
	before, after []*exchange.Exchange
	list          *exchange.Exchange
}

// try sends requests that should change no role of the user.
func (m *manyRoles) try(ctx SpecContext, list Request, requests ...Request) *attempt {
	a := &attempt{before: m.look(ctx, org.Need)}
	for _, r := range requests {
		a.answers = append(a.answers, org.Send(ctx, r))
	}
	a.after, a.list = m.look(ctx, org.Send), org.Send(ctx, list)
	return a
}

// look lists the targets of all of the user's roles.
func (m *manyRoles) look(ctx SpecContext, send func(context.Context, Request) *exchange.Exchange) []*exchange.Exchange {
	var lists []*exchange.Exchange
	for _, kind := range scopable {
		lists = append(lists, send(ctx, m.targets(kind)))
	}
	return lists
}

// leftNoTrace expects no role of the user to have got a target.
func (a *attempt) leftNoTrace() {
	GinkgoHelper()
	org.Cite(a.after...)
	org.Cite(a.list)
	for i, list := range a.after {
		expectSame(list, a.before[i])
	}
	// A role has no list of targets that it does not take, or an empty one.
	Expect(targetNames(a.list)).To(BeEmpty(), a.list.Line())
}

var theGroupAttempt, theAppAttempt memo[*attempt]

// The attempts are made with other targets than those that the user's role without targets is tried with, so that
// either can be seen where it does not belong.

// groupAtAppAdmin is a group as a target of a role of type APP_ADMIN, after it was seen as one of USER_ADMIN.
func groupAtAppAdmin(ctx SpecContext) *attempt {
	l, m := lifeWithGroups(ctx), rolesOfEachType(ctx)
	arranged(l.second.answer)
	a := theGroupAttempt.get(func() (*attempt, error) {
		role := m.role(appAdmin)
		return m.try(ctx, role.groups(), role.addGroup(l.b)), nil
	})
	org.Cite(a.answers...)
	return a
}

// appsAtUserAdmin are a catalog app and an app instance as targets of a role of type USER_ADMIN, after both were seen as
// those of APP_ADMIN.
func appsAtUserAdmin(ctx SpecContext) *attempt {
	c, i, m := lifeWithCatalog(ctx), lifeWithInstances(ctx), rolesOfEachType(ctx)
	arranged(c.second.answer, i.second.answer)
	a := theAppAttempt.get(func() (*attempt, error) {
		role := m.role(userAdmin)
		return m.try(ctx, role.apps(), role.addApp(c.b), role.addInstance(i.b)), nil
	})
	org.Cite(a.answers...)
	return a
}

// provenApps are a catalog app and an app instance that were accepted as targets of a role that takes them.
func provenApps(ctx SpecContext) (key string, i instance) {
	catalog, instances := lifeWithCatalog(ctx), lifeWithInstances(ctx)
	arranged(catalog.first.answer, instances.first.answer)
	return catalog.a, instances.a
}

// provenGroup is a group that was accepted as a target of a role that takes it.
func provenGroup(ctx SpecContext) string {
	l := lifeWithGroups(ctx)
	arranged(l.first.answer)
	return l.a
}

// expectUnknown expects an unknown target to be refused as not found, or as the page of 2014 has it.
func expectUnknown(answer *exchange.Exchange) {
	GinkgoHelper()
	if code, err := ErrorCode(answer); answer.Status() == 405 && err == nil && code == codeNotSupported {
		org.Note("refused in the older form, 405 with errorCode %s", codeNotSupported)
		return
	}
	Expect(answer).To(BeRefusedWith(404, codeNotFound))
}
