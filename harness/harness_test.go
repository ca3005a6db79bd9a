package harness

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
)

func contents(t *testing.T) *spec.Spec {
	t.Helper()
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCall(t *testing.T) {
	r := Call(spec.Action{Verb: spec.Get, Object: spec.Permission, Of: spec.CustomRole}, "a role/of mine", "okta.users.read").Query("a", "1")
	other := r.Query("b", "2").As(target.Reader)
	if got, want := r.String(), "GET /api/v1/iam/roles/a%20role%2Fof%20mine/permissions/okta.users.read?a=1"; got != want {
		t.Errorf("%s, expected %s", got, want)
	}
	if got := other.String(); !strings.HasSuffix(got, "?a=1&b=2") {
		t.Errorf("%s has not both parameters", got)
	}
	if r.credential != target.Admin || other.credential != target.Reader {
		t.Errorf("the credentials are %s and %s", r.credential, other.credential)
	}
}

func TestCallRefusesMistakes(t *testing.T) {
	for name, call := range map[string]func(){
		"no such operation":   func() { Call(spec.Action{Verb: spec.Replace, Object: spec.Role, Of: spec.User}, "00u") },
		"too few parameters":  func() { Call(spec.Action{Verb: spec.List, Object: spec.Role, Of: spec.User}) },
		"too many parameters": func() { Call(spec.Action{Verb: spec.List, Object: spec.Role, Of: spec.User}, "00u", "ra1") },
		"what JSON has not":   func() { assign("").With(make(chan int)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("nobody complained")
				}
			}()
			call()
		})
	}
}

func TestSelected(t *testing.T) {
	tests := map[string]struct {
		settings target.Settings
		atLeast  int
		fails    string
	}{
		"everything":             {target.Settings{}, 250, ""},
		"one":                    {target.Settings{Only: []string{"user-roles.assign.created"}}, 1, ""},
		"a system":               {target.Settings{LabelFilter: "group-roles"}, 40, ""},
		"an operation's musts":   {target.Settings{LabelFilter: list().operation + " && must"}, 5, ""},
		"one beside the filter":  {target.Settings{LabelFilter: "group-roles", Only: []string{"user-roles.assign.created"}}, 0, "selects no requirement"},
		"an unknown requirement": {target.Settings{Only: []string{"nope"}}, 0, `no requirement "nope"`},
		"one without a spec":     {target.Settings{Only: []string{"user-roles.media-type"}}, 0, "no step of its own"},
		"an unobservable one":    {target.Settings{Only: []string{"user-roles.manager-may-read"}}, 0, "no step of its own"},
		"a broken filter":        {target.Settings{LabelFilter: "("}, 0, "cannot be read"},
		"nearly a requirement":   {target.Settings{Only: []string{"user-roles.assign.create"}}, 0, `did you mean "user-roles.assign.created"`},
		"nearly a label":         {target.Settings{LabelFilter: "user-role && must"}, 0, `did you mean "user-roles"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Selected(contents(t), &test.settings, nil)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Errorf("%v, expected an error with %q", err, test.fails)
				}
				return
			}
			if err != nil || len(got) < test.atLeast {
				t.Errorf("%d requirements, %v", len(got), err)
			}
		})
	}
}

func TestDocumentsOnlyAcceptsLess(t *testing.T) {
	s := contents(t)
	op, _ := s.Find(spec.Action{Verb: spec.Assign, Object: spec.Role, Of: spec.Client})
	lenient, strict := &Org{settings: &target.Settings{}}, &Org{settings: &target.Settings{DocumentsOnly: true}}
	for status, want := range map[int][2]bool{200: {true, true}, 201: {true, false}, 202: {false, false}, 403: {false, false}} {
		_, a := lenient.accepts(op, status)
		_, b := strict.accepts(op, status)
		if a != want[0] || b != want[1] {
			t.Errorf("%d: accepted %t, and %t by the documents alone", status, a, b)
		}
	}
}

func TestSettle(t *testing.T) {
	for _, test := range []struct {
		kind target.Kind
		host string
		set  time.Duration
		want time.Duration
	}{
		{target.Reference, "127.0.0.1:1", 0, time.Second},
		{target.Org, "localhost:1", 0, time.Second},
		{target.Org, "org.example", 0, 10 * time.Second},
		{target.Org, "org.example", 3 * time.Second, 3 * time.Second},
		{target.Org, "127.0.0.1:1", 3 * time.Second, 3 * time.Second},
		{target.Reference, "127.0.0.1:1", 3 * time.Second, 3 * time.Second},
	} {
		o := newOrg(Config{Target: &target.Target{Kind: test.kind, URL: &url.URL{Scheme: "http", Host: test.host}}, Settings: &target.Settings{Settle: test.set}})
		if got := o.Settle(); got != test.want {
			t.Errorf("%s at %s with %s set: %s, expected %s", test.kind, test.host, test.set, got, test.want)
		}
	}
}
