// Package examples_test shows how the suites are used from Go, by a test and examples that run. They are apart from package
// suites, whose own test is the suite that the ginkgo command runs.
package examples_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/suites"
)

// TestContract is how a mock judges itself in its own tests: it serves itself on loopback, is named as the target, and the
// suites are run. The test fails with the gate.
func TestContract(t *testing.T) {
	mock, err := mockorg.New(mockorg.Options{}) // in its place stands the mock to be judged
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mock)
	defer server.Close()
	t.Setenv("OKTA_CLIENT_ORGURL", server.URL)
	t.Setenv("OKTA_CLIENT_TOKEN", mock.Credentials().Admin)
	t.Setenv("ROLECHECK_ONLY", "user-roles.assign.created,user-roles.assign.duplicate-refused")

	judged := false
	suites.Run(t, suites.Options{Done: func(r *suites.Result) { judged = r.Report.Exchanges.Judged > 0 }})
	if !judged {
		t.Error("the result was not handed on")
	}
}

// A program judges an org and reads the report.
func Example_execute() {
	settings, err := target.Resolve("", os.LookupEnv, map[string]string{
		"only": "user-roles.assign.created,user-roles.assign.duplicate-refused",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := suites.Execute(context.Background(), suites.Options{
		Settings:  settings,
		Reference: true,                            // the embedded reference org; without it, the org that the settings name
		Fault:     "user-roles-duplicate-accepted", // with one thing wrong
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, q := range result.Report.Requirements {
		if q.Outcome == "fail" && q.Level == "must" {
			expected, _, _ := strings.Cut(q.Detail, "\n")
			fmt.Println(q.ID + ": " + expected)
		}
	}
	fmt.Println("exit code", result.Report.Run.Exit)
	// Output:
	// user-roles.assign.duplicate-refused: expected status 409 with an error envelope, got status 201
	// exit code 1
}
