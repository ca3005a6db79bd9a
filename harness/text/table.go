package text

import (
	"strings"
	"text/tabwriter"
)

// Table is rows of cells, each as many as the head has.
type Table struct {
	Head []string
	Rows [][]string
}

// Plain is the table in columns, a line a row.
func (t Table) Plain() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		_, _ = w.Write([]byte(strings.Join(row, "\t") + "\n"))
	}
	_ = w.Flush() // a Builder takes everything
	return b.String()
}

// Markdown is the head of the table as Markdown, and each of its rows, with their line feeds. What cell returns stands in
// a cell, and has to be fit for that.
func (t Table) Markdown(cell func(string) string) (head string, rows []string) {
	line := func(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = cell(c)
		}
		rows = append(rows, line(cells))
	}
	return line(t.Head) + strings.Repeat("| --- ", len(t.Head)) + "|\n", rows
}
