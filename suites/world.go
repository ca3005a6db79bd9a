package suites

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/onsi/ginkgo/v2"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
)

// org is the org under test, bound before the specs are planted.
var org *harness.Org

// maker makes the fixtures of the run.
var maker *fixtures.Maker

// holders is one kind of principal that can hold roles, with the operations that speak of it.
type holders struct {
	system string
	// kind is the value of assignmentType.
	kind                        string
	list, assign, get, unassign string
	// unknown is a well-formed id that names nothing.
	unknown string
	make    func(context.Context) (fixtures.Object, error)
	// given are the ids of existing principals that are used instead of making some, as long as there are any left.
	given  []string
	spends bool

	// idle ones hold no roles, and wait for the next spec.
	idle []fixtures.Object
	// shared is made once for specs that only look.
	shared    *standing
	sharedErr error
	// These are shared as well, and made by the first spec that looks at them.
	withCustom     *customHolder
	scopes         *principal
	toGroup, toApp *scoped
	refusals       map[string]refusal
	removed        *removal
}

// The three kinds.
var (
	users = &holders{
		system: "user-roles", kind: "USER",
		list: "listAssignedRolesForUser", assign: "assignRoleToUser", get: "getUserAssignedRole", unassign: "unassignRoleFromUser",
		unknown: "00urolecheckunknown0",
	}
	groups = &holders{
		system: "group-roles", kind: "GROUP",
		list: "listGroupAssignedRoles", assign: "assignRoleToGroup", get: "getGroupAssignedRole", unassign: "unassignRoleFromGroup",
		unknown: "00grolecheckunknown0",
	}
	clients = &holders{
		system: "client-roles", kind: "CLIENT",
		list: "listRolesForClient", assign: "assignRoleToClient", get: "retrieveClientRole", unassign: "deleteRoleFromClient",
		unknown: "0oarolecheckunknown0",
	}
)

// unknownAssignment is a well-formed assignment id that nobody holds.
const unknownAssignment = "ra1rolecheckunknown0"

// id is a requirement of the kind's system.
func (h *holders) id(rule string) string { return h.system + "." + rule }

// held remembers, principal by principal, which assignments the run knows to exist, so that they can be removed again.
// It learns from the exchanges themselves, so that a spec may send whatever it likes.
var held map[holder][]string

type holder struct {
	*holders
	id string
}

func observe(x *exchange.Exchange) {
	op, params, ok := org.Match(x)
	if !ok || x.Status() < 200 || x.Status() > 299 {
		return
	}
	for _, h := range []*holders{users, groups, clients} {
		who := holder{h, params[firstParam(h)]}
		switch op.ID {
		case h.assign:
			held[who] = append(held[who], assignmentID(x))
		case h.unassign:
			held[who] = slices.DeleteFunc(held[who], func(r string) bool { return r == params["roleAssignmentId"] })
		}
	}
}

func firstParam(h *holders) string {
	switch h {
	case users:
		return "userId"
	case groups:
		return "groupId"
	default:
		return "clientId"
	}
}

// principal is one user, group or client app.
type principal struct {
	*holders
	fixtures.Object
}

// lease gives a spec a principal without roles that no other spec uses meanwhile, and takes it back when the spec ends.
func (h *holders) lease(ctx context.Context) principal {
	p := h.claim(ctx)
	ginkgo.DeferCleanup(p.release)
	return p
}

// claim gives a spec a principal without roles for the rest of the run. One that was used before is shown to be clean
// first; one that is not is left aside for the final removal.
func (h *holders) claim(ctx context.Context) principal {
	for len(h.idle) > 0 {
		o := h.idle[len(h.idle)-1]
		h.idle = h.idle[:len(h.idle)-1]
		p := principal{h, o}
		x := org.Sender(target.Admin).Send(ctx, p.listing(exchange.Arrange))
		if x.Status() == http.StatusOK && string(trimmed(x)) == "[]" {
			return p
		}
	}
	return principal{h, h.fresh(ctx)}
}

// fresh gives a spec a principal that no spec had before.
func (h *holders) fresh(ctx context.Context) fixtures.Object {
	o, err := h.obtain(ctx)
	if err != nil {
		harness.Block("%v", err)
	}
	return o
}

// obtain makes a principal, or takes the next one of those that were given. A given one has to exist and to hold no
// role: what a spec changes is put back, and that is known only of what it found empty.
func (h *holders) obtain(ctx context.Context) (fixtures.Object, error) {
	if !h.spends {
		return h.make(ctx)
	}
	if len(h.given) == 0 {
		return fixtures.Object{}, fmt.Errorf("no given %s is left: name more of them under given in %s, or none", h.word(), target.FileName)
	}
	o := fixtures.Object{ID: h.given[0]}
	h.given = h.given[1:]
	x := org.Sender(target.Admin).Send(ctx, principal{h, o}.listing(exchange.Arrange))
	switch {
	case x.Status() == http.StatusOK && string(trimmed(x)) == "[]":
		return o, nil
	case x.Status() == http.StatusOK:
		return o, fmt.Errorf("the given %s %s holds roles already, which rolecheck does not touch: %s", h.word(), o.ID, x.Line())
	default:
		return o, fmt.Errorf("the given %s %s cannot be used: %s", h.word(), o.ID, x.Line())
	}
}

// release takes a principal's roles away and puts it back.
func (p principal) release(ctx context.Context) {
	if p.unassignAll(ctx) {
		p.idle = append(p.idle, p.Object)
	}
}

// unassignAll takes away all roles that the principal is known to hold, and reports whether that worked.
func (p principal) unassignAll(ctx context.Context) bool {
	clean, who := true, holder{p.holders, p.ID}
	for _, id := range slices.Clone(held[who]) {
		if id == "" {
			clean = false
			continue
		}
		m := exchange.Message{Method: http.MethodDelete, Path: p.listing("").Path + "/" + id, Phase: exchange.Cleanup}
		x := org.Sender(target.Admin).Send(ctx, m)
		clean = clean && (x.Status() == http.StatusNoContent || x.Status() == http.StatusNotFound)
	}
	delete(held, who)
	return clean
}

// listing is the request for the principal's roles, as arrangement sends it.
func (p principal) listing(phase exchange.Phase) exchange.Message {
	m := harness.Call(p.list, p.ID).Message()
	m.Phase = phase
	return m
}

// standing is a principal with two roles that nobody changes.
type standing struct {
	principal
	// readOnly and scoped are the answers to the two assignments; scoped is of a type that can have targets.
	readOnly, scoped *exchange.Exchange
	// listed is the list of the two, once somebody looked at it.
	listed *exchange.Exchange
}

// look asks for the list once for all specs that look at what an item of it is like.
func (s *standing) look(ctx context.Context) *exchange.Exchange {
	if s.listed == nil {
		s.listed = org.Send(ctx, harness.Call(s.list, s.ID))
	} else {
		org.Cite(s.listed)
	}
	return s.listed
}

// Types of the two roles that a standing principal holds.
const (
	readOnlyAdmin = "READ_ONLY_ADMIN"
	userAdmin     = "USER_ADMIN"
)

// standing gives a spec the principal that all looking specs share. It is made by the first of them; when its roles
// could not be given, all of them are blocked.
func (h *holders) standing(ctx context.Context) *standing {
	s := h.attempt(ctx)
	for _, x := range []*exchange.Exchange{s.readOnly, s.scoped} {
		if x.Status() < 200 || x.Status() > 299 {
			harness.Block("could not arrange the check: %s", x.Line())
		}
	}
	return s
}

// attempt is standing for the specs that judge how the roles were given, whatever the answer was.
func (h *holders) attempt(ctx context.Context) *standing {
	if h.shared == nil && h.sharedErr == nil {
		var o fixtures.Object
		if o, h.sharedErr = h.obtain(ctx); h.sharedErr == nil {
			h.shared = &standing{principal: principal{h, o}}
			h.shared.readOnly = org.Send(ctx, harness.Call(h.assign, o.ID).With(standard(readOnlyAdmin)))
			h.shared.scoped = org.Send(ctx, harness.Call(h.assign, o.ID).With(standard(userAdmin)))
		}
	}
	if h.sharedErr != nil {
		harness.Block("%v", h.sharedErr)
	}
	return h.shared
}

// setup binds what the specs stand on to the run.
func setup(o Options, ledger *fixtures.Ledger) func(context.Context, *harness.Org) {
	return func(context.Context, *harness.Org) {
		maker = fixtures.NewMaker(org.Sender(target.Admin), o.RunID, ledger)
		held = map[holder][]string{}
		resetCustom(o.Settings.Given)
		sharedMember, victims, unauthenticated = nil, map[string]*victim{}, map[string]*exchange.Exchange{}
		given := o.Settings.Given
		users.make, users.given = maker.User, slices.Clone(given.Users)
		groups.make, groups.given = maker.Group, slices.Clone(given.Groups)
		clients.make, clients.given = maker.ServiceClient, nil
		if given.Client != "" {
			clients.given = []string{given.Client}
		}
		for _, h := range []*holders{users, groups, clients} {
			h.spends = len(h.given) > 0
			h.idle, h.shared, h.sharedErr = nil, nil, nil
			h.withCustom, h.scopes, h.toGroup, h.toApp, h.removed, h.refusals = nil, nil, nil, nil, nil, map[string]refusal{}
		}
		org.Observe(observe)
	}
}

// teardown removes everything that the run made. What cannot be removed is a leak, and changes no verdict.
func teardown(ledger *fixtures.Ledger) func(context.Context, *harness.Org) {
	return func(ctx context.Context, o *harness.Org) {
		leaks := removeAll(ctx)
		for _, l := range leaks {
			o.Leak(report.Leak{Kind: string(l.Kind), ID: l.ID, Name: l.Name, Reason: l.Reason})
		}
		if err := ledger.Close(len(leaks)); err != nil {
			o.Leak(report.Leak{Kind: "ledger", Reason: err.Error()})
		}
	}
}

func removeAll(ctx context.Context) []fixtures.Leak {
	// The org may have turned out to be out of reach before anything was made.
	if maker == nil {
		return nil
	}
	// A group that holds roles may not be removable, and what was given stays; users and apps take their roles with them.
	for who := range held {
		if who.holders == groups || who.spends {
			principal{who.holders, fixtures.Object{ID: who.id}}.unassignAll(ctx)
		}
	}
	leaks := maker.RemoveAll(ctx)
	maker = nil
	return leaks
}
