package view

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// descriptionURI is where results of SARIF are located: at the operations that were broken.
const descriptionURI = "spec/openapi.yaml"

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
	ColumnKind  string            `json:"columnKind"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID                   string       `json:"id"`
	ShortDescription     sarifMessage `json:"shortDescription"`
	Help                 sarifMessage `json:"help"`
	DefaultConfiguration sarifLevel   `json:"defaultConfiguration"`
	Properties           sarifTags    `json:"properties"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifTags struct {
	Tags []string `json:"tags"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	StartTimeUTC        string              `json:"startTimeUtc"`
	EndTimeUTC          string              `json:"endTimeUtc"`
	ExitCode            int                 `json:"exitCode"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string       `json:"level"`
	Message sarifMessage `json:"message"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Message      sarifMessage       `json:"message"`
	Locations    []sarifLocation    `json:"locations,omitempty"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

// SARIF renders the failures for code scanning: a rule for each requirement, and a result for each operation at which
// one was broken, at the operation's line of the description.
func SARIF(r *report.Report) ([]byte, error) {
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: "rolecheck", Version: r.Tool.Version, InformationURI: "https://github.com/rolecheck/rolecheck", Rules: []sarifRule{},
		}},
		Invocations: []sarifInvocation{invocation(r)},
		Results:     []sarifResult{},
		ColumnKind:  "utf16CodeUnits",
	}
	for i, q := range r.Requirements {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: q.ID, ShortDescription: sarifMessage{q.Statement}, Help: sarifMessage{"Taken from: " + report.Sources(q.Source)},
			DefaultConfiguration: sarifLevel{severity(q.Level)}, Properties: sarifTags{[]string{q.System, string(q.Level)}},
		})
		if q.Outcome == verdict.Fail {
			run.Results = append(run.Results, results(r, s, q, i)...)
		}
	}
	b, err := text.JSON(sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
	if err != nil {
		return nil, fmt.Errorf("writing SARIF: %w", err)
	}
	return b, nil
}

func invocation(r *report.Report) sarifInvocation {
	out := sarifInvocation{
		ExecutionSuccessful: conclude(r).State != report.StateOpen,
		StartTimeUTC:        r.Run.Started.UTC().Format(time.RFC3339), EndTimeUTC: r.Run.Ended.UTC().Format(time.RFC3339),
		ExitCode: r.Run.Exit,
	}
	if r.Run.Problem != "" {
		out.Notifications = append(out.Notifications, sarifNotification{"error", sarifMessage{r.Run.Problem}})
	}
	for _, g := range unverified(r) {
		out.Notifications = append(out.Notifications, sarifNotification{"note",
			sarifMessage{fmt.Sprintf("%s, %s: %s", text.Count(len(g.IDs), "requirement"), g.Outcome, g.Reason)}})
	}
	return out
}

// results are one for each operation that the findings of a row name, or one for the operation that the row is about.
func results(r *report.Report, s *spec.Spec, q report.Requirement, rule int) []sarifResult {
	var operations []string
	details := map[string]string{}
	for _, f := range r.Findings {
		if f.Requirement != q.ID {
			continue
		}
		if details[f.Operation] == "" {
			operations = append(operations, f.Operation)
			where := f.Exchange
			if f.Pointer != "" {
				where = f.Pointer + ", " + where
			}
			details[f.Operation] = fmt.Sprintf("%s (%s)", cmp.Or(f.Detail, q.Summary()), where)
		}
	}
	if len(operations) == 0 {
		operations = append(operations, q.Operations[:min(1, len(q.Operations))]...)
	}
	if len(operations) == 0 {
		operations = []string{""}
	}
	slices.Sort(operations)
	var out []sarifResult
	for _, id := range operations {
		result := sarifResult{
			RuleID: q.ID, RuleIndex: rule, Level: severity(q.Level),
			Message:      sarifMessage{cmp.Or(details[id], q.Text(), q.Statement)},
			Fingerprints: map[string]string{"requirementAndOperation/v1": q.ID + " " + id},
		}
		if op, ok := s.Operation(id); ok {
			result.Locations = []sarifLocation{{
				Physical: sarifPhysical{sarifArtifact{descriptionURI}, sarifRegion{op.Line}},
				Logical:  []sarifLogical{{id, "function"}},
			}}
		}
		if q.Expected {
			result.Suppressions = []sarifSuppression{{"external", reason(r, q)}}
		}
		out = append(out, result)
	}
	return out
}

func severity(l spec.Level) string {
	switch l {
	case spec.Must:
		return "error"
	case spec.Should:
		return "warning"
	default:
		return "note"
	}
}
