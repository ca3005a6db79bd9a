package folder_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/report/view"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWrite(t *testing.T) {
	exchanges := []*exchange.Exchange{sample.Exchanged("x1", exchange.Act, 200), sample.Exchanged("x2", exchange.Act, 0)}
	r := report.Build(sample.Head(), sample.Spec(t).Systems, sample.Passing(t), report.NewCollector(sample.Spec(t)), nil)
	dir := filepath.Join(t.TempDir(), "some", "folder")
	for range 2 { // the second time over the first
		if err := folder.Write(dir, r, exchanges); err != nil {
			t.Fatal(err)
		}
	}
	// Where the first one went is no part of the report.
	r.Earlier = ""
	for _, name := range []string{report.FileReport, report.FileExchanges, "junit.xml"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v", name, info.Mode())
		}
	}
	for _, name := range names(t, dir) {
		if strings.HasPrefix(name, ".") {
			t.Errorf("%s is left behind", name)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, report.FileReport))
	if err != nil {
		t.Fatal(err)
	}
	back, err := report.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back); diff != "" {
		t.Errorf("read back it is another report: %s", diff)
	}
	f, err := os.Open(filepath.Join(dir, report.FileExchanges))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ids []string
	if err := exchange.Read(f, func(x *exchange.Exchange) error { ids = append(ids, x.ID); return nil }); err != nil || !slices.Equal(ids, []string{"x1", "x2"}) {
		t.Errorf("got the exchanges %q, %v", ids, err)
	}
}

func TestWriteKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := folder.Prepare(dir); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"mine.txt"}) {
		t.Errorf("after a look there is %q", got)
	}
	if err := folder.Write(dir, &report.Report{}, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(mine); err != nil || string(b) != "mine" {
		t.Errorf("got %q, %v", b, err)
	}
	// Where the folder is a file, nothing can be written, and that shows before the run.
	for name, err := range map[string]error{"prepare": folder.Prepare(mine), "write": folder.Write(mine, &report.Report{}, nil)} {
		if err == nil || !strings.Contains(err.Error(), "the folder for the report") {
			t.Errorf("%s into a file: %v", name, err)
		}
	}
}

func TestPrepareRefusesWhatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if f, err := os.CreateTemp(dir, ""); err == nil {
		f.Close()
		t.Skip("permissions do not bind this user")
	}
	if err := folder.Prepare(dir); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("got %v", err)
	}
}

// A report makes way for the next one, whole, and nothing else is moved.
func TestWriteSetsTheEarlierReportAside(t *testing.T) {
	dir := t.TempDir()
	first, exchanges := sample.Report(t, 0)
	if err := folder.Write(dir, first, exchanges); err != nil || first.Earlier != "" {
		t.Fatal(err, first.Earlier)
	}
	svg := slices.DeleteFunc(view.All(), func(v view.View) bool { return v.File != "badge.svg" })
	if err := folder.WriteViews(dir, first, exchanges, svg); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"badge.json": `{"label":"mine"}`, "rolecheck-1.ledger.jsonl": "rolecheck", "notes.txt": "rolecheck"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := map[string][]byte{}
	for _, name := range names(t, dir) {
		before[name], _ = os.ReadFile(filepath.Join(dir, name))
	}
	if err := folder.Prepare(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "earlier")); err == nil {
		t.Error("a folder is made before anything is moved to it")
	}
	second, _ := sample.Report(t, 0)
	second.Run.ID = "../../b"
	for i := range 2 {
		if err := folder.Write(dir, second, exchanges); err != nil {
			t.Fatal(err)
		}
		aside := filepath.Join(dir, "earlier", "20260102T030405Z-"+[]string{"sample", "b"}[i])
		if second.Earlier != aside {
			t.Fatalf("it went to %q, want %q", second.Earlier, aside)
		}
	}
	if err := folder.Write(dir, second, exchanges); err != nil || filepath.Base(second.Earlier) != "20260102T030405Z-b-2" {
		t.Errorf("a run of the same name went to %q (%v)", second.Earlier, err)
	}
	aside := filepath.Join(dir, "earlier", "20260102T030405Z-sample")
	for _, name := range []string{report.FileReport, report.FileExchanges, "junit.xml", "report.html", "report.md", "badge.svg"} {
		if b, err := os.ReadFile(filepath.Join(aside, name)); err != nil || !bytes.Equal(b, before[name]) {
			t.Errorf("%s is not as it was (%v)", name, err)
		}
	}
	if got := names(t, aside); len(got) != 6 {
		t.Errorf("moved are %q", got)
	}
	for _, name := range []string{"badge.json", "rolecheck-1.ledger.jsonl", "notes.txt"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(b, before[name]) {
			t.Errorf("%s, which is somebody else's, is gone (%v)", name, err)
		}
	}
	problems, err := report.Verify(aside, first.Tool)
	for _, p := range problems {
		if strings.Contains(p, report.FileExchanges) {
			t.Errorf("the report that was set aside: %s", p)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

func TestPrepareRefusesToTakeSomebodysPlace(t *testing.T) {
	for name, test := range map[string]struct {
		file, content string
		says          string
	}{
		"a test report":         {"junit.xml", "<testsuites/>", "is no file of rolecheck's"},
		"an empty file":         {"report.md", "", "is no file of rolecheck's"},
		"a file for the folder": {"earlier", "", "an earlier report could not be moved"},
		"a badge":               {"badge.svg", "<svg/>", ""},
		"a report of ours":      {"report.html", "<title>rolecheck</title>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if test.file == "earlier" {
				if err := folder.Write(dir, &report.Report{Schema: report.Schema}, nil); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(dir, test.file)
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := folder.Prepare(dir); (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
			if b, err := os.ReadFile(path); err != nil || string(b) != test.content {
				t.Errorf("the file is gone: %v", err)
			}
		})
	}
}

func TestHolds(t *testing.T) {
	root := t.TempDir()
	dir, other := filepath.Join(root, "dir"), filepath.Join(root, "other")
	for _, d := range []string{dir, other, filepath.Join(dir, "below")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{filepath.Join(dir, "a"), filepath.Join(other, "b"), filepath.Join(dir, "below", "c")} {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{filepath.Join(root, "link"): dir, filepath.Join(other, "to-a"): filepath.Join(dir, "a"), filepath.Join(dir, "to-b"): filepath.Join(other, "b")} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip(err)
		}
	}
	t.Chdir(root)
	for path, want := range map[string]bool{
		"dir/a": true, "link/a": true, "other/../dir/a": true, filepath.Join(dir, "a"): true, "other/to-a": true, "dir/to-b": true,
		"other/b": false, "dir/below/c": false, "nowhere": false,
	} {
		for _, in := range []string{dir, "dir", "link", "./dir/"} {
			if got := folder.Holds(in, path); got != want {
				t.Errorf("%s lies in %s: %t", path, in, got)
			}
		}
	}
	if folder.Holds("not-there", "dir/a") || folder.Replaces("dir", "dir/a") {
		t.Error("a folder that is not there holds something, or a report takes the place of a file that is no report's")
	}
}
