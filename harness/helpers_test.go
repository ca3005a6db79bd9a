package harness

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
)

// fakeOrg is an org that answers as it is told, and remembers what it was asked.
type fakeOrg struct {
	mu    sync.Mutex
	asked []string
	// answers are status and body by method and path; without one it answers 200 and an empty list.
	answers map[string]func(w http.ResponseWriter, times int)
	times   map[string]int
}

func (s *fakeOrg) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.Method + " " + r.URL.Path
	s.mu.Lock()
	if s.times == nil {
		s.times = map[string]int{}
	}
	s.times[call]++
	n := s.times[call]
	if r.URL.Path != "/api/v1/users/me" {
		s.asked = append(s.asked, call)
	}
	answer := s.answers[call]
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if answer != nil {
		answer(w, n)
		return
	}
	_, _ = io.WriteString(w, "[]")
}

func status(code int, body string) func(http.ResponseWriter, int) {
	return func(w http.ResponseWriter, _ int) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func list() Request { return listOf(spec.Role, spec.User, "00u1") }
func assign(typ string) Request {
	return Call(spec.Action{Verb: spec.Assign, Object: spec.Role, Of: spec.User}, "00u1").With(map[string]string{"type": typ})
}

const (
	listCall   = "GET /api/v1/users/00u1/roles"
	assignCall = "POST /api/v1/users/00u1/roles"
)

// played runs a scene against an org and returns the report's rows by id, with what the run remembers.
func played(t *testing.T, org http.Handler, settings target.Settings, scene func(*Container)) (map[string]report.Requirement, *RunResult) {
	t.Helper()
	server := httptest.NewServer(org)
	defer server.Close()
	s := contents(t)
	judge, err := contract.New(s, contract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if settings.Level == "" {
		settings.Level = spec.Must
	}
	settings.URL, settings.Tokens, settings.AuthorizationMode = server.URL, map[string]string{target.Admin: "a-token"}, "SSWS"
	settings.RequestTimeout, settings.Seed = 5*time.Second, 1
	if settings.Settle == 0 {
		settings.Settle = 100 * time.Millisecond
	}
	under, err := target.New(&settings)
	if err != nil {
		t.Fatal(err)
	}
	result, err := RunSuite(Config{
		Spec: s, Judge: judge, Settings: &settings, Target: under, Log: slog.New(slog.DiscardHandler), RunID: "test",
		Plant:    func(o *Org) { o.Plant("user-roles", "A scene", types.NewCodeLocation(0), scene) },
		Teardown: func(context.Context, *Org) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]report.Requirement{}
	for _, q := range result.Report.Requirements {
		rows[q.ID] = q
	}
	return rows, result
}

func outcomesOf(rows map[string]report.Requirement, ids ...string) string {
	var out []string
	for _, id := range ids {
		out = append(out, string(rows[id].Outcome))
	}
	return strings.Join(out, " ")
}
