package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/spec"
)

func newList() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "Print the catalogue of requirements, or the matrix of operations by statuses",
		Args:  cobra.NoArgs,
	}
	markdown := c.Flags().Bool("markdown", false, "print Markdown")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	matrix := c.Flags().Bool("matrix", false, "print how many requirements each operation has, by the statuses it is described with")
	system := c.Flags().String("system", "", "`ID`: this system alone")
	c.MarkFlagsMutuallyExclusive("markdown", "json")
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := spec.Load()
		if err != nil {
			return unverified{err}
		}
		if *system != "" {
			if s, err = restricted(s, *system); err != nil {
				return err
			}
		}
		form := plainText
		switch {
		case *markdown:
			form = markdownText
		case *asJSON:
			form = jsonText
		}
		if *matrix {
			return printTable(c.OutOrStdout(), form, matrixOf(s))
		}
		return printTable(c.OutOrStdout(), form, catalogueOf(s))
	}
	return c
}

// restricted is s with one system alone.
func restricted(s *spec.Spec, system string) (*spec.Spec, error) {
	var known []string
	for _, y := range s.Systems {
		known = append(known, y.ID)
	}
	if !slices.Contains(known, system) {
		return nil, fmt.Errorf("no system %q; the systems are %s", system, strings.Join(known, ", "))
	}
	return &spec.Spec{Requirements: s.RequirementsOf(system), Operations: s.OperationsOf(system)}, nil
}

// table is what list prints: rows of cells, and the same as values for JSON.
type table struct {
	head   []string
	rows   [][]string
	values any
}

type form int

const (
	plainText form = iota
	markdownText
	jsonText
)

func printTable(w io.Writer, f form, t table) error {
	switch f {
	case jsonText:
		b, err := text.JSON(t.values)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	case markdownText:
		lines := []string{"| " + strings.Join(t.head, " | ") + " |", strings.Repeat("| --- ", len(t.head)) + "|"}
		for _, row := range t.rows {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = strings.ReplaceAll(cell, "|", `\|`)
			}
			lines = append(lines, "| "+strings.Join(cells, " | ")+" |")
		}
		_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
		return err
	default:
		tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		for _, row := range append([][]string{t.head}, t.rows...) {
			fmt.Fprintln(tw, strings.Join(row, "\t"))
		}
		return tw.Flush()
	}
}

// entry is a requirement as JSON has it.
type entry struct {
	ID           string        `json:"id"`
	System       string        `json:"system"`
	Level        spec.Level    `json:"level"`
	By           spec.By       `json:"by"`
	Statement    string        `json:"statement"`
	Source       []spec.Source `json:"source"`
	Operations   []string      `json:"operations"`
	Needs        []string      `json:"needs"`
	Unobservable string        `json:"unobservable,omitempty"`
	Unproven     string        `json:"unproven,omitempty"`
	Rows         []string      `json:"rows"`
}

func entryOf(q spec.Requirement) entry {
	return entry{
		ID: q.ID, System: q.System, Level: q.Level, By: q.By, Statement: q.Statement, Source: q.Sources,
		Operations: q.Operations, Needs: q.Needs, Unobservable: q.Unobservable, Unproven: q.Unproven, Rows: q.Rows,
	}
}

func catalogueOf(s *spec.Spec) table {
	t := table{head: []string{"id", "level", "judged by", "operations", "statement"}}
	values := []entry{}
	for _, q := range s.Requirements {
		by := string(q.By)
		if q.Unobservable != "" {
			by = "nothing (unobservable)"
		}
		operations := strings.Join(q.Operations, ", ")
		if len(q.Operations) > 2 {
			operations = fmt.Sprintf("%s and %d more", q.Operations[0], len(q.Operations)-1)
		}
		t.rows = append(t.rows, []string{q.ID, string(q.Level), by, operations, q.Statement})
		values = append(values, entryOf(q))
	}
	t.values = values
	return t
}

// cell is one pair of operation and status as JSON has it.
type cell struct {
	Status int        `json:"status"`
	Basis  spec.Basis `json:"basis"`
}

type operationRow struct {
	Operation    string `json:"operation"`
	System       string `json:"system"`
	Statuses     []cell `json:"statuses"`
	Requirements int    `json:"requirements"`
}

// matrixOf marks the documented statuses with D, the observed ones with O, and those that are both with B.
func matrixOf(s *spec.Spec) table {
	var codes []int
	for _, op := range s.Operations {
		for _, status := range op.Statuses {
			if !slices.Contains(codes, status.Code) {
				codes = append(codes, status.Code)
			}
		}
	}
	slices.Sort(codes)
	t := table{head: []string{"operation"}}
	for _, code := range codes {
		t.head = append(t.head, fmt.Sprint(code))
	}
	t.head = append(t.head, "requirements")
	values := []operationRow{}
	for _, op := range s.Operations {
		n := 0
		for _, q := range s.Requirements {
			if slices.Contains(q.Operations, op.ID) {
				n++
			}
		}
		row, value := []string{op.ID}, operationRow{Operation: op.ID, System: op.System, Requirements: n}
		for _, code := range codes {
			mark := ""
			if status, ok := op.Status(code); ok {
				mark = strings.ToUpper(string(status.Basis)[:1])
				value.Statuses = append(value.Statuses, cell{code, status.Basis})
			}
			row = append(row, mark)
		}
		t.rows = append(t.rows, append(row, fmt.Sprint(n)))
		values = append(values, value)
	}
	t.values = values
	return t
}
