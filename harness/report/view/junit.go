package view

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
)

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitProblem `xml:"failure,omitempty"`
	Error   *junitProblem `xml:"error,omitempty"`
	Skipped *junitProblem `xml:"skipped,omitempty"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// renderJUnit renders the report for CI systems: a suite a system, a case a requirement. Only what fails the gate is a
// failure there; what could not be verified is an error, since a viewer shows a skipped case as nothing to look at. A run
// that could not be verified is never green: where no row says so, a case of its own does.
func renderJUnit(r *report.Report) ([]byte, error) {
	out := junitSuites{Name: "rolecheck"}
	for _, s := range r.Systems {
		suite := junitSuite{Name: s.ID, Timestamp: junitTime(r)}
		for _, q := range r.Requirements {
			if q.System != s.ID {
				continue
			}
			suite.Cases = append(suite.Cases, junitOf(q, r.State(q)))
		}
		out.add(suite)
	}
	if c := conclude(r); c.State == report.StateOpen && out.Failures+out.Errors == 0 {
		out.add(junitSuite{Name: "rolecheck", Timestamp: junitTime(r), Cases: []junitCase{{
			Class: "rolecheck", Name: "could not verify",
			Error: &junitProblem{Message: c.String(), Type: "unverified", Text: clean(r.Run.Problem)},
		}}})
	}
	b, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing JUnit: %w", err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

// add counts the cases of a suite, and adds it.
func (s *junitSuites) add(suite junitSuite) {
	for _, c := range suite.Cases {
		for _, counts := range []*junitCounts{&suite.junitCounts, &s.junitCounts} {
			counts.Tests++
			switch {
			case c.Failure != nil:
				counts.Failures++
			case c.Error != nil:
				counts.Errors++
			case c.Skipped != nil:
				counts.Skipped++
			}
		}
	}
	s.Suites = append(s.Suites, suite)
}

func junitTime(r *report.Report) string { return r.Run.Started.UTC().Format("2006-01-02T15:04:05") }

func junitOf(q report.Requirement, is report.State) junitCase {
	c := junitCase{Class: "rolecheck." + q.System, Name: q.ID}
	p := &junitProblem{Message: clean(string(q.Level) + ": " + q.Summary()), Type: string(q.Outcome), Text: clean(junitText(q))}
	switch is {
	case report.StatePass:
	case report.StateFail:
		c.Failure = p
	case report.StateFinding:
		c.Out = clean("fails, and does not fail the gate\n" + junitText(q))
	case report.StateOpen:
		c.Error = p
	case report.StateAside:
		p.Text = ""
		c.Skipped = p
	}
	return c
}

func junitText(q report.Requirement) string {
	lines := []string{q.Text(), "requires: " + q.Statement, "source: " + report.Sources(q.Source)}
	if len(q.Evidence) > 0 {
		lines = append(lines, "exchanges: "+strings.Join(q.Evidence, ", "))
	}
	if q.Repro != "" {
		lines = append(lines, q.Repro)
	}
	return strings.Join(lines, "\n")
}

// clean is Printable without what XML 1.0 cannot hold; encoding/xml would put a replacement character for each.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\ufffe' || c == '\uffff' {
			return -1
		}
		return c
	}, text.Printable(s))
}
