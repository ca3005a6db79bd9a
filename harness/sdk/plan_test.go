package sdk

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// asked is the request that a step asks for.
func asked(t *testing.T, s *step) *http.Request {
	t.Helper()
	path := s.op.Path
	for name, value := range s.Path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	f := &fake{}
	target := f.target(path, Step{Query: s.Query})
	var body []byte
	if s.Body != nil {
		body = encoded(s.Body)
	}
	r := httptest.NewRequest(s.op.Method, target, strings.NewReader(string(body)))
	r.Header.Set("Authorization", "SSWS x")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// What the client is asked for is right, and so is what the stage answers, but for what is wrong on purpose.
func TestPlanFollowsTheContract(t *testing.T) {
	j := judge(t)
	// What a step leaves out of an answer, or has in it, on purpose.
	onPurpose := func(s *step, f contract.Finding) bool {
		switch {
		case f.Rule == "undeclared-members" || f.Rule == "known-values":
			return slices.Contains([]string{rowUnknownMembers, rowUnknownValues}, s.rows[0])
		case strings.Contains(s.title, "throttled without a reset"):
			return f.Rule == "throttled-answer" || f.Rule == "rate-limit-headers"
		case strings.HasPrefix(s.title, "sent to another host"):
			return f.Rule == "success-status" || f.Rule == "error-status" || f.Rule == "json-well-formed" || f.Rule == "media-type"
		case strings.HasPrefix(s.title, "dates like"):
			return f.Rule == "timestamps-utc"
		}
		return false
	}
	operations := map[string]bool{}
	for _, s := range plan(loaded(t), testFixtures(), "http://localhost:1") {
		operations[s.Operation] = true
		if s.arrange != nil && s.op.Action.Of != spec.CustomRole {
			s.setAssignment("ra11")
		}
		r := asked(t, s)
		u := *r.URL
		u.Scheme, u.Host = "https", "org.example.com"
		x := &exchange.Exchange{ID: "x1", Phase: exchange.Observed, Request: exchange.Request{Method: r.Method, URL: &u, Header: r.Header}}
		if s.Body != nil {
			x.Request.Body.Bytes = encoded(s.Body)
		}
		if s.reply != nil {
			c := s.reply(1, r).completed(1)
			x.Response = &exchange.Response{Status: c.status, Header: c.header, Body: exchange.Body{Bytes: c.body}}
		}
		judged := j.Judge(x)
		if judged.Operation == nil || judged.Operation.ID != s.Operation {
			t.Errorf("%s: the request %s %s is for another operation", s.name(), r.Method, u.EscapedPath())
			continue
		}
		for _, f := range judged.Findings {
			if len(s.rows) == 0 || !onPurpose(s, f) {
				t.Errorf("%s: %s %s: %s", s.name(), f.Rule, f.Pointer, f.Detail)
			}
		}
	}
	if len(operations) != len(loaded(t).Operations) {
		t.Errorf("the plan has %d operations", len(operations))
	}
}

// Every row that a step can mark is in the catalogue.
func TestRowsAreInTheCatalogue(t *testing.T) {
	for _, s := range plan(loaded(t), testFixtures(), "http://localhost:1") {
		for _, row := range append(s.rows, s.twins...) {
			if _, ok := loaded(t).Requirement(system + "." + row); !ok {
				t.Errorf("%s: %s is not in the catalogue", s.name(), row)
			}
		}
	}
}

func TestBaselinesOfTheClients(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(clientsDir, "*", "baseline.yaml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("found %q, %v", files, err)
	}
	for _, name := range files {
		b, err := verdict.ReadBaseline(name)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, e := range b.Entries {
			if r, ok := loaded(t).Requirement(e.Requirement); !ok || r.System != system {
				t.Errorf("%s: %s is no requirement on clients", name, e.Requirement)
			}
			if e.Failure == "" {
				t.Errorf("%s: %s would excuse any failure", name, e.Requirement)
			}
		}
	}
}
