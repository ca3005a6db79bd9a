package report_test

import (
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/spec"
)

func TestParseRefusals(t *testing.T) {
	r := report.Build(sample.Head(), sample.Spec(t).Systems, sample.Passing(t), report.NewCollector(sample.Spec(t)), nil)
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

func TestSources(t *testing.T) {
	got := report.Sources([]spec.Source{{Title: "One page", Section: "Here"}, {Title: "Another"}})
	if got != "One page, Here; Another" || report.Sources(nil) != "" {
		t.Errorf("got %q", got)
	}
}
