package view_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// sarif is what the tests look at of the format.
type sarif struct {
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  string
				Rules []struct {
					ID                   string
					DefaultConfiguration struct{ Level string }
				}
			}
		}
		Invocations []struct {
			ExecutionSuccessful bool
			ExitCode            int
		}
		Results []struct {
			RuleID    string
			RuleIndex int
			Level     string
			Message   struct{ Text string }
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine int }
				}
				LogicalLocations []struct{ FullyQualifiedName string }
			}
			Suppressions []struct{ Kind, Justification string }
		}
	}
}

func TestSARIF(t *testing.T) {
	r, _ := sample.Report(t, 0)
	b, err := view.SARIF(r)
	if err != nil {
		t.Fatal(err)
	}
	var log sarif
	if err := json.Unmarshal(b, &log); err != nil || log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("%v: %.200s", err, b)
	}
	run := log.Runs[0]
	if len(run.Tool.Driver.Rules) != len(r.Requirements) {
		t.Errorf("%d rules for %d requirements", len(run.Tool.Driver.Rules), len(r.Requirements))
	}
	description, err := os.ReadFile("../../../spec/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(description), "\n")
	failed := map[string]bool{}
	for _, result := range run.Results {
		failed[result.RuleID] = true
		if run.Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID {
			t.Errorf("%s points at rule %d, which is another", result.RuleID, result.RuleIndex)
		}
		if result.Message.Text == "" || len(result.Locations) != 1 {
			t.Errorf("%s: %+v", result.RuleID, result)
			continue
		}
		at := result.Locations[0]
		if at.PhysicalLocation.ArtifactLocation.URI != "spec/openapi.yaml" {
			t.Errorf("%s is in %s", result.RuleID, at.PhysicalLocation.ArtifactLocation.URI)
		}
		// The operation's id is among the first lines of its object.
		first := at.PhysicalLocation.Region.StartLine - 1
		if near := strings.Join(lines[first:first+12], "\n"); !strings.Contains(near, at.LogicalLocations[0].FullyQualifiedName) {
			t.Errorf("%s: %s is not at line %d:\n%s", result.RuleID, at.LogicalLocations[0].FullyQualifiedName, first+1, near)
		}
		if (result.RuleID == sample.Known) != (len(result.Suppressions) == 1) {
			t.Errorf("%s is suppressed: %v", result.RuleID, result.Suppressions)
		}
	}
	for _, q := range r.Requirements {
		if failed[q.ID] != (q.Outcome == verdict.Fail) {
			t.Errorf("%s is %s; a result for it: %v", q.ID, q.Outcome, failed[q.ID])
		}
	}
}
