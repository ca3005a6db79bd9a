package view

import (
	"bytes"
	"fmt"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
)

// table is one part of a comparison as rows of cells.
type table struct {
	title string
	text.Table
}

func tablesOf(c *report.Comparison) []table {
	requirements := table{"Requirements", text.Table{Head: []string{"change", "requirement", "level", "old", "new", "detail"}}}
	for _, r := range c.Requirements {
		requirements.Rows = append(requirements.Rows, []string{
			string(r.Change), r.Requirement, string(r.Level), absent(string(r.Old)), absent(string(r.New)), text.Excerpt(clean(r.Detail), 160),
		})
	}
	pairs := table{"Pairs of operation and status", text.Table{Head: []string{"change", "operation", "status", "old", "new"}}}
	for _, p := range c.Pairs {
		pairs.Rows = append(pairs.Rows, []string{
			string(p.Change), p.Operation, fmt.Sprint(p.Status), fare(p.Old, p.OldExchanges), fare(p.New, p.NewExchanges),
		})
	}
	answers := table{"Answers", text.Table{Head: []string{"operation", "status", "what", "name", "old", "new"}}}
	for _, a := range c.Answers {
		status := ""
		if a.Status != 0 {
			status = fmt.Sprint(a.Status)
		}
		answers.Rows = append(answers.Rows, []string{a.Operation, status, a.What, text.Shorten(clean(a.Name), 200), text.Shorten(clean(a.Old), 200), text.Shorten(clean(a.New), 200)})
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
		if len(t.Rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n%s", t.title, t.Plain())
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
		if len(t.Rows) == 0 {
			continue
		}
		head, rows := t.Markdown(func(cell string) string { return inline(cell, 200) })
		fmt.Fprintf(&b, "\n### %s (%d)\n\n%s", t.title, len(rows), head)
		for n, row := range rows {
			if b.Len()+len(row) > maxMarkdown-reserve*(len(tables)-i) {
				fmt.Fprintf(&b, "\n… and %d more\n", len(rows)-n)
				break
			}
			b.WriteString(row)
		}
	}
	return b.Bytes()
}
