package main

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
)

// TestScripts runs the command as people type it; see testdata/script. Beside testscript's own commands there are:
//
//	org [FAULT]             serves the reference org and makes it the target by the usual variables
//	exits CODE COMMAND      runs a command line that ends with this exit code
//	refuses COMMAND         runs a command line that ends with exit code 2 and one line on standard error
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"org": func(ts *testscript.TestScript, _ bool, args []string) {
				server, err := mockorg.Listen(t.Context(), "127.0.0.1:0", mockorg.Options{Fault: strings.Join(args, "")})
				ts.Check(err)
				ts.Defer(func() { _ = server.Close() })
				ts.Setenv("OKTA_CLIENT_ORGURL", server.URL)
				ts.Setenv("OKTA_CLIENT_TOKEN", server.Org.Credentials().Admin)
			},
			"exits": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				exits(ts, want, args[1:])
			},
			"refuses": func(ts *testscript.TestScript, _ bool, args []string) {
				exits(ts, 2, args)
				if stderr := ts.ReadFile("stderr"); strings.Count(stderr, "\n") != 1 || ts.ReadFile("stdout") != "" {
					ts.Fatalf("not refused in one line")
				}
			},
		},
	})
}

// exits runs a command line and checks its exit code.
func exits(ts *testscript.TestScript, want int, args []string) {
	err := ts.Exec(args[0], args[1:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, expected %d", code, want)
	}
	if strings.Contains(ts.ReadFile("stderr"), "goroutine ") {
		ts.Fatalf("a stack trace")
	}
}
