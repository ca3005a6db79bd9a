package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// configured writes a settings file and returns its path.
func configured(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rolecheck.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ownObjects makes objects that are the org's own, as far as rolecheck is concerned.
func ownObjects(t *testing.T, server *mockorg.Server) string {
	t.Helper()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	m := fixtures.NewMaker(exchange.NewSender(exchange.Options{
		Base: base, Authorization: "SSWS " + server.Org.Credentials().Admin,
	}), fixtures.Options{Run: "00000000"})
	make := func(n int, f func(context.Context) (fixtures.Object, error)) string {
		var ids []string
		for range n {
			o, err := f(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, o.ID)
		}
		return strings.Join(ids, ", ")
	}
	role := func(ctx context.Context) (fixtures.Object, error) {
		return m.CustomRole(ctx, "okta.users.read", "okta.groups.read")
	}
	set := func(ctx context.Context) (fixtures.Object, error) { return m.ResourceSet(ctx, base) }
	return fmt.Sprintf("given:\n  users: [%s]\n  groups: [%s]\n  custom-role: %s\n  resource-set: %s\n  catalog-apps: [facebook, salesforce]\n",
		make(20, m.User), make(20, m.Group), make(1, role), make(1, set))
}

func TestGivenObjectsAreUsedAndKept(t *testing.T) {
	server := served(t)
	config := configured(t, ownObjects(t, server))
	before := server.Org.Census()
	code, r := judged(t, "--config", config, "--seed", "1")
	if code != verdict.ExitPassed {
		t.Errorf("exit code %d", code)
	}
	for _, q := range r.Requirements {
		if q.Outcome != verdict.Pass && q.Outcome != verdict.Unobservable {
			t.Errorf("%s: %s: %s", q.ID, q.Outcome, q.Detail)
		}
	}
	if after := server.Org.Census(); !maps.Equal(after, before) {
		t.Errorf("the org held %v before and holds %v after", before, after)
	}
}

func TestGivenObjectsThatDoNotExistBlock(t *testing.T) {
	served(t)
	config := configured(t, "given:\n  users: [00unosuchuser0000000]\n")
	code, r := judged(t, "--config", config, "--only", "user-roles.assign.created,user-roles.unassign.assign-again,group-roles.assign.accepted")
	if code != verdict.ExitUnverified {
		t.Errorf("exit code %d, expected %d", code, verdict.ExitUnverified)
	}
	got := outcomes(r)
	for id, want := range map[string]verdict.Outcome{
		"user-roles.assign.created":        verdict.Blocked,
		"user-roles.unassign.assign-again": verdict.Blocked,
		"group-roles.assign.accepted":      verdict.Pass,
	} {
		if got[id] != want {
			t.Errorf("%s: %s, expected %s", id, got[id], want)
		}
	}
}

func TestFixturesThatCannotBeMadeBlock(t *testing.T) {
	server := served(t)
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	// An org that has everything but cannot make a user.
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/api/v1/users" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		r.URL.Scheme, r.URL.Host = target.Scheme, target.Host
		server.Org.ServeHTTP(w, r)
	}))
	defer front.Close()
	t.Setenv("OKTA_CLIENT_ORGURL", front.URL)
	code, r := judged(t, "--label-filter", "user-roles && must")
	if code != verdict.ExitUnverified {
		t.Errorf("exit code %d, expected %d", code, verdict.ExitUnverified)
	}
	for _, q := range r.Requirements {
		if q.Outcome == verdict.Fail {
			t.Errorf("%s fails: %s", q.ID, q.Detail)
		}
	}
}

func TestLackedFeaturesAreUnsupported(t *testing.T) {
	server := served(t)
	before := server.Org.Census()
	code, r := judged(t, "--lacks", "custom-roles,iam-governance", "--consents", "builtin-group-consent")
	if code != verdict.ExitPassed {
		t.Errorf("exit code %d", code)
	}
	unsupported := 0
	for _, q := range r.Requirements {
		switch q.Outcome {
		case verdict.Unsupported:
			unsupported++
		case verdict.Pass, verdict.Unobservable:
		default:
			t.Errorf("%s: %s: %s", q.ID, q.Outcome, q.Detail)
		}
	}
	if unsupported < 40 {
		t.Errorf("only %d requirements are unsupported without custom roles", unsupported)
	}
	if after := server.Org.Census(); !maps.Equal(after, before) {
		t.Errorf("the org held %v before and holds %v after", before, after)
	}
}

// TestInterruptCleansUp stops a run in its midst, as Ctrl-C does.
func TestInterruptCleansUp(t *testing.T) {
	server := served(t)
	before := server.Org.Census()
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * time.Millisecond)
		server.Org.ServeHTTP(w, r)
	}))
	defer slow.Close()
	t.Setenv("OKTA_CLIENT_ORGURL", slow.URL)

	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	cmd := asCommand(t, "run", "--out", filepath.Join(dir, "report"))
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for server.Org.Census()["users"] == before["users"] {
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != verdict.ExitInterrupted {
		t.Errorf("exit code %d, expected %d\n%s%s", code, verdict.ExitInterrupted, &stdout, &stderr)
	}
	b, err := os.ReadFile(filepath.Join(dir, "report", report.FileReport))
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Run.Interrupted || r.Run.Complete {
		t.Errorf("the report says interrupted: %t, complete: %t", r.Run.Interrupted, r.Run.Complete)
	}
	notRun := slices.ContainsFunc(r.Requirements, func(q report.Requirement) bool { return q.Outcome == verdict.NotRun })
	if !notRun {
		t.Error("no requirement is said not to have run")
	}
	if after := server.Org.Census(); !maps.Equal(after, before) {
		t.Errorf("the org held %v before and holds %v after", before, after)
	}
}

// TestSweep removes what a killed run left, by its ledger.
func TestSweep(t *testing.T) {
	server := served(t)
	before := server.Org.Census()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "killed.ledger.jsonl")
	ledger, err := fixtures.OpenLedger(path, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	m := fixtures.NewMaker(exchange.NewSender(exchange.Options{
		Base: base, Authorization: "SSWS " + server.Org.Credentials().Admin,
	}), fixtures.Options{Run: "0123abcd", Ledger: ledger})
	if _, err := m.User(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.App(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := rolecheck(t, "sweep", "--target", "https://other.okta.com", path); code != verdict.ExitUsage {
		t.Errorf("exit code %d for another org's ledger\n%s%s", code, stdout, stderr)
	}
	if code, stdout, stderr := rolecheck(t, "sweep", path); code != verdict.ExitPassed {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if after := server.Org.Census(); !maps.Equal(after, before) {
		t.Errorf("the org held %v before and holds %v after", before, after)
	}
	if code, _, stderr := rolecheck(t, "sweep", path); code != verdict.ExitUsage || !strings.Contains(stderr, "ledger") {
		t.Errorf("exit code %d for a ledger that is gone: %s", code, stderr)
	}
}

func TestListAndExplain(t *testing.T) {
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args []string
		code int
		says string
	}{
		"the catalogue":          {[]string{"list"}, 0, "user-roles.assign.duplicate-refused"},
		"the matrix":             {[]string{"list", "--matrix", "--markdown"}, 0, "| listRolesForClient | B"},
		"one system":             {[]string{"list", "--system", "group-roles"}, 0, "group-roles.assign.accepted"},
		"an unknown system":      {[]string{"list", "--system", "nope"}, 2, "the systems are"},
		"a requirement":          {[]string{"explain", "user-roles.assign.duplicate-refused"}, 0, "assignRoleToUser 409"},
		"an operation":           {[]string{"explain", "assignRoleToUser"}, 0, "POST /api/v1/users/{userId}/roles"},
		"something like it":      {[]string{"explain", "duplicate-refused"}, 2, "perhaps"},
		"nothing of that kind":   {[]string{"explain", "zzz"}, 2, "rolecheck list shows"},
		"the version":            {[]string{"version"}, 0, fmt.Sprintf("%d operations", len(s.Operations))},
		"the faults":             {[]string{"serve", "--faults"}, 0, "duplicate"},
		"an unknown fault":       {[]string{"serve", "--fault", "nope"}, 2, "nope"},
		"a lag before its cause": {[]string{"serve", "--lag", "-1s"}, 2, "-1s"},
		"a lag that is no time":  {[]string{"serve", "--lag", "soon"}, 2, "soon"},
		"two forms at once":      {[]string{"list", "--json", "--markdown"}, 2, "none of the others can be"},
		"an unknown subcommand":  {[]string{"nope"}, 2, "unknown command"},
		"no ledger to sweep":     {[]string{"sweep"}, 2, "arg"},
		"a file that is no such": {[]string{"sweep", "--target", "http://127.0.0.1:1", "run_test.go"}, 2, "not a line of a ledger"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := rolecheck(t, test.args...)
			if code != test.code || !strings.Contains(stdout+stderr, test.says) {
				t.Errorf("exit code %d, expected %d with %q\n%.2000s%s", code, test.code, test.says, stdout, stderr)
			}
		})
	}
	_, stdout, _ := rolecheck(t, "list", "--json")
	var entries []entry
	if err := json.Unmarshal([]byte(stdout), &entries); err != nil || len(entries) < 300 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}
