package view

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/spec"
)

type matrixGroup struct {
	Title string
	Rows  []matrixRow
}

type matrixRow struct {
	Operation, Method, Path string
	Cells                   []matrixCell
	// Requirements counts the rows about the operation; Open those of them that were not verified.
	Requirements, Open int
	Hash, OpenHash     template.URL
}

type matrixCell struct {
	State             report.State
	Known, Documented bool
	Exchanges         int
	Label             string
	Hash              template.URL
}

// matrix lays the pairs out as operations by statuses.
func (p *page) matrix(s *spec.Spec, r *report.Report, pairs []report.PairRow) {
	cells := map[spec.Pair]report.PairRow{}
	var operations []string
	for _, c := range pairs {
		cells[spec.Pair{Operation: c.Operation, Status: c.Status}] = c
		if !slices.Contains(p.Statuses, c.Status) {
			p.Statuses = append(p.Statuses, c.Status)
		}
		if !slices.Contains(operations, c.Operation) {
			operations = append(operations, c.Operation)
		}
		if c.Documented {
			p.Documented++
			if c.Exchanges > 0 {
				p.Seen++
			}
		}
	}
	slices.Sort(p.Statuses)
	// The report's own operations count; the description lends their order, methods and paths.
	rows := slices.Clone(s.Operations)
	for _, id := range operations {
		if _, ok := s.Operation(id); !ok {
			rows = append(rows, spec.Operation{ID: id})
		}
	}
	system := ""
	for _, o := range rows {
		if !slices.Contains(operations, o.ID) {
			continue
		}
		if len(p.Matrix) == 0 || o.System != system {
			system = o.System
			title, _ := s.System(system)
			p.Matrix = append(p.Matrix, matrixGroup{Title: cmp.Or(title.Title, "Others")})
		}
		group := &p.Matrix[len(p.Matrix)-1]
		group.Rows = append(group.Rows, p.matrixRow(r, o.ID, o.Method, o.Path, cells))
	}
}

func (p *page) matrixRow(r *report.Report, operation, method, path string, cells map[spec.Pair]report.PairRow) matrixRow {
	row := matrixRow{
		Operation: operation, Method: method, Path: path,
		Hash: hash("operation", operation), OpenHash: hash("operation", operation, "outcome", "unverified"),
	}
	for _, q := range r.Requirements {
		if !slices.Contains(q.Operations, operation) {
			continue
		}
		row.Requirements++
		if s := r.State(q); s == report.StateOpen || s == report.StateAside {
			row.Open++
		}
	}
	for _, status := range p.Statuses {
		c, ok := cells[spec.Pair{Operation: operation, Status: status}]
		cell := matrixCell{Known: ok, State: c.State, Documented: c.Documented, Exchanges: c.Exchanges, Hash: row.Hash}
		if len(c.Requirements) > 0 {
			cell.Hash = hash("operation", operation, "status", strconv.Itoa(status))
		}
		cell.Label = fmt.Sprintf("%s %d: %s", operation, status, pairWords(c))
		row.Cells = append(row.Cells, cell)
	}
	return row
}

// hash is a filter of the page's rows, as its address has it.
func hash(namesAndValues ...string) template.URL {
	q := url.Values{}
	for pair := range slices.Chunk(namesAndValues, 2) {
		q.Set(pair[0], pair[1])
	}
	return template.URL("#" + q.Encode())
}

// pairWords says how often a pair was seen, and what failed there.
func pairWords(c report.PairRow) string {
	if c.Exchanges == 0 {
		return "documented, not seen"
	}
	words := text.Count(c.Exchanges, "exchange")
	switch c.State {
	case report.StateFail:
		words += ", a requirement failed"
	case report.StateFinding:
		words += ", with findings"
	default:
		words += ", nothing failed"
	}
	if !c.Documented {
		words += ", in no document"
	}
	return words
}
