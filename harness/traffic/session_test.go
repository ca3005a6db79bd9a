package traffic

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
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
	judge, err := contract.New(s, contract.Options{Quick: true})
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

// TestNothingVerified has traffic that shows nothing, and says why, and beside it traffic that shows just enough.
func TestNothingVerified(t *testing.T) {
	answer := func(statuses ...int) func(*Session) {
		return func(s *Session) {
			for i, status := range statuses {
				body := `{"errorCode":"E0000011","errorSummary":"no","errorLink":"E0000011","errorId":"oae1","errorCauses":[]}`
				switch status {
				case 200:
					body = "[]"
				case 429:
					body = strings.ReplaceAll(body, "E0000011", "E0000047")
				}
				x := said(t, "GET "+user+"/roles", status, body)
				x.Response.Header.Set("X-Okta-Request-Id", fmt.Sprint("r", i))
				if status == 429 {
					x.Response.Header.Set("X-Rate-Limit-Remaining", "0")
				}
				if status == 0 {
					x.Response, x.Error = nil, "EOF"
				}
				s.Observe(x)
			}
		}
	}
	brokeOff := func(s *Session) {
		x := said(t, "GET "+user+"/roles", 200, "[")
		x.Error, x.Response.Body.Truncated = "unexpected EOF", true
		s.Observe(x)
	}
	both := func(a, b func(*Session)) func(*Session) { return func(s *Session) { a(s); b(s) } }
	for name, c := range map[string]struct {
		feed func(*Session)
		exit int
		says string
	}{
		"nothing at all":          {func(*Session) {}, verdict.ExitUnverified, "there was no exchange"},
		"nothing of the API":      {func(s *Session) { s.Observe(said(t, "GET /api/v1/logs", 200, "[]")) }, verdict.ExitUnverified, "none of the 1 exchanges is of"},
		"a 401 beside the API":    {both(answer(401), func(s *Session) { s.Observe(said(t, "GET /api/v1/logs", 200, "[]")) }), verdict.ExitUnverified, "the only answer was 401"},
		"nothing was answered":    {answer(0, 0), verdict.ExitUnverified, "every one of the 2 answers broke off or never came"},
		"an answer broke off":     {both(brokeOff, brokeOff), verdict.ExitUnverified, "every one of the 2 answers broke off or never came"},
		"no credential":           {answer(401, 401, 401), verdict.ExitUnverified, "every one of the 3 answers was 401: the credential was not taken"},
		"no room in the limit":    {answer(429), verdict.ExitUnverified, "the only answer was 429: the rate limit was used up"},
		"a broken gateway":        {answer(503, 502), verdict.ExitUnverified, "every one of the 2 answers was a 5xx"},
		"nothing of any use":      {both(answer(401, 401, 429, 500), brokeOff), verdict.ExitUnverified, "none of the 5 answers tells how the org keeps the contract: 1 broke off or never came, 2 were 401, 1 was 429, 1 was a 5xx"},
		"a few were 401":          {answer(401, 200, 401, 429, 500), verdict.ExitPassed, ""},
		"one broke off":           {both(brokeOff, answer(200)), verdict.ExitPassed, ""},
		"something was forbidden": {answer(403), verdict.ExitPassed, ""},
		"something unreadable":    {both(answer(200), func(s *Session) { s.Unreadable(3, "f: entry 1") }), verdict.ExitUnverified, "unreadable: f: entry 1"},
		"an incomplete run":       {both(answer(200), func(s *Session) { s.Incomplete("why") }), verdict.ExitUnverified, "why"},
		"an interrupted run":      {both(answer(200), (*Session).Interrupted), verdict.ExitInterrupted, ""},
		"a whole run":             {answer(200), verdict.ExitPassed, ""},
		"a failure among 401s": {both(answer(401), func(s *Session) { s.Observe(said(t, "POST "+user+`/roles {"type":7}`, 401, "")) }),
			verdict.ExitFailed, "every one of the 2 answers was 401"},
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(t, func(*Options) {})
			c.feed(s)
			r := end(t, s)
			if r.Run.Exit != c.exit || !strings.Contains(r.Run.Problem, c.says) || r.Run.Complete != (c.exit == verdict.ExitPassed) || c.says == "" && r.Run.Problem != "" {
				t.Errorf("got %+v, %+v", r.Run, r.Findings)
			}
			if name == "something unreadable" && r.Exchanges.Unreadable != 3 {
				t.Errorf("got %+v", r.Exchanges)
			}
		})
	}
}

// A read that contradicts a write is found, but not among exchanges that are a part of what there was.
func TestPartShowsNoHistory(t *testing.T) {
	for _, part := range []bool{false, true} {
		s := begin(t, func(*Options) {})
		for _, x := range []*exchange.Exchange{
			said(t, "POST "+user+`/roles {"type":"SUPER_ADMIN"}`, 201, admin),
			said(t, "GET "+user+"/roles", 200, "[]"),
			said(t, "GET "+user+"/roles", 200, `[{"id":"ra11"}]`),
		} {
			x.Part = part
			s.Observe(x)
		}
		r := end(t, s)
		want := map[string]verdict.Outcome{"user-roles.history-assigned-listed": verdict.Fail, "user-roles.response-schema": verdict.Fail}
		if part {
			want["user-roles.history-assigned-listed"] = verdict.Unobservable
		}
		for id, want := range want {
			if got := outcome(t, r, id); got != want {
				t.Errorf("a part (%t): %s is %s", part, id, got)
			}
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
		if err := report.Text(&text, r, nil, report.TextOptions{}); err != nil || !strings.Contains(text.String(), "7 answers held back") {
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

// TestNoCredentialIsWritten has credentials in all places, in exchanges that the report names for all reasons.
func TestNoCredentialIsWritten(t *testing.T) {
	const credential = "00a-credential"
	secrets := []string{credential, "header-secret", "query-secret", "body-secret", "cookie-secret"}
	dress := func(x *exchange.Exchange) *exchange.Exchange {
		x.Request.Header.Set("Cookie", "sid=cookie-secret")
		x.Request.Header.Set("X-Api-Key", "header-secret")
		x.Request.URL.RawQuery = "access_token=query-secret"
		if x.Response != nil {
			x.Response.Header.Add("Set-Cookie", "sid=cookie-secret; Path=/")
			x.Response.Header.Set("X-Echo", "SSWS "+credential)
		}
		return x
	}
	dir := t.TempDir()
	var told strings.Builder
	s := begin(t, func(o *Options) {
		o.Out = dir
		o.Found = func(x *exchange.Exchange, requirement string, f contract.Finding) {
			fmt.Fprintln(&told, x.ID, requirement, f.Pointer, f.Detail)
		}
		o.Unanswered = func(x *exchange.Exchange) { fmt.Fprintln(&told, x.Line()) }
	})
	unanswered := dress(said(t, "GET "+user+"/roles", 0, ""))
	unanswered.Response, unanswered.Error = nil, "the org gave no answer: SSWS "+credential
	twin := dress(said(t, "GET "+user+"/roles", 200, "[]"))
	again := dress(said(t, "GET "+user+"/roles", 200, "[]"))
	again.Response.Header["X-Okta-Request-Id"] = twin.Response.Header["X-Okta-Request-Id"]
	for _, x := range []*exchange.Exchange{
		dress(said(t, "GET "+user+"/roles", 200, `[{"id":"x","password":"body-secret","note":"`+credential+`"}]`)),
		dress(said(t, "POST "+user+`/roles {"type":7,"apiToken":"body-secret","note":"`+credential+`"}`, 201, admin)),
		unanswered, twin, again,
	} {
		s.Observe(x)
	}
	r := end(t, s)
	if len(r.Findings) < 3 {
		t.Fatalf("too few findings: %+v", r.Findings)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 4 {
		t.Fatal(err, files)
	}
	texts := map[string]string{"what was told": told.String()}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(f)] = string(b)
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
	for name, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %s", name, secret)
			}
		}
	}
	if !strings.Contains(texts[report.FileExchanges], exchange.Redacted) {
		t.Error("no exchange was kept")
	}
}

// TestOnlyNamedExchangesAreKept shows that the file does not grow with the traffic.
func TestOnlyNamedExchangesAreKept(t *testing.T) {
	dir := t.TempDir()
	s := begin(t, func(o *Options) { o.Out = dir })
	for i := range 3000 {
		s.Observe(said(t, fmt.Sprintf("GET /api/v1/users/00u%d/roles", i), 200, `[{"id":"x"}]`))
	}
	r, kept, err := s.Close()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(kept); n < 25 || n > 300 || r.Exchanges.Judged != 3000 {
		t.Errorf("%d exchanges were kept of %+v", n, r.Exchanges)
	}
	ids := map[string]bool{}
	for _, x := range kept {
		ids[x.ID] = true
	}
	for _, f := range r.Findings {
		if !ids[f.Exchange] {
			t.Errorf("%s is named and not there", f.Exchange)
		}
	}
	for _, q := range r.Requirements {
		for _, id := range q.Evidence {
			if !ids[id] {
				t.Errorf("%s is evidence and not there", id)
			}
		}
	}
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Out: taken}); err == nil {
		t.Error("a report was begun in a file")
	}
}

// Sessions that end at once in one folder each leave their report, with the exchanges that it names.
func TestSessionsAtOnce(t *testing.T) {
	switch runtime.GOOS {
	case "darwin", "dragonfly", "freebsd", "illumos", "linux", "netbsd", "openbsd":
	default:
		t.Skip("folders cannot be locked here")
	}
	const sessions = 8
	out := t.TempDir()
	var all sync.WaitGroup
	for i := range sessions {
		s := begin(t, func(o *Options) { o.Out, o.Head.Run.ID = out, fmt.Sprintf("r%d", i) })
		for range i + 1 {
			s.Observe(said(t, "GET "+user+"/roles", 200, `[{"id":"ra11"}]`))
		}
		all.Go(func() {
			if _, kept, err := s.Close(); err != nil || len(kept) != i+1 {
				t.Errorf("session %d kept %d exchanges: %v", i, len(kept), err)
			}
		})
	}
	all.Wait()
	aside, err := filepath.Glob(filepath.Join(out, report.FolderEarlier, "*"))
	if err != nil || len(aside) != sessions-1 {
		t.Errorf("moved to %q, %v", aside, err)
	}
	runs := map[string]bool{}
	for _, dir := range append(aside, out) {
		r, err := report.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		runs[r.Run.ID] = true
		if problems, err := report.Verify(dir, r.Tool); err != nil || len(problems) > 0 {
			t.Errorf("%s: %q, %v", dir, problems, err)
		}
		for _, name := range []string{report.FileHTML, report.FileMarkdown, report.FileJUnit} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
	if len(runs) != sessions {
		t.Errorf("there are the reports of %v", runs)
	}
	if entries, err := filepath.Glob(filepath.Join(out, ".*")); err != nil || len(entries) > 0 {
		t.Errorf("left behind are %q, %v", entries, err)
	}
}
