package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// unverified groups the rows that were not verified by their reason, since many usually have the same.
func unverified(r *report.Report) []openGroup {
	var out []openGroup
	for _, q := range r.Requirements {
		s := r.State(q)
		if s != report.StateOpen && s != report.StateAside {
			continue
		}
		reason, hint, _ := strings.Cut(q.Detail, "\n")
		reason, hint = strings.TrimSpace(reason), strings.TrimSpace(hint)
		i := slices.IndexFunc(out, func(g openGroup) bool { return g.Outcome == q.Outcome && g.Reason == reason })
		if i < 0 {
			i = len(out)
			out = append(out, openGroup{State: s, Outcome: q.Outcome, Reason: reason})
		}
		out[i].IDs = append(out[i].IDs, q.ID)
		if hint != "" && len(out[i].Hints) < maxHints && !slices.Contains(out[i].Hints, hint) {
			out[i].Hints = append(out[i].Hints, hint)
		}
	}
	slices.SortStableFunc(out, func(a, b openGroup) int {
		return slices.Index(verdict.Outcomes, a.Outcome) - slices.Index(verdict.Outcomes, b.Outcome)
	})
	return out
}

// openGroup lists the rows that were not verified for one reason.
type openGroup struct {
	State   report.State
	Outcome verdict.Outcome
	Reason  string
	// Hints are the further reasons that some of the rows give, each once.
	Hints []string
	IDs   []string
}

// maxHints is how many hints of one group are listed.
const maxHints = 3

// first names the first few rows of the group.
func (g openGroup) first() string {
	const most = 3
	if len(g.IDs) <= most+1 {
		return strings.Join(g.IDs, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(g.IDs[:most], ", "), len(g.IDs)-most)
}

// after is the group with its reason replaced where the view shows that already as the run's problem.
func (g openGroup) after(problem string) openGroup {
	first, _, _ := strings.Cut(problem, "\n")
	if g.Reason == "" || strings.TrimSpace(first) != g.Reason {
		return g
	}
	g.Reason = "for the reason above"
	g.Hints = slices.DeleteFunc(slices.Clone(g.Hints), func(h string) bool { return strings.Contains(problem, h) })
	return g
}
