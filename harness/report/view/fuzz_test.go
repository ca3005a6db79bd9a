package view_test

import (
	"io"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
)

// FuzzViews shows that every view can be made of whatever reads as a report.
func FuzzViews(f *testing.F) {
	r, exchanges := sample.Report(f, 0)
	r.Requirements, r.Coverage = r.Requirements[:3], r.Coverage[:3]
	whole, err := r.JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"schema":"rolecheck.report/v1","run":{"exit":1,"problem":"\u0000"},"requirements":[{"outcome":"fail","detail":"\""},{}],"systems":[{}],"leaks":[{"ledger":"-"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := report.Parse(b)
		if err != nil {
			return
		}
		for _, v := range view.All() {
			if _, err := v.Render(r, exchanges); err != nil {
				t.Errorf("%s: %v", v.File, err)
			}
		}
		if err := view.Text(io.Discard, r, exchanges, view.TextOptions{Color: true}); err != nil {
			t.Error(err)
		}
	})
}
