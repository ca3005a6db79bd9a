package main

import (
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// TestCompareOfNothing shows that a report without rows is compared with none.
func TestCompareOfNothing(t *testing.T) {
	_, r := judged(t, "--label-filter", "client-roles")
	good, empty := t.TempDir(), t.TempDir()
	if err := folder.Write(good, r, nil); err != nil {
		t.Fatal(err)
	}
	r.Requirements = nil
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
