package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// said is what a command prints, for somebody who waits for it.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// address waits until the proxy told where it listens.
func address(t *testing.T, s *said) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, rest, ok := strings.Cut(s.String(), "export OKTA_CLIENT_ORGURL="); ok {
			if url, _, ok := strings.Cut(rest, "\n"); ok {
				return url
			}
		}
	}
	t.Fatalf("the proxy did not tell where it listens: %s", s)
	return ""
}

func TestProxyJudgesAClient(t *testing.T) {
	tests := map[string]struct {
		fault string
		args  []string
		calls func(*testing.T, string, string)
		code  int
		says  string
	}{
		"a sound client of a sound org": {"", nil, wholeUse, 0, "NO FAULT SEEN in what is there: "},
		"a faulty org":                  {"dates-without-zone", nil, wholeUse, 1, "must user-roles.response-schema (org"},
		"a client's mistake":            {"", nil, mistaken, 1, "must user-roles.request-schema (client"},
		"nobody calls":                  {"", nil, func(*testing.T, string, string) {}, 3, "NOT VERIFIED"},
		"the first failure ends it":     {"", []string{"--fail-fast"}, mistaken, 1, "FAILED"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server, err := mockorg.Listen(t.Context(), "127.0.0.1:0", mockorg.Options{Fault: test.fault})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = server.Close() }()
			token := server.Org.Credentials().Admin
			dir := filepath.Join(t.TempDir(), "report")
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var stdout, stderr said
			code := make(chan int)
			go func() {
				code <- run(ctx, append([]string{"proxy", "--target", server.URL, "--out", dir}, test.args...), &stdout, &stderr)
			}()
			test.calls(t, address(t, &stdout), token)
			if len(test.args) == 0 {
				stop()
			}
			if got := <-code; got != test.code || !strings.Contains(stdout.String()+stderr.String(), test.says) {
				t.Errorf("exit code %d, expected %d with %q\n%s%s", got, test.code, test.says, &stdout, &stderr)
			}
			overheardReport(t, dir, token)
		})
	}
}

func wholeUse(t *testing.T, url, token string) { useOrg(t, http.DefaultClient, url, token) }

// mistaken asks for a role by a number.
func mistaken(t *testing.T, url, token string) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/users/00u1/roles", strings.NewReader(`{"type":7}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

// overheardReport holds what the proxy left behind against what it must be.
func overheardReport(t *testing.T, dir, token string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(token)) {
			t.Errorf("%s has the credential", filepath.Base(file))
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is readable for others: %v, %v", filepath.Base(file), info.Mode(), err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, report.FileReport))
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if r.Mode != report.Proxy || r.Target.Kind != target.Client || r.Run.Interrupted {
		t.Errorf("mode %s, target %s, interrupted: %t", r.Mode, r.Target.Kind, r.Run.Interrupted)
	}
	if r.Run.Exit == verdict.ExitPassed {
		judgedAgain(t, dir)
	}
	if code, stdout, stderr := rolecheck(t, "report", "verify", filepath.Join(dir, report.FileReport)); code != 0 {
		t.Errorf("the report does not verify: %s%s", stdout, stderr)
	}
}
