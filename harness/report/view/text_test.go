package view_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// summary is a report of a few rows, made by hand so that its text does not change with the catalogue.
func summary(change func(*report.Report), rows ...report.Requirement) *report.Report {
	r := sample.Head()
	r.Requirements = rows
	r.Systems = []report.System{{ID: "user-roles", Result: verdict.NotConformant, Counts: map[verdict.Outcome]int{verdict.Pass: 3, verdict.Fail: 1, verdict.Blocked: 2}}}
	r.Coverage = []report.Coverage{{Operation: "a", Status: 200, Documented: true, Exchanges: 2}, {Operation: "a", Status: 404, Documented: true}, {Operation: "a", Status: 418, Exchanges: 1}}
	r.Requests = report.RequestCounts{Total: 9, Writes: 4}
	r.Run.Exit = verdict.ExitFailed
	if change != nil {
		change(&r)
	}
	return &r
}

func rowOf(id string, level spec.Level, o verdict.Outcome, detail string) report.Requirement {
	return report.Requirement{ID: id, System: "user-roles", Level: level, Outcome: o, Statement: "It is so.", Detail: detail}
}

func failedRow(id string, failures ...verdict.Failure) report.Requirement {
	q := rowOf(id, spec.Must, verdict.Fail, verdict.Details(failures))
	q.Failures = failures
	return q
}

func textOf(t *testing.T, r *report.Report, exchanges []*exchange.Exchange, o view.TextOptions) string {
	t.Helper()
	var b strings.Builder
	if err := view.Text(&b, r, exchanges, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	suite := failedRow("user-roles.one", verdict.Failure{Expected: "status 201", Actual: "status 200", Exchange: "x0009", Line: "x0009 GET /api: 200\n{}"})
	suite.Source = []spec.Source{{Title: "A page", Section: "Here"}}
	suite.Evidence, suite.Location, suite.Repro = []string{"x0009"}, "suites/a.go:7", "curl -i 'https://org.example/api'"
	everywhere := failedRow("user-roles.two",
		verdict.Failure{Expected: "string at /type", Actual: "number", Exchange: "x0002"},
		verdict.Failure{Expected: "the member at /id", Actual: "none", Exchange: "x0002", More: "in 1 exchange of 2"})
	everywhere.Evidence = []string{"x0002", "x0003"}
	known := rowOf("user-roles.three", spec.Must, verdict.Fail, "known\nfailure")
	known.Expected = true
	weaker := failedRow("user-roles.four", verdict.Failure{Expected: "a", Actual: "b", Exchange: "x0003", Line: "x0003 GET /"})
	weaker.Level = spec.Should
	r := summary(func(r *report.Report) {
		r.Baseline = []verdict.Applied{{Entry: verdict.Entry{Requirement: "user-roles.gone", Reason: "x"}, Standing: verdict.Passes}}
		r.Requests.WaitedSeconds = 12.4
		r.Leaks = []report.Leak{{Kind: "group", ID: "g1", Name: "rolecheck-x-1", Reason: "500\n{}", Ledger: "a b/l.jsonl"}, {Kind: "user", Name: "rolecheck-x-2", Reason: "EOF", Ledger: "a b/l.jsonl"}}
		r.Run.Problem = "the end broke"
	},
		suite, everywhere, known,
		weaker,
		rowOf("user-roles.five", spec.Must, verdict.Blocked, "no group"), rowOf("user-roles.six", spec.Must, verdict.Blocked, "no group\nmore"),
		rowOf("user-roles.seven", spec.Must, verdict.Unobservable, "no credential"),
		rowOf("user-roles.eight", spec.Must, verdict.NotSelected, "left out"), rowOf("user-roles.nine", spec.Must, verdict.Pass, ""),
	)
	want := `FAIL user-roles.one (must)
  expected status 201, got status 200
  requires  It is so.
  source    A page, Here
  exchange  x0009 GET /api: 200
            {}
  at        suites/a.go:7
  evidence  x0009
  repeat    curl -i 'https://org.example/api'

FAIL user-roles.two (must)
  expected string at /type, got number
  expected the member at /id, got none
    in 1 exchange of 2
  requires  It is so.
  exchange  x0002 GET /api/v1/users/u1/roles: 200
            {"n":"x0002"}
  evidence  x0002 x0003

BLOCKED 2 rows: no group
  more
  user-roles.five, user-roles.six
UNOBSERVABLE 1 row: no credential
  user-roles.seven

KNOWN FAILURE known failure  (must, user-roles.three)
FINDING expected a, got b  (should, user-roles.four)

STALE user-roles.gone: is known to fail and passes

user-roles               not-conformant  1 pass, 1 unobservable, 1 not-selected, 2 blocked, 1 finding, 1 known failure, 2 fail

https://org.example: 9 requests, 4 of them writes; 1 of 2 documented pairs of operation and status seen
waited 12 s for rate limits
LEFT BEHIND group g1 rolecheck-x-1: 500 {}
LEFT BEHIND user rolecheck-x-2: EOF
remove what is left with: rolecheck sweep 'a b/l.jsonl' --target https://org.example
COULD NOT VERIFY the end broke
report in somewhere
FAILED: 2 of 9 requirements failed the gate
`
	exchanges := []*exchange.Exchange{sample.Exchanged("x0001", exchange.Act, 200), sample.Exchanged("x0002", exchange.Act, 200)}
	if diff := cmp.Diff(want, textOf(t, r, exchanges, view.TextOptions{Out: "somewhere"})); diff != "" {
		t.Error(diff)
	}
	// Without the exchanges there is the rest.
	if got := textOf(t, r, nil, view.TextOptions{}); strings.Contains(got, "x0002 GET") || !strings.Contains(got, "x0002 x0003") || strings.Contains(got, "report in") {
		t.Errorf("got %s", got)
	}
}

// TestTextSaysEachCauseOnce has many rows for few reasons.
func TestTextSaysEachCauseOnce(t *testing.T) {
	var rows []report.Requirement
	for i := range 31 {
		rows = append(rows, rowOf(fmt.Sprintf("user-roles.b%02d", i), spec.Must, verdict.Blocked, "the org refuses to make a group\nGive one with --group."))
	}
	for i := range 4 {
		rows = append(rows, rowOf(fmt.Sprintf("user-roles.n%d", i), spec.Must, verdict.NotRun, "the run ended"))
	}
	r := summary(func(r *report.Report) {
		r.Run.Exit = verdict.ExitUnverified
		r.Run.Problem = "the org refuses to make a group\nGive one with --group."
	}, rows...)
	got := textOf(t, r, nil, view.TextOptions{})
	want := `BLOCKED 31 rows: the org refuses to make a group
  Give one with --group.
  user-roles.b00, user-roles.b01, user-roles.b02 and 28 more
NOT-RUN 4 rows: the run ended
  user-roles.n0, user-roles.n1, user-roles.n2, user-roles.n3

`
	if !strings.HasPrefix(got, want) || strings.Count(got, "refuses to make") != 1 || strings.Count(got, "--group") != 1 {
		t.Errorf("got %s", got)
	}
	r.Run.Problem = "something else"
	if got := textOf(t, r, nil, view.TextOptions{}); !strings.Contains(got, "COULD NOT VERIFY something else") {
		t.Errorf("got %s", got)
	}
	r.Run.Problem = "the org refuses to make a group\nGive one with --group."
	md, err := view.Markdown(r)
	if err != nil {
		t.Fatal(err)
	}
	page, err := view.HTML(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The rows of the page each say why they were not verified; what comes before them says it once.
	top, _, _ := strings.Cut(string(page), `<ul class="rows">`)
	for name, view := range map[string]string{"Markdown": string(md), "HTML": top} {
		if strings.Count(view, "refuses to make") != 1 || strings.Count(view, "--group") != 1 {
			t.Errorf("%s does not say the cause once:\n%s", name, view)
		}
		for _, q := range rows {
			if !strings.Contains(view, q.ID) && !strings.Contains(view, "#"+q.ID) {
				t.Errorf("%s does not name %s", name, q.ID)
			}
		}
	}
}

func TestTextOfADryRun(t *testing.T) {
	for exit := range map[int]bool{verdict.ExitPassed: true, verdict.ExitUnverified: true} {
		r := summary(func(r *report.Report) { r.Run.DryRun, r.Run.Exit = true, exit }, rowOf("user-roles.one", spec.Must, verdict.NotRun, "a dry run sends nothing"))
		got := textOf(t, r, nil, view.TextOptions{})
		if !strings.HasSuffix(got, "\nDRY RUN: nothing was sent, nothing was judged\n") || strings.Contains(got, "PASSED") || strings.Contains(got, "not-conformant") {
			t.Errorf("exit %d: got %s", exit, got)
		}
		md, err := view.Markdown(r)
		if err != nil || !strings.Contains(string(md), "rolecheck: dry run") || strings.Contains(string(md), "## ✅") {
			t.Errorf("exit %d: %s (%v)", exit, md, err)
		}
	}
}

func TestTextSaysWhoWasJudged(t *testing.T) {
	for want, target := range map[string]report.TargetInfo{
		"the reference org, observed flavour: 9 requests": {Kind: "reference", URL: "http://127.0.0.1:1", Flavour: "observed"},
		"https://org.example: 9 requests":                 {Kind: "org", URL: "https://org.example"},
		"a recording: 9 requests":                         {Kind: "recording"},
		"a client: 9 requests":                            {Kind: "client"},
	} {
		if got := textOf(t, summary(func(r *report.Report) { r.Target = target }), nil, view.TextOptions{}); !strings.Contains(got, "\n"+want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	if got := textOf(t, summary(func(r *report.Report) { r.Requests = report.RequestCounts{Total: 1} }), nil, view.TextOptions{}); !strings.Contains(got, ": 1 request, 0 of them writes") {
		t.Errorf("got %s", got)
	}
}

func TestTextIsBounded(t *testing.T) {
	var rows []report.Requirement
	for i := range 30 {
		rows = append(rows, rowOf(fmt.Sprintf("user-roles.f%d", i), spec.Must, verdict.Fail, "x"), rowOf(fmt.Sprintf("user-roles.w%d", i), spec.May, verdict.Fail, "x"))
	}
	got := textOf(t, summary(func(r *report.Report) {
		for i := range 30 {
			r.Leaks = append(r.Leaks, report.Leak{Kind: "user", ID: fmt.Sprint(i), Reason: "x"})
		}
	}, rows...), nil, view.TextOptions{})
	for _, want := range []string{"… and 10 more failures", "… and 10 more that fail nothing", "… and 10 more left behind"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "FAIL user-roles.f"); n != 20 {
		t.Errorf("%d failures are spelt out", n)
	}
}

// TestTextIsSafeForTerminals has an org that tries to steer one.
func TestTextIsSafeForTerminals(t *testing.T) {
	const evil = "a\x1b]0;pwned\x07b\x9b31mc\u009b31md\re\x00f\u202eg\u2066h\ufeffi"
	row := rowOf("user-roles.one", spec.Must, verdict.Fail, evil)
	row.Evidence, row.Repro = []string{"x0001"}, evil
	x := sample.Exchanged("x0001", exchange.Act, 200)
	x.Response.Body.Bytes = []byte(evil)
	change := func(r *report.Report) {
		r.Run.Problem, r.Target.URL = evil, evil
		r.Leaks = []report.Leak{{Kind: "user", ID: evil, Name: evil, Reason: evil}}
	}
	r := summary(change, row, rowOf("user-roles.two", spec.May, verdict.Fail, evil), rowOf("user-roles.three", spec.Must, verdict.Blocked, evil))
	plain := textOf(t, r, []*exchange.Exchange{x}, view.TextOptions{Out: evil})
	unsafe := func(c rune) bool { return c != '\n' && unicode.In(c, unicode.Cc, unicode.Cf) }
	if i := strings.IndexFunc(plain, unsafe); i >= 0 {
		t.Errorf("a control character at %q", plain[i:min(len(plain), i+20)])
	}
	junit, err := view.JUnit(r)
	if err != nil {
		t.Fatal(err)
	}
	var job bytes.Buffer
	lookup := func(name string) (string, bool) { return "true", name == "GITHUB_ACTIONS" }
	if err := view.GitHub(&job, lookup, r); err != nil {
		t.Fatal(err)
	}
	for name, view := range map[string]string{"JUnit": string(junit), "GitHub": job.String()} {
		if i := strings.IndexFunc(view, unsafe); i >= 0 || !strings.Contains(view, "fghi") {
			t.Errorf("%s has a control character, or not what was said: %q", name, view)
		}
	}
	coloured := textOf(t, r, []*exchange.Exchange{x}, view.TextOptions{Color: true, Out: evil})
	for _, code := range []string{"\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"} {
		coloured = strings.ReplaceAll(coloured, code, "")
	}
	if coloured != plain {
		t.Error("with colours it says something else")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the pipe is broken") }

func TestTextTellsOfFailures(t *testing.T) {
	if err := view.Text(broken{}, summary(nil), nil, view.TextOptions{}); err == nil {
		t.Error("nobody is told")
	}
}
