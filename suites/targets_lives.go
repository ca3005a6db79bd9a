package suites

import (
	. "github.com/onsi/ginkgo/v2"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// A rule of targets is about one step in the life of a role: its first target, its last one, its widening. Arranging a
// role for each rule would cost an org many more requests. So a role lives through all steps once, in the same order in
// every run; nothing is judged meanwhile, and each spec judges the answers to its own step. A spec whose step stands on
// an earlier one says so with arranged and arrangedTargets.

// renewal is a role that was taken from a user and given again.
type renewal struct{ taken, given, list *exchange.Exchange }

// renew takes a role away and gives it again.
func (o *observer) renew(ctx SpecContext, p principal, role userRole, kind string) renewal {
	taken := org.Send(ctx, Call(p.unassign, p.ID, role.id))
	given := giveAgain(ctx, p, kind)
	return renewal{taken, given, o.see(ctx)}
}

// groupLife is the life of a role of type USER_ADMIN. The groups a and b become its targets, c never does.
type groupLife struct {
	a, b, c string
	// unscoped is the list of targets before the first one.
	unscoped *exchange.Exchange
	// elsewhere is the list of another user's role of that type, after the first target, and nowhere that of a user who
	// does not exist.
	first     step
	elsewhere *exchange.Exchange
	nowhere   *exchange.Exchange
	second    step
	pages     walk
	// stranger is the removal of c, and removed that of a.
	stranger, removed step
	// last is the removal of b, and repeated is b as a target again.
	last, repeated, unknown step
	renewed                 renewal
}

var theGroupLife memo[*groupLife]

func lifeWithGroups(ctx SpecContext) *groupLife {
	g, other := targetGroups(ctx), rolesOfEachType(ctx)
	return theGroupLife.get(func() (*groupLife, error) {
		p := users.lease(ctx)
		role := userRole{p.ID, p.give(ctx, userAdmin)}
		o := &observer{list: role.groups()}

		l := &groupLife{a: g[0], b: g[1], c: g[2]}
		l.unscoped = o.see(ctx)
		l.first = o.after(ctx, role.addGroup(l.a), l.a)
		l.elsewhere = org.Send(ctx, other.role(userAdmin).groups())
		l.nowhere = org.Send(ctx, userRole{users.unknown, role.id}.groups())
		l.second = o.after(ctx, role.addGroup(l.b), l.a, l.b)
		l.pages = walkTargets(ctx, role.groups(), 2)
		l.stranger = o.after(ctx, role.removeGroup(l.c), l.a, l.b)
		l.removed = o.after(ctx, role.removeGroup(l.a), l.b)
		l.last = o.after(ctx, role.removeGroup(l.b), l.b)
		l.repeated = o.after(ctx, role.addGroup(l.b), l.b)
		l.unknown = o.after(ctx, role.addGroup(unknownGroup), l.b)
		l.renewed = o.renew(ctx, p, role, userAdmin)
		return l, nil
	})
}

// instanceLife is the life of a role of type APP_ADMIN whose targets are the instances a and b of one app.
type instanceLife struct {
	a, b     instance
	unscoped *exchange.Exchange
	// nowhere is the list of a user who does not exist, after the first target.
	first   step
	nowhere *exchange.Exchange
	second  step
	pages   walk
	// removed is the removal of a, last that of b, and repeated is b as a target again.
	removed, last, repeated, unknown step
	// widened is all apps as targets; narrowed is a as the only target once more.
	widened, narrowed step
	renewed           renewal
}

var theInstanceLife memo[*instanceLife]

func lifeWithInstances(ctx SpecContext) *instanceLife {
	a, b := appInstances(ctx)
	return theInstanceLife.get(func() (*instanceLife, error) {
		p := users.lease(ctx)
		role := userRole{p.ID, p.give(ctx, appAdmin)}
		o := &observer{list: role.apps()}

		l := &instanceLife{a: a, b: b}
		l.unscoped = o.see(ctx)
		l.first = o.after(ctx, role.addInstance(l.a), l.a.ID)
		l.nowhere = org.Send(ctx, userRole{users.unknown, role.id}.apps())
		l.second = o.after(ctx, role.addInstance(l.b), l.a.ID, l.b.ID)
		l.pages = walkTargets(ctx, role.apps(), 2)
		l.removed = o.after(ctx, role.removeInstance(l.a), l.b.ID)
		l.last = o.after(ctx, role.removeInstance(l.b), l.b.ID)
		l.repeated = o.after(ctx, role.addInstance(l.b), l.b.ID)
		l.unknown = o.after(ctx, role.addInstance(instance{unknownInstance, l.a.key}), l.b.ID)
		l.widened = o.after(ctx, role.addAllApps())
		l.narrowed = o.after(ctx, role.addInstance(l.a), l.a.ID)
		l.renewed = o.renew(ctx, p, role, appAdmin)
		return l, nil
	})
}

// catalogLife is the life of a role of type APP_ADMIN whose targets are the apps a and b of the catalog.
type catalogLife struct {
	a, b          string
	unscoped      *exchange.Exchange
	first, second step
	// removed is the removal of a, last that of b, and repeated is b as a target again.
	removed, last, repeated, unknown step
}

var theCatalogLife memo[*catalogLife]

func lifeWithCatalog(ctx SpecContext) *catalogLife {
	keys := catalogApps(ctx)
	l := theCatalogLife.get(func() (*catalogLife, error) {
		p := users.lease(ctx)
		role := userRole{p.ID, p.give(ctx, appAdmin)}
		o := &observer{list: role.apps()}

		l := &catalogLife{a: keys[0], b: keys[1]}
		l.unscoped = o.see(ctx)
		l.first = o.after(ctx, role.addApp(l.a), l.a)
		l.second = o.after(ctx, role.addApp(l.b), l.a, l.b)
		l.removed = o.after(ctx, role.removeApp(l.a), l.b)
		l.last = o.after(ctx, role.removeApp(l.b), l.b)
		l.repeated = o.after(ctx, role.addApp(l.b), l.b)
		l.unknown = o.after(ctx, role.addApp(unknownApp), l.b)
		return l, nil
	})
	inCatalog(l.a, l.first.answer)
	inCatalog(l.b, l.second.answer)
	return l
}

// mixedLife is the life of a role of type APP_ADMIN whose targets are of both kinds: the catalog app other, and a and b,
// which are instances of another app.
type mixedLife struct {
	a, b            instance
	other, stranger string
	catalog, mixed  step
	// The strangers are removals of what is no target: an app of the catalog, and b.
	strangerApp, strangerInstance step
	// both are a and b as targets; whole is their app in their place, and part is a over the whole app.
	both, whole, part step
	// misnamed is b under the key of another app.
	misnamed step
}

var theMixedLife memo[*mixedLife]

func mixedTargets(ctx SpecContext) *mixedLife {
	keys := catalogApps(ctx)
	a, b := appInstances(ctx)
	l := theMixedLife.get(func() (*mixedLife, error) {
		p := users.lease(ctx)
		role := userRole{p.ID, p.give(ctx, appAdmin)}
		o := &observer{list: role.apps()}

		l := &mixedLife{a: a, b: b, other: keys[0], stranger: keys[1]}
		l.catalog = o.after(ctx, role.addApp(l.other), l.other)
		l.mixed = o.after(ctx, role.addInstance(l.a), l.other, l.a.ID)
		l.strangerApp = o.after(ctx, role.removeApp(l.stranger), l.other, l.a.ID)
		l.strangerInstance = o.after(ctx, role.removeInstance(l.b), l.other, l.a.ID)
		l.both = o.after(ctx, role.addInstance(l.b), l.other, l.a.ID, l.b.ID)
		l.whole = o.after(ctx, role.addApp(l.a.key), l.other, l.a.key)
		// Either outcome is right, so that there is nothing to wait for but the answer's own word.
		answer := org.Send(ctx, role.addInstance(l.a))
		after := l.a.key
		if answer.Status() == 204 {
			after = l.a.ID
		}
		l.part = step{answer, o.see(ctx, l.other, after)}
		l.misnamed = o.after(ctx, role.addInstance(instance{l.b.ID, l.stranger}), l.other, after)
		return l, nil
	})
	inCatalog(l.other, l.catalog.answer)
	return l
}
