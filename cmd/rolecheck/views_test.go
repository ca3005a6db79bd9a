package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// written are the reports of whole runs, by the fault of the org, for tests that do not mind whose run it was.
var written = map[string]string{}

// wholeRun is a copy of the report of a whole run against the reference org, with or without a fault.
func wholeRun(t *testing.T, fault string, wantCode int) string {
	t.Helper()
	if written[fault] == "" {
		dir, err := os.MkdirTemp("", "rolecheck-test-")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(dir, os.DirFS(runAgainst(t, fault, wantCode))); err != nil {
			t.Fatal(err)
		}
		written[fault] = dir
	}
	dir := filepath.Join(t.TempDir(), "report")
	if err := os.CopyFS(dir, os.DirFS(written[fault])); err != nil {
		t.Fatal(err)
	}
	return dir
}

// runAgainst writes the report of a run against the reference org, with or without a fault, and returns its folder.
func runAgainst(t *testing.T, fault string, wantCode int, args ...string) string {
	t.Helper()
	server, err := mockorg.Listen(t.Context(), "127.0.0.1:0", mockorg.Options{Fault: fault})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	t.Setenv("OKTA_CLIENT_ORGURL", server.URL)
	t.Setenv("OKTA_CLIENT_TOKEN", server.Org.Credentials().Admin)
	dir := filepath.Join(t.TempDir(), "report")
	code, stdout, stderr := rolecheck(t, runArgs(dir, args)...)
	if code != wantCode {
		t.Fatalf("exit code %d, want %d\n%s%s", code, wantCode, stdout, stderr)
	}
	return dir
}

// asText is a fault that breaks a must of every system.
const asText = "answers-as-text"

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReportRender(t *testing.T) {
	dir := wholeRun(t, asText, verdict.ExitFailed)
	again := filepath.Join(t.TempDir(), "again")
	code, stdout, stderr := rolecheck(t, "report", "render", dir, "--out", again)
	if code != verdict.ExitPassed {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	for _, name := range []string{"report.html", "report.md", "junit.xml"} {
		if !bytes.Equal(read(t, dir, name), read(t, again, name)) {
			t.Errorf("%s comes out otherwise when it is rendered again", name)
		}
	}
	some := filepath.Join(t.TempDir(), "some")
	if code, _, stderr := rolecheck(t, "report", "render", filepath.Join(dir, report.FileReport), "--sarif", "--badge", "--out", some); code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	entries, err := os.ReadDir(some)
	if err != nil || len(entries) != 3 {
		t.Errorf("written are %v (%v)", entries, err)
	}
	if err := os.Remove(filepath.Join(dir, report.FileExchanges)); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := rolecheck(t, "report", "render", dir, "--html"); code != 0 || !strings.Contains(stderr, "there is no exchanges.jsonl") {
		t.Errorf("without exchanges: exit code %d: %s", code, stderr)
	}
}

func TestReportVerify(t *testing.T) {
	dir := wholeRun(t, asText, verdict.ExitFailed)
	code, stdout, _ := rolecheck(t, "report", "verify", dir)
	if code != verdict.ExitPassed {
		t.Errorf("a whole report: exit code %d\n%s", code, stdout)
	}
	path := filepath.Join(dir, report.FileReport)
	whole := read(t, path)
	for what, edit := range map[string][2]string{
		"an outcome":    {`"outcome": "fail"`, `"outcome": "pass"`},
		"the exit code": {`"exit": 1`, `"exit": 0`},
	} {
		if err := os.WriteFile(path, bytes.Replace(whole, []byte(edit[0]), []byte(edit[1]), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, stdout, _ := rolecheck(t, "report", "verify", path); code != verdict.ExitFailed || stdout == "" {
			t.Errorf("%s is edited: exit code %d\n%s", what, code, stdout)
		}
	}
}

func TestCommandsRefuseWhatIsNoReport(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	newer := filepath.Join(dir, "newer.json")
	for name, content := range map[string]string{path: `{"schema":"rolecheck.re`, newer: `{"schema":"rolecheck.report/v9"}`} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"report", "render", path}, {"report", "verify", path}, {"report", "verify", newer}, {"compare", path, newer},
		{"report", "render", filepath.Join(dir, "none")}, {"baseline", "init", newer, "--baseline", filepath.Join(dir, "b.yaml")},
		{"baseline", "check", newer, "--baseline", filepath.Join(dir, "none.yaml")},
	} {
		if code, _, stderr := rolecheck(t, args...); code != verdict.ExitUsage || stderr == "" {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

func TestRenderIntoWhatIsNoFolder(t *testing.T) {
	dir := runAgainst(t, "", verdict.ExitPassed, "--only", "user-roles.list.new-user-has-none")
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := rolecheck(t, "report", "render", dir, "--out", blocked); code != verdict.ExitUsage || !strings.Contains(stderr, "cannot be made") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestCompareCommand(t *testing.T) {
	good, bad := wholeRun(t, "", verdict.ExitPassed), wholeRun(t, asText, verdict.ExitFailed)
	for _, form := range []string{"", "--markdown", "--json"} {
		args := slices.DeleteFunc([]string{"compare", good, bad, form}, func(s string) bool { return s == "" })
		code, stdout, stderr := rolecheck(t, args...)
		if code != verdict.ExitFailed || !strings.Contains(stdout, "media-type") || !strings.Contains(stdout, "text/plain") {
			t.Errorf("%v: exit code %d\n%.500s%s", args, code, stdout, stderr)
		}
		if form == "--json" && !json.Valid([]byte(stdout)) {
			t.Error("the JSON is none")
		}
	}
	if code, stdout, _ := rolecheck(t, "compare", bad, good); code != verdict.ExitPassed || !strings.Contains(stdout, "better") {
		t.Errorf("the other way round: exit code %d\n%.500s", code, stdout)
	}
	r, err := report.Open(good)
	if err != nil {
		t.Fatal(err)
	}
	r.Requirements = nil
	empty := t.TempDir()
	if err := folder.Write(empty, r, nil); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"compare", good, empty}, {"compare", empty, good}, {"compare", "--json", good, empty}} {
		code, stdout, stderr := rolecheck(t, args...)
		if code != verdict.ExitUnverified || stdout != "" || !strings.Contains(stderr, "has no rows") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: exit code %d\n%.500s%s", args, code, stdout, stderr)
		}
	}
}

func TestBaseline(t *testing.T) {
	bad := wholeRun(t, asText, verdict.ExitFailed)
	path := filepath.Join(t.TempDir(), "baseline.yaml")
	if code, stdout, stderr := rolecheck(t, "baseline", "init", bad, "--baseline", path); code != 0 {
		t.Fatalf("init: exit code %d\n%s%s", code, stdout, stderr)
	}
	if code, _, stderr := rolecheck(t, "baseline", "init", bad, "--baseline", path); code != verdict.ExitUsage || !strings.Contains(stderr, "is there already") {
		t.Errorf("init over a file: exit code %d: %s", code, stderr)
	}
	if code, _, stderr := rolecheck(t, "run", "--reference", "--baseline", path, "--out", t.TempDir()); code != verdict.ExitUsage || !strings.Contains(stderr, "has no reason") {
		t.Errorf("without reasons: exit code %d: %s", code, stderr)
	}
	text := bytes.ReplaceAll(read(t, path), []byte(`reason: ""`), []byte("reason: a proxy on the way"))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := rolecheck(t, "baseline", "check", bad, "--baseline", path); code != verdict.ExitPassed {
		t.Errorf("check: exit code %d\n%s%s", code, stdout, stderr)
	}

	excused := runAgainst(t, asText, verdict.ExitPassed, "--baseline", path)
	if code, stdout, _ := rolecheck(t, "report", "verify", excused); code != verdict.ExitPassed {
		t.Errorf("verify: exit code %d\n%s", code, stdout)
	}
	stale := runAgainst(t, "", verdict.ExitStale, "--baseline", path)
	if code, stdout, _ := rolecheck(t, "report", "verify", stale); code != verdict.ExitPassed {
		t.Errorf("verify: exit code %d\n%s", code, stdout)
	}
	if code, stdout, _ := rolecheck(t, "baseline", "check", stale, "--baseline", path); code != verdict.ExitStale || !strings.Contains(stdout, "STALE") {
		t.Errorf("check: exit code %d\n%s", code, stdout)
	}
	if code, stdout, _ := rolecheck(t, "baseline", "update", stale, "--baseline", path); code != verdict.ExitPassed {
		t.Errorf("update: exit code %d\n%s", code, stdout)
	}
	known, err := verdict.ReadBaseline(path)
	if err != nil || len(known.Entries) != 0 {
		t.Errorf("left are %v (%v)", known, err)
	}
	if !bytes.HasPrefix(read(t, path), []byte("# What is known to fail.")) {
		t.Errorf("the comment is gone:\n%s", read(t, path))
	}
}
