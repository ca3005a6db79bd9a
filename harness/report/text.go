package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// TextOptions say how the summary looks.
type TextOptions struct {
	// Color marks outcomes with terminal colours.
	Color bool
	// Out is the folder that the report was written to; empty where none was.
	Out string
}

// maxText is how many failures the summary spells out; the report has all of them.
const maxText = 20

// Text writes the summary of a run for a terminal or a log: a line a system, every failure with what shows it, and what
// could not be verified.
func Text(w io.Writer, r *Report, exchanges []*exchange.Exchange, o TextOptions) error {
	t := &text{report: r, options: o, exchanges: map[string]*exchange.Exchange{}}
	for _, x := range exchanges {
		t.exchanges[x.ID] = x
	}
	t.failures()
	t.unverified()
	t.findings()
	t.stale()
	if !r.Run.DryRun {
		t.systems()
	}
	t.foot()
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	b         strings.Builder
	report    *Report
	options   TextOptions
	exchanges map[string]*exchange.Exchange
}

func (t *text) line(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = Printable(s)
		}
	}
	fmt.Fprintf(&t.b, format+"\n", args...)
}

// painted is a text that may hold colours of our own.
type painted string

func (t *text) paint(code, s string) painted {
	s = Printable(s)
	if !t.options.Color {
		return painted(s)
	}
	return painted("\x1b[" + code + "m" + s + "\x1b[0m")
}

// Printable drops from a text what could steer a terminal, or show it in another order than it has, such as U+202E: an
// org may answer anything.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.Cc, unicode.Cf) && c != '\n' && c != '\t' {
			return -1
		}
		return c
	}, s)
}

const (
	red    = "31"
	yellow = "33"
	green  = "32"
	bold   = "1"
)

// counts reports whether a row's failure counts at the run's level.
func (r *Report) counts(q Requirement) bool { return q.verdict().Failed(r.Run.Level) && !q.Expected }

func (t *text) failures() {
	shown := 0
	for _, q := range t.report.Requirements {
		if !t.report.counts(q) {
			continue
		}
		if shown++; shown > maxText {
			continue
		}
		t.line("%s %s (%s)", t.paint(red, "FAIL"), t.paint(bold, q.ID), q.Level)
		for _, f := range q.failures() {
			t.block("  ", f.Summary())
			t.block("    ", strings.TrimSpace(f.More))
		}
		t.indent("requires", q.Statement)
		t.indent("source", Sources(q.Source))
		t.exchanged(q)
		t.indent("at", q.Location)
		t.indent("evidence", strings.Join(q.Evidence, " "))
		t.indent("repeat", q.Repro)
		t.line("")
	}
	if shown > maxText {
		t.line("… and %d more failures; the report has them all\n", shown-maxText)
	}
}

func (t *text) indent(name, value string) {
	if value != "" {
		t.line("  %-9s %s", name, strings.ReplaceAll(value, "\n", "\n            "))
	}
}

// exchanged shows the exchanges that the failures name, each once, or else the first that is evidence.
func (t *text) exchanged(q Requirement) {
	told := map[string]bool{}
	for _, f := range q.failures() {
		line := cmp.Or(f.Line, f.Exchange)
		if x := t.exchanges[f.Exchange]; x != nil {
			line = x.Line()
		}
		if line == "" || told[line] {
			continue
		}
		told[line] = true
		t.indent("exchange", line)
	}
	if len(told) > 0 {
		return
	}
	for _, id := range q.Evidence {
		if x := t.exchanges[id]; x != nil {
			t.indent("exchange", x.Line())
			return
		}
	}
}

// block writes the lines of a text, each after a margin.
func (t *text) block(margin, lines string) {
	if lines == "" {
		return
	}
	t.line("%s%s", margin, strings.ReplaceAll(lines, "\n", "\n"+margin))
}

// unverified tells each reason once, since one cause usually stands behind many rows.
func (t *text) unverified() {
	n := 0
	for _, g := range t.report.unverified() {
		if g.Outcome == verdict.NotSelected {
			continue
		}
		n++
		t.line("%s %s: %s", t.paint(yellow, strings.ToUpper(string(g.Outcome))), count(len(g.IDs), "row"), g.Reason)
		for _, hint := range g.Hints {
			t.block("  ", hint)
		}
		t.line("  %s", g.first())
	}
	if n > 0 {
		t.line("")
	}
}

// findings lists what failed without failing the gate, a line each.
func (t *text) findings() {
	n := 0
	for _, q := range t.report.Requirements {
		if q.Outcome != verdict.Fail || t.report.counts(q) {
			continue
		}
		if n++; n > maxText {
			continue
		}
		t.line("%s %s  (%s, %s)", t.paint(yellow, strings.ToUpper(t.report.word(q))), q.summary(), q.Level, q.ID)
	}
	if n > maxText {
		t.line("… and %d more that fail nothing", n-maxText)
	}
	if n > 0 {
		t.line("")
	}
}

// stale lists what the baseline says and is no longer so.
func (t *text) stale() {
	n := 0
	for _, a := range t.report.Baseline {
		if a.Stale() {
			n++
			t.line("%s %s: %s", t.paint(red, "STALE"), a.Requirement, a.Why())
		}
	}
	if n > 0 {
		t.line("")
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (t *text) systems() {
	for _, s := range t.report.Systems {
		color := yellow
		switch s.Result {
		case verdict.Conformant:
			color = green
		case verdict.NotConformant:
			color = red
		}
		t.line("%-24s %s  %s", s.ID, t.paint(color, fmt.Sprintf("%-14s", s.Result)), t.report.tally(t.report.of(s.ID)))
	}
}

func (t *text) foot() {
	r := t.report
	seen, documented := 0, 0
	for _, c := range r.Coverage {
		if c.Documented {
			documented++
			if c.Exchanges > 0 {
				seen++
			}
		}
	}
	t.line("")
	t.line("%s: %s, %d of them writes; %d of %d documented pairs of operation and status seen",
		r.who(), count(r.Requests.Total, "request"), r.Requests.Writes, seen, documented)
	if r.Part() {
		t.line("%d of %d exchanges kept as evidence", r.Exchanges.Kept, r.Exchanges.Total)
	}
	if r.Requests.Waited > 0 {
		t.line("waited %.0f s for rate limits", r.Requests.Waited)
	}
	if r.Requests.Slowed > 0 {
		t.line("the judge could not keep up: %s held back until those before them were judged", count(r.Requests.Slowed, "answer"))
	}
	t.leaks()
	if r.Run.Problem != "" && !t.saidBefore(r.Run.Problem) {
		t.line("%s %s", t.paint(red, "COULD NOT VERIFY"), r.Run.Problem)
	}
	if t.options.Out != "" {
		t.line("report in %s", t.options.Out)
	}
	if r.Earlier != "" {
		t.line("the earlier report that was there is in %s", r.Earlier)
	}
	t.conclusion()
}

// saidBefore reports whether the problem stands above as the reason of what was not verified.
func (t *text) saidBefore(problem string) bool {
	return slices.ContainsFunc(t.report.unverified(), func(g openGroup) bool {
		return g.Outcome != verdict.NotSelected && strings.TrimSpace(strings.Join(append([]string{g.Reason}, g.Hints...), "\n")) == strings.TrimSpace(problem)
	})
}

func (t *text) leaks() {
	leaks := t.report.Leaks
	for _, l := range leaks[:min(len(leaks), maxText)] {
		name := l.Kind
		for _, part := range []string{l.ID, l.Name} {
			if part != "" {
				name += " " + part
			}
		}
		t.line("%s %s: %s", t.paint(yellow, "LEFT BEHIND"), name, oneLine(l.Reason))
	}
	if more := len(leaks) - maxText; more > 0 {
		t.line("… and %d more left behind", more)
	}
	for _, command := range t.report.sweeps() {
		t.line("remove what is left with: %s", command)
	}
}

func (t *text) conclusion() {
	c := t.report.conclusion()
	color := map[state]string{statePass: green, stateFail: red, stateFinding: yellow, stateOpen: yellow, stateAside: bold}[c.State]
	word := string(t.paint(color, strings.ToUpper(c.Word)))
	t.b.WriteString(strings.TrimSpace(word+" "+c.Of) + ": " + Printable(c.Sentence) + "\n")
}
