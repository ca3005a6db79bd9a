package stage

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
)

// Kind is one kind of principal.
type Kind struct {
	// System is the one of its role assignments.
	System string
	// Noun is the word for it in the description's actions and in requirement ids, and Type the value of assignmentType.
	Noun, Type string
	// Feature is the feature without which the org has none of the kind.
	Feature string
	// Unknown is a well-formed id that names none.
	Unknown string

	// Holder is its name in the ledger and in the plan of a run, and object the kind of object that is made for one.
	Holder, object fixtures.Kind
}

// The kinds of principals.
var (
	Users = Kind{
		System: "user-roles", Noun: string(spec.User), Type: "USER", Feature: "users", Unknown: "00urolecheckunknown0",
		Holder: fixtures.KindUser, object: fixtures.KindUser,
	}
	Groups = Kind{
		System: "group-roles", Noun: string(spec.Group), Type: "GROUP", Feature: "groups", Unknown: "00grolecheckunknown0",
		Holder: fixtures.KindGroup, object: fixtures.KindGroup,
	}
	Clients = Kind{
		System: "client-roles", Noun: string(spec.Client), Type: "CLIENT", Feature: "client-apps",
		Unknown: "0oarolecheckunknown0", Holder: fixtures.KindClientApp, object: fixtures.KindApp,
	}
	Kinds = []Kind{Users, Groups, Clients}
)

// principalIn is the principal that a call of an operation is about, by the values of the path's parameters.
func principalIn(op spec.Operation, params map[string]string) (Principal, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Noun == string(op.Action.Of) })
	if i < 0 {
		return Principal{}, false
	}
	return Kinds[i].Of(op.HolderIn(params)), true
}

// ID is a requirement of the kind's system.
func (k Kind) ID(rule string) string { return k.System + "." + rule }

// Given are the ids of the principals of the kind that the settings name.
func (k Kind) Given(given target.Given) []string {
	switch {
	case k == Users:
		return given.Users
	case k == Groups:
		return given.Groups
	case given.Client != "":
		return []string{given.Client}
	}
	return nil
}

// Of is the principal with an id, whether there is one or not.
func (k Kind) Of(id string) Principal { return Principal{k, id} }

// Principal is a user, a group or a client app: what can hold roles.
type Principal struct {
	Kind
	ID string
}

// call begins the request that does something with an object of the principal. The values are those of the path's
// parameters after the principal.
func (p Principal) call(verb spec.Verb, object spec.Object, values ...string) harness.Request {
	return harness.Call(spec.Action{Verb: verb, Object: object, Of: spec.Holder(p.Noun)}, slices.Insert(values, 0, p.ID)...)
}

// List asks for the roles that the principal holds.
func (p Principal) List() harness.Request { return p.call(spec.List, spec.Role) }

// Assign gives the principal a role; the body says which.
func (p Principal) Assign(body any) harness.Request { return p.call(spec.Assign, spec.Role).With(body) }

// Get asks for one role by the id of its assignment.
func (p Principal) Get(assignment string) harness.Request {
	return p.call(spec.Get, spec.Role, assignment)
}

// Unassign takes a role away.
func (p Principal) Unassign(assignment string) harness.Request {
	return p.call(spec.Unassign, spec.Role, assignment)
}

// User is a user of the scene's own without roles, who was never activated.
func (s *Stage) User(ctx context.Context) Principal { return s.Principal(ctx, Users) }

// Group is a group of the scene's own without roles and members.
func (s *Stage) Group(ctx context.Context) Principal { return s.Principal(ctx, Groups) }

// Groups are so many groups of the scene's own.
func (s *Stage) Groups(ctx context.Context, n int) []Principal {
	out := make([]Principal, n)
	for i := range out {
		out[i] = s.Group(ctx)
	}
	return out
}

// Principal is a principal of a kind, without roles and used by no other scene: a new one, or the next one of those that
// the settings give.
func (s *Stage) Principal(ctx context.Context, k Kind) Principal {
	if s.IsGiven(k) {
		return s.borrow(ctx, k)
	}
	s.Needs(k.Feature)
	what, make := "user", s.fixtures.maker.User
	switch k {
	case Groups:
		what, make = "group", s.fixtures.maker.Group
	case Clients:
		what, make = "service client", s.fixtures.maker.ServiceClient
	}
	p := k.Of(s.make(ctx, what, make).ID)
	if k == Groups {
		// A group that holds roles may not be removable; users and apps take their roles with them.
		s.fixtures.owed[p] = s
	}
	return p
}

// IsGiven reports whether the settings name existing principals of a kind, which are used in place of new ones.
func (s *Stage) IsGiven(k Kind) bool { return len(k.Given(s.fixtures.given)) > 0 }

// borrow takes a given principal for the scene. It has to exist and to hold no role: what a scene changes is put back,
// and that is known only of what it found empty.
func (s *Stage) borrow(ctx context.Context, k Kind) Principal {
	idle := s.fixtures.idle[k]
	if len(idle) == 0 {
		s.Block("no given %s is left: name more of them under given in %s, or none; each process of a parallel run needs its own", k.Noun, target.FileName)
	}
	p := k.Of(idle[0])
	s.fixtures.idle[k] = idle[1:]
	x := s.fixtures.send(ctx, p.List().Message())
	switch {
	case x.Status() != http.StatusOK:
		s.Block("the given %s %s cannot be used: %s", k.Noun, p.ID, x.Line())
	case !bytes.Equal(bytes.TrimSpace(x.Response.Body.Bytes), []byte("[]")):
		s.Block("the given %s %s holds roles already, which rolecheck does not touch: %s", k.Noun, p.ID, x.Line())
	}
	s.fixtures.owed[p] = s
	s.Cleanup(func(ctx context.Context, _ bool) { s.fixtures.giveBack(ctx, p) })
	return p
}

// takeBack takes away a role that the principal got, unless that was done. Where the answer did not name it, it is looked up.
func (f *Fixtures) takeBack(ctx context.Context, p Principal, assignment string) {
	if !slices.Contains(f.held[p], assignment) {
		return
	}
	ids := []string{assignment}
	if assignment == "" {
		if f.isMistaken(ctx, p) {
			return
		}
		ids = nil
		for _, a := range p.own(f.send(ctx, exchange.Message{Method: http.MethodGet, Path: p.List().Message().Path, Phase: exchange.Cleanup})) {
			ids = append(ids, a.ID)
		}
	}
	for _, id := range ids {
		if !f.unassign(ctx, p, id) {
			return
		}
	}
	f.drop(p, assignment)
}

// isMistaken reports whether a principal that was made turns out to be somebody else's, whose roles are not to be taken away.
func (f *Fixtures) isMistaken(ctx context.Context, p Principal) bool {
	for _, o := range f.maker.Made() {
		if f.principalOf(o) == p && !f.maker.StillOwn(ctx, o) {
			return true
		}
	}
	return false
}

// Narrow makes groups targets of a role, or apps of the catalog by their keys. For a user's role the operations are of the
// contract, and for a group's they are its neighbours.
func (s *Stage) Narrow(ctx context.Context, r Role, groups []Principal, apps []string) {
	targets := r.Get(r.Assignment).Message().Path + "/targets/"
	for _, g := range groups {
		s.Need(ctx, harness.Neighbour(http.MethodPut, targets+"groups/"+url.PathEscape(g.ID)))
	}
	for _, key := range apps {
		s.Need(ctx, harness.Neighbour(http.MethodPut, targets+"catalog/apps/"+url.PathEscape(key)))
	}
}

// WebClient is an app that people sign in to, which cannot hold roles.
func (s *Stage) WebClient(ctx context.Context) Principal {
	return Clients.Of(s.make(ctx, "web client", s.fixtures.maker.WebClient).ID)
}

// Member makes a user a member of a group.
func (s *Stage) Member(ctx context.Context, group, user Principal) {
	if x := s.fixtures.maker.Join(ctx, group.ID, user.ID); x.Status() < 200 || x.Status() > 299 {
		s.Block("could not arrange: %s", x.Line())
	}
	if s.IsGiven(Groups) && s.IsGiven(Users) {
		s.Cleanup(func(ctx context.Context, _ bool) { s.fixtures.maker.Leave(ctx, group.ID, user.ID) })
	}
}

// FilledByRule makes a rule that fills a group.
func (s *Stage) FilledByRule(ctx context.Context, group Principal) {
	s.make(ctx, "group rule", func(ctx context.Context) (fixtures.Object, error) { return s.fixtures.maker.GroupRule(ctx, group.ID) })
}

// Everyone is the built-in group, which holds every user of the org.
func (s *Stage) Everyone(ctx context.Context) Principal {
	id, err := s.fixtures.maker.BuiltInGroup(ctx)
	if err != nil {
		s.Block("%v", err)
	}
	s.fixtures.maker.Foreign(fixtures.KindGroup, id)
	return Groups.Of(id)
}
