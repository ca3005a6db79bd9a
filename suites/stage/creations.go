package stage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// creations are the kinds of objects by the path that makes them.
var creations = map[string]string{
	"/api/v1/users": "user", "/api/v1/groups": "group", "/api/v1/apps": "app", "/api/v1/groups/rules": "group rule",
	"/api/v1/iam/roles": "custom role", "/api/v1/iam/resource-sets": "resource set",
}

// Creates is the kind of object that an exchange makes, or tries to; empty for any other exchange.
func Creates(x *exchange.Exchange) string {
	if x.Request.Method != http.MethodPost || x.Request.URL == nil {
		return ""
	}
	kind := creations[x.Request.URL.Path]
	if kind == "app" {
		var app struct{ SignOnMode string }
		if json.Unmarshal(x.Request.Body.Bytes, &app) == nil && app.SignOnMode == "OPENID_CONNECT" {
			return "client app"
		}
	}
	return kind
}

// restsOn are the kinds of which one has to be there before another kind is tried.
var restsOn = map[string]string{"group rule": "group", "resource set": "custom role"}

// learnRefusal stops the run when the first creation of every kind that it needs was refused with 403: then the credential
// may make nothing, and the rest of the run would only say so again.
func (f *Fixtures) learnRefusal(x *exchange.Exchange) {
	kind := Creates(x)
	if kind == "" || len(f.makes) == 0 || f.firstCreations[kind] != 0 {
		return
	}
	f.firstCreations[kind] = max(1, x.Status())
	for _, needed := range f.makes {
		if f.firstCreations[needed] != http.StatusForbidden && !slices.Contains(f.makes, restsOn[needed]) {
			return
		}
	}
	f.org.Stop(fmt.Sprintf("the credential may make nothing in the org: the first creation of every kind that is needed was refused with 403, the last by %s\n"+
		"use the credential of a super admin, name existing objects under given, or run with --read-only", x.Line()))
}

// removalRequests is how many requests the removal of one object takes at most, where the org shows it at once: three looks
// and two steps.
const removalRequests = 5

// listings is how many requests it takes at most to look for what is left at the end, where nothing has to be waited for.
const listings = 12

// Owed is how many requests it takes at most to remove what there is now, and to take back the roles that were given.
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
