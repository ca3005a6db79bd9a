package folder_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/report/view"
)

// placeEnv has a process of the test write the report of the run that it names into the folder in placeInEnv.
const placeEnv, placeInEnv = "TEST_PLACE_RUN", "TEST_PLACE_IN"

// writeRun writes the sample's report as that of another run, which sample.Began in the same second.
func writeRun(t *testing.T, dir, run string) *report.Report {
	t.Helper()
	r, exchanges := sample.Report(t, 0)
	r.Run.ID = run
	if err := folder.Write(dir, r, exchanges); err != nil {
		t.Errorf("run %s: %v", run, err)
	}
	return r
}

// Many write into one folder at once, goroutines and processes, while views are rendered again there. Every report is
// there afterwards, and whole.
func TestWriteAtOnce(t *testing.T) {
	if run := os.Getenv(placeEnv); run != "" {
		writeRun(t, os.Getenv(placeInEnv), run)
		return
	}
	switch runtime.GOOS {
	case "darwin", "dragonfly", "freebsd", "illumos", "linux", "netbsd", "openbsd":
	default:
		t.Skip("folders cannot be locked here")
	}
	const goroutines, processes = 4, 2
	dir := t.TempDir()
	var all sync.WaitGroup
	var runs []string
	for i := range goroutines {
		run := fmt.Sprintf("g%d", i)
		runs = append(runs, run)
		all.Go(func() {
			if err := folder.Prepare(dir); err != nil {
				t.Errorf("run %s: %v", run, err)
			}
			r := writeRun(t, dir, run)
			_, exchanges := sample.Report(t, 0)
			// Either the report is still there, or it took its views along and another one keeps its own.
			if err := folder.WriteViews(dir, r, exchanges, view.All()); err != nil && !errors.Is(err, folder.ErrAnotherRun) {
				t.Errorf("run %s: %v", run, err)
			}
		})
	}
	for i := range processes {
		run := fmt.Sprintf("p%d", i)
		runs = append(runs, run)
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriteAtOnce$")
		c.Env = append(os.Environ(), placeEnv+"="+run, placeInEnv+"="+dir)
		all.Go(func() {
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("run %s: %v\n%s", run, err, out)
			}
		})
	}
	all.Wait()

	folders := []string{dir}
	for _, name := range names(t, filepath.Join(dir, "earlier")) {
		folders = append(folders, filepath.Join(dir, "earlier", name))
	}
	var found []string
	for _, dir := range folders {
		found = append(found, wholeReport(t, dir))
	}
	slices.Sort(found)
	slices.Sort(runs)
	if !slices.Equal(found, runs) {
		t.Errorf("there are the reports of %q, and written were those of %q", found, runs)
	}
	for _, name := range names(t, dir) {
		if strings.HasPrefix(name, ".") {
			t.Errorf("%s is left behind", name)
		}
	}
}

// wholeReport makes sure that all files of the report in dir are of one run, and returns which.
func wholeReport(t *testing.T, dir string) string {
	t.Helper()
	r, err := report.Open(dir)
	if err != nil {
		t.Error(err)
		return ""
	}
	if problems, err := report.Verify(dir, r.Tool); err != nil || len(problems) > 0 {
		t.Errorf("%s: %q, %v", dir, problems, err)
	}
	exchanges, err := report.OpenNamed(dir, r)
	if err != nil {
		t.Error(err)
	}
	for _, v := range view.All() {
		want, err := v.Render(r, exchanges)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, v.File))
		if !v.Default && os.IsNotExist(err) {
			continue
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s of the report in %s is none of it: %v", v.File, dir, err)
		}
	}
	return r.Run.ID
}

// Two runs of one name that sample.Began in the same second go to folders of their own, and views of one are not put beside
// the report of another.
func TestWriteKeepsReportsApart(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		writeRun(t, dir, "same")
	}
	if got := names(t, filepath.Join(dir, "earlier")); !slices.Equal(got, []string{"20260102T030405Z-same", "20260102T030405Z-same-2"}) {
		t.Errorf("moved to %q", got)
	}
	another, exchanges := sample.Report(t, 0)
	for _, v := range view.All() {
		if err := folder.WriteViews(dir, another, exchanges, []view.View{v}); !errors.Is(err, folder.ErrAnotherRun) {
			t.Errorf("%s: got %v", v.File, err)
		}
	}
	wholeReport(t, dir)
}

// A report that cannot be written leaves the one that is there where it is.
func TestWriteFailsBeforeItMoves(t *testing.T) {
	dir := t.TempDir()
	r := writeRun(t, dir, "first")
	before := names(t, dir)
	if err := folder.Place(dir, r, filepath.Join(dir, "nowhere"), nil); err == nil || !strings.Contains(err.Error(), "the file of exchanges") {
		t.Errorf("got %v", err)
	}
	if got := names(t, dir); !slices.Equal(got, before) {
		t.Errorf("there is %q, and was %q", got, before)
	}
	wholeReport(t, dir)
}
