package view_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

type testSuites struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Tests int    `xml:"tests,attr"`
		Time  string `xml:"timestamp,attr"`
		Cases []struct {
			Class   string   `xml:"classname,attr"`
			Name    string   `xml:"name,attr"`
			Failure *problem `xml:"failure"`
			Error   *problem `xml:"error"`
			Skipped *problem `xml:"skipped"`
			Out     string   `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type problem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func TestJUnit(t *testing.T) {
	musts, should := sample.Specs(t, 9, spec.Must), sample.Specs(t, 2, spec.Should)
	hostile := "actual <b>&\"]]>\x00\x1b[31m\ufffe\xff é\nsecond line"
	failed := of(musts[0], verdict.Fail)
	failed.Failures, failed.Repro = []verdict.Failure{{Expected: "a\nb", Actual: "c", More: hostile}}, "curl -i 'https://org.example'"
	known := of(musts[1], verdict.Fail)
	rows := []verdict.Verdict{failed, known, of(should[0], verdict.Fail)}
	want := map[string]string{musts[0].ID: "failure", musts[1].ID: "out", should[0].ID: "out"}
	for i, o := range []verdict.Outcome{verdict.Error, verdict.Blocked, verdict.NotRun, verdict.Untested} {
		rows, want[musts[2+i].ID] = append(rows, of(musts[2+i], o)), "error"
	}
	for i, o := range []verdict.Outcome{verdict.NotSelected, verdict.Unsupported, verdict.Unobservable} {
		rows, want[musts[6+i].ID] = append(rows, of(musts[6+i], o)), "skipped"
	}
	all := sample.Passing(t, rows...)
	baseline := &verdict.Baseline{Entries: []verdict.Entry{{Requirement: musts[1].ID, Reason: "known"}}}
	r := report.Build(sample.Head(), sample.Spec(t).Systems, all, report.NewCollector(sample.Spec(t)), baseline)
	b, err := view.JUnit(r)
	if err != nil {
		t.Fatal(err)
	}
	// encoding/xml refuses what XML 1.0 does not allow.
	for d := xml.NewDecoder(strings.NewReader(string(b))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not XML: %v", err)
		}
	}
	var got testSuites
	if err := xml.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != len(all) || got.Failures != 1 || got.Errors != 4 || got.Skipped != 3 {
		t.Errorf("got %d tests, %d failures, %d errors, %d skipped", got.Tests, got.Failures, got.Errors, got.Skipped)
	}
	seen := 0
	for _, suite := range got.Suites {
		if suite.Tests != len(suite.Cases) || suite.Time != "2026-01-02T03:04:05" {
			t.Errorf("%s says %d tests at %s", suite.Name, suite.Tests, suite.Time)
		}
		for _, c := range suite.Cases {
			seen++
			if c.Class != "rolecheck."+suite.Name || !strings.HasPrefix(c.Name, suite.Name+".") {
				t.Errorf("got the class %s and the name %s", c.Class, c.Name)
			}
			is := map[string]bool{"failure": c.Failure != nil, "error": c.Error != nil, "skipped": c.Skipped != nil, "out": c.Out != ""}
			for kind, has := range is {
				if has != (want[c.Name] == kind) {
					t.Errorf("%s has %s: %t", c.Name, kind, has)
				}
			}
			if c.Failure != nil {
				if c.Failure.Message != "must: expected a b, got c" || c.Failure.Type != "fail" {
					t.Errorf("got %+v", c.Failure)
				}
				if !strings.HasPrefix(c.Failure.Text, "expected a b, got c\nactual <b>&\"]]>[31m\ufffd é\nsecond line\n") {
					t.Errorf("got %q", c.Failure.Text)
				}
				for _, part := range []string{musts[0].Statement, "source: ", "second line", "exchanges: x0001", "curl -i"} {
					if !strings.Contains(c.Failure.Text, part) {
						t.Errorf("no %q in %s", part, c.Failure.Text)
					}
				}
			}
			if c.Skipped != nil && (!strings.Contains(c.Skipped.Message, "why ") || strings.TrimSpace(c.Skipped.Text) != "") {
				t.Errorf("got %+v", c.Skipped)
			}
		}
	}
	if seen != len(all) {
		t.Errorf("%d cases for %d requirements", seen, len(all))
	}
	if again, err := view.JUnit(r); err != nil || string(again) != string(b) {
		t.Errorf("a second time gives another file (%v)", err)
	}
}

// A run that could not be verified is red to CI systems: by the rows that say so, or else by a case of its own.
func TestJUnitIsNotGreenWithoutVerification(t *testing.T) {
	must := sample.Specs(t, 1, spec.Must)[0]
	allSkipped := func(exit int) *report.Report {
		r := report.Build(sample.Head(), sample.Spec(t).Systems, sample.Passing(t, of(must, verdict.Unobservable)), report.NewCollector(sample.Spec(t)), nil)
		r.Run.Exit, r.Run.Problem = exit, "the org went away\x1b[2J\u202e"
		return r
	}
	blocked := report.Build(sample.Head(), sample.Spec(t).Systems, sample.Passing(t, of(must, verdict.Blocked)), report.NewCollector(sample.Spec(t)), nil)
	failed := report.Build(sample.Head(), sample.Spec(t).Systems, sample.Passing(t, of(must, verdict.Fail)), report.NewCollector(sample.Spec(t)), nil)
	failed.Run.Exit = verdict.ExitInterrupted
	for name, test := range map[string]struct {
		report           *report.Report
		failures, errors int
		// says is the message of the case of its own, where there is one.
		says string
	}{
		"nothing failed, not verified": {allSkipped(verdict.ExitUnverified), 0, 1, "Not verified: "},
		"nothing failed, interrupted":  {allSkipped(verdict.ExitInterrupted), 0, 1, "Interrupted: the run was stopped before its end"},
		"no rows":                      {&report.Report{}, 0, 1, "Not verified: 0 of 0 requirements verified"},
		"passed":                       {allSkipped(verdict.ExitPassed), 0, 0, ""},
		"a row is blocked":             {blocked, 0, 1, ""},
		"a row failed before the end":  {failed, 1, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := view.JUnit(test.report)
			if err != nil {
				t.Fatal(err)
			}
			var got testSuites
			if err := xml.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			if got.Failures != test.failures || got.Errors != test.errors {
				t.Errorf("%d failures and %d errors", got.Failures, got.Errors)
			}
			tests, said := 0, ""
			for _, suite := range got.Suites {
				for _, c := range suite.Cases {
					tests++
					if c.Name != "could not verify" {
						continue
					}
					said = c.Error.Message
					if want := strings.NewReplacer("\x1b", "", "\u202e", "").Replace(test.report.Run.Problem); c.Error.Text != want {
						t.Errorf("the reason is %q, want %q", c.Error.Text, want)
					}
				}
			}
			if tests != got.Tests || !strings.HasPrefix(said, test.says) || (said == "") != (test.says == "") {
				t.Errorf("%d of %d tests, and it says %q", tests, got.Tests, said)
			}
		})
	}
}
