package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

// Runs that share a folder each leave a whole report: one in the folder, the others in folders of their own below it.
func TestRunsAtOnceLoseNoReport(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders cannot be locked here")
	}
	const runs = 3
	dir := filepath.Join(t.TempDir(), "report")
	var all sync.WaitGroup
	for range runs {
		c := exec.CommandContext(t.Context(), "rolecheck", "run", "--reference", "--only", "user-roles.assign.created", "--out", dir)
		all.Go(func() {
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	all.Wait()
	folders, err := filepath.Glob(filepath.Join(dir, "earlier", "*"))
	if err != nil || len(folders) != runs-1 {
		t.Errorf("moved to %q, %v", folders, err)
	}
	for _, folder := range append(folders, dir) {
		if code, stdout, stderr := rolecheck(t, "report", "verify", folder); code != verdict.ExitPassed {
			t.Errorf("%s: exit code %d\n%s%s", folder, code, stdout, stderr)
		}
		for _, name := range []string{"report.html", "report.md", "junit.xml"} {
			if len(read(t, folder, name)) == 0 {
				t.Errorf("%s in %s is empty", name, folder)
			}
		}
	}
}
