package report

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/rolecheck/rolecheck/spec"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
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

// JUnit renders the report for CI systems: a suite a system, a case a requirement. Only what fails the gate is a
// failure there; what could not be verified is an error, since a viewer shows a skipped case as nothing to look at. A run
// that could not be verified is never green: where no row says so, a case of its own does.
func JUnit(r *Report) ([]byte, error) {
	out := junitSuites{Name: "rolecheck"}
	for _, s := range r.Systems {
		suite := junitSuite{Name: s.ID, Timestamp: junitTime(r)}
		for _, q := range r.Requirements {
			if q.System != s.ID {
				continue
			}
			c := junitOf(q, r.state(q))
			suite.Cases = append(suite.Cases, c)
			suite.Tests++
			suite.Failures += one(c.Failure)
			suite.Errors += one(c.Error)
			suite.Skipped += one(c.Skipped)
		}
		out.add(suite)
	}
	if c := r.conclusion(); c.State == stateOpen && out.Failures+out.Errors == 0 {
		out.add(junitSuite{Name: "rolecheck", Timestamp: junitTime(r), Tests: 1, Errors: 1, Cases: []junitCase{{
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

func (s *junitSuites) add(suite junitSuite) {
	s.Tests += suite.Tests
	s.Failures += suite.Failures
	s.Errors += suite.Errors
	s.Skipped += suite.Skipped
	s.Suites = append(s.Suites, suite)
}

func junitTime(r *Report) string { return r.Run.Started.UTC().Format("2006-01-02T15:04:05") }

func one(p *junitProblem) int {
	if p == nil {
		return 0
	}
	return 1
}

func junitOf(q Requirement, is state) junitCase {
	c := junitCase{Class: "rolecheck." + q.System, Name: q.ID}
	p := &junitProblem{Message: clean(string(q.Level) + ": " + q.summary()), Type: string(q.Outcome), Text: clean(junitText(q))}
	switch is {
	case statePass:
	case stateFail:
		c.Failure = p
	case stateFinding:
		c.Out = clean("fails, and does not fail the gate\n" + junitText(q))
	case stateOpen:
		c.Error = p
	case stateAside:
		p.Text = ""
		c.Skipped = p
	}
	return c
}

func junitText(q Requirement) string {
	lines := []string{q.text(), "requires: " + q.Statement, "source: " + Sources(q.Source)}
	if len(q.Evidence) > 0 {
		lines = append(lines, "exchanges: "+strings.Join(q.Evidence, ", "))
	}
	if q.Repro != "" {
		lines = append(lines, q.Repro)
	}
	return strings.Join(lines, "\n")
}

// Sources names the places a requirement is taken from.
func Sources(sources []spec.Source) string {
	parts := make([]string, len(sources))
	for i, s := range sources {
		parts[i] = s.Title
		if s.Section != "" {
			parts[i] += ", " + s.Section
		}
	}
	return strings.Join(parts, "; ")
}

// clean is Printable without what XML 1.0 cannot hold; encoding/xml would put a replacement character for each.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\ufffe' || c == '\uffff' {
			return -1
		}
		return c
	}, Printable(s))
}
