package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites"
)

var (
	update = flag.Bool("update", false, "write suites/trace.json anew")
	every  = flag.Int("every", 60, "look at one of so many faults in several orders")
	seeds  = flag.Int("seeds", 3, "in how many orders the suites are run")
	kills  = flag.Int("kills", 4, "at how many moments a run is killed")
)

// undisturbed runs the tests without the settings that a shell may have for some org.
type undisturbed struct{ *testing.M }

func (u undisturbed) Run() int {
	debug.SetGCPercent(gcPercent)
	for _, row := range target.Table {
		if row.Env != "" {
			_ = os.Unsetenv(row.Env)
		}
	}
	return u.M.Run()
}

// TestMain makes the test binary the command rolecheck as well, for tests that run it as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(undisturbed{m}, map[string]func(){"rolecheck": main})
}

// rolecheck runs a command line and returns its exit code with what it printed.
func rolecheck(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// runArgs are the arguments of a run, by the reference org where they name no other.
func runArgs(dir string, args []string) []string {
	head := []string{"run", "--out", dir}
	if !slices.Contains(args, "--target") && os.Getenv("OKTA_CLIENT_ORGURL") == "" {
		head = append(head, "--reference")
	}
	return append(head, args...)
}

// judged runs the suites with the arguments and returns the report.
func judged(t *testing.T, args ...string) (int, *report.Report) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "report")
	code, stdout, stderr := rolecheck(t, runArgs(dir, args)...)
	b, err := os.ReadFile(filepath.Join(dir, report.FileReport))
	if err != nil {
		t.Fatalf("exit code %d, and no report: %v\n%s%s", code, err, stdout, stderr)
	}
	r, err := report.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.ledger.jsonl")); len(left) != min(1, len(r.Leaks)) {
		t.Errorf("the ledgers %v are left with %d leaks", left, len(r.Leaks))
	}
	if code != verdict.ExitPassed {
		t.Logf("%s%s", stdout, stderr)
	}
	return code, r
}

func TestReferenceOrgPasses(t *testing.T) {
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	// hidden are the requirements that no run shows, or none that nobody consented to.
	hidden := map[string]bool{}
	for _, q := range s.Requirements {
		consent := slices.ContainsFunc(q.Needs, func(name string) bool { n, _ := spec.NeedNamed(name); return n.Consent })
		hidden[q.ID] = q.Unobservable != "" || consent
	}
	seen := map[spec.Pair]bool{}
	for _, flavour := range []string{"documented", "observed"} {
		t.Run(flavour, func(t *testing.T) {
			code, r := judged(t, "--flavour", flavour, "--level", "should", "--seed", "1")
			if code != verdict.ExitPassed {
				t.Errorf("exit code %d", code)
			}
			for _, q := range r.Requirements {
				switch {
				case q.Outcome == verdict.Pass:
				case q.Outcome == verdict.Unobservable && hidden[q.ID]:
				default:
					t.Errorf("%s: %s: %s", q.ID, q.Outcome, q.Detail)
				}
			}
			for _, y := range r.Systems {
				if y.Result != verdict.Conformant {
					t.Errorf("%s is %s", y.ID, y.Result)
				}
			}
			// Whoever has to raise these looks first whether a step fits into a scene that is there.
			if r.Requests.Total > 1300 || r.Requests.Writes > 700 {
				t.Errorf("%d requests, %d of them writes, are more than 1300 and 700", r.Requests.Total, r.Requests.Writes)
			}
			for _, c := range r.Coverage {
				if c.Exchanges > 0 {
					seen[spec.Pair{Operation: c.Operation, Status: c.Status}] = true
				}
			}
		})
	}
	for _, pair := range s.DocumentedPairs() {
		if !seen[pair] {
			t.Errorf("no exchange of %s with status %d in either flavour", pair.Operation, pair.Status)
		}
	}
}

func outcomes(r *report.Report) map[string]verdict.Outcome {
	out := map[string]verdict.Outcome{}
	for _, q := range r.Requirements {
		out[q.ID] = q.Outcome
	}
	return out
}

// served starts the reference org and makes it the target.
func served(t *testing.T) *mockorg.Server {
	t.Helper()
	server, err := mockorg.Listen(t.Context(), "127.0.0.1:0", mockorg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	c := server.Org.Credentials()
	t.Setenv("OKTA_CLIENT_ORGURL", server.URL)
	t.Setenv("OKTA_CLIENT_TOKEN", c.Admin)
	t.Setenv("ROLECHECK_READER_TOKEN", c.Reader)
	t.Setenv("ROLECHECK_OUTSIDER_TOKEN", c.Outsider)
	t.Setenv("ROLECHECK_THROTTLED_TOKEN", c.Throttled)
	t.Setenv("ROLECHECK_SCOPELESS_TOKEN", c.Scopeless)
	t.Setenv("ROLECHECK_SETTLE", "1s")
	return server
}

// executed runs the suites on the embedded reference org and returns all that the run leaves behind.
func executed(t *testing.T, o suites.Options, settings map[string]string) *suites.Result {
	t.Helper()
	resolved, err := target.Resolve("", func(string) (string, bool) { return "", false }, settings)
	if err != nil {
		t.Fatal(err)
	}
	o.Settings, o.Reference = resolved, resolved.URL == ""
	result, err := suites.Execute(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestLaggingOrgPasses runs against an org whose reads lag behind its writes. Within settle it is as right as one whose do
// not; beyond settle it is not.
func TestLaggingOrgPasses(t *testing.T) {
	const lag = 15 * time.Millisecond
	for _, flavour := range []string{"documented", "observed"} {
		r := executed(t, suites.Options{Lag: lag}, map[string]string{"flavour": flavour, "level": "should", "settle": "3s"}).Report
		if r.Run.Exit != verdict.ExitPassed {
			t.Errorf("%s: exit code %d", flavour, r.Run.Exit)
		}
		for _, q := range r.Requirements {
			if q.Outcome != verdict.Pass && q.Outcome != verdict.Unobservable {
				t.Errorf("%s: %s: %s: %s", flavour, q.ID, q.Outcome, q.Detail)
			}
		}
	}
	r := executed(t, suites.Options{Lag: 10 * time.Second}, map[string]string{"settle": "50ms", "label-filter": "client-roles"}).Report
	if r.Run.Exit == verdict.ExitPassed {
		t.Error("an org passes that shows nothing within settle")
	}
}

func TestNullOrgs(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	knows := func(other http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v1/users/me" {
				answer(200, `{"id":"00u1"}`)(w, r)
				return
			}
			other(w, r)
		}
	}
	tests := map[string]struct {
		handler http.Handler
		codes   []int
	}{
		// What answers who asks is left alone unless it answers rightly; the proof's null orgs do, and so do these.
		"200 {} to everything":      {answer(200, "{}"), []int{3}},
		"200 {} to everything else": {knows(answer(200, "{}")), []int{1}},
		"404 to everything else":    {knows(answer(404, "{}")), []int{1, 3}},
		"500 to everything else":    {knows(answer(500, "{}")), []int{1, 3}},
		"200 [] to everything":      {answer(200, "[]"), []int{1, 3}},
		"404 to everything":         {answer(404, "{}"), []int{3}},
		"403 to everything":         {answer(403, "{}"), []int{3}},
		"401 to everything":         {answer(401, "{}"), []int{3}},
		"500 to everything":         {answer(500, "{}"), []int{3}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.handler)
			defer server.Close()
			t.Setenv("OKTA_CLIENT_ORGURL", server.URL)
			t.Setenv("OKTA_CLIENT_TOKEN", "any-token-at-all")
			code, r := judged(t, "--settle", "50ms", "--patience", "0s")
			if !slices.Contains(test.codes, code) {
				t.Errorf("exit code %d, expected one of %v", code, test.codes)
			}
			rows := r.Requirements
			if strings.HasSuffix(name, "else") {
				_, read := judged(t, "--settle", "50ms", "--patience", "0s", "--read-only")
				rows = append(rows, read.Requirements...)
			}
			for _, q := range rows {
				if q.Outcome == verdict.Pass {
					t.Errorf("%s passes: %s %v", q.ID, q.Detail, q.Evidence)
				}
			}
		})
	}
}

// TestErraticOrgs runs against orgs that now and then answer something else, or nothing: that may fail or block any row, but
// never breaks rolecheck.
func TestErraticOrgs(t *testing.T) {
	junk := []struct {
		status int
		body   string
	}{{200, "null"}, {200, "[]"}, {200, "{}"}, {200, `[{}, null, 3]`}, {201, ""}, {204, ""}, {200, "<html>"}, {404, "<html>"}, {500, "oops"}, {302, ""}, {418, `{"errorCode":7}`}, {0, ""}}
	for seed := range uint64(4) {
		org, err := mockorg.New(mockorg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		chance := rand.New(rand.NewPCG(seed, 1))
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			what := chance.IntN(6 * len(junk))
			mu.Unlock()
			switch {
			case what >= len(junk) || r.URL.Path == "/api/v1/users/me":
				org.ServeHTTP(w, r)
			case junk[what].status == 0:
				panic(http.ErrAbortHandler)
			default:
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(junk[what].status)
				_, _ = io.WriteString(w, junk[what].body)
			}
		}))
		t.Setenv("OKTA_CLIENT_ORGURL", server.URL)
		t.Setenv("OKTA_CLIENT_TOKEN", org.Credentials().Admin)
		_, r := judged(t, "--settle", "30ms", "--patience", "0s", "--seed", fmt.Sprint(seed+1))
		server.Close()
		for _, q := range r.Requirements {
			if q.Outcome == verdict.Error {
				t.Errorf("seed %d: %s: %s", seed, q.ID, q.Detail)
			}
			if q.Outcome == verdict.Fail && !strings.HasPrefix(q.Detail, "expected ") {
				t.Errorf("seed %d: %s does not begin with what was expected: %s", seed, q.ID, q.Detail)
			}
		}
	}
}

// TestUnreachable shows that an org which cannot be asked is not judged, and why.
func TestUnreachable(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secured := httptest.NewTLSServer(http.NotFoundHandler())
	defer secured.Close()
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Setenv("OKTA_CLIENT_TOKEN", "any-token-at-all")
	for url, says := range map[string]string{
		"https://nowhere.invalid":           "no such host",
		"http://" + closedPort(t):           "cannot be reached",
		"https" + plain.URL[len("http"):]:   "TLS with",
		"http" + secured.URL[len("https"):]: "speaks TLS",
		secured.URL:                         "TLS with",
	} {
		code, stdout, stderr := rolecheck(t, "run", "--target", url, "--out", t.TempDir())
		if code != verdict.ExitUnverified || !strings.Contains(stdout+stderr, says) {
			t.Errorf("%s: exit code %d; %q is wanted in\n%s%s", url, code, says, stdout, stderr)
		}
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
