package stage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// Creates is the kind of object that an exchange makes, or tries to; empty for any other exchange. An OpenID Connect app is a
// client app.
func Creates(x *exchange.Exchange) fixtures.Kind {
	if x.Request.Method != http.MethodPost || x.Request.URL == nil {
		return ""
	}
	kind := fixtures.KindAt(x.Request.URL.Path)
	if kind == fixtures.KindApp {
		var app struct{ SignOnMode string }
		if json.Unmarshal(x.Request.Body.Bytes, &app) == nil && app.SignOnMode == "OPENID_CONNECT" {
			return fixtures.KindClientApp
		}
	}
	return kind
}

// prerequisites are the kinds of objects without which an object of another kind is not made.
var prerequisites = map[fixtures.Kind]fixtures.Kind{
	fixtures.KindGroupRule: fixtures.KindGroup, fixtures.KindResourceSet: fixtures.KindCustomRole,
}

// learnRefusal stops the run when the first creation of every kind that it needs was refused with 403: then the credential
// may make nothing, and no further step could be judged.
func (f *Fixtures) learnRefusal(x *exchange.Exchange) {
	kind := string(Creates(x))
	if kind == "" || len(f.makes) == 0 || f.firstCreations[kind] != 0 {
		return
	}
	f.firstCreations[kind] = max(1, x.Status())
	for _, needed := range f.makes {
		first := string(prerequisites[fixtures.Kind(needed)])
		if f.firstCreations[needed] != http.StatusForbidden && !slices.Contains(f.makes, first) {
			return
		}
	}
	f.org.Stop(fmt.Sprintf("the credential may make nothing in the org: the first creation of every kind that is needed was refused with 403, the last by %s\n"+
		"use the credential of a super admin, name existing objects under given, or run with --read-only", x.Line()))
}

// removalRequests is how many requests the removal of one object takes at most, where the org shows it at once: three looks
// and two steps.
const removalRequests = 5

// listings is how many requests the search for left objects at the end takes at most, if every change shows at once.
const listings = 12

// Owed is how many requests it takes at most to remove all objects of the run and to take back its roles.
func (f *Fixtures) Owed() int {
	if f.maker == nil {
		return 0
	}
	n := listings + removalRequests*len(f.maker.Made())
	for p, s := range f.owed {
		if s != nil {
			n += len(f.held[p])
		}
		if s != nil && f.isGiven(p) {
			n++ // the look that ends its use
		}
	}
	return n
}
