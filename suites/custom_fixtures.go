package suites

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
)

// once is an object that the first spec to need it makes and that all of them share. What went wrong is remembered: the
// others are blocked by it too, and nobody tries again.
type once struct {
	made   bool
	object fixtures.Object
	err    error
}

func (o *once) get(make func() (fixtures.Object, error)) fixtures.Object {
	if !o.made {
		o.made = true
		o.object, o.err = make()
	}
	if o.err != nil {
		harness.Block("%v", o.err)
	}
	return o.object
}

// customs are the custom roles and the resource set of the run.
var customs struct {
	given target.Given
	// role, set and standing are only ever looked at. Role and set may be given; standing never is.
	role, set, standing once
	benches             []*bench
	benchErr            error
	added, replaced     change
	removed             change
}

// resetCustom forgets what an earlier run in this process made. The role and the set that exist already are taken where
// they are given.
func resetCustom(given target.Given) {
	customs.given = given
	customs.role, customs.set, customs.standing = once{}, once{}, once{}
	customs.benches, customs.benchErr = nil, nil
	customs.added, customs.replaced, customs.removed = change{}, change{}, change{}
}

// customRoleFixture is a custom role that specs may give and take, but not change.
func customRoleFixture(ctx context.Context) fixtures.Object {
	if customs.given.CustomRole == "" {
		return standingRole(ctx)
	}
	return customs.role.get(func() (fixtures.Object, error) {
		return existing(ctx, fixtures.KindCustomRole, "/api/v1/iam/roles/", customs.given.CustomRole)
	})
}

// resourceSetFixture is a resource set that specs may bind roles to, but not change.
func resourceSetFixture(ctx context.Context) fixtures.Object {
	return customs.set.get(func() (fixtures.Object, error) {
		if given := customs.given.ResourceSet; given != "" {
			return existing(ctx, fixtures.KindResourceSet, "/api/v1/iam/resource-sets/", given)
		}
		return maker.ResourceSet(ctx, org.Target.URL)
	})
}

// existing finds an object that rolecheck was told of, and neither makes nor removes.
func existing(ctx context.Context, kind fixtures.Kind, path, name string) (fixtures.Object, error) {
	x := org.Sender(target.Admin).Send(ctx, exchange.Message{
		Method: http.MethodGet, Path: path + url.PathEscape(name), Phase: exchange.Arrange,
	})
	var found struct {
		ID    string `json:"id"`
		Label string `json:"label"`
	}
	if x.Status() != http.StatusOK || json.Unmarshal(x.Response.Body.Bytes, &found) != nil || found.ID == "" {
		return fixtures.Object{}, fmt.Errorf("the %s %q that the settings give cannot be read: %s", kind, name, x.Line())
	}
	return fixtures.Object{Kind: kind, ID: found.ID, Name: found.Label}, nil
}

// standingPermissions are those that the standing role was made with.
var standingPermissions = []string{usersRead, groupsRead}

// standingRole is a custom role of the run's own, made with standingPermissions.
func standingRole(ctx context.Context) fixtures.Object {
	return customs.standing.get(func() (fixtures.Object, error) {
		return maker.CustomRole(ctx, standingPermissions...)
	})
}
