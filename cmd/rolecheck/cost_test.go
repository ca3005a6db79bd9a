package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites"
)

const everyConsent = "many-groups,builtin-group-consent"

func TestTrace(t *testing.T) {
	result := executed(t, suites.Options{}, map[string]string{"consents": everyConsent})
	got, err := suites.TraceOf(result)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "../../suites/trace.json"
	if *update {
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
