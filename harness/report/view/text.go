package view

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
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
func Text(w io.Writer, r *report.Report, exchanges []*exchange.Exchange, o TextOptions) error {
	t := &summary{report: r, options: o, exchanges: map[string]*exchange.Exchange{}}
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

type summary struct {
	b         strings.Builder
	report    *report.Report
	options   TextOptions
	exchanges map[string]*exchange.Exchange
}

func (t *summary) line(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = text.Printable(s)
		}
	}
	fmt.Fprintf(&t.b, format+"\n", args...)
}

// painted is a text that may hold colours of our own.
type painted string

func (t *summary) paint(code, s string) painted {
	s = text.Printable(s)
	if !t.options.Color {
		return painted(s)
	}
	return painted("\x1b[" + code + "m" + s + "\x1b[0m")
}

const (
	red    = "31"
	yellow = "33"
	green  = "32"
	bold   = "1"
)

func (t *summary) failures() {
	rows := in(t.report, report.StateFail)
	for _, q := range rows[:min(len(rows), maxText)] {
		t.line("%s %s (%s)", t.paint(red, "FAIL"), t.paint(bold, q.ID), q.Level)
		for _, f := range q.AllFailures() {
			t.block("  ", f.Summary())
			t.block("    ", strings.TrimSpace(f.More))
		}
		t.indent("requires", q.Statement)
		t.indent("source", report.Sources(q.Source))
		t.exchanged(q)
		t.indent("at", q.Location)
		t.indent("evidence", strings.Join(q.Evidence, " "))
		t.indent("repeat", q.Repro)
		t.line("")
	}
	if more := len(rows) - maxText; more > 0 {
		t.line("… and %d more failures; the report has them all\n", more)
	}
}

func (t *summary) indent(name, value string) {
	if value != "" {
		t.line("  %-9s %s", name, strings.ReplaceAll(value, "\n", "\n            "))
	}
}

// exchanged shows the exchanges that the failures name, each once, or else the first that is evidence.
func (t *summary) exchanged(q report.Requirement) {
	shown := map[string]bool{}
	for _, f := range q.AllFailures() {
		line := cmp.Or(f.Line, f.Exchange)
		if x := t.exchanges[f.Exchange]; x != nil {
			line = x.Line()
		}
		if line == "" || shown[line] {
			continue
		}
		shown[line] = true
		t.indent("exchange", line)
	}
	if len(shown) > 0 {
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
func (t *summary) block(margin, lines string) {
	if lines == "" {
		return
	}
	t.line("%s%s", margin, strings.ReplaceAll(lines, "\n", "\n"+margin))
}

// unverified lists each reason once, since many rows usually have the same.
func (t *summary) unverified() {
	n := 0
	for _, g := range unverified(t.report) {
		if g.Outcome == verdict.NotSelected {
			continue
		}
		n++
		t.line("%s %s: %s", t.paint(yellow, strings.ToUpper(string(g.Outcome))), text.Count(len(g.IDs), "row"), g.Reason)
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
func (t *summary) findings() {
	rows := in(t.report, report.StateFinding)
	for _, q := range rows[:min(len(rows), maxText)] {
		t.line("%s %s  (%s, %s)", t.paint(yellow, strings.ToUpper(word(t.report, q))), q.Summary(), q.Level, q.ID)
	}
	if more := len(rows) - maxText; more > 0 {
		t.line("… and %d more that fail nothing", more)
	}
	if len(rows) > 0 {
		t.line("")
	}
}

// stale lists what the baseline says and is no longer so.
func (t *summary) stale() {
	entries := stale(t.report)
	for _, a := range entries {
		t.line("%s %s: %s", t.paint(red, "STALE"), a.Requirement, a.Why())
	}
	if len(entries) > 0 {
		t.line("")
	}
}

func (t *summary) systems() {
	for _, s := range t.report.Systems {
		color := yellow
		switch s.Result {
		case verdict.Conformant:
			color = green
		case verdict.NotConformant:
			color = red
		}
		t.line("%-24s %s  %s", s.ID, t.paint(color, fmt.Sprintf("%-14s", s.Result)), tally(t.report, of(t.report, s.ID)))
	}
}

func (t *summary) foot() {
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
		r.Who(), text.Count(r.Requests.Total, "request"), r.Requests.Writes, seen, documented)
	if r.Part() {
		t.line("%d of %d exchanges kept as evidence", r.Exchanges.Kept, r.Exchanges.Total)
	}
	if r.Requests.WaitedSeconds > 0 {
		t.line("waited %.0f s for rate limits", r.Requests.WaitedSeconds)
	}
	if r.Requests.Slowed > 0 {
		t.line("the judge could not keep up: %s held back until those before them were judged", text.Count(r.Requests.Slowed, "answer"))
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

// saidBefore reports whether the problem is printed already, as the reason of rows that were not verified.
func (t *summary) saidBefore(problem string) bool {
	return slices.ContainsFunc(unverified(t.report), func(g openGroup) bool {
		return g.Outcome != verdict.NotSelected && strings.TrimSpace(strings.Join(append([]string{g.Reason}, g.Hints...), "\n")) == strings.TrimSpace(problem)
	})
}

func (t *summary) leaks() {
	leaks := t.report.Leaks
	for _, l := range leaks[:min(len(leaks), maxText)] {
		name := l.Kind
		for _, part := range []string{l.ID, l.Name} {
			if part != "" {
				name += " " + part
			}
		}
		t.line("%s %s: %s", t.paint(yellow, "LEFT BEHIND"), name, text.OneLine(l.Reason))
	}
	if more := len(leaks) - maxText; more > 0 {
		t.line("… and %d more left behind", more)
	}
	for _, command := range sweeps(t.report) {
		t.line("remove what is left with: %s", command)
	}
}

func (t *summary) conclusion() {
	c := conclude(t.report)
	color := map[report.State]string{report.StatePass: green, report.StateFail: red, report.StateFinding: yellow, report.StateOpen: yellow, report.StateAside: bold}[c.State]
	word := string(t.paint(color, strings.ToUpper(c.Word)))
	t.b.WriteString(strings.TrimSpace(word+" "+c.Of) + ": " + text.Printable(c.Sentence) + "\n")
}
