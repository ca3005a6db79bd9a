package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

func TestVerifyWhole(t *testing.T) {
	dir := sample.Written(t)
	r, err := report.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, report.FileReport)} {
		problems, err := report.Verify(path, r.Tool)
		if err != nil || len(problems) > 0 {
			t.Errorf("%v\n%s", err, strings.Join(problems, "\n"))
		}
	}
}

// writeJSON writes a report alone, over one that is there.
func writeJSON(dir string, r *report.Report) error {
	b, err := r.JSON()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, report.FileReport), b, 0o600)
}

// copied is a copy of a report's folder to tamper with.
func copied(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{report.FileReport, report.FileExchanges} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestVerifyTampered(t *testing.T) {
	whole := sample.Written(t)
	const spec = "user-roles.list.unknown-user-404"
	tests := map[string]struct {
		tamper func(*report.Report)
		want   string
	}{
		"what a client lacks": {func(r *report.Report) { sample.Row(r, spec).Lacking = []string{sample.AssignRole} },
			spec + " is pass, and names what a client lacks"},
		"the mode":           {func(r *report.Report) { r.Mode = report.Judge }, "says of itself that it holds a part of the exchanges: false; after a judge that is true"},
		"the exchanges kept": {func(r *report.Report) { r.Mode, r.Exchanges.Kept = report.Judge, 1 }, "the report counts 1 exchanges kept"},
		"an outcome": {func(r *report.Report) { sample.Row(r, sample.FailedSpec).Outcome = verdict.Pass },
			`system user-roles: counts is {"fail":3,"pass":83,"unobservable":4}; recomputed it is {"fail":2,"pass":84,"unobservable":4}`},
		"an outcome with its counts": {func(r *report.Report) {
			sample.Row(r, sample.FailedSchema).Outcome = verdict.Pass
			for i := range r.Systems {
				if r.Systems[i].ID == "user-roles" {
					r.Systems[i].Counts[verdict.Fail]--
					r.Systems[i].Counts[verdict.Pass]++
				}
			}
		}, sample.FailedSchema + " is pass, and exchange x0003 breaks it"},
		"an outcome without findings": {func(r *report.Report) {
			sample.Row(r, sample.FailedSchema).Outcome = verdict.Pass
			r.Findings = slices.DeleteFunc(r.Findings, func(f report.Finding) bool { return f.Requirement == sample.FailedSchema })
		}, "row " + sample.FailedSchema + `: outcome is "pass"; recomputed it is "fail"`},
		"an outcome nobody knows": {func(r *report.Report) { sample.Row(r, spec).Outcome = "passed" }, `there is no outcome "passed"`},
		"a count":                 {func(r *report.Report) { r.Systems[0].Counts[verdict.Pass]++ }, "system client-roles: "},
		"a result":                {func(r *report.Report) { r.Systems[4].Result = verdict.Conformant }, `system user-roles: result is "conformant"; recomputed it is "not-conformant"`},
		"the exit code":           {func(r *report.Report) { r.Run.Exit = 0 }, "run: exit is 0; recomputed it is 1"},
		"a row":                   {func(r *report.Report) { r.Requirements = slices.Delete(r.Requirements, 3, 4) }, "has no row"},
		"a row twice":             {func(r *report.Report) { r.Requirements = slices.Insert(r.Requirements, 3, r.Requirements[3]) }, "has two rows"},
		"a row of no requirement": {func(r *report.Report) { r.Requirements[3].ID += "x" }, "is not in the catalogue"},
		"the order of rows": {func(r *report.Report) { r.Requirements[3], r.Requirements[4] = r.Requirements[4], r.Requirements[3] },
			"not sorted"},
		"a system": {func(r *report.Report) { r.Systems = r.Systems[1:] }, "system client-roles is absent; recomputed it is there"},
		"a level":  {func(r *report.Report) { sample.Row(r, sample.FailedSpec).Level = "may" }, `level is "may"; recomputed it is "must"`},
		"a statement": {func(r *report.Report) { sample.Row(r, spec).Statement = "Anything goes." },
			"row " + spec + `: statement is "Anything goes."; recomputed it is "For a user id`},
		"evidence":    {func(r *report.Report) { sample.Row(r, spec).Evidence = []string{"x9999"} }, "names exchange x9999"},
		"no evidence": {func(r *report.Report) { sample.Row(r, spec).Evidence = []string{} }, "no exchange shows it"},
		"a detail":    {func(r *report.Report) { sample.Row(r, sample.FailedSchema).Detail = "fine" }, `detail is "fine"; recomputed it is "expected string at /0/type`},
		"a failure": {func(r *report.Report) { sample.Row(r, sample.FailedSpec).Failures[0].Actual = "status 404" },
			"row " + sample.FailedSpec + `: detail is "expected `},
		"a failure's detail": {func(r *report.Report) { sample.Row(r, sample.FailedSpec).Detail = "expected a, got b" },
			"row " + sample.FailedSpec + `: detail is "expected `},
		"a failure with its detail": {func(r *report.Report) {
			q := sample.Row(r, sample.FailedSchema)
			q.Failures[0].Actual = "nothing of note"
			q.Detail = verdict.Details(q.Failures)
		}, sample.FailedSchema + ": failures is "},
		"a failure's exchange": {func(r *report.Report) {
			q := sample.Row(r, sample.FailedSpec)
			q.Failures[0].Exchange = "x0002"
		}, sample.FailedSpec + ": exchange x0002 shows a failure, and is not among its evidence"},
		"a failure of what passed": {func(r *report.Report) { sample.Row(r, spec).Failures = []verdict.Failure{{Actual: "a"}} }, spec + `: failures is [{"expected":"","actual":"a"}]; recomputed it is absent`},
		"a dry run":                {func(r *report.Report) { r.Run.DryRun = true }, "said to be a dry run"},
		"a finding":                {func(r *report.Report) { r.Findings = r.Findings[1:] }, "judging its exchanges again gives"},
		"a finding's place":        {func(r *report.Report) { r.Findings[0].Exchange = "x9999" }, "a finding on"},
		"an excuse":                {func(r *report.Report) { sample.Row(r, sample.FailedSpec).Expected = true }, "expected is true; recomputed it is false"},
		"a standing":               {func(r *report.Report) { r.Baseline[0].Standing = verdict.Holds }, `standing is "holds"; recomputed it is "passes"`},
		"coverage":                 {func(r *report.Report) { r.Coverage[0].Exchanges += 3 }, "exchanges is 3; recomputed it is 0"},
		"a pair":                   {func(r *report.Report) { r.Coverage = r.Coverage[1:] }, "is absent; recomputed it is there"},
		"a pair's basis":           {func(r *report.Report) { r.Coverage[0].Documented = !r.Coverage[0].Documented }, "documented is"},
		"exchanges":                {func(r *report.Report) { r.Exchanges.Total++ }, "exchanges: total is 9; recomputed it is 8"},
		"requests":                 {func(r *report.Report) { r.Requests.Writes = 0 }, "requests: writes is 0; recomputed it is 2"},
		"completeness":             {func(r *report.Report) { r.Run.Filter = "must" }, "said to be complete"},
		"the run":                  {func(r *report.Report) { r.Run.ID = "other" }, `exchanges.jsonl is of run "sample"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, whole)
			r, err := report.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			test.tamper(r)
			if err := writeJSON(dir, r); err != nil {
				t.Fatal(err)
			}
			catches(t, dir, test.want)
		})
	}
}

func catches(t *testing.T, dir, want string) {
	t.Helper()
	problems, err := report.Verify(dir, report.Tool{Version: "another"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, want) }) {
		t.Errorf("%q is not said:\n%s", want, strings.Join(problems, "\n"))
	}
	if len(problems) > 0 && !strings.Contains(problems[len(problems)-1], "made by rolecheck v0.0.0-sample") {
		t.Error("it is not said that another rolecheck verifies")
	}
}

func TestVerifyTamperedFiles(t *testing.T) {
	whole := sample.Written(t)
	edit := func(file, old, changed string) func(string) error {
		return func(dir string) error {
			path := filepath.Join(dir, file)
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, bytes.Replace(b, []byte(old), []byte(changed), 1), 0o600)
		}
	}
	tests := map[string]struct {
		tamper func(dir string) error
		want   string
	}{
		"an unknown member":  {edit(report.FileReport, `"mode": `, `"mood": "fine", "mode": `), "is not as rolecheck writes it"},
		"white space":        {edit(report.FileReport, `  "mode"`, ` "mode"`), "is not as rolecheck writes it"},
		"no exchanges":       {func(dir string) error { return os.Remove(filepath.Join(dir, report.FileExchanges)) }, "there is no exchanges.jsonl"},
		"no footer":          {edit(report.FileExchanges, "{\"exchanges\":8}\n", ""), "cut short"},
		"a wrong footer":     {edit(report.FileExchanges, `{"exchanges":8}`, `{"exchanges":9}`), "the footer counts 9 exchanges"},
		"an exchange edited": {edit(report.FileExchanges, `\"type\":17`, `\"type\":\"USER_ADMIN\"`), `: outcome is "fail"; recomputed it is "pass"`},
		"an exchange twice":  {edit(report.FileExchanges, `"id":"x0002"`, `"id":"x0001"`), "exchange x0001 is there twice"},
		"not exchanges":      {edit(report.FileExchanges, `{`, `[`), "line 1"},
		"a line broken":      {edit(report.FileExchanges, `{"id":"x0002"`, `{"id":2`), "line 3: not an exchange"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, whole)
			if err := test.tamper(dir); err != nil {
				t.Fatal(err)
			}
			catches(t, dir, test.want)
		})
	}
}

func TestNotAReport(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(sample.Written(t), report.FileReport))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		content []byte
		want    string
	}{
		"cut short": {whole[:len(whole)/2], "not a"},
		"newer":     {bytes.Replace(whole, []byte("rolecheck.report/v1"), []byte("rolecheck.report/v2"), 1), "rolecheck.report/v2"},
		"empty":     {nil, "not a"},
		"a page":    {[]byte("<html>"), "not a"},
		"a list":    {[]byte("[]"), "not a"},
		"other":     {[]byte(`{"schema":"something"}`), "something"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "report.json")
			if err := os.WriteFile(path, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := report.Verify(path, report.Tool{}); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := report.Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing report was opened")
	}
}
