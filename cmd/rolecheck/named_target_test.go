package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/suites"
)

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

// TestFaultOfAnotherOrg shows that an org which is named is not judged as if it had a fault of the reference org.
func TestFaultOfAnotherOrg(t *testing.T) {
	token := func(name string) (string, bool) { return "abc", name == "OKTA_CLIENT_TOKEN" }
	settings, err := target.Resolve("", token, map[string]string{"target": "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []suites.Options{{Fault: "user-roles-duplicate-accepted"}, {Lag: time.Second}} {
		o.Settings = settings
		if _, err := suites.Execute(t.Context(), o); err == nil || !strings.Contains(err.Error(), "Options.Reference") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
