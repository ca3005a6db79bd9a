package report_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func theSpec(t testing.TB) *spec.Spec {
	t.Helper()
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// specs are the first requirements that specs judge, of the given level.
func specs(t testing.TB, n int, level spec.Level) []spec.Requirement {
	t.Helper()
	var out []spec.Requirement
	for _, q := range theSpec(t).Requirements {
		if q.By == spec.BySuite && q.Unobservable == "" && q.Level == level && len(out) < n {
			out = append(out, q)
		}
	}
	if len(out) < n {
		t.Fatalf("the catalogue has only %d such requirements", len(out))
	}
	return out
}

// exchanged is an exchange as a spec makes one.
func exchanged(id string, phase exchange.Phase, status int) *exchange.Exchange {
	n := 0
	_, _ = fmt.Sscanf(id, "x%d", &n)
	x := &exchange.Exchange{
		ID: id, Phase: phase, Credential: "admin", Started: began.Add(time.Duration(n) * time.Second), Duration: time.Millisecond,
		Request: exchange.Request{
			Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: "org.example", Path: "/api/v1/users/u1/roles"},
			Header: http.Header{"Authorization": {"SSWS REDACTED"}},
		},
		Response: &exchange.Response{Status: status, Header: http.Header{}, Body: exchange.Body{Bytes: []byte(`{"n":"` + id + `"}`)}},
	}
	if status == 0 {
		x.Response, x.Error = nil, "EOF"
	}
	return x
}

func entryOf(name string, value any) types.ReportEntry {
	return types.ReportEntry{Name: name, Value: types.WrapEntryValue(value), Visibility: types.ReportEntryVisibilityNever}
}

func entryExchange(id string, phase exchange.Phase, status int) types.ReportEntry {
	return entryOf(report.EntryExchange, exchanged(id, phase, status))
}

// ranSpec is what Ginkgo says of a spec that ran.
func ranSpec(q spec.Requirement, state types.SpecState, entries ...types.ReportEntry) types.SpecReport {
	return types.SpecReport{
		ContainerHierarchyTexts: []string{"Roles", "of users"}, ContainerHierarchyLabels: [][]string{{q.System}},
		LeafNodeType: types.NodeTypeIt, LeafNodeText: "does what it should", LeafNodeLabels: append([]string{q.ID, string(q.Level)}, q.Operations...),
		LeafNodeLocation: types.CodeLocation{FileName: "/some/where/suites/user_roles.go", LineNumber: 42},
		State:            state, StartTime: began, EndTime: began.Add(time.Second), NumAttempts: 1,
		ReportEntries: entries,
	}
}

// skippedSpec is what Ginkgo says of a spec that it did not begin, whatever the reason. It notes a time all the same.
func skippedSpec(q spec.Requirement) types.SpecReport {
	sr := ranSpec(q, types.SpecStateSkipped)
	sr.NumAttempts, sr.EndTime = 0, time.Time{}
	return sr
}

func failing(sr types.SpecReport, message string) types.SpecReport {
	sr.Failure = types.Failure{Message: message}
	return sr
}

// passing lets every requirement that specs judge pass, with exceptions.
func passing(t testing.TB, except ...verdict.Verdict) []verdict.Verdict {
	t.Helper()
	out := slices.Clone(except)
	for _, q := range theSpec(t).Requirements {
		if q.By != spec.BySuite || slices.ContainsFunc(except, func(v verdict.Verdict) bool { return v.Requirement.ID == q.ID }) {
			continue
		}
		out = append(out, verdict.Verdict{Requirement: q, Outcome: verdict.Pass, Evidence: []string{"x0001"}})
	}
	return out
}

// head is a report before it is built.
func head() report.Report {
	return report.Report{
		Tool: report.Tool{Version: "v0.0.0-test"}, Mode: report.Run,
		Run:    report.RunInfo{ID: "test", Started: began, Ended: began.Add(time.Minute), Seed: 7, Complete: true, Level: spec.Must},
		Target: report.TargetInfo{Kind: "org", URL: "https://org.example"},
	}
}

func judge(t testing.TB) *contract.Judge {
	t.Helper()
	j, err := contract.New(theSpec(t), contract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}
