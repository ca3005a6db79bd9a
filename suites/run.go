package suites

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// NoTarget reports whether neither the environment nor rolecheck.yaml names a target or a credential.
func NoTarget() bool {
	s, err := settingsAround()
	return err == nil && !s.NameTarget()
}

// settingsAround resolves the settings of the environment and of the module's rolecheck.yaml.
func settingsAround() (*target.Settings, error) {
	if err := target.CheckVariables(os.Environ()); err != nil {
		return nil, err
	}
	return target.Resolve(target.FileOfModule(), os.LookupEnv, nil)
}

// Run runs the specs within a test, which fails if the gate is closed. If o has no settings, they come from the environment
// and from rolecheck.yaml. This is how `ginkgo ./suites` runs, and how the author of an org runs the specs in a test.
// Without a target the test fails, unless o.Reference is set. Runs in one process have to follow each other.
func Run(t *testing.T, o Options) {
	t.Helper()
	if !o.Reference {
		uncached()
	}
	o.T = t
	if o.Settings == nil {
		settings, err := settingsAround()
		if err != nil {
			t.Fatal(err)
		}
		o.Settings = settings
	}
	if end, ok := t.Deadline(); ok {
		// At its deadline, go test ends the process without any clean-up.
		bounded := *o.Settings
		left := time.Until(end)
		if bounded.Timeout == 0 || left < bounded.Timeout {
			bounded.Timeout = left
		}
		o.Settings = &bounded
	}
	if o.Announce == nil {
		o.Announce = func(p Plan) { fmt.Println(p) }
	}
	done := o.Done
	o.Done = func(r *Result) {
		fmt.Println()
		if err := view.Text(os.Stdout, r.Report, r.Exchanges, view.TextOptions{}); err != nil {
			t.Error(err)
		}
		if done != nil {
			done(r)
		}
	}
	result, err := Execute(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if result == nil {
		return
	}
	if code := result.Report.Run.Exit; code != verdict.ExitPassed {
		t.Error(errors.New("the gate did not open; see the summary above"))
	}
}

// uncached keeps go test from caching the result, which depends on the org and not on the test's inputs: without its log of
// the files and variables that a test read, go test caches nothing.
func uncached() {
	if log := flag.Lookup("test.testlogfile"); log != nil && log.Value.String() != "" {
		_ = os.Remove(log.Value.String()) // at worst the result is cached
	}
}
