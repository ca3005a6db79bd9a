package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// judges are made once for all tests.
var judges = map[bool]func() (*Judge, error){
	false: sync.OnceValues(func() (*Judge, error) { return load(Options{}) }),
	true:  sync.OnceValues(func() (*Judge, error) { return load(Options{DocumentsOnly: true}) }),
}

func load(o Options) (*Judge, error) {
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	return New(s, o)
}

func newJudge(t testing.TB, o Options) *Judge {
	t.Helper()
	j, err := judges[o.DocumentsOnly]()
	if err != nil {
		t.Fatal(err)
	}
	return j
}

const (
	userRoles   = "GET /api/v1/users/u1/roles"
	userRole    = "GET /api/v1/users/u1/roles/r1"
	assignUser  = "POST /api/v1/users/u1/roles"
	unassign    = "DELETE /api/v1/users/u1/roles/r1"
	assignGroup = "POST /api/v1/groups/g1/roles"
	assignApps  = "PUT /api/v1/users/u1/roles/r1/targets/catalog/apps"
	groups      = "GET /api/v1/users/u1/roles/r1/targets/groups"
	permissions = "GET /api/v1/iam/roles/c1/permissions"
	permit      = "POST /api/v1/iam/roles/c1/permissions/okta.users.read"
	assignees   = "GET /api/v1/iam/assignees/users"

	standard = `{"id":"r1","type":"USER_ADMIN","label":"Group Administrator","status":"ACTIVE",` +
		`"created":"2026-03-01T10:00:00.000Z","lastUpdated":"2026-03-01T10:00:00.000Z","assignmentType":"USER",` +
		`"_links":{"assignee":{"href":"https://org.example/api/v1/users/u1"}}}`
	custom = `{"id":"irb1","type":"CUSTOM","label":"Helper","role":"cr1","resource-set":"iam1","status":"ACTIVE",` +
		`"created":"2026-03-01T10:00:00.000Z","lastUpdated":"2026-03-01T10:00:00.000Z","assignmentType":"USER"}`
	notFound = `{"errorCode":"E0000007","errorSummary":"Not found: u1 (User)","errorLink":"E0000007","errorId":"oae1","errorCauses":[]}`
	throttle = `{"errorCode":"E0000047","errorSummary":"Too many requests.","errorLink":"E0000047","errorId":"oae1","errorCauses":[]}`
)

// came is when the answers of these tests were given.
var came = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// answered is an exchange whose answer is right in all that does not depend on the operation.
func answered(t testing.TB, request string, status int, body string, headers ...string) *exchange.Exchange {
	t.Helper()
	x := requested(t, request, "")
	x.Phase = exchange.Act
	x.Started = came
	x.Response = &exchange.Response{Status: status, Header: http.Header{
		"X-Okta-Request-Id":      {"req1"},
		"X-Rate-Limit-Limit":     {"600"},
		"X-Rate-Limit-Remaining": {"599"},
		"X-Rate-Limit-Reset":     {fmt.Sprint(came.Add(time.Minute).Unix())},
		"Date":                   {came.Format(http.TimeFormat)},
	}}
	if body != "" {
		x.Response.Header.Set("Content-Type", "application/json")
		x.Response.Body.Bytes = []byte(body)
	}
	set(x.Response.Header, headers)
	return x
}

// requested is an observed exchange without an answer.
func requested(t testing.TB, request, body string, headers ...string) *exchange.Exchange {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	u, err := url.Parse("https://org.example" + path)
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange.Exchange{ID: "x1", Phase: exchange.Observed, Request: exchange.Request{Method: method, URL: u,
		Header: http.Header{"Authorization": {"SSWS REDACTED"}}}}
	if body != "" {
		x.Request.Header.Set("Content-Type", "application/json")
		x.Request.Body.Bytes = []byte(body)
	}
	set(x.Request.Header, headers)
	return x
}

// set takes headers as "Name: value"; without a value, the header is removed.
func set(h http.Header, headers []string) {
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if value == "" {
			h.Del(name)
			continue
		}
		h.Set(name, value)
	}
}

// brief lists findings as "rule pointer".
func brief(findings []Finding) []string {
	out := make([]string, len(findings))
	for i, f := range findings {
		out[i] = strings.TrimSpace(f.Rule + " " + f.Pointer)
	}
	return out
}

func wantFindings(t *testing.T, got Judgement, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, brief(got.Findings), cmp.Comparer(slices.Equal[[]string])); diff != "" {
		t.Errorf("findings (-want +got):\n%s%+v", diff, got.Findings)
	}
}

func wantChecked(t *testing.T, got Judgement, rule string, want bool) {
	t.Helper()
	if slices.Contains(got.Rules, rule) != want {
		t.Errorf("rule %s checked = %v, want %v (checked: %v)", rule, !want, want, got.Rules)
	}
}
