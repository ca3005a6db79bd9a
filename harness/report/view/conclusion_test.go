package view_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// lastLine is what the summary for a terminal ends with.
func lastLine(t *testing.T, r *report.Report) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(textOf(t, r, nil, view.TextOptions{})), "\n")
	return lines[len(lines)-1]
}

func TestConclusion(t *testing.T) {
	must, should := sample.Specs(t, 1, spec.Must)[0], sample.Specs(t, 1, spec.Should)[0]
	elsewhere := func(o verdict.Outcome) []verdict.Verdict {
		var out []verdict.Verdict
		for _, v := range sample.Passing(t) {
			if v.Requirement.System != must.System {
				out = append(out, of(v.Requirement, o))
			}
		}
		return out
	}
	filter := func(r *report.Report) { r.Run.Filter, r.Run.Complete = "some", false }
	known := &verdict.Baseline{Entries: []verdict.Entry{{Requirement: must.ID, Reason: "known"}}}
	all := len(sample.Passing(t))
	tests := map[string]struct {
		change   func(*report.Report)
		verdicts []verdict.Verdict
		known    *verdict.Baseline
		want     string
	}{
		"everything":        {nil, sample.Passing(t), nil, fmt.Sprintf("PASSED: %d of %d requirements passed", all, all)},
		"a should failed":   {nil, sample.Passing(t, of(should, verdict.Fail)), nil, fmt.Sprintf("PASSED: %d of %d requirements passed, 1 finding", all-1, all)},
		"a whole system":    {filter, sample.Passing(t, elsewhere(verdict.NotSelected)...), nil, fmt.Sprintf("PASSED: %d of %d requirements passed, %d not-selected", all-len(elsewhere("")), all, len(elsewhere("")))},
		"all but one":       {filter, sample.Passing(t, of(must, verdict.NotSelected)), nil, fmt.Sprintf("NO FAULT SEEN in what was selected: %d of %d requirements verified, 0 exchanges of 0 operations judged", all-1, all)},
		"a lack":            {func(r *report.Report) { r.Target.Features = map[string]bool{"apps": false} }, sample.Passing(t, of(must, verdict.Unsupported)), nil, "NO FAULT SEEN in what is offered: "},
		"no credential":     {nil, sample.Passing(t, of(must, verdict.Unobservable)), nil, "NO FAULT SEEN in what could be seen: "},
		"a recording":       {func(r *report.Report) { r.Mode = report.Judge }, sample.Passing(t, elsewhere(verdict.Unobservable)...), nil, "NO FAULT SEEN in what is there: "},
		"a whole recording": {func(r *report.Report) { r.Mode = report.Judge }, sample.Passing(t), nil, "PASSED: "},
		"live traffic": {func(r *report.Report) { r.Mode = report.Proxy }, sample.Passing(t, append(elsewhere(verdict.Unobservable), of(should, verdict.Fail))...), nil,
			"FINDINGS ONLY in what is there: "},
		"a known failure": {nil, sample.Passing(t, of(must, verdict.Fail)), known, fmt.Sprintf("KNOWN FAILURES ONLY in what could be seen: %d of %d requirements verified, 0 exchanges of 0 operations judged, 1 known failure", all, all)},
		"a stale entry":   {nil, sample.Passing(t), known, "STALE BASELINE: 1 of 1 entries of the baseline say what is no longer so"},
		"a failure":       {nil, sample.Passing(t, of(must, verdict.Fail)), nil, fmt.Sprintf("FAILED: 1 of %d requirements failed the gate", all)},
		"blocked":         {nil, sample.Passing(t, of(must, verdict.Blocked), of(should, verdict.Fail)), nil, fmt.Sprintf("NOT VERIFIED: %d of %d requirements verified, 1 blocked, 1 finding", all-1, all)},
		"interrupted":     {func(r *report.Report) { r.Run.Interrupted, r.Run.Complete = true, false }, sample.Passing(t), nil, "INTERRUPTED: the run was stopped before its end"},
		"a dry run":       {func(r *report.Report) { r.Run.DryRun = true }, sample.Passing(t), nil, "DRY RUN: nothing was sent, nothing was judged"},
		"nothing at all":  {nil, nil, nil, "NOT VERIFIED: 0 of 0 requirements verified"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := sample.Head()
			if test.change != nil {
				test.change(&h)
			}
			r := report.Build(h, sample.Spec(t).Systems, test.verdicts, report.NewCollector(sample.Spec(t)), test.known)
			if got := lastLine(t, r); !strings.HasPrefix(got, test.want) || !strings.HasSuffix(test.want, " ") && got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			sameWords(t, r)
		})
	}
}

// sameWords renders a report into all views, and holds their words and counts against those of the text.
func sameWords(t *testing.T, r *report.Report) {
	t.Helper()
	title, sentence, _ := strings.Cut(lastLine(t, r), ": ")
	title = strings.ToLower(title)
	md, err := view.Markdown(r)
	if err != nil {
		t.Fatal(err)
	}
	page, err := view.HTML(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	badge, err := view.BadgeJSON(r)
	if err != nil {
		t.Fatal(err)
	}
	summary := filepath.Join(t.TempDir(), "summary")
	lookup := func(name string) (string, bool) {
		return map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary}[name], true
	}
	if err := view.GitHub(&bytes.Buffer{}, lookup, r); err != nil {
		t.Fatal(err)
	}
	job, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	flat := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(page), ""))
	for view, want := range map[*string][]string{
		new(string(md)):    {"rolecheck: " + title + "\n", ": " + sentence + ".\n"},
		new(string(job)):   {"rolecheck: " + title + "\n", ": " + sentence + ".\n"},
		new(string(badge)): {`"message": "` + title + `"`},
		&flat:              {sentence + "."},
	} {
		for _, w := range want {
			if !strings.Contains(*view, w) {
				t.Errorf("no %q in %.600s", w, *view)
			}
		}
	}
	if !strings.Contains(strings.ToLower(string(page)), "<b>"+title+"</b>") {
		t.Errorf("the page does not say %q", title)
	}
	said := strings.HasPrefix(title, "passed")
	for name, view := range map[string]string{"Markdown": string(md), "the job's summary": string(job)} {
		if strings.Contains(view, "## ✅") != said {
			t.Errorf("%s and the text do not agree on whether it passed: %.200s", name, view)
		}
	}
	if r.Run.DryRun {
		return
	}
	text := textOf(t, r, nil, view.TextOptions{})
	for _, s := range r.Systems {
		tally := regexp.MustCompile(`(?m)^` + s.ID + ` +[a-z-]+ +(.*)$`).FindStringSubmatch(text)
		if tally == nil || !strings.Contains(string(md), "| "+tally[1]+" |\n") || !strings.Contains(flat, tally[1]) {
			t.Errorf("%s is counted otherwise by some view: %q", s.ID, tally)
		}
	}
}

// The sample has something of everything.
func TestViewsUseTheSameWords(t *testing.T) {
	r, _ := sample.Report(t, 0)
	sameWords(t, r)
	text := textOf(t, r, nil, view.TextOptions{})
	for _, want := range []string{"1 known failure", "1 blocked", "FINDING ", "KNOWN FAILURE "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if q := sample.Row(r, sample.Known); !q.Expected {
		t.Errorf("got %+v", q)
	}
}

// A report whose rows were taken out has nothing to show, whatever it says of its end.
func TestViewsOfAReportWithoutRows(t *testing.T) {
	for _, exit := range []int{verdict.ExitPassed, verdict.ExitFailed, verdict.ExitStale, verdict.ExitUnverified} {
		r := report.Build(sample.Head(), sample.Spec(t).Systems, sample.Passing(t), report.NewCollector(sample.Spec(t)), nil)
		r.Run.Exit, r.Requirements = exit, nil
		if got, want := lastLine(t, r), "NOT VERIFIED: 0 of 0 requirements verified"; got != want {
			t.Errorf("exit code %d: got %q, want %q", exit, got, want)
		}
		r.Systems = nil
		sameWords(t, r)
		sarif, err := view.SARIF(r)
		if err != nil || !bytes.Contains(sarif, []byte(`"executionSuccessful": false`)) {
			t.Errorf("exit code %d: SARIF says that it was verified (%v)", exit, err)
		}
		var job bytes.Buffer
		lookup := func(name string) (string, bool) { return "true", name == "GITHUB_ACTIONS" }
		if err := view.GitHub(&job, lookup, r); err != nil || job.String() != "::error title=Could not verify::Not verified: 0 of 0 requirements verified\n" {
			t.Errorf("exit code %d: the job says %q (%v)", exit, job.String(), err)
		}
	}
}

// What a client lacks is an error to CI systems until the baseline says so.
func TestViewsOfWhatAClientLacks(t *testing.T) {
	q, ok := sample.Spec(t).Requirement("clients.operations")
	if !ok {
		t.Fatal("there is no such requirement")
	}
	lacking := verdict.Verdict{Requirement: q, Outcome: verdict.Unsupported, Detail: "nothing for it", Lacking: []string{sample.AssignRole}}
	h := sample.Head()
	h.Mode, h.Target = report.SDK, report.TargetInfo{Kind: target.Client, URL: "client"}
	for name, test := range map[string]struct {
		known   *verdict.Baseline
		says    string
		errors  int
		skipped int
	}{
		"a surprise": {nil, "NOT VERIFIED: 1 of 2 requirements verified, 1 unsupported", 1, 0},
		"known": {&verdict.Baseline{Entries: []verdict.Entry{{Requirement: q.ID, Reason: "r", Unsupported: sample.AssignRole}}},
			"NO FAULT SEEN in what the client supports: 1 of 2 requirements verified", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			program, _ := sample.Spec(t).Requirement("clients.program")
			r := report.Build(h, sample.Spec(t).Systems, []verdict.Verdict{of(program, verdict.Pass), lacking}, report.NewCollector(sample.Spec(t)), test.known)
			if got := lastLine(t, r); !strings.HasPrefix(got, test.says) {
				t.Errorf("got %q", got)
			}
			sameWords(t, r)
			b, err := view.JUnit(r)
			if err != nil {
				t.Fatal(err)
			}
			var junit struct {
				Errors  int `xml:"errors,attr"`
				Skipped int `xml:"skipped,attr"`
			}
			if err := xml.Unmarshal(b, &junit); err != nil || junit.Errors != test.errors || junit.Skipped != test.skipped {
				t.Errorf("got %+v (%v)", junit, err)
			}
		})
	}
}

func of(q spec.Requirement, o verdict.Outcome) verdict.Verdict {
	return verdict.Verdict{Requirement: q, Outcome: o, Detail: "why " + string(o), Evidence: []string{"x0001"}}
}
