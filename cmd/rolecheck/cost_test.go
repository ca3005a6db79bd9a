package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites"
	"github.com/rolecheck/rolecheck/suites/stage"
)

const everyConsent = "many-groups,builtin-group-consent"

func TestTrace(t *testing.T) {
	result := executed(t, suites.Options{}, map[string]string{"consents": everyConsent})
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(traceOf(s, result), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "../../suites/trace.json"
	if *update {
		if code := result.Report.Run.Exit; code != verdict.ExitPassed {
			t.Fatalf("the reference org does not pass (exit code %d): mend that first, since the trace records what its answers lead to", code)
		}
		if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(b)+"\n", "\n")); diff != "" {
		t.Errorf("suites/trace.json is not what a run does; write it anew with make trace\n%s", diff)
	}
}

// traceOf records what each part of a complete run in one process sent.
func traceOf(s *spec.Spec, r *suites.Result) suites.Trace {
	t := suites.Trace{Arrangements: map[string]suites.Part{}, Steps: map[string]suites.Part{}}
	for _, o := range stage.Outlines() {
		t.Arrangements[o.Scene] = suites.Part{}
		for _, step := range o.Steps {
			t.Steps[step.Requirement] = suites.Part{}
		}
	}
	for _, x := range r.Exchanges {
		op, _, described := s.Match(x.Request.Method, x.Request.URL.EscapedPath())
		switch {
		case x.Requirement != "":
			part := t.Steps[x.Requirement]
			addTo(&part.Cost, x, op)
			sent := fmt.Sprintf("%s %d", op.ID, x.Status())
			if described && x.Phase != exchange.Cleanup && !slices.Contains(part.Sends, sent) {
				part.Sends = append(part.Sends, sent)
				slices.Sort(part.Sends)
			}
			t.Steps[x.Requirement] = part
		case x.Arranges != "":
			part := t.Arrangements[x.Arranges]
			addTo(&part.Cost, x, op)
			t.Arrangements[x.Arranges] = part
		default:
			addTo(&t.Run, x, op)
		}
	}
	for by, names := range r.Uses {
		parts := t.Steps
		if _, ok := t.Arrangements[by]; ok {
			parts = t.Arrangements
		}
		part := parts[by]
		part.Uses = slices.Sorted(slices.Values(names))
		parts[by] = part
	}
	return t
}

// addTo adds the cost of one exchange, which calls op if the description has the operation.
func addTo(c *suites.Cost, x *exchange.Exchange, op spec.Operation) {
	one := suites.Count{Requests: 1}
	if x.Request.Method != http.MethodGet {
		one.Writes = 1
	}
	c.Requests, c.Writes = c.Requests+one.Requests, c.Writes+one.Writes
	if c.Buckets == nil {
		c.Buckets, c.Makes, c.Grants = map[string]suites.Count{}, map[string]int{}, map[string]int{}
	}
	bucket := suites.Bucket(x.Request.URL.Path)
	in := c.Buckets[bucket]
	c.Buckets[bucket] = suites.Count{Requests: in.Requests + one.Requests, Writes: in.Writes + one.Writes}
	if x.Request.Method != http.MethodPost || x.Status() < 200 || x.Status() > 299 {
		return
	}
	if kind := stage.Creates(x); kind != "" {
		c.Makes[string(kind)]++
	}
	var body struct{ Type string }
	_ = json.Unmarshal(x.Request.Body.Bytes, &body) // a body without a type assigns no role
	if op.Action.Object == spec.Role && body.Type != "" {
		principal := string(op.Action.Of)
		if op.Action.Of == spec.Client {
			principal = string(fixtures.KindClientApp)
		}
		c.Grants[body.Type+" to a "+principal]++
	}
}

// far reports whether one number is more than 5 % from another.
func far(sent, announced int) bool { return 20*max(sent-announced, announced-sent) > announced }

// TestEveryRowAlone runs every requirement that a step judges alone, and a whole run: what is announced is what is sent. The
// race detector sees the same code in one row of every four; .ci/run runs them all without it.
func TestEveryRowAlone(t *testing.T) {
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	selections := []map[string]string{{}}
	for i, q := range s.Requirements {
		if q.By == spec.BySuite && q.Unobservable == "" && (!raceDetector || i%4 == 0) {
			selections = append(selections, map[string]string{"only": q.ID})
		}
	}
	for _, settings := range selections {
		settings["consents"] = everyConsent
		r := executed(t, suites.Options{}, settings).Report
		n := r.Requests
		if far(n.Total, n.PlannedTotal) || far(n.Writes, n.PlannedWrites) {
			t.Errorf("%s: announced %d requests with %d writes, and sent %d with %d", settings["only"], n.PlannedTotal, n.PlannedWrites, n.Total, n.Writes)
		}
		if id := settings["only"]; id != "" && outcomes(r)[id] != verdict.Pass && outcomes(r)[id] != verdict.Unobservable {
			t.Errorf("%s alone: %s", id, outcomes(r)[id])
		}
	}
}

// TestBudget counts the requests of a complete run in the buckets that real orgs limit most.
func TestBudget(t *testing.T) {
	most := map[string]int{"/api/v1/iam/roles": 185, "/oauth2/v1/clients": 110, "/api/v1/apps": 80}
	for _, flavour := range []string{"documented", "observed"} {
		sent := map[string]int{}
		for _, x := range executed(t, suites.Options{}, map[string]string{"flavour": flavour}).Exchanges {
			for prefix := range most {
				if strings.HasPrefix(x.Request.URL.Path, prefix) {
					sent[prefix]++
				}
			}
		}
		for prefix, n := range most {
			if sent[prefix] > n || sent[prefix] == 0 {
				t.Errorf("%s: %d requests to %s, of %d at most", flavour, sent[prefix], prefix, n)
			}
		}
	}
}

func TestPlanNamesTheGivenPrincipals(t *testing.T) {
	users := make([]string, 100)
	for i := range users {
		users[i] = fmt.Sprintf("00u%d", i)
	}
	p := suites.Plan{
		Target: &target.Target{Kind: target.Org, URL: &url.URL{Scheme: "https", Host: "org.example"}},
		Given:  target.Given{Users: users, Client: "0oa1"},
		Cost: suites.Cost{Grants: map[string]int{
			"USER_ADMIN to a user": 2, "USER_ADMIN to a client app": 1, "APP_ADMIN to a group": 1,
		}},
	}
	text := strings.Join(strings.Fields(p.String()), " ")
	for _, want := range []string{
		"4 roles (APP_ADMIN USER_ADMIN), to the given users 00u0 00u1 ", "00u99, from which they are taken back, to groups that it makes",
		"to the given client app 0oa1, from which they are taken back; to nobody else",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
