package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// Names of the shared fixtures in the trace of costs.
const (
	sharedInstances   = "shared: two app instances"
	sharedCustomRole  = "shared: a custom role"
	sharedResourceSet = "shared: a resource set"
)

// Instance is an app instance, with the key of the catalog app that it is one of.
type Instance struct {
	ID, Key string
}

// Instances are two instances of one app, which may be targets, but not be removed.
func (s *Stage) Instances(ctx context.Context) (a, b Instance) {
	all := harness.Shared(s.Container, sharedInstances, func() ([]Instance, error) {
		if len(s.fixtures.given.Apps) > 0 {
			return s.givenInstances(ctx)
		}
		var made []Instance
		for range 2 {
			o, err := s.tryToMake(ctx, "app instance", s.fixtures.maker.App)
			if err != nil {
				return nil, err
			}
			made = append(made, Instance{ID: o.ID, Key: fixtures.AppKey})
		}
		return made, nil
	})
	return all[0], all[1]
}

// NewInstance is an app instance of the scene's own, which it may remove.
func (s *Stage) NewInstance(ctx context.Context) (Instance, fixtures.Object) {
	o := s.make(ctx, "app instance", s.fixtures.maker.App)
	return Instance{ID: o.ID, Key: fixtures.AppKey}, o
}

// NewGroup is a group of the scene's own, which it may remove. A given group is never removed.
func (s *Stage) NewGroup(ctx context.Context) (Principal, fixtures.Object) {
	if s.IsGiven(Groups) {
		s.Unobservable("a given group is not removed, and no other is made")
	}
	o := s.make(ctx, "group", s.fixtures.maker.Group)
	return Groups.Of(o.ID), o
}

// instanceKey is the key that all shared app instances have.
func (s *Stage) instanceKey() string {
	if given := s.fixtures.given.Apps; len(given) > 0 {
		return given[0].Name
	}
	return fixtures.AppKey
}

// givenInstances are the app instances of the settings that are of the same app as the first one.
func (s *Stage) givenInstances(ctx context.Context) ([]Instance, error) {
	var found []Instance
	for _, given := range s.fixtures.given.Apps {
		if given.Name != s.instanceKey() {
			continue
		}
		x := s.fixtures.send(ctx, exchange.Message{Method: http.MethodGet, Path: "/api/v1/apps/" + url.PathEscape(given.ID), Phase: exchange.Arrange})
		var app struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		}
		if x.Status() != http.StatusOK || json.Unmarshal(x.Response.Body.Bytes, &app) != nil || app.ID != given.ID {
			return nil, fmt.Errorf("the app %s of the setting given.apps cannot be read: %s", given.ID, x.Line())
		}
		if app.Name != given.Name {
			return nil, fmt.Errorf("the app %s of the setting given.apps is an instance of %q, not of %q", given.ID, app.Name, given.Name)
		}
		found = append(found, Instance{ID: app.ID, Key: app.Name})
	}
	if len(found) < 2 {
		return nil, fmt.Errorf("two instances of one app are needed, and the setting given.apps has one of %q", s.instanceKey())
	}
	return found, nil
}

// CatalogApps are the keys of two apps of the org's catalog. Neither is the key of the shared app instances, so that an
// instance and a catalog app are never of one app by accident.
func (s *Stage) CatalogApps() (a, b string) {
	var keys []string
	for _, key := range s.fixtures.given.CatalogApps {
		if key != s.instanceKey() && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	if len(keys) < 2 {
		s.Block("two catalog apps other than %q are needed, and the setting catalog-apps has %d; an org without them lacks catalog-apps",
			s.instanceKey(), len(keys))
	}
	return keys[0], keys[1]
}

// customRolePermissions are those that the shared custom role was made with.
var customRolePermissions = []string{"okta.users.read", "okta.groups.read"}

// CustomRole is a custom role that may be given and taken, but not be changed. The settings may give one.
func (s *Stage) CustomRole(ctx context.Context) fixtures.Object {
	return harness.Shared(s.Container, sharedCustomRole, func() (fixtures.Object, error) {
		if given := s.fixtures.given.CustomRole; given != "" {
			return s.existing(ctx, fixtures.KindCustomRole, "/api/v1/iam/roles/", given)
		}
		return s.tryToMake(ctx, "custom role", func(ctx context.Context) (fixtures.Object, error) {
			return s.fixtures.maker.CustomRole(ctx, customRolePermissions...)
		})
	})
}

// NewCustomRole is a custom role of the scene's own with the permissions, which it may change. Its name is its label.
func (s *Stage) NewCustomRole(ctx context.Context, permissions ...string) fixtures.Object {
	return s.make(ctx, "custom role", func(ctx context.Context) (fixtures.Object, error) {
		return s.fixtures.maker.CustomRole(ctx, permissions...)
	})
}

// NewCustomRoleLabelled is NewCustomRole with words added to its label.
func (s *Stage) NewCustomRoleLabelled(ctx context.Context, words string, permissions ...string) fixtures.Object {
	return s.make(ctx, "custom role", func(ctx context.Context) (fixtures.Object, error) {
		return s.fixtures.maker.CustomRoleLabelled(ctx, s.fixtures.maker.Name()+" "+words, permissions...)
	})
}

// ResourceSet is a resource set that roles may be bound to, but that is not changed. The settings may give one.
func (s *Stage) ResourceSet(ctx context.Context) fixtures.Object {
	return harness.Shared(s.Container, sharedResourceSet, func() (fixtures.Object, error) {
		if given := s.fixtures.given.ResourceSet; given != "" {
			return s.existing(ctx, fixtures.KindResourceSet, "/api/v1/iam/resource-sets/", given)
		}
		return s.tryToMake(ctx, "resource set", func(ctx context.Context) (fixtures.Object, error) {
			return s.fixtures.maker.ResourceSet(ctx, s.Org().Target.URL)
		})
	})
}

// existing finds an object that the settings give, and that is neither made nor removed.
func (s *Stage) existing(ctx context.Context, kind fixtures.Kind, path, name string) (fixtures.Object, error) {
	x := s.fixtures.send(ctx, exchange.Message{Method: http.MethodGet, Path: path + url.PathEscape(name), Phase: exchange.Arrange})
	var found struct {
		ID    string `json:"id"`
		Label string `json:"label"`
	}
	if x.Status() != http.StatusOK || json.Unmarshal(x.Response.Body.Bytes, &found) != nil || found.ID == "" {
		return fixtures.Object{}, fmt.Errorf("the %s %q that the settings give cannot be read: %s", kind, name, x.Line())
	}
	s.fixtures.maker.Foreign(kind, found.ID)
	return fixtures.Object{Kind: kind, ID: found.ID, Name: found.Label}, nil
}

// BindingMembers asks for the members of the binding between the shared resource set and the shared custom role.
func (s *Stage) BindingMembers(ctx context.Context) harness.Request {
	return harness.Neighbour(http.MethodGet, "/api/v1/iam/resource-sets/"+url.PathEscape(s.ResourceSet(ctx).ID)+
		"/bindings/"+url.PathEscape(s.CustomRole(ctx).ID)+"/members")
}

// UnknownResourceSet is a well-formed id of a resource set that does not exist.
const UnknownResourceSet = "iamrolecheckunknown0"
