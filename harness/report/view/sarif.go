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

// object is an object of JSON.
type object = map[string]any

// renderSARIF renders the failures for code scanning: a rule for each requirement, and a result for each operation at
// which one was broken, at the operation's line of the description.
func renderSARIF(r *report.Report) ([]byte, error) {
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	rules, results := []object{}, []object{}
	for i, q := range r.Requirements {
		rules = append(rules, object{
			"id": q.ID, "shortDescription": message(q.Statement), "help": message("Taken from: " + report.Sources(q.Source)),
			"defaultConfiguration": object{"level": severity(q.Level)},
			"properties":           object{"tags": []string{q.System, string(q.Level)}},
		})
		if q.Outcome == verdict.Fail {
			results = append(results, sarifResults(r, s, q, i)...)
		}
	}
	// The tool comes first, by which rolecheck knows its own files again.
	type run struct {
		Tool        object   `json:"tool"`
		Invocations []object `json:"invocations"`
		Results     []object `json:"results"`
		ColumnKind  string   `json:"columnKind"`
	}
	driver := object{
		"name": "rolecheck", "version": cmp.Or(r.Tool.Version, "devel"), "informationUri": "https://github.com/rolecheck/rolecheck", "rules": rules,
	}
	b, err := text.JSON(object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []run{{object{"driver": driver}, []object{invocation(r)}, results, "utf16CodeUnits"}},
	})
	if err != nil {
		return nil, fmt.Errorf("writing SARIF: %w", err)
	}
	return b, nil
}

func message(s string) object { return object{"text": s} }

func invocation(r *report.Report) object {
	notifications := []object{}
	notify := func(level, words string) {
		notifications = append(notifications, object{"level": level, "message": message(words)})
	}
	if r.Run.Problem != "" {
		notify("error", r.Run.Problem)
	}
	for _, g := range unverified(r) {
		notify("note", fmt.Sprintf("%s, %s: %s", text.Count(len(g.IDs), "requirement"), g.Outcome, g.Reason))
	}
	return object{
		"executionSuccessful": conclude(r).State != report.StateOpen, "exitCode": r.Run.Exit,
		"startTimeUtc": r.Run.Started.UTC().Format(time.RFC3339), "endTimeUtc": r.Run.Ended.UTC().Format(time.RFC3339),
		"toolExecutionNotifications": notifications,
	}
}

// sarifResults are one for each operation that the findings of a row name, or one for the operation that the row is about.
func sarifResults(r *report.Report, s *spec.Spec, q report.Requirement, rule int) []object {
	var operations []string
	details := map[string]string{}
	for _, f := range r.Findings {
		if f.Requirement != q.ID || details[f.Operation] != "" {
			continue
		}
		operations = append(operations, f.Operation)
		where := f.Exchange
		if f.Pointer != "" {
			where = f.Pointer + ", " + where
		}
		details[f.Operation] = fmt.Sprintf("%s (%s)", cmp.Or(f.Detail, q.Summary()), where)
	}
	if len(operations) == 0 {
		operations = append(slices.Clone(q.Operations), "")[:1]
	}
	slices.Sort(operations)
	var out []object
	for _, id := range operations {
		result := object{
			"ruleId": q.ID, "ruleIndex": rule, "level": severity(q.Level),
			"message":             message(cmp.Or(details[id], q.Text(), q.Statement)),
			"partialFingerprints": object{"requirementAndOperation/v1": q.ID + " " + id},
		}
		if op, ok := s.Operation(id); ok {
			result["locations"] = []object{{
				"physicalLocation": object{"artifactLocation": object{"uri": "spec/openapi.yaml"}, "region": object{"startLine": op.Line}},
				"logicalLocations": []object{{"fullyQualifiedName": id, "kind": "function"}},
			}}
		}
		if q.Expected {
			result["suppressions"] = []object{{"kind": "external", "justification": reason(r, q)}}
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
