package report_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
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
	exchanges := []*exchange.Exchange{exchanged("x1", exchange.Act, 200), exchanged("x2", exchange.Act, 0)}
	r := report.Build(head(), theSpec(t).Systems, passing(t), report.NewCollector(theSpec(t)), nil)
	dir := filepath.Join(t.TempDir(), "some", "folder")
	for range 2 { // the second time over the first
		if err := report.Write(dir, r, exchanges); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{report.FileReport, report.FileExchanges, report.FileJUnit} {
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
	if err := report.Prepare(dir); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"mine.txt"}) {
		t.Errorf("after a look there is %q", got)
	}
	if err := report.Write(dir, &report.Report{}, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(mine); err != nil || string(b) != "mine" {
		t.Errorf("got %q, %v", b, err)
	}
	// Where the folder is a file, nothing can be written, and that shows before the run.
	for name, err := range map[string]error{"prepare": report.Prepare(mine), "write": report.Write(mine, &report.Report{}, nil)} {
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
	if err := report.Prepare(dir); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("got %v", err)
	}
}

func TestWriteFileIsWholeOrNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	err := report.WriteFile(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return full
	})
	if !errors.Is(err, full) || !strings.Contains(err.Error(), "file") {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "before" || len(names(t, filepath.Dir(path))) != 1 {
		t.Errorf("got %q beside %q", b, names(t, filepath.Dir(path)))
	}
	if err := report.WriteFile(path, func(w io.Writer) error { _, err := io.WriteString(w, "after"); return err }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if b, _ := os.ReadFile(path); err != nil || string(b) != "after" || info.Mode().Perm() != 0o600 {
		t.Errorf("got %q, %v, %v", b, info.Mode(), err)
	}
	if err := report.WriteFile(filepath.Join(path, "below"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a file below a file is written")
	}
}

func TestParseRefusals(t *testing.T) {
	r := report.Build(head(), theSpec(t).Systems, passing(t), report.NewCollector(theSpec(t)), nil)
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	whole := string(b)
	for name, test := range map[string]struct{ in, want string }{
		"nothing":         {"", "not a report"},
		"something else":  {"<html>", "not a report"},
		"another object":  {`{"a":1}`, `its schema is ""`},
		"a list":          {`[]`, "not a report"},
		"a newer format":  {strings.Replace(whole, "rolecheck.report/v1", "rolecheck.report/v2", 1), `its schema is "rolecheck.report/v2"); use the rolecheck that wrote it`},
		"cut short":       {whole[:len(whole)/2], "not a report: unexpected end"},
		"more behind it":  {whole + "{}", "not a report: invalid character"},
		"of other types":  {strings.Replace(whole, `"systems": [`, `"systems": {"a": [`, 1), "not a report"},
		"a text for rows": {`{"schema":"rolecheck.report/v1","requirements":"none"}`, "not a whole report"},
	} {
		if _, err := report.Parse([]byte(test.in)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}
