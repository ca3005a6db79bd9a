package view

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
)

// table is one part of a comparison as rows of cells.
type table struct {
	title string
	head  []string
	rows  [][]string
}

func tablesOf(c *report.Comparison) []table {
	requirements := table{title: "Requirements", head: []string{"change", "requirement", "level", "old", "new", "detail"}}
	for _, r := range c.Requirements {
		requirements.rows = append(requirements.rows, []string{
			string(r.Change), r.Requirement, string(r.Level), absent(string(r.Old)), absent(string(r.New)), text.Shorten(text.OneLine(clean(r.Detail)), 160),
		})
	}
	pairs := table{title: "Pairs of operation and status", head: []string{"change", "operation", "status", "old", "new"}}
	for _, p := range c.Pairs {
		pairs.rows = append(pairs.rows, []string{
			string(p.Change), p.Operation, fmt.Sprint(p.Status), fare(p.Old, p.OldExchanges), fare(p.New, p.NewExchanges),
		})
	}
	answers := table{title: "Answers", head: []string{"operation", "status", "what", "name", "old", "new"}}
	for _, a := range c.Answers {
		status := ""
		if a.Status != 0 {
			status = fmt.Sprint(a.Status)
		}
		answers.rows = append(answers.rows, []string{a.Operation, status, a.What, text.Shorten(clean(a.Name), 200), text.Shorten(clean(a.Old), 200), text.Shorten(clean(a.New), 200)})
	}
	return []table{requirements, pairs, answers}
}

func absent(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func fare(state string, exchanges int) string {
	if state == "" {
		return "not seen"
	}
	return fmt.Sprintf("%s, %d×", state, exchanges)
}

// outcomeOf says in one sentence what a comparison comes to.
func outcomeOf(c *report.Comparison) string {
	n := map[report.Change]int{}
	for _, r := range c.Requirements {
		n[r.Change]++
	}
	word := "no must got worse"
	if c.Worse {
		word = "a must got worse"
	}
	sentence := fmt.Sprintf("%s: %d requirements worse, %d better, %d appeared, %d vanished, %d changed otherwise; %d pairs differ; %s between the answers",
		word, n[report.Worse], n[report.Better], n[report.Appeared], n[report.Vanished], n[report.Changed], len(c.Pairs), text.Count(len(c.Answers), "difference"))
	if c.Old.Exchanges == 0 || c.New.Exchanges == 0 {
		sentence += " (not compared: one side has no file of exchanges)"
	}
	return sentence
}

// ComparisonText renders a comparison in lines for a terminal.
func ComparisonText(c *report.Comparison) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old  %s (run %s)\nnew  %s (run %s)\n", c.Old.Target, c.Old.Run, c.New.Target, c.New.Run)
	for _, t := range tablesOf(c) {
		if len(t.rows) == 0 {
			continue
		}
		widths := make([]int, len(t.head))
		for _, row := range append([][]string{t.head}, t.rows...) {
			for i, cell := range row {
				widths[i] = min(60, max(widths[i], len([]rune(cell))))
			}
		}
		fmt.Fprintf(&b, "\n%s\n", t.title)
		for _, row := range append([][]string{t.head}, t.rows...) {
			var line strings.Builder
			for i, cell := range row {
				fmt.Fprintf(&line, "%-*s  ", widths[i], cell)
			}
			fmt.Fprintln(&b, strings.TrimRight(line.String(), " "))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", outcomeOf(c))
	return b.Bytes()
}

// ComparisonMarkdown renders a comparison for a comment; what does not fit is counted.
func ComparisonMarkdown(c *report.Comparison) []byte {
	var b bytes.Buffer
	mark := marks[report.StatePass]
	if c.Worse {
		mark = marks[report.StateFail]
	}
	fmt.Fprintf(&b, "## %s rolecheck compare\n\n%s → %s\n\n%s.\n", mark, code(c.Old.Target), code(c.New.Target), inline(outcomeOf(c), 500))
	tables := tablesOf(c)
	for i, t := range tables {
		if len(t.rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s (%d)\n\n| %s |\n%s|\n", t.title, len(t.rows), strings.Join(t.head, " | "), strings.Repeat("| --- ", len(t.head)))
		for n, row := range t.rows {
			cells := make([]string, len(row))
			for k, cell := range row {
				cells[k] = inline(cell, 200)
			}
			line := "| " + strings.Join(cells, " | ") + " |\n"
			if b.Len()+len(line) > maxMarkdown-reserve*(len(tables)-i) {
				fmt.Fprintf(&b, "\n… and %d more\n", len(t.rows)-n)
				break
			}
			b.WriteString(line)
		}
	}
	return b.Bytes()
}
