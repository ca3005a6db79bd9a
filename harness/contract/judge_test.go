package contract

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

func TestDocumentsOnly(t *testing.T) {
	j := newJudge(t, Options{DocumentsOnly: true})
	tests := []struct {
		name, request string
		status        int
		body          string
		want          []string
	}{
		{"documented status", assignUser, 201, `{"id":"r1","type":"USER_ADMIN"}`, nil},
		{"observed success", "POST /oauth2/v1/clients/c1/roles", 201, `{"id":"r1","type":"USER_ADMIN"}`, []string{"success-status"}},
		{"observed success, wrong body", "POST /oauth2/v1/clients/c1/roles", 201, `{"id":7,"type":"USER_ADMIN"}`,
			[]string{"success-status", "response-schema /id"}},
		{"observed refusal", userRoles, 401, notFound, []string{"error-status"}},
		{"refusal that the legacy page states", assignUser, 409, notFound, nil},
		{"content that was only observed", assignGroup, 201, `{"id":"r1","type":"USER_ADMIN"}`, []string{"no-content-empty"}},
		{"no content", assignGroup, 201, "", nil},
		{"observed member", userRole, 200, `{"id":"r1","type":"USER_ADMIN","_links":{"assignee":{"href":"https://org.example/u1"}}}`,
			[]string{"undeclared-members /_links/assignee"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := answered(t, tt.request, tt.status, tt.body)
			wantFindings(t, j.Judge(x), tt.want...)
			for _, f := range newJudge(t, Options{}).Judge(x).Findings {
				if f.Rule != "response-schema" {
					t.Errorf("unexpected without the option: %+v", f)
				}
			}
		})
	}
}

func TestJudgementTellsTheOperation(t *testing.T) {
	j := newJudge(t, Options{})
	got := j.Judge(answered(t, "GET /api/v1/users/u%2F1/roles/r1", 404, notFound))
	if got.Operation == nil || got.Operation.ID != "getUserAssignedRole" || got.Parameters["userId"] != "u/1" {
		t.Errorf("got %+v", got)
	}
	if got.Status == nil || got.Status.Code != 404 {
		t.Errorf("status = %+v", got.Status)
	}
	if got := j.Judge(answered(t, userRoles, 418, notFound)); got.Status != nil {
		t.Errorf("status = %+v", got.Status)
	}
	for _, outside := range []string{"GET /api/v1/users/u1", "PATCH /api/v1/users/u1/roles", "GET /api/v1/users/u1/roles/"} {
		got := j.Judge(answered(t, outside, 500, "<p>"))
		if got.Operation != nil || len(got.Findings) > 0 || len(got.Rules) > 0 {
			t.Errorf("%s: got %+v", outside, got)
		}
	}
}

func TestExchangesWithoutAnAnswer(t *testing.T) {
	j := newJudge(t, Options{})
	for _, r := range []*exchange.Response{nil, {}} {
		x := requested(t, userRoles, "")
		x.Phase, x.Response, x.Error = exchange.Act, r, "connection refused"
		if got := j.Judge(x); got.Operation == nil || len(got.Rules) > 0 || len(got.Findings) > 0 {
			t.Errorf("got %+v", got)
		}
	}
	if got := j.Judge(&exchange.Exchange{}); got.Operation != nil {
		t.Errorf("got %+v", got)
	}
}

// TestRulesAndCatalogueAgree holds the table of rules to the catalogue: each knows what the other has, at one level.
func TestRulesAndCatalogueAgree(t *testing.T) {
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]ruleEntry{}
	for _, r := range rules[1:] {
		known[r.Name] = r
	}
	seen := map[string]bool{}
	for _, r := range s.Requirements {
		if r.By != spec.ByExchange {
			continue
		}
		seen[r.Rule()] = true
		switch rule, ok := known[r.Rule()]; {
		case !ok:
			t.Errorf("%s:%d: nothing judges %s", r.File, r.Line, r.ID)
		case rule.Level != r.Level:
			t.Errorf("%s:%d: %s is %s there and %s here", r.File, r.Line, r.ID, r.Level, rule.Level)
		}
	}
	for _, r := range rules[1:] {
		if r.Side == Org && !seen[r.Name] {
			t.Errorf("the catalogue has no %s", r.Name)
		}
	}
}

func TestLevelsComeFromTheCatalogue(t *testing.T) {
	j := *newJudge(t, Options{})
	j.level = func(system string, r rule) spec.Level {
		if system != "user-roles" {
			t.Errorf("asked for the level of %s", system)
		}
		return "other"
	}
	got := j.Judge(answered(t, userRoles, 418, notFound))
	if len(got.Findings) != 1 || got.Findings[0].Level != "other" {
		t.Errorf("got %+v", got.Findings)
	}
	if level := newJudge(t, Options{}).level("no-such-system", errorCauses); level != rules[errorCauses].Level {
		t.Errorf("level without a catalogue = %s", level)
	}
}

// TestNothingIsChanged has bodies that kin-openapi would fill with defaults, and the description itself.
func TestNothingIsChanged(t *testing.T) {
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	before, err := s.Doc.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	j, err := New(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := answered(t, assignUser+"?disableNotifications=maybe&zzz=1", 201, standard)
	x.Phase = exchange.Observed
	x.Request.Body.Bytes = []byte(`{"type":"USER_ADMIN","id":"r9"}`)
	wire, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	j.Judge(x)
	j.JudgeRequest(x.Request)
	if after, _ := json.Marshal(x); !bytes.Equal(wire, after) {
		t.Errorf("the exchange became %s", after)
	}
	if after, _ := s.Doc.MarshalJSON(); !bytes.Equal(before, after) {
		t.Error("the description was changed")
	}

	n := compile(t, `S: {type: object, properties: {a: {type: string, default: x}, b: {type: object, properties: {c: {type: integer, default: 1}}}}}`)
	v := decode([]byte(`{"b":{}}`)).value
	for _, rules := range []*bodyRules{answerRules, requestRules} {
		c := &collector{judge: &Judge{}, op: &operation{}}
		c.walk(n, v, rules)
	}
	if want := decode([]byte(`{"b":{}}`)).value; !reflect.DeepEqual(v, want) {
		t.Errorf("the body became %v", v)
	}
}

func TestPanicsBecomeFindings(t *testing.T) {
	j := *newJudge(t, Options{})
	broken := *j.operations["listAssignedRolesForUser"]
	// The library gives an error of another kind for a member without a schema, and panics where it is required.
	schema := openapi3.NewObjectSchema().WithPropertyRef("a", &openapi3.SchemaRef{}).WithRequired([]string{"a"})
	ok := *broken.statuses[200]
	ok.body = &node{schema: schema, open: true}
	broken.statuses = map[int]*status{200: &ok}
	j.operations = map[string]*operation{broken.ID: &broken}
	for _, body := range []string{`{"a":1}`, `{}`} {
		got := j.Judge(answered(t, userRoles, 200, body))
		wantFindings(t, got, JudgeError)
		if len(got.Rules) > 0 {
			t.Errorf("rules = %v, want none", got.Rules)
		}
	}
	j.level = nil
	x := answered(t, userRoles, 418, "")
	x.Phase = exchange.Observed
	got := j.Judge(x)
	wantFindings(t, got, JudgeError)
	if !slices.Contains(got.Rules, "request-schema") || slices.Contains(got.Rules, "error-status") {
		t.Errorf("rules = %v, want those of the request alone", got.Rules)
	}
}

func TestFindingsOfAnExchangeAreBounded(t *testing.T) {
	got := newJudge(t, Options{}).Judge(answered(t, userRoles, 200, "["+strings.Repeat("1,", 50_000)+"1]"))
	if len(got.Findings) != maxFindings || !got.More {
		t.Errorf("%d findings, more = %v", len(got.Findings), got.More)
	}
	if got := newJudge(t, Options{}).Judge(answered(t, userRoles, 200, "[1]")); got.More {
		t.Error("more than one finding is said to be more than are kept")
	}
}

func TestJudgeIsSafeForConcurrentUse(t *testing.T) {
	j := newJudge(t, Options{})
	x := answered(t, userRoles, 200, "["+standard+`,{"id":1,"type":"CUSTOM","zzz":1}]`)
	x.Phase = exchange.Observed
	want := j.Judge(x)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if got := j.Judge(x); !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, want %+v", got, want)
				}
			}
		})
	}
	group.Wait()
}

func TestNewRefusesOtherVersionsOfOpenAPI(t *testing.T) {
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	doc := *s.Doc
	doc.OpenAPI = "3.1.0"
	other := *s
	other.Doc = &doc
	if _, err := New(&other, Options{}); err == nil {
		t.Error("a description of OpenAPI 3.1 was taken")
	}
}

func FuzzJudge(f *testing.F) {
	f.Add(userRoles, 200, "application/json", "X-Rate-Limit-Reset", "60", []byte("["+standard+"]"), []byte{})
	f.Add(assignUser+"?disableNotifications=1", 429, "text/html", "Www-Authenticate", `error="insufficient_scope"`, []byte(throttle), []byte(`{"type":"CUSTOM"}`))
	f.Add(permit, 204, "application/json; charset=x", "Date", "x", []byte("{}"), []byte(`{"conditions":{"include":{"a":[1e999]}}}`))
	f.Add(assignGroup, 403, "", "", "", []byte(`{"errorCauses":[null,[],{"errorSummary":1}]}`), []byte("\xff"))
	f.Fuzz(func(t *testing.T, request string, code int, media, name, value string, answer, body []byte) {
		j := newJudge(t, Options{})
		method, target, _ := strings.Cut(request, " ")
		u, err := url.Parse(target)
		if err != nil {
			return
		}
		x := &exchange.Exchange{Phase: exchange.Observed,
			Request: exchange.Request{Method: method, URL: u, Header: http.Header{"Content-Type": {media}}, Body: exchange.Body{Bytes: body}},
			Response: &exchange.Response{Status: code, Header: http.Header{"Content-Type": {media}, name: {value}},
				Body: exchange.Body{Bytes: answer}},
		}
		got := j.Judge(x)
		for _, f := range got.Findings {
			if f.Rule == JudgeError {
				t.Fatalf("%+v", f)
			}
		}
		if len(got.Findings) > 2*maxFindings {
			t.Fatalf("%d findings", len(got.Findings))
		}
	})
}
