package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/spec"
)

// asked are the roles that were asked for a given principal, as long as no answer shows whether it got them.
type asked struct {
	roles []string
	// unanswered says that a request for one of them had no answer, so that the role may show late.
	unanswered bool
	// ever says that any role was asked for.
	ever bool
}

// grantee is the given principal that a call of an operation assigns a role to; false for other calls and principals.
func (f *Fixtures) grantee(op spec.Operation, params map[string]string) (Principal, bool) {
	p, ok := principalIn(op, params)
	return p, ok && op.Action.Object == spec.Role && op.Action.Verb == spec.Assign && f.isGiven(p)
}

// isGiven reports whether the settings name the principal.
func (f *Fixtures) isGiven(p Principal) bool { return slices.Contains(p.Given(f.given), p.ID) }

// grant is a role of the principal, as the ledger has it.
func (p Principal) grant(role, assignment string) fixtures.Grant {
	return fixtures.Grant{Kind: p.Holder, Principal: p.ID, Role: role, Assignment: assignment}
}

// roleIn is the type of the role that a body asks for.
func roleIn(body []byte) string {
	var b struct{ Type string }
	_ = json.Unmarshal(body, &b) // what names no type asks for none
	return fixtures.RoleType(b.Type)
}

// foresee writes into the ledger that a given principal is about to get a role, so that a run that is killed leaves none
// that is in no ledger.
func (f *Fixtures) foresee(m exchange.Message) error {
	op, params, ok := f.org.MatchMessage(m)
	if !ok {
		return nil
	}
	p, ok := f.grantee(op, params)
	if !ok {
		return nil
	}
	role := roleIn(m.Body)
	if err := f.ledger.Giving(p.grant(role, "")); err != nil {
		return err
	}
	a := f.asked[p]
	a.roles, a.ever = append(a.roles, role), true
	f.asked[p] = a
	return nil
}

// learnGrant records whether a given principal got a role that was asked for it. After a 429 it may be asked for again, and a
// conflict is a refusal only if the principal holds a role.
func (f *Fixtures) learnGrant(p Principal, x *exchange.Exchange) {
	role, a := roleIn(x.Request.Body.Bytes), f.asked[p]
	i := slices.Index(a.roles, role)
	if i < 0 || x.Status() == http.StatusTooManyRequests {
		return
	}
	id := ""
	made := x.Status() >= 200 && x.Status() <= 299
	if made {
		id = idOf(x)
	}
	switch {
	case fixtures.ValidID(id):
		f.note(f.ledger.Given(p.grant(role, id)))
	case x.Unsent, fixtures.Refuses(x.Status()), x.Status() == http.StatusConflict && len(f.held[p]) > 0:
		f.note(f.ledger.Taken(p.grant(role, "")))
	default:
		a.unanswered = a.unanswered || !made
		f.asked[p] = a
		return
	}
	a.roles = slices.Delete(a.roles, i, i+1)
	f.asked[p] = a
}

// drop forgets an assignment that a principal no longer has.
func (f *Fixtures) drop(p Principal, assignment string) {
	if !slices.Contains(f.held[p], assignment) {
		return
	}
	f.held[p] = slices.DeleteFunc(f.held[p], func(id string) bool { return id == assignment })
	if f.isGiven(p) && assignment != "" {
		f.note(f.ledger.Taken(p.grant("", assignment)))
	}
}

// note logs that a line could not be written to the ledger, which then lists a role that the principal does not hold.
func (f *Fixtures) note(err error) {
	if err != nil {
		f.org.Log().Error("the ledger is behind what was done", "error", err)
	}
}

// firstPause is the wait before the org is asked again; it doubles each time.
const firstPause = 50 * time.Millisecond

// giveBack ends the use of a given principal: it has to hold no role, as before. What no answer has shown is taken away by
// the list, since the principal was found empty and no other scene uses it. What stays is reported, and stays in the ledger.
func (f *Fixtures) giveBack(ctx context.Context, p Principal) {
	a := f.asked[p]
	delete(f.asked, p)
	left := ""
	if a.ever || len(f.held[p]) > 0 {
		left = f.emptied(ctx, p, a)
	}
	if left == "" {
		for _, id := range slices.Clone(f.held[p]) {
			f.drop(p, id)
		}
		for _, role := range a.roles {
			f.note(f.ledger.Taken(p.grant(role, "")))
		}
		f.idle[p.Kind] = append(f.idle[p.Kind], p.ID)
		return
	}
	f.leaks++
	f.org.Leak(report.Leak{Kind: "roles of the given " + p.Noun, ID: p.ID, Reason: left, Ledger: f.ledger.Path()})
}

// emptied lists the roles of a principal until it holds none, as long as a change may take to show, and returns what is left.
func (f *Fixtures) emptied(ctx context.Context, p Principal, a asked) string {
	due := time.Now().Add(f.org.Settle())
	for pause := firstPause; ; pause *= 2 {
		x := f.send(ctx, exchange.Message{Method: http.MethodGet, Path: p.List().Message().Path, Phase: exchange.Cleanup})
		rest := time.Until(due)
		own := p.own(x)
		switch {
		case x.Status() == http.StatusNotFound, len(own) == 0 && assignmentsIn(x) != nil && (rest <= 0 || !a.unanswered):
			return ""
		case len(own) > 0 && len(a.roles) > 0 && (rest > 0 || pause == firstPause):
			for _, r := range own {
				f.unassign(ctx, p, r.ID)
			}
		case rest <= 0 || ctx.Err() != nil:
			if len(a.roles) == 0 && len(f.held[p]) == 0 {
				// Without a line in the ledger a sweep would not look at it.
				f.note(f.ledger.Giving(p.grant("", "")))
			}
			return stillHeld(own, x)
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(pause, max(rest, firstPause))):
		}
	}
}

// stillHeld describes the roles that a principal still holds.
func stillHeld(own []Assignment, x *exchange.Exchange) string {
	if len(own) == 0 {
		return "its roles could not be looked at: " + x.Line()
	}
	var roles []string
	for _, r := range own {
		roles = append(roles, fmt.Sprintf("%s (%s)", r.ID, r.Type))
	}
	return "it held no role before, and still holds " + strings.Join(roles, ", ") + "; take away by hand what a sweep leaves"
}

// own are the roles in a list that the principal holds directly, and not through a group.
func (p Principal) own(x *exchange.Exchange) []Assignment {
	return slices.DeleteFunc(assignmentsIn(x), func(a Assignment) bool {
		return a.ID == "" || a.AssignmentType != p.Type && a.AssignmentType != ""
	})
}

// unassign takes an assignment away, and reports whether it is gone.
func (f *Fixtures) unassign(ctx context.Context, p Principal, assignment string) bool {
	x := f.send(ctx, exchange.Message{Method: http.MethodDelete, Path: p.Unassign(assignment).Message().Path, Phase: exchange.Cleanup})
	return x.Status() == http.StatusNoContent || x.Status() == http.StatusNotFound
}
