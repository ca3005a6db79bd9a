package sample

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Began is when the runs of the tests began.
var Began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Spec is the contract.
func Spec(t testing.TB) *spec.Spec {
	t.Helper()
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Specs are the first requirements that specs judge, of the given level.
func Specs(t testing.TB, n int, level spec.Level) []spec.Requirement {
	t.Helper()
	var out []spec.Requirement
	for _, q := range Spec(t).Requirements {
		if q.By == spec.BySuite && q.Unobservable == "" && q.Level == level && len(out) < n {
			out = append(out, q)
		}
	}
	if len(out) < n {
		t.Fatalf("the catalogue has only %d such requirements", len(out))
	}
	return out
}

// Exchanged is an exchange as a spec makes one.
func Exchanged(id string, phase exchange.Phase, status int) *exchange.Exchange {
	n := 0
	_, _ = fmt.Sscanf(id, "x%d", &n)
	x := &exchange.Exchange{
		ID: id, Phase: phase, Credential: "admin", Started: Began.Add(time.Duration(n) * time.Second), Duration: time.Millisecond,
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

// Passing lets every requirement that specs judge pass, with exceptions.
func Passing(t testing.TB, except ...verdict.Verdict) []verdict.Verdict {
	t.Helper()
	out := slices.Clone(except)
	for _, q := range Spec(t).Requirements {
		if q.By != spec.BySuite || slices.ContainsFunc(except, func(v verdict.Verdict) bool { return v.Requirement.ID == q.ID }) {
			continue
		}
		out = append(out, verdict.Verdict{Requirement: q, Outcome: verdict.Pass, Evidence: []string{"x0001"}})
	}
	return out
}

// Head is a report before it is built.
func Head() report.Report {
	return report.Report{
		Tool: report.Tool{Version: "v0.0.0-test"}, Mode: report.Run,
		Run:    report.RunInfo{ID: "test", Started: Began, Ended: Began.Add(time.Minute), Seed: 7, Complete: true, Level: spec.Must},
		Target: report.TargetInfo{Kind: "org", URL: "https://org.example"},
	}
}

// Row is the row of a requirement in a report that has it.
func Row(r *report.Report, id string) *report.Requirement {
	return &r.Requirements[slices.IndexFunc(r.Requirements, func(q report.Requirement) bool { return q.ID == id })]
}
