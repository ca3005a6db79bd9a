package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/suites"
)

func TestAnyOrderSameVerdictsNothingLeft(t *testing.T) {
	server := served(t)
	before := server.Org.Census()
	var first map[string]verdict.Outcome
	for seed := 1; seed <= *seeds; seed++ {
		_, r := judged(t, "--seed", fmt.Sprint(seed), "--consents", "builtin-group-consent")
		got := outcomes(r)
		if first == nil {
			first = got
		}
		for id, outcome := range first {
			if got[id] != outcome {
				t.Errorf("seed %d: %s: %s, and %s with seed 1", seed, id, got[id], outcome)
			}
		}
		if after := server.Org.Census(); !maps.Equal(after, before) {
			t.Fatalf("seed %d: the org held %v before and holds %v after", seed, before, after)
		}
		if len(r.Leaks) > 0 {
			t.Errorf("seed %d: %v", seed, r.Leaks)
		}
	}
}

// TestSameFailuresInAnyOrder shows that an org's faults are seen whatever the order of the scenes.
func TestSameFailuresInAnyOrder(t *testing.T) {
	for _, fault := range sampled(mockorg.Faults(), *every) {
		t.Run(fault.Name, func(t *testing.T) {
			var first []string
			for seed := 1; seed <= *seeds; seed++ {
				flavour := "documented"
				if fault.Flavour != "" {
					flavour = string(fault.Flavour)
				}
				r := executed(t, suites.Options{Fault: fault.Name}, map[string]string{
					"flavour": flavour, "settle": "50ms", "patience": "0s", "level": "should", "consents": everyConsent,
					"label-filter": strings.Join(systemsOf(fault.Breaks), " || "), "seed": fmt.Sprint(seed),
				}).Report
				var failed []string
				for _, q := range r.Requirements {
					// What the history of a list by pages shows depends on the ids that the org gives, too.
					if q.Outcome == verdict.Fail && !strings.Contains(q.ID, ".history-") {
						failed = append(failed, q.ID)
					}
				}
				if first == nil {
					first = failed
				}
				if diff := cmp.Diff(first, failed); diff != "" {
					t.Errorf("seed %d fails otherwise than seed 1: %s", seed, diff)
				}
			}
		})
	}
}

// sampled keeps one of every n faults.
func sampled(faults []mockorg.Fault, n int) []mockorg.Fault {
	var out []mockorg.Fault
	for i := 0; i < len(faults); i += n {
		out = append(out, faults[i])
	}
	return out
}

func systemsOf(ids []string) []string {
	var out []string
	for _, id := range ids {
		if system, _, _ := strings.Cut(id, "."); !slices.Contains(out, system) {
			out = append(out, system)
		}
	}
	return out
}
