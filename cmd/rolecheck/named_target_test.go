package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoOrgIsJudgedByAccident shows that a target which was meant never turns into another one, or into none.
func TestNoOrgIsJudgedByAccident(t *testing.T) {
	const org, token = "OKTA_CLIENT_ORGURL", "OKTA_CLIENT_TOKEN"
	for name, test := range map[string]struct {
		args []string
		env  map[string]string
		code int
		says string
	}{
		"run with nothing":            {[]string{"run"}, nil, 2, "or judge the embedded reference org with --reference"},
		"run with an empty flag":      {[]string{"run", "--target", ""}, nil, 2, "--target is set, and empty"},
		"run with an empty variable":  {[]string{"run"}, map[string]string{org: "", token: "abc"}, 2, "OKTA_CLIENT_ORGURL is set, and empty"},
		"run with a token alone":      {[]string{"run"}, map[string]string{token: "abc"}, 2, "OKTA_CLIENT_TOKEN is set, and no target is"},
		"run with two targets":        {[]string{"run", "--reference", "--target", "http://127.0.0.1:1"}, nil, 2, "[reference target]"},
		"plan with nothing":           {[]string{"plan"}, nil, 2, "no target"},
		"plan with an empty variable": {[]string{"plan"}, map[string]string{org: " "}, 2, "OKTA_CLIENT_ORGURL is set, and empty"},
		"doctor with a token alone":   {[]string{"doctor"}, map[string]string{token: ""}, 2, "OKTA_CLIENT_TOKEN is set, and no target is"},
		"doctor with nothing":         {[]string{"doctor"}, nil, 2, "no target"},
		"proxy with an empty variable": {[]string{"proxy"}, map[string]string{org: ""}, 2,
			"OKTA_CLIENT_ORGURL is set, and empty"},
		"sweep with nothing":     {[]string{"sweep", "nowhere.jsonl"}, nil, 2, "no target"},
		"list does not mind":     {[]string{"list"}, map[string]string{org: "", token: "abc"}, 0, ""},
		"explain does not mind":  {[]string{"explain", "user-roles.assign.created"}, map[string]string{org: ""}, 0, ""},
		"judge does not mind":    {[]string{"judge", "nowhere.har"}, map[string]string{org: ""}, 2, "nowhere.har"},
		"the plan of nobody's":   {[]string{"plan", "--reference"}, nil, 0, "judging the embedded reference org"},
		"the reference org":      {[]string{"run", "--reference", "--only", "user-roles.assign.created", "--out", t.TempDir()}, map[string]string{org: "", token: ""}, 0, ""},
		"the reference org only": {[]string{"run", "--reference", "--only", "user-roles.assign.created", "--out", t.TempDir()}, map[string]string{org: "http://127.0.0.1:1", token: "abc"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range test.env {
				t.Setenv(k, v)
			}
			code, stdout, stderr := rolecheck(t, test.args...)
			if code != test.code || !strings.Contains(stdout+stderr, test.says) {
				t.Errorf("exit code %d, expected %d with %q:\n%s%s", code, test.code, test.says, stdout, stderr)
			}
			if code != 0 && (strings.Contains(stdout, "PASSED") || strings.Count(stderr, "\n") != 1) {
				t.Errorf("not one line:\n%s%s", stdout, stderr)
			}
		})
	}
}

// TestNoCachedPass shows that Go never takes the pass of an earlier test for one of an org's.
func TestNoCachedPass(t *testing.T) {
	f := before(t, handOn)
	test := func(ctx context.Context) string {
		cmd := exec.CommandContext(ctx, "go", "test", ".")
		cmd.Dir = "../../suites"
		cmd.Env = append(os.Environ(), "ROLECHECK_ONLY=user-roles.assign.created")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "cached") {
			t.Errorf("%v: %s", err, out)
		}
		return string(out)
	}
	for range 2 {
		asked := f.sent()
		if out := test(t.Context()); f.sent() == asked {
			t.Errorf("the org was not asked: %s", out)
		}
	}
}

// TestSuitesNeedATarget pastes the line of the README into somebody else's test, without a target and with the reference
// org.
func TestSuitesNeedATarget(t *testing.T) {
	dir := t.TempDir()
	const source = `package mine

import (
	"testing"

	"github.com/rolecheck/rolecheck/suites"
)

func TestContract(t *testing.T)  { suites.Run(t, suites.Options{}) }
func TestReference(t *testing.T) { suites.Run(t, suites.Options{Reference: true}) }
`
	if err := os.WriteFile(filepath.Join(dir, "mine_test.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "mine.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", binary, filepath.Join(dir, "mine_test.go")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, want := range map[string]string{"TestContract": "no target: give the base URL of the org", "TestReference": "PASSED"} {
		cmd := exec.CommandContext(t.Context(), binary, "-test.run", name)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if !strings.Contains(string(out), want) || (err == nil) != (want == "PASSED") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
