// Package sample makes a report with something of everything in it, for the tests of what is made of reports.
package sample

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Hostile is what the org answers in places where it may say what it likes: it would run as a script in a page that
// took it for markup, and ping somebody from a comment that took it for Markdown.
const Hostile = `</script><script>window.pwned=1</script><img src=x onerror="window.pwned=2">| @everyone ` + "`<b>`"

// Ids of rows that stand for something.
const (
	// FailedSchema fails on every exchange with an answer that has no valid type, at the pointer /0/type.
	FailedSchema = "user-roles.response-schema"
	// FailedSpec fails with an expectation about exchange x0004.
	FailedSpec = "user-roles.get.unknown-assignment-404"
	// Known fails as the baseline has it, Stale passes although it is in the baseline, and Blocked was not verified.
	Known   = "group-roles.request-id"
	Stale   = "client-roles.list.new-client-has-none"
	Blocked = "group-roles.assign.unknown-group-404"
)

// ListRoles and AssignRole are operations of the sample's exchanges, for tests that name one.
const (
	ListRoles  = "listAssignedRolesForUser"
	AssignRole = "assignRoleToUser"
)

const assignment = `{"id":"ra1","label":"Help desk","type":"HELP_DESK_ADMIN","status":"ACTIVE","created":"2026-01-02T03:04:05.000Z","lastUpdated":"2026-01-02T03:04:05.000Z","assignmentType":"USER"}`

var started = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)

var theJudge = sync.OnceValues(func() (*contract.Judge, error) {
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	return contract.New(s, contract.Options{})
})

// Report makes a report of a run against an org that gets a few things wrong. With more exchanges than it needs, the rest
// are much alike, and spread over the rows as evidence.
func Report(t testing.TB, more int) (*report.Report, []*exchange.Exchange) {
	t.Helper()
	s := Spec(t)
	judge, err := theJudge()
	if err != nil {
		t.Fatal(err)
	}
	exchanges := conversation(more)
	collector := report.NewCollector(s)
	for _, x := range exchanges {
		collector.Add(x, judge.Judge(x))
	}
	var verdicts []verdict.Verdict
	const evidence = 38
	rest := exchanges[len(exchanges)-more:]
	for _, q := range s.Requirements {
		switch q.By {
		case spec.ByExchange:
			verdicts = append(verdicts, collector.Verdict(q))
		case spec.BySuite:
			v := ofSpec(q, exchanges)
			if v.Outcome == verdict.Pass && len(rest) >= evidence {
				for _, x := range rest[:evidence] {
					v.Evidence = append(v.Evidence, x.ID)
				}
				rest = rest[evidence:]
			}
			verdicts = append(verdicts, v)
		case spec.ByHistory, spec.ByClient:
		}
	}
	head := report.Report{
		Tool: report.Tool{Version: "v0.0.0-sample", Commit: "0123456789abcdef"},
		Mode: report.Run,
		Run: report.RunInfo{
			ID: "sample", Started: started, Ended: started.Add(90 * time.Second), Seed: 7, Complete: true, Level: spec.Must,
		},
		Target: report.TargetInfo{
			Kind: "org", URL: "https://org.example", Identity: map[string]string{"login": "admin@org.example <b>"},
			Features: map[string]bool{"apps": true, "group-rules": false},
		},
		Leaks: []report.Leak{{Kind: "group", ID: "g1", Name: "rolecheck-sample-1", Reason: "answered 500"}},
	}
	known := &verdict.Baseline{Entries: []verdict.Entry{
		{Requirement: Known, Reason: "the proxy in front drops it", Issue: "NET-1", Owner: "network"},
		{Requirement: Stale, Reason: "it was so once"},
		{Requirement: "user-roles.no-such-requirement", Reason: "a slip of the pen"},
	}}
	return report.Build(head, s.Systems, verdicts, collector, known), exchanges
}

func ofSpec(q spec.Requirement, exchanges []*exchange.Exchange) verdict.Verdict {
	v := verdict.Verdict{
		Requirement: q, Outcome: verdict.Pass, Evidence: []string{"x0001", "x0002"},
		Location: "suites/sample.go:12", Spec: "suites/sample.go: A sample, does what it should",
	}
	switch {
	case q.Unobservable != "":
		return verdict.Verdict{Requirement: q, Outcome: verdict.Unobservable, Detail: q.Unobservable}
	case q.ID == Blocked:
		v.Outcome, v.Detail, v.Evidence = verdict.Blocked, "the org refuses to make a group: 403 "+Hostile+"\nGive a group that is there with ROLECHECK_GROUP.", nil
	case q.ID == FailedSpec:
		x := exchanges[3]
		v.Outcome, v.Evidence, v.Repro = verdict.Fail, []string{"x0001", x.ID}, x.Curl()
		v.Failures = []verdict.Failure{{
			Expected: "status 404 with an error envelope of code E0000007", Actual: "status 404 with errorCode E9999999",
			Exchange: x.ID, Line: x.Line(),
		}}
	}
	return v
}

func conversation(more int) []*exchange.Exchange {
	headers := func(n int) http.Header {
		return http.Header{
			"Content-Type": {"application/json"}, "X-Okta-Request-Id": {fmt.Sprintf("req%d", n)}, "X-Rate-Limit-Limit": {"600"},
			"X-Rate-Limit-Remaining": {"599"}, "X-Rate-Limit-Reset": {"1767323105"},
		}
	}
	var out []*exchange.Exchange
	add := func(phase exchange.Phase, method, path, body string, status int, answer string) *exchange.Exchange {
		x := &exchange.Exchange{
			ID: fmt.Sprintf("x%04d", len(out)+1), Phase: phase, Credential: "admin",
			Started: started.Add(time.Duration(len(out)) * time.Second), Duration: 12 * time.Millisecond,
			Request: exchange.Request{Method: method, URL: &url.URL{Scheme: "https", Host: "org.example", Path: path}, Header: http.Header{
				"Accept": {"application/json"}, "Authorization": {"SSWS " + exchange.Redacted}}, Body: exchange.Body{Bytes: []byte(body)}},
			Response: &exchange.Response{Status: status, Header: headers(len(out)), Body: exchange.Body{Bytes: []byte(answer)}},
		}
		if body != "" {
			x.Request.Header.Set("Content-Type", "application/json")
		}
		if answer == "" {
			x.Response.Header.Del("Content-Type")
		}
		out = append(out, x)
		return x
	}
	add(exchange.Arrange, "POST", "/api/v1/users/u1/roles", `{"type":"HELP_DESK_ADMIN"}`, 201, assignment)
	add(exchange.Act, "GET", "/api/v1/users/u1/roles", "", 200, "["+assignment+"]")
	add(exchange.Act, "GET", "/api/v1/users/u1/roles", "", 200,
		`[{"id":"ra1","label":"`+jsonText(Hostile)+`","type":17,"status":"ACTIVE","big":12345678901234567890,"created":"2026-01-02T03:04:05.000Z"}]`)
	add(exchange.Act, "GET", "/api/v1/users/u1/roles/none", "", 404,
		`{"errorCode":"E9999999","errorSummary":"`+jsonText(Hostile)+`","errorLink":"E9999999","errorId":"e1","errorCauses":[]}`)
	add(exchange.Act, "GET", "/api/v1/groups/g1/roles", "", 200, "[]").Response.Header.Del("X-Okta-Request-Id")
	add(exchange.Cleanup, "DELETE", "/api/v1/users/u1/roles/ra1", "", 204, "")
	add(exchange.Arrange, "GET", "/api/v1/users/me", "", 200, `{"id":"u1"}`)
	x := add(exchange.Act, "GET", "/oauth2/v1/clients/c1/roles", "", 200, "")
	x.Response, x.Error = nil, "reading the answer: unexpected EOF"
	for i := range more {
		add(exchange.Act, "GET", fmt.Sprintf("/api/v1/users/u%d/roles", i), "", 200, "["+assignment+"]")
	}
	return out
}

// jsonText is s inside of a JSON string.
func jsonText(s string) string {
	out := ""
	for _, c := range s {
		if c == '"' || c == '\\' {
			out += `\`
		}
		out += string(c)
	}
	return out
}

// Written is the folder of the report, in a directory of the test's.
func Written(t testing.TB) string {
	t.Helper()
	r, exchanges := Report(t, 0)
	dir := t.TempDir()
	if err := folder.Write(dir, r, exchanges); err != nil {
		t.Fatal(err)
	}
	return dir
}
