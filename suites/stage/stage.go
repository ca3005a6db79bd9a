// Package stage makes the fixtures of the scenes: principals with roles, targets, custom roles. The author of a scene uses it
// together with the matchers of the harness: what a scene calls is public, and what package suites calls (Outlines, Systems,
// NewFixtures) may change. It judges nothing itself.
//
// A scene makes its own users, groups and client apps. What is expensive and never changed (app instances, a custom role,
// a resource set) is made once and shared by the whole run. Everything is removed again when its scene, or the run, is
// over.
package stage

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
)

// Stage is one scene in a run: its steps, and the fixtures that it makes.
type Stage struct {
	*harness.Container
	fixtures *Fixtures
}

// scene is one registered scene.
type scene struct {
	system, text string
	location     types.CodeLocation
	body         func(*Stage)
}

// scenes are all that are registered, in the order of the files.
var scenes []scene

// Scene registers a scene of a system, while packages are initialised. Its body declares the arrangement and the steps;
// it is called anew for each run, so that what it declares belongs to one run alone.
func Scene(system, text string, body func(*Stage)) bool {
	_, file, line, _ := runtime.Caller(1)
	scenes = append(scenes, scene{system, text, types.CodeLocation{FileName: file, LineNumber: line}, body})
	return true
}

// Outlines returns the scenes as they are written.
func Outlines() []harness.Outline {
	var out []harness.Outline
	for _, sc := range scenes {
		out = append(out, harness.NewOutline(sc.system, sc.text, func(c *harness.Container) { sc.body(&Stage{Container: c}) }))
	}
	return out
}

// Fixtures are the objects that the scenes of one run make and share.
type Fixtures struct {
	name   string
	ledger *fixtures.Ledger
	given  target.Given

	org   *harness.Org
	maker *fixtures.Maker
	// idle are the ids of the given principals that no scene uses now.
	idle map[Kind][]string
	// refused are the reasons why objects of a kind cannot be made.
	refused map[string]error
	// held are the assignments that principals are known to have got, so that they can be taken away again.
	held map[Principal][]string
	// owed are the principals whose roles have to be taken away again, with the scene that has to do it.
	owed map[Principal]*Stage
	// confirmed is how many objects of a kind were read before they were used.
	confirmed map[fixtures.Kind]int
	// asked are the roles that were asked for given principals, and leaks is how many of these still hold roles after their use.
	asked map[Principal]asked
	leaks int
	// makes are the kinds of objects that the run needs to make, and firstCreations the status of the first try of each kind.
	makes          []string
	firstCreations map[string]int
}

// NewFixtures returns the fixtures of the run of that name, which has to make objects of the kinds in makes. Each object is
// written to the ledger, which may be nil.
func NewFixtures(name string, ledger *fixtures.Ledger, given target.Given, makes []string) *Fixtures {
	f := &Fixtures{
		name: name, ledger: ledger, given: given, makes: makes, firstCreations: map[string]int{}, idle: map[Kind][]string{},
		refused: map[string]error{}, held: map[Principal][]string{}, owed: map[Principal]*Stage{}, asked: map[Principal]asked{},
		confirmed: map[fixtures.Kind]int{},
	}
	for _, k := range Kinds {
		f.idle[k] = share(k.Given(given))
	}
	return f
}

// share returns the given principals that this process of a parallel run may use: no two use the same.
func share(ids []string) []string {
	total, this := harness.Processes()
	var out []string
	for i, id := range ids {
		if i%max(1, total) == this-1 {
			out = append(out, id)
		}
	}
	return out
}

// Plant makes the registered scenes a part of the Ginkgo tree.
func (f *Fixtures) Plant(org *harness.Org) {
	f.org = org
	f.maker = fixtures.NewMaker(org.Sender(target.Admin), fixtures.Options{
		Run: f.name, Ledger: f.ledger, Settle: org.Settle(), Log: org.Log(),
	})
	for _, k := range Kinds {
		f.maker.Foreign(k.object, k.Given(f.given)...)
	}
	for _, app := range f.given.Apps {
		f.maker.Foreign(fixtures.KindApp, app.ID)
	}
	org.Foresee(f.foresee)
	org.Observe(f.observe)
	for _, sc := range scenes {
		org.Plant(sc.system, sc.text, sc.location, func(c *harness.Container) { sc.body(&Stage{Container: c, fixtures: f}) })
	}
}

// send sends what arranges or undoes something, with the admin's credential.
func (f *Fixtures) send(ctx context.Context, m exchange.Message) *exchange.Exchange {
	return f.org.Sender(target.Admin).Send(ctx, m)
}

// observe records the assignments that an exchange makes or removes, so that all are taken back whatever a scene sends.
func (f *Fixtures) observe(x *exchange.Exchange) {
	f.learnRefusal(x)
	op, params, ok := f.org.Match(x)
	if p, given := f.grantee(op, params); given {
		f.learnGrant(p, x)
	}
	if !ok || x.Status() < 200 || x.Status() > 299 {
		return
	}
	p, ok := principalIn(op, params)
	if !ok || op.Action.Object != spec.Role {
		return
	}
	switch op.Action.Verb {
	case spec.Assign:
		id := idOf(x)
		if id == "" && f.isGiven(p) {
			return // it is looked up when the principal is given back
		}
		f.held[p] = append(f.held[p], id)
		if s := f.owed[p]; s != nil {
			s.Cleanup(func(ctx context.Context, keep bool) {
				if !keep || s.IsGiven(p.Kind) {
					f.takeBack(ctx, p, id)
				}
			})
		}
	case spec.Unassign:
		f.drop(p, params["roleAssignmentId"])
	}
}

// Teardown removes what no scene could remove. What is left then is a leak, and changes no verdict.
func (f *Fixtures) Teardown(ctx context.Context, o *harness.Org) {
	leaks := f.maker.RemoveAll(ctx)
	for _, k := range f.maker.Kinds() {
		o.Arranging(lastLook(k), func() { leaks = append(leaks, f.maker.LookOver(ctx, k)...) })
	}
	for _, l := range leaks {
		o.Leak(report.Leak{Kind: string(l.Kind), ID: l.ID, Name: l.Name, Reason: l.Reason, Ledger: f.ledger.Path()})
	}
	f.reportMistaken(ctx, o)
	if err := f.ledger.Close(len(leaks) + f.leaks); err != nil {
		o.Leak(report.Leak{Kind: "ledger", Reason: err.Error()})
	}
}

// confirm reads the first objects of each kind before they are used. They show whether the org answers with the right ids;
// reading every object would cost too much.
func (f *Fixtures) confirm(ctx context.Context, o fixtures.Object) (err error) {
	n := f.confirmed[o.Kind]
	if n == FirstLooks {
		return nil
	}
	f.org.Arranging(FirstLook(string(o.Kind), n), func() { err = f.maker.Confirm(ctx, o) })
	if err == nil {
		f.confirmed[o.Kind]++
	}
	return err
}

// FirstLooks is how many objects of a kind are read before they are used.
const FirstLooks = 3

// FirstLook is the name, in the trace of costs, of the read of object n of a kind. A client app counts among the apps.
func FirstLook(kind string, n int) string {
	return fmt.Sprintf("shared: look %d at a new %s", n+1, kind)
}

// disown takes back the roles that were given to an object that is somebody else's: those whose assignments the answers named,
// and no others.
func (f *Fixtures) disown(ctx context.Context, o fixtures.Object) {
	p := f.principalOf(o)
	for _, id := range slices.Clone(f.held[p]) {
		if id != "" {
			f.takeBack(ctx, p, id)
		}
	}
}

// principalOf is the principal that an object is; one without an id where it can hold no roles.
func (f *Fixtures) principalOf(o fixtures.Object) Principal {
	for _, k := range Kinds {
		if k.object == o.Kind {
			return k.Of(o.ID)
		}
	}
	return Principal{}
}

// reportMistaken reports objects that the org named as new and that are somebody else's, with the roles of this run that they
// still have. They are in no ledger, since a sweep would remove them.
func (f *Fixtures) reportMistaken(ctx context.Context, o *harness.Org) {
	for _, l := range f.maker.Mistaken() {
		f.disown(ctx, l.Object)
		for _, id := range f.held[f.principalOf(l.Object)] {
			l.Reason += fmt.Sprintf("; the assignment %q of this run was not taken back", id)
		}
		o.Leak(report.Leak{Kind: string(l.Kind), ID: l.ID, Name: l.Name, Reason: l.Reason})
	}
}

// lastLook is the name, in the trace of costs, of the search for objects of a kind at the end of the run.
func lastLook(k fixtures.Kind) string { return "shared: the last look for each " + string(k) }

// helps are the settings to change if objects of a kind cannot be made.
var helps = map[string]string{
	"user":           "name existing ones under given.users in " + target.FileName + ", or declare lacks: users",
	"group":          "name existing ones under given.groups in " + target.FileName + ", or declare lacks: groups",
	"service client": "name an existing one as given.client in " + target.FileName + ", or declare lacks: client-apps",
	"web client":     "declare lacks: client-apps",
	"app instance":   "name existing ones under given.apps in " + target.FileName + ", or declare lacks: apps",
	"custom role":    "name an existing one as given.custom-role in " + target.FileName + ", or declare lacks: custom-roles",
	"resource set":   "name an existing one as given.resource-set in " + target.FileName + ", or declare lacks: resource-sets",
	"group rule":     "declare lacks: group-rules",
}

// make makes an object, and removes it when the scene is over. A kind that could not be made once is not tried again in the run:
// all scenes that need one are blocked for the same reason.
func (s *Stage) make(ctx context.Context, what string, make func(context.Context) (fixtures.Object, error)) fixtures.Object {
	o, err := s.tryToMake(ctx, what, make)
	if err != nil {
		s.Block("%v", err)
	}
	return o
}

func (s *Stage) tryToMake(ctx context.Context, what string, make func(context.Context) (fixtures.Object, error)) (fixtures.Object, error) {
	if err := s.fixtures.refused[what]; err != nil {
		return fixtures.Object{}, err
	}
	// The user of the credential is known only after the first request to the org.
	s.fixtures.maker.Foreign(fixtures.KindUser, s.Org().Target.Identity["user"])
	o, err := make(ctx)
	if err == nil {
		err = s.fixtures.confirm(ctx, o)
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, helps[what])
		if ctx.Err() == nil {
			s.fixtures.refused[what] = err
		}
		return fixtures.Object{}, err
	}
	// At the end of the run the org is searched once for objects of this kind, which is a part of the cost of the step.
	harness.Shared(s.Container, lastLook(o.Kind), func() (struct{}, error) { return struct{}{}, nil })
	s.Cleanup(func(ctx context.Context, keep bool) {
		switch {
		case keep:
			s.fixtures.maker.Keep(o)
		case slices.Contains(s.fixtures.maker.Made(), o):
			_ = s.fixtures.maker.Remove(ctx, o) // what stays is tried once more when the run is over, and then reported
		}
		if s.fixtures.maker.Mistook(o) {
			s.fixtures.refused[what] = fmt.Errorf(
				"the org answered the creation of %s with the id %s, which is somebody else's: no further %s is made",
				o.Name, o.ID, what)
			s.fixtures.disown(ctx, o)
		}
	})
	return o, nil
}

// Remove removes an object within a scene.
func (s *Stage) Remove(ctx context.Context, o fixtures.Object) {
	if err := s.fixtures.maker.Remove(ctx, o); err != nil {
		s.Block("%v", err)
	}
}
