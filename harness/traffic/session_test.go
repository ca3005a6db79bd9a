package traffic

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

var contents = sync.OnceValues(spec.Load)

// begin begins a session of a kind that the edit may change.
func begin(t testing.TB, edit func(*Options)) *Session {
	t.Helper()
	s, err := contents()
	if err != nil {
		t.Fatal(err)
	}
	judge, err := contract.New(s, contract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Spec: s, Judge: judge, Live: true, Head: report.Report{Mode: report.Proxy, Run: report.RunInfo{ID: "r1", Level: spec.Must}}}
	edit(&o)
	session, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func end(t testing.TB, s *Session) *report.Report {
	t.Helper()
	r, _, err := s.Close()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const (
	user  = "/api/v1/users/00u1"
	admin = `{"id":"ra11","type":"SUPER_ADMIN","label":"Super Administrator","status":"ACTIVE","created":"2026-03-01T10:00:00.000Z",` +
		`"lastUpdated":"2026-03-01T10:00:00.000Z","assignmentType":"USER","_links":{"assignee":{"href":"https://org.example/api/v1/users/00u1"}}}`
)

// said is an exchange as the proxy hands it on. Request is a method, a target and perhaps a body.
func said(t testing.TB, request string, status int, answer string) *exchange.Exchange {
	t.Helper()
	method, rest, _ := strings.Cut(request, " ")
	target, body, _ := strings.Cut(rest, " ")
	u, err := url.Parse("https://org.example" + target)
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange.Exchange{
		Phase: exchange.Observed, Started: time.Now(),
		Request: exchange.Request{Method: method, URL: u, Header: http.Header{"Authorization": {"SSWS 00a-credential"}}, Body: exchange.Body{Bytes: []byte(body)}},
		Response: &exchange.Response{Status: status, Header: http.Header{
			"X-Okta-Request-Id": {fmt.Sprint(time.Now().UnixNano())}, "X-Rate-Limit-Limit": {"600"}, "X-Rate-Limit-Remaining": {"599"},
			"X-Rate-Limit-Reset": {fmt.Sprint(time.Now().Unix() + 30)},
		}, Body: exchange.Body{Bytes: []byte(answer)}},
	}
	if body != "" {
		x.Request.Header.Set("Content-Type", "application/json")
	}
	if answer != "" {
		x.Response.Header.Set("Content-Type", "application/json")
	}
	return x
}

func outcome(t *testing.T, r *report.Report, id string) verdict.Outcome {
	t.Helper()
	i := slices.IndexFunc(r.Requirements, func(q report.Requirement) bool { return q.ID == id })
	if i < 0 {
		t.Fatalf("there is no row for %s", id)
	}
	return r.Requirements[i].Outcome
}

func TestSession(t *testing.T) {
	var found []string
	s := begin(t, func(o *Options) {
		o.Found = func(x *exchange.Exchange, requirement string, f contract.Finding) {
			if f.Level != spec.May {
				found = append(found, fmt.Sprintf("%s %s %s", x.ID, requirement, f.Side))
			}
		}
	})
	for _, x := range []*exchange.Exchange{
		said(t, "POST "+user+`/roles {"type":"SUPER_ADMIN"}`, 201, admin),
		said(t, "GET "+user+"/roles", 200, "["+admin+"]"),
		said(t, "GET /api/v1/logs", 200, "[]"),
		said(t, "POST "+user+`/roles {"type":7}`, 400, `{"errorCode":"E0000001","errorSummary":"no","errorLink":"E0000001","errorId":"oae1","errorCauses":[]}`),
		said(t, "GET "+user+"/roles", 200, `[{"id":"ra11"}]`),
		said(t, "GET "+user+"/roles", 200, "[]"),
	} {
		if within := s.Within(x); within == strings.Contains(x.Request.URL.Path, "logs") {
			t.Errorf("%s: within the contract: %t", x.Request.URL, within)
		}
		s.Observe(x)
	}
	r := end(t, s)
	want := []string{
		"x4 user-roles.request-schema client", "x5 user-roles.response-schema org", "x6 user-roles.history-assigned-listed org",
	}
	if found = slices.Compact(found); !slices.Equal(found, want) {
		t.Errorf("found %q", found)
	}
	if r.Exchanges != (report.ExchangeCounts{Total: 6, Judged: 5, Outside: 1}) || r.Run.Exit != verdict.ExitFailed || !r.Run.Complete || r.Requests.Slowed != 0 {
		t.Errorf("got %+v, %+v, %+v", r.Exchanges, r.Run, r.Requests)
	}
	for id, want := range map[string]verdict.Outcome{
		"user-roles.request-schema": verdict.Fail, "user-roles.response-schema": verdict.Fail, "user-roles.history-assigned-listed": verdict.Fail,
		"user-roles.success-status": verdict.Pass, "group-roles.success-status": verdict.Unobservable,
	} {
		if got := outcome(t, r, id); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
}

func TestManyProblems(t *testing.T) {
	s := begin(t, func(*Options) {})
	for i := range 100 {
		s.Incomplete(fmt.Sprint("problem ", i))
	}
	if r := end(t, s); !strings.HasSuffix(r.Run.Problem, "problem 19; and 80 more") {
		t.Errorf("got %s", r.Run.Problem)
	}
}

// TestSlowJudge holds up what follows the judging. Traffic then waits, and all of it is judged.
func TestSlowJudge(t *testing.T) {
	if _, err := contents(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		s := begin(t, func(o *Options) { o.Unanswered = func(*exchange.Exchange) { <-hold } })
		const n = maxWaiting + 7
		observed := make(chan struct{}, n)
		for range n {
			x := said(t, "GET "+user+"/roles", 200, "[]")
			x.Error = "it broke off"
			go func() {
				s.Observe(x)
				observed <- struct{}{}
			}()
		}
		synctest.Wait()
		if len(observed) != maxWaiting {
			t.Errorf("%d exchanges were taken in", len(observed))
		}
		close(hold)
		synctest.Wait()
		r := end(t, s)
		if r.Exchanges.Judged != n || r.Requests.Slowed != n-maxWaiting {
			t.Errorf("got %+v, %+v", r.Exchanges, r.Requests)
		}
		var text bytes.Buffer
		if err := view.Text(&text, r, nil, view.TextOptions{}); err != nil || !strings.Contains(text.String(), "7 answers held back") {
			t.Errorf("the summary does not say that traffic was slowed: %v\n%s", err, &text)
		}
	})
}

// TestCodedBodies judges what is inside of a coding.
func TestCodedBodies(t *testing.T) {
	zipped := func(text string) exchange.Body {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
		return exchange.Body{Bytes: b.Bytes()}
	}
	s := begin(t, func(*Options) {})
	x := said(t, "POST "+user+`/roles {}`, 201, admin)
	x.Request.Header.Set("Content-Encoding", "gzip")
	x.Response.Header.Set("Content-Encoding", "gzip")
	x.Request.Body, x.Response.Body = zipped(`{"type":"SUPER_ADMIN"}`), zipped(admin)
	header := x.Request.Header
	s.Observe(x)
	if r := end(t, s); r.Run.Exit != verdict.ExitPassed || outcome(t, r, "user-roles.request-schema") != verdict.Pass {
		t.Errorf("got %+v, %+v", r.Run, r.Findings)
	}
	if header.Get("Content-Encoding") == "" {
		t.Error("the headers were changed, which a server may still be looking at")
	}
}
