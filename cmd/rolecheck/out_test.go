package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// What is judged stays as it is, however its folder is named.
func TestJudgeKeepsItsInput(t *testing.T) {
	dir := runAgainst(t, "", verdict.ExitPassed, "--only", "user-roles.assign.created")
	parent := filepath.Dir(dir)
	link := filepath.Join(parent, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err)
	}
	t.Chdir(parent)
	exchanges := filepath.Join(dir, report.FileExchanges)
	alias := filepath.Join(parent, "alias.jsonl")
	if err := os.Symlink(exchanges, alias); err != nil {
		t.Fatal(err)
	}
	before := map[string][]byte{report.FileExchanges: read(t, exchanges), report.FileReport: read(t, dir, report.FileReport)}
	for _, args := range [][]string{
		{"--out", dir, exchanges}, {"--out", "report", exchanges}, {"--out", dir, "report/" + report.FileExchanges}, {"--out", link, exchanges},
		{"--out", dir, "link/" + report.FileExchanges}, {"--out", dir, alias}, {"--out", dir, dir}, {"--out", dir, "report/*.jsonl"}, {"--out", dir, parent},
	} {
		code, stdout, stderr := rolecheck(t, append([]string{"judge"}, args...)...)
		if code != verdict.ExitUsage || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "the folder for the report: name another folder with --out") {
			t.Errorf("%v: exit code %d\n%s%s", args, code, stdout, stderr)
		}
	}
	for name, want := range before {
		if !bytes.Equal(read(t, dir, name), want) {
			t.Errorf("%s is not what it was", name)
		}
	}
	// Without a folder for the report there is one that is the command's own.
	code, stdout, stderr := rolecheck(t, "judge", exchanges)
	if code != verdict.ExitPassed || !strings.Contains(stdout, "report in rolecheck-judged\n") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	// Judged once more, the first report makes way, and is not judged itself.
	code, stdout, stderr = rolecheck(t, "judge", exchanges)
	if code != verdict.ExitPassed || !strings.Contains(stdout, "the earlier report that was there is in rolecheck-judged/earlier/") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	aside, err := filepath.Glob("rolecheck-judged/earlier/*")
	if err != nil || len(aside) != 1 {
		t.Fatal(aside, err)
	}
	for _, folder := range []string{aside[0], "rolecheck-judged"} {
		if code, stdout, _ := rolecheck(t, "report", "verify", folder); code != verdict.ExitPassed {
			t.Errorf("%s does not verify: %s", folder, stdout)
		}
	}
}

func TestReportTakesNobodysPlace(t *testing.T) {
	dir := runAgainst(t, "", verdict.ExitPassed, "--only", "user-roles.assign.created")
	other := runAgainst(t, "", verdict.ExitPassed, "--only", "user-roles.assign.created")
	known := filepath.Join(t.TempDir(), "report.md")
	if err := os.WriteFile(known, []byte("# for rolecheck\nbaseline: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(t.TempDir(), "badge.json")
	if err := os.WriteFile(settings, []byte("level: must\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "junit.xml"), []byte("<testsuites/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	recording := filepath.Join(dir, report.FileExchanges)
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"a baseline":           {[]string{"judge", "--baseline", known, "--out", filepath.Dir(known), recording}, "which is read"},
		"a baseline, of a SDK": {[]string{"sdk", "--baseline", known, "--out", filepath.Dir(known), "--", "true"}, "which is read"},
		"settings":             {[]string{"proxy", "--target", "http://org.example", "--config", settings, "--out", filepath.Dir(settings)}, "which is read"},
		"somebody's file":      {[]string{"judge", "--out", foreign, recording}, "is no file of rolecheck's"},
		"somebody's, of a run": {[]string{"run", "--only", "user-roles.assign.created", "--out", foreign}, "is no file of rolecheck's"},
		"another report":       {[]string{"report", "render", dir, "--out", other}, "holds the report of another run"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := rolecheck(t, test.args...)
			if code != verdict.ExitUsage || !strings.Contains(stderr, test.says) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
		})
	}
	for _, path := range []string{dir, filepath.Join(dir, report.FileReport)} {
		if code, _, stderr := rolecheck(t, "report", "render", path, "--out", dir); code != verdict.ExitPassed {
			t.Errorf("into its own folder: exit code %d: %s", code, stderr)
		}
	}
}

func TestHelpNamesTheFolder(t *testing.T) {
	for command, dir := range map[string]string{
		"run": "rolecheck-report", "judge": "rolecheck-judged", "proxy": "rolecheck-proxied", "sdk": "rolecheck-sdk", "prove": "rolecheck-proof",
	} {
		if code, stdout, _ := rolecheck(t, command, "--help"); code != 0 || !strings.Contains(stdout, dir) {
			t.Errorf("%s does not say that it writes to %s", command, dir)
		}
	}
}
