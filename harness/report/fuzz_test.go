package report_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
)

// FuzzVerify shows that no file makes verifying it break. What is no report of ours is an error, or does not verify.
func FuzzVerify(f *testing.F) {
	r, _ := sample.Report(f, 0)
	r.Requirements, r.Coverage = r.Requirements[:3], r.Coverage[:3]
	whole, err := r.JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"schema":"rolecheck.report/v1"}`))
	f.Add([]byte(`{"schema":"rolecheck.report/v1","run":{"started":"9999-12-31T23:59:59-01:00"},"requirements":[{"id":"x"},{}],"systems":[{}],"baseline":[{}],"coverage":[{}],"exchanges":{"unreadable":-1}}`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, report.FileReport)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if problems, err := report.Verify(path, report.Tool{}); err == nil && len(problems) == 0 {
			t.Error("a report without its exchanges verifies")
		}
	})
}
