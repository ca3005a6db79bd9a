package suites

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/onsi/ginkgo/v2"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
)

// memo keeps what the first spec of a run that needs it makes for all of them. When that fails they are all blocked, and
// nobody tries again.
type memo[T any] struct {
	run   *fixtures.Maker
	value T
	err   error
}

func (m *memo[T]) get(make func() (T, error)) T {
	if m.run != maker {
		// This is what is left to say when make ends the spec itself.
		m.err = fmt.Errorf("could not arrange the check: the spec %q, which needed the same, says why", ginkgo.CurrentSpecReport().FullText())
		m.run = maker
		m.value, m.err = make()
	}
	if m.err != nil {
		harness.Block("%v", m.err)
	}
	return m.value
}

// instanceKey is the key that all app instances of the run have.
func instanceKey() string {
	if given := org.Settings().Given.Apps; len(given) > 0 {
		return given[0].Name
	}
	return fixtures.AppKey
}

var instances memo[[]instance]

// appInstance is an app instance that may be targeted, but not removed.
func appInstance(ctx context.Context) instance { return standingInstances(ctx)[0] }

// appInstances are two instances of one app that may be targeted, but not removed.
func appInstances(ctx context.Context) (a, b instance) {
	all := standingInstances(ctx)
	if len(all) < 2 {
		harness.Block("two instances of one app are needed, and the setting given.apps has one of %q", all[0].key)
	}
	return all[0], all[1]
}

func standingInstances(ctx context.Context) []instance {
	return instances.get(func() ([]instance, error) {
		if len(org.Settings().Given.Apps) > 0 {
			return givenInstances(ctx)
		}
		var made []instance
		for range 2 {
			o, err := maker.App(ctx)
			if err != nil {
				return nil, err
			}
			made = append(made, instance{ID: o.ID, key: fixtures.AppKey})
		}
		return made, nil
	})
}

// givenInstances are the app instances of the settings that are of the same app as the first one.
func givenInstances(ctx context.Context) ([]instance, error) {
	var found []instance
	for _, given := range org.Settings().Given.Apps {
		if given.Name != instanceKey() {
			continue
		}
		x := org.Sender(target.Admin).Send(ctx, exchange.Message{
			Method: http.MethodGet, Path: "/api/v1/apps/" + url.PathEscape(given.ID), Phase: exchange.Arrange,
		})
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
		found = append(found, instance{ID: app.ID, key: app.Name})
	}
	return found, nil
}

// catalogApps are the keys of at least two apps of the org's catalog. None is the key of the run's app instances, so
// that an instance and a catalog app are never of one app by accident.
func catalogApps(context.Context) []string {
	var keys []string
	for _, key := range org.Settings().Given.CatalogApps {
		if key != instanceKey() && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	if len(keys) < 2 {
		harness.Block("two catalog apps other than %q are needed, and the setting catalog-apps has %d; an org without them lacks catalog-apps",
			instanceKey(), len(keys))
	}
	return keys
}

// inCatalog blocks the spec when the org does not know an app that the settings name.
func inCatalog(key string, answer *exchange.Exchange) {
	if answer.Status() == http.StatusNotFound {
		harness.Block("the org does not know %q, an app of its catalog by the setting catalog-apps: %s", key, answer.Line())
	}
}

var standingGroups memo[[]string]

// targetGroups are three groups that may be targeted, but not removed.
func targetGroups(ctx context.Context) []string {
	return standingGroups.get(func() ([]string, error) {
		var ids []string
		for range 3 {
			o, err := groups.make(ctx)
			if err != nil {
				return nil, err
			}
			ids = append(ids, o.ID)
		}
		return ids, nil
	})
}

// anyGroups are so many groups of the run, whatever else they are there for. Those that have to be made wait for
// whoever leases a group next.
func anyGroups(ctx context.Context, n int) []string {
	var ids []string
	for _, o := range maker.Made() {
		if o.Kind == fixtures.KindGroup {
			ids = append(ids, o.ID)
		}
	}
	for len(ids) < n {
		o := groups.fresh(ctx)
		groups.idle = append(groups.idle, o)
		ids = append(ids, o.ID)
	}
	return ids[:n]
}
