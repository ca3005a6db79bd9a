package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
)

// TestSuiteTurnsRedWithTheGate runs the suites as `go test` does, whose colour has to say what the gate says.
func TestSuiteTurnsRedWithTheGate(t *testing.T) {
	const should, must = "roles-duplicate-generic-code", "user-roles-duplicate-accepted"
	known := configured(t, `baseline:
  - {requirement: user-roles.assign.duplicate-refused, reason: the org adds a second one}
  - {requirement: user-roles.assign.duplicate-changes-nothing, reason: the org adds a second one}
`)
	tests := map[string]struct {
		fault string
		env   []string
		green bool
	}{
		"no fault":                       {"", nil, true},
		"a should fails":                 {should, nil, true},
		"a should fails, and the gate":   {should, []string{"ROLECHECK_LEVEL=should"}, false},
		"a must fails":                   {must, nil, false},
		"a must fails as is known":       {must, []string{"ROLECHECK_BASELINE=" + known}, true},
		"what is known to fail does not": {"", []string{"ROLECHECK_BASELINE=" + known}, false},
	}
	binary := filepath.Join(t.TempDir(), "suites.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", binary, "../../suites").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server, err := mockorg.Listen(t.Context(), "127.0.0.1:0", mockorg.Options{Fault: test.fault})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = server.Close() }()
			cmd := exec.CommandContext(t.Context(), binary)
			cmd.Dir = "../../suites"
			cmd.Env = append(os.Environ(), append([]string{
				"OKTA_CLIENT_ORGURL=" + server.URL, "OKTA_CLIENT_TOKEN=" + server.Org.Credentials().Admin,
				"ROLECHECK_LABEL_FILTER=user-roles", "ROLECHECK_SETTLE=200ms",
			}, test.env...)...)
			out, err := cmd.CombinedOutput()
			if green := err == nil; green != test.green {
				t.Errorf("green: %t\n%s", green, out)
			}
		})
	}
}
