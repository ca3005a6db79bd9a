package traffic

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

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
	aside, err := filepath.Glob(filepath.Join(out, "earlier", "*"))
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
		for _, name := range []string{"report.html", "report.md", "junit.xml"} {
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
