package view

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// page has the values of the template.
type page struct {
	Policy             string
	CSS                template.CSS
	JS, Data           template.JS
	Report             *report.Report
	Who                string
	Conclusion         conclusion
	Facts              []fact
	Notes              []string
	Systems            []pageSystem
	Failures, Findings []pageRow
	Open               []openLine
	Stale              []verdict.Applied
	Statuses           []int
	Matrix             []matrixGroup
	Seen, Documented   int
	Rows               []pageRow
	Outcomes           []verdict.Outcome
	Operations         []string
	Sweeps             []string
}

type fact struct{ Name, Value string }

type pageSystem struct {
	report.System
	State report.State
	Word  string
	Parts []part
}

type openLine struct {
	openGroup
	// Hash filters the page's rows to the group's outcome.
	Hash template.URL
}

type pageRow struct {
	report.Requirement
	State report.State
	// Word names the outcome, and Why is why it is known.
	Word, Why string
	Known     *verdict.Applied
	// Pairs are those of operation and status that the row speaks of.
	Pairs string
	// Told is what the row failed with, and First the beginning of that or of the detail.
	Told  []verdict.Failure
	First string
}

func newPage(s *spec.Spec, r *report.Report, exchanges []*exchange.Exchange) *page {
	p := &page{Report: r, Sweeps: sweeps(r), Who: r.Who(), Stale: stale(r), Facts: facts(r)}
	p.Conclusion = conclude(r)
	if r.Target.Kind == "reference" {
		p.Notes = append(p.Notes, "This is rolecheck's own reference org. That it passes shows that the checks work, and claims nothing of any other org.")
	}
	if r.Run.Problem != "" {
		p.Notes = append(p.Notes, r.Run.Problem)
	}
	if len(exchanges) == 0 && len(r.Named()) > 0 {
		p.Notes = append(p.Notes, "This page was made without the file of exchanges, so that it names the evidence and cannot show it.")
	}
	for _, y := range r.Systems {
		p.Systems = append(p.Systems, pageSystemOf(r, y))
	}
	pairs := r.Pairs(s, exchanges)
	p.rows(r, pairs)
	p.matrix(s, r, pairs)
	for _, g := range unverified(r) {
		p.Open = append(p.Open, openLine{g.after(r.Run.Problem), hash("outcome", string(g.Outcome))})
	}
	return p
}

// facts are who was judged, and how.
func facts(r *report.Report) []fact {
	commit := r.Tool.Commit
	if len(commit) > 12 {
		commit = commit[:12]
	}
	out := []fact{{"Target", strings.TrimSpace(string(r.Target.Kind) + " " + r.Target.URL)}}
	for _, name := range slices.Sorted(maps.Keys(r.Target.Identity)) {
		out = append(out, fact{"Target's " + name, r.Target.Identity[name]})
	}
	mode := map[report.Mode]string{
		report.Run: "exercised by the suites", report.Judge: "recorded traffic", report.Proxy: "live traffic", report.SDK: "a client that was driven",
	}[r.Mode]
	var lacks []string
	for name, has := range r.Target.Features {
		if !has {
			lacks = append(lacks, name)
		}
	}
	slices.Sort(lacks)
	accepts := "documents and real orgs"
	if r.Run.DocumentsOnly {
		accepts = "documents only"
	}
	return append(out, []fact{
		{"Mode", strings.TrimSpace(string(r.Mode) + ": " + mode)},
		{"Judged by", accepts + ", gate at " + string(r.Run.Level)},
		{"When", r.Run.Started.UTC().Format("2006-01-02 15:04:05 UTC") + " for " + length(r.Run.Ended.Sub(r.Run.Started))},
		{"rolecheck", strings.TrimSpace(r.Tool.Version + " " + commit)},
		{"Run", strings.TrimSpace(r.Run.ID + seed(r.Run.Seed))},
		{"Filter", r.Run.Filter},
		{"Declared lacking", strings.Join(lacks, ", ")},
		{"Exchanges", fmt.Sprintf("%d, %d of them judged by the contract", r.Exchanges.Total, r.Exchanges.Judged) + unreadable(r.Exchanges.Unreadable) + kept(r)},
		{"Requests", fmt.Sprintf("%d writes, %d throttled", r.Requests.Writes, r.Requests.Throttled) + waited(r.Requests.WaitedSeconds)},
	}...)
}

func kept(r *report.Report) string {
	if !r.Part() {
		return ""
	}
	return fmt.Sprintf(", %d of them kept as evidence", r.Exchanges.Kept)
}

func unreadable(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d unreadable", n)
}

func waited(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return fmt.Sprintf(", %.0f s waited for rate limits", seconds)
}

func seed(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", seed %d", n)
}

func length(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

// resultState is the state that a system's result is shown as.
func resultState(result verdict.Result) (report.State, string) {
	switch result {
	case verdict.Conformant:
		return report.StatePass, "Conformant"
	case verdict.NotConformant:
		return report.StateFail, "Not conformant"
	case verdict.Findings:
		return report.StateFinding, "Findings"
	case verdict.Unselected:
		return report.StateAside, "Not selected"
	default:
		return report.StateOpen, "Incomplete"
	}
}

func pageSystemOf(r *report.Report, y report.System) pageSystem {
	out := pageSystem{System: y}
	out.State, out.Word = resultState(y.Result)
	out.Parts = parts(r, of(r, y.ID))
	return out
}

// rows are the requirements, worst first.
func (p *page) rows(r *report.Report, pairs []report.PairRow) {
	byRow := map[string][]string{}
	for _, c := range pairs {
		for _, id := range c.Requirements {
			byRow[id] = append(byRow[id], fmt.Sprintf("%s:%d", c.Operation, c.Status))
		}
	}
	known := map[string]*verdict.Applied{}
	for i := range r.Baseline {
		known[r.Baseline[i].Requirement] = &r.Baseline[i]
	}
	operations := map[string]bool{}
	for _, q := range r.Requirements {
		row := pageRow{Requirement: q, State: r.State(q), Word: word(r, q), Why: reason(r, q), Known: known[q.ID], Pairs: strings.Join(byRow[q.ID], " ")}
		row.Told, row.First = q.AllFailures(), q.Summary()
		p.Rows = append(p.Rows, row)
		for _, id := range q.Operations {
			operations[id] = true
		}
		if !slices.Contains(p.Outcomes, q.Outcome) {
			p.Outcomes = append(p.Outcomes, q.Outcome)
		}
	}
	slices.SortFunc(p.Outcomes, func(a, b verdict.Outcome) int {
		return slices.Index(verdict.Outcomes, a) - slices.Index(verdict.Outcomes, b)
	})
	slices.SortStableFunc(p.Rows, func(a, b pageRow) int { return a.State.Compare(b.State) })
	for _, row := range p.Rows {
		switch row.State {
		case report.StateFail:
			p.Failures = append(p.Failures, row)
		case report.StateFinding:
			p.Findings = append(p.Findings, row)
		}
	}
	p.Operations = slices.Sorted(maps.Keys(operations))
}

// breakable lets a long name be broken before each of its capitals.
func breakable(name string) template.HTML {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && (unicode.IsUpper(c) || c == '.' || c == '/') {
			b.WriteString("<wbr>")
		}
		b.WriteString(template.HTMLEscapeString(string(c)))
	}
	return template.HTML(b.String())
}
