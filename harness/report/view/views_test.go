package view_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

func TestViewsAreTheSameEachTime(t *testing.T) {
	r, exchanges := sample.Report(t, 0)
	dir := sample.Written(t)
	again, err := report.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	named, err := report.OpenNamed(filepath.Join(dir, report.FileReport), again)
	if err != nil {
		t.Fatal(err)
	}
	if len(named) == 0 || len(named) >= len(exchanges) {
		t.Errorf("%d of %d exchanges are named", len(named), len(exchanges))
	}
	for _, v := range view.All() {
		first, err := v.Render(r, exchanges)
		if err != nil {
			t.Fatalf("%s: %v", v.File, err)
		}
		second, err := v.Render(again, named)
		if err != nil {
			t.Fatalf("%s: %v", v.File, err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s comes out otherwise from the files", v.File)
		}
		// By this word the folder of a report knows its own files.
		if !bytes.Contains(first[:min(len(first), 64<<10)], []byte("rolecheck")) {
			t.Errorf("%s does not say near its beginning that it is rolecheck's", v.File)
		}
	}
	for _, name := range []string{"report.html", "report.md", "junit.xml"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is not written by default, or for all to read: %v", name, err)
		}
	}
}

func TestViewsHaveNoMarkupOfTheTarget(t *testing.T) {
	r, exchanges := sample.Report(t, 0)
	page, err := view.HTML(r, exchanges)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>window.pwned", "<img src=x"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page has %s", bad)
		}
	}
	if outside := regexp.MustCompile(`(?:src|href)="?(?:https?:)?//|url\(|@import`).Find(page); outside != nil {
		t.Errorf("the page asks for something outside: %s", outside)
	}
	md, err := view.Markdown(r)
	if err != nil {
		t.Fatal(err)
	}
	// Outside of code and of <pre>, nothing of the target's may be left.
	plain := regexp.MustCompile("(?s)<pre>.*?</pre>").ReplaceAll(md, nil)
	plain = regexp.MustCompile("(?s)``+.*?``+|`[^`\n]*`").ReplaceAll(plain, nil)
	for _, bad := range []string{"<script", "<img", "<b>", "@everyone"} {
		if bytes.Contains(plain, []byte(bad)) {
			t.Errorf("the Markdown has %s outside of code", bad)
		}
	}
}

func TestHTMLIsWellFormedEnough(t *testing.T) {
	r, exchanges := sample.Report(t, 0)
	page, err := view.HTML(r, exchanges)
	if err != nil {
		t.Fatal(err)
	}
	// A template that leaves something out says so in the page.
	for _, bad := range []string{"ZgotmplZ", "<no value>", "%!"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page has %s", bad)
		}
	}
	for _, q := range r.Requirements {
		if !bytes.Contains(page, []byte(`<details id="`+q.ID+`">`)) {
			t.Errorf("%s has no row in the page", q.ID)
		}
	}
}

// TestViewsBeginWithTheSummary looks in every view for what each failure says first.
func TestViewsBeginWithTheSummary(t *testing.T) {
	r, exchanges := sample.Report(t, 0)
	q := sample.Row(r, sample.FailedSpec)
	q.Failures = []verdict.Failure{
		{Expected: "status 204", Actual: "status 403", Exchange: "x0004", Line: exchanges[3].Line()},
		{Expected: "no role\nin the list", Actual: "one", Exchange: "x0002", More: "the role is there still"},
	}
	q.Detail = verdict.Details(q.Failures)
	const summary, second = "expected status 204, got status 403", "expected no role in the list, got one"
	rendered := func(render func(*report.Report) ([]byte, error)) string {
		t.Helper()
		b, err := render(r)
		if err != nil {
			t.Fatal(err)
		}
		return html.UnescapeString(string(b))
	}
	lookup := func(name string) (string, bool) { return "true", name == "GITHUB_ACTIONS" }
	views := map[string]struct {
		text string
		// want is what stands before each summary, the second of which is not everywhere.
		want []string
	}{
		"text": {rendered(func(r *report.Report) ([]byte, error) {
			var b bytes.Buffer
			err := view.Text(&b, r, exchanges, view.TextOptions{})
			return b.Bytes(), err
		}), []string{"FAIL " + q.ID + " (must)\n  " + summary + "\n  " + second + "\n    the role is there still\n"}},
		"markdown": {rendered(view.Markdown), []string{"- **" + q.ID + "** (must): `" + summary + "`\n", "<pre>" + summary + "\n", "\n\n" + second + "\n"}},
		"junit":    {rendered(view.JUnit), []string{`message="must: ` + summary + `"`, ">" + summary + "\n", second}},
		"sarif":    {rendered(view.SARIF), []string{`"text": "` + summary + `\n`, second}},
		"github": {rendered(func(r *report.Report) ([]byte, error) {
			var b bytes.Buffer
			err := view.GitHub(&b, lookup, r)
			return b.Bytes(), err
		}), []string{"title=" + q.ID + " (must)::" + summary + "%0A", "%0A" + second}},
		"html": {rendered(func(r *report.Report) ([]byte, error) { return view.HTML(r, exchanges) }),
			[]string{`<span class="why">` + summary + "</span>", `<p class="summary">` + summary + "</p>", `<p class="summary">` + second + "</p>"}},
	}
	for name, test := range views {
		for _, want := range test.want {
			if !strings.Contains(test.text, want) {
				t.Errorf("%s has no %q:\n%s", name, want, test.text)
			}
		}
	}
	if text := views["text"].text; strings.Count(text, summary) != 1 || strings.Count(text, "x0004 GET") != 1 {
		t.Errorf("the text says the failure twice:\n%s", text)
	}
}

func TestHTMLWithoutExchanges(t *testing.T) {
	r, _ := sample.Report(t, 0)
	page, err := view.HTML(r, nil)
	if err != nil || !bytes.Contains(page, []byte("made without the file of exchanges")) {
		t.Errorf("the page does not say what it lacks (%v)", err)
	}
}

func TestHTMLOfAnEmptyReport(t *testing.T) {
	if _, err := view.HTML(&report.Report{}, nil); err != nil {
		t.Error(err)
	}
	for _, v := range view.All() {
		if b, err := v.Render(&report.Report{}, nil); err != nil || len(b) == 0 {
			t.Errorf("%s: %v", v.File, err)
		}
	}
}

func TestHTMLCutsHugeBodies(t *testing.T) {
	r, exchanges := sample.Report(t, 0)
	small, err := view.HTML(r, exchanges)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing repeats in it, so that packing does not hide its size.
	huge := make([]byte, 0, 2<<20)
	for n := uint32(1); len(huge) < 2<<20; n = n*1664525 + 1013904223 {
		huge = append(huge, "ä"...)
		huge = append(huge, 'a'+byte(n>>27)%26)
	}
	exchanges[2].Response.Body.Bytes = huge
	big, err := view.HTML(r, exchanges)
	if err != nil {
		t.Fatal(err)
	}
	if grown := len(big) - len(small); grown > 128<<10 {
		t.Errorf("the page grew by %d bytes", grown)
	}
}

func TestMarkdownFitsAComment(t *testing.T) {
	r, _ := sample.Report(t, 0)
	for i := range r.Requirements {
		q := &r.Requirements[i]
		q.Outcome, q.Expected = verdict.Fail, i%3 == 0
		q.Detail = strings.Repeat(sample.Hostile+"\n", 40)
		if i%7 == 0 {
			q.Outcome = verdict.Blocked
			q.Detail = q.ID + q.Detail
		}
	}
	md, err := view.Markdown(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(md) >= 60_000 || !bytes.Contains(md, []byte("more; the report has them all")) {
		t.Errorf("%d bytes", len(md))
	}
	if a, b := bytes.Count(md, []byte("<details>")), bytes.Count(md, []byte("</details>")); a != b || a < 2 {
		t.Errorf("%d are folded, %d end", a, b)
	}
	for _, want := range []string{"| System | Result |", "❌"} {
		if !bytes.Contains(md, []byte(want)) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestBadge(t *testing.T) {
	tests := map[string]struct {
		results []verdict.Result
		exit    int
		want    string
	}{
		"conformant":     {[]verdict.Result{verdict.Conformant, verdict.Conformant}, verdict.ExitPassed, "passed"},
		"findings":       {[]verdict.Result{verdict.Conformant, verdict.Findings}, verdict.ExitPassed, "passed"},
		"filtered":       {[]verdict.Result{verdict.Conformant, verdict.Unselected}, verdict.ExitPassed, "passed"},
		"incomplete":     {[]verdict.Result{verdict.Conformant, verdict.Incomplete}, verdict.ExitPassed, "no fault seen in what could be seen"},
		"not conformant": {[]verdict.Result{verdict.NotConformant, verdict.Incomplete}, verdict.ExitFailed, "failed"},
		"not verified":   {[]verdict.Result{verdict.Conformant, verdict.Incomplete}, verdict.ExitUnverified, "not verified"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := &report.Report{Run: report.RunInfo{Exit: test.exit}, Requirements: []report.Requirement{{Outcome: verdict.Pass}}}
			for _, result := range test.results {
				r.Systems = append(r.Systems, report.System{Result: result})
			}
			b, err := view.BadgeJSON(r)
			if err != nil {
				t.Fatal(err)
			}
			var shield struct {
				SchemaVersion         int
				Label, Message, Color string
			}
			if err := json.Unmarshal(b, &shield); err != nil || shield.SchemaVersion != 1 || shield.Label == "" || shield.Color == "" || shield.Message != test.want {
				t.Errorf("%s (%v)", b, err)
			}
			svg, err := view.Badge(r)
			if err != nil || !bytes.Contains(svg, []byte(">"+test.want+"</text>")) {
				t.Errorf("%s (%v)", svg, err)
			}
			for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestGitHub(t *testing.T) {
	r, _ := sample.Report(t, 0)
	summary := filepath.Join(t.TempDir(), "summary.md")
	if err := os.WriteFile(summary, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GITHUB_STEP_SUMMARY": summary}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	var out bytes.Buffer
	if err := view.GitHub(&out, lookup, r); err != nil || out.Len() > 0 {
		t.Errorf("outside of GitHub it says %q (%v)", out.String(), err)
	}
	env["GITHUB_ACTIONS"] = "true"
	r.Requirements[0].Outcome = verdict.Fail
	r.Requirements[0].Failures = []verdict.Failure{{Expected: "a\n::error::yours", Actual: "100%", More: "100%\r\n::error::mine"}}
	if err := view.GitHub(&out, lookup, r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	errs := 0
	for _, line := range lines {
		if !strings.HasPrefix(line, "::error title=") && !strings.HasPrefix(line, "::warning title=") {
			t.Errorf("not an annotation: %q", line)
		}
		if strings.HasPrefix(line, "::error") {
			errs++
		}
	}
	if errs < 4 || errs > 10 {
		t.Errorf("%d errors:\n%s", errs, out.String())
	}
	if !strings.Contains(out.String(), "::expected a ::error::yours, got 100%25%0A100%25%0A::error::mine%0A") || strings.Contains(out.String(), "\n::error::mine") {
		t.Errorf("the detail is not escaped:\n%s", out.String())
	}
	got, err := os.ReadFile(summary)
	if err != nil || !bytes.HasPrefix(got, []byte("before\n## ❌ rolecheck")) {
		t.Errorf("the summary is %.60q (%v)", got, err)
	}
	env["GITHUB_STEP_SUMMARY"] = filepath.Join(t.TempDir(), "no", "such", "folder")
	if err := view.GitHub(io.Discard, lookup, r); err == nil {
		t.Error("a summary that cannot be written is not told")
	}
}
