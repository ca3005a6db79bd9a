package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

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
		if *matrix {
			return matrixOf(s).print(c.OutOrStdout(), *markdown, *asJSON)
		}
		return catalogueOf(s).print(c.OutOrStdout(), *markdown, *asJSON)
	}
	return c
}

// restricted is s with the requirements and operations of one system. An unknown system is an error.
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

// table is a table to print, as rows of cells and as values for JSON.
type table struct {
	text.Table
	values any
}

func (t table) print(w io.Writer, markdown, asJSON bool) error {
	var out string
	switch {
	case asJSON:
		b, err := text.JSON(t.values)
		if err != nil {
			return err
		}
		out = string(b)
	case markdown:
		head, rows := t.Markdown(func(cell string) string { return strings.ReplaceAll(cell, "|", `\|`) })
		out = head + strings.Join(rows, "")
	default:
		out = t.Plain()
	}
	_, err := io.WriteString(w, out)
	return err
}

// entry is a requirement in JSON.
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
	t := table{Table: text.Table{Head: []string{"id", "level", "judged by", "operations", "statement"}}}
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
		t.Rows = append(t.Rows, []string{q.ID, string(q.Level), by, operations, q.Statement})
		values = append(values, entryOf(q))
	}
	t.values = values
	return t
}

// cell is one documented or observed status of an operation, in JSON.
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
	t := table{Table: text.Table{Head: []string{"operation"}}}
	for _, code := range codes {
		t.Head = append(t.Head, fmt.Sprint(code))
	}
	t.Head = append(t.Head, "requirements")
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
		t.Rows = append(t.Rows, append(row, fmt.Sprint(n)))
		values = append(values, value)
	}
	t.values = values
	return t
}
