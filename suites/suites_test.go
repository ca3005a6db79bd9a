package suites_test

import (
	"testing"

	// The ginkgo command runs a suite in parallel only when it sees the import in a test file.
	_ "github.com/onsi/ginkgo/v2"

	"github.com/rolecheck/rolecheck/suites"
)

// TestSuites is what `ginkgo ./suites` and `go test ./suites` run: by the org that the environment names, or by the
// reference org where it says nothing of one.
func TestSuites(t *testing.T) { suites.Run(t, suites.Options{Reference: suites.NoTarget()}) }
