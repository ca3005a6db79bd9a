package view

import (
	"fmt"
	"html"
	"strings"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/text"
)

// maxMarkdown is how many bytes the Markdown view has at most: a comment on GitHub may have 65,536 characters, and
// whoever posts it may want to add a few of their own.
const maxMarkdown = 58_000

// marks are the shapes of states in Markdown.
var marks = map[report.State]string{report.StatePass: "✅", report.StateFail: "❌", report.StateFinding: "⚠️", report.StateOpen: "⏸️", report.StateAside: "➖"}

// renderMarkdown renders the report for a comment or a job's summary: how it ended, the systems, a line for each failure, and
// the rest in sections that open. What the target said is put in code, so that it is neither markup nor a mention of somebody.
func renderMarkdown(r *report.Report) ([]byte, error) {
	m := &markdown{report: r}
	m.head()
	m.systems()
	m.rows("Failures", report.StateFail)
	m.stale()
	m.rows("Findings and known failures, which fail nothing", report.StateFinding)
	m.unverified()
	m.details()
	m.foot()
	return []byte(m.b.String()), nil
}

type markdown struct {
	b      strings.Builder
	report *report.Report
}

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(&m.b, format, args...) }

// reserve is kept for what follows a list that has no end.
const reserve = 6_000

// list writes the items that there is room for between head and foot, and says how many it left out. It keeps some room
// for what follows. Without items it writes nothing.
func (m *markdown) list(head string, items []string, foot string, keep int) {
	if len(items) == 0 {
		return
	}
	m.b.WriteString(head)
	for i, item := range items {
		if m.b.Len()+len(item) > maxMarkdown-keep {
			m.printf("\n… and %d more; the report has them all.\n", len(items)-i)
			break
		}
		m.b.WriteString(item)
	}
	m.b.WriteString(foot)
}

func heading(s report.State, title string, n int) string {
	return fmt.Sprintf("\n### %s %s (%d)\n\n", marks[s], title, n)
}

func (m *markdown) head() {
	c := conclude(m.report)
	m.printf("## %s rolecheck: %s\n\n%s: %s.\n", marks[c.State], strings.ToLower(c.Title()), code(m.report.Who()), c.Sentence)
	if problem := m.report.Run.Problem; problem != "" {
		m.printf("\n%s\n\n", inline(problem, 400))
	}
	if m.report.Target.Kind == "reference" {
		m.printf("This is the reference org; it claims nothing of any other.\n")
	}
}

func (m *markdown) systems() {
	m.printf("\n| System | Result | Requirements |\n| --- | --- | --- |\n")
	for _, y := range m.report.Systems {
		p := pageSystemOf(m.report, y)
		m.printf("| %s | %s %s | %s |\n", inline(y.Title, 100), marks[p.State], p.Word, tally(m.report, of(m.report, y.ID)))
	}
}

func (m *markdown) rows(title string, s report.State) {
	var items []string
	for _, q := range in(m.report, s) {
		why := reason(m.report, q)
		if why != "" {
			why = " " + inline(why, 120) + ";"
		}
		items = append(items, fmt.Sprintf("- **%s** (%s):%s %s\n", q.ID, q.Level, why, code(text.Shorten(q.Summary(), 320))))
	}
	m.list(heading(s, title, len(items)), items, "", 4*reserve)
}

func (m *markdown) stale() {
	var items []string
	for _, a := range stale(m.report) {
		items = append(items, fmt.Sprintf("- %s: %s\n", code(text.Shorten(a.Requirement, 100)), inline(a.Why(), 200)))
	}
	m.list(heading(report.StateFail, "Stale in the baseline", len(items)), items, "", 3*reserve)
}

func (m *markdown) unverified() {
	var items []string
	n, size := 0, 0
	for _, g := range unverified(m.report) {
		n += len(g.IDs)
		g = g.after(m.report.Run.Problem)
		reason := code(text.Shorten(g.Reason, 300))
		for _, h := range g.Hints {
			reason += " " + code(text.Shorten(h, 300))
		}
		item := func(ids string) string {
			return fmt.Sprintf("- %s %s, %d: %s (%s)\n", marks[g.State], g.Outcome, len(g.IDs), reason, ids)
		}
		whole := item(strings.Join(g.IDs, ", "))
		if m.b.Len()+size+len(whole) > maxMarkdown-2*reserve {
			whole = item(g.first())
		}
		size += len(whole)
		items = append(items, whole)
	}
	m.list(fmt.Sprintf("\n<details><summary>Not verified (%d)</summary>\n\n", n), items, "\n</details>\n", 2*reserve)
}

// details has the failures in full.
func (m *markdown) details() {
	var items []string
	for _, q := range in(m.report, report.StateFail) {
		item := fmt.Sprintf("\n**%s**: %s\n\nSource: %s\n\n%s", q.ID, inline(q.Statement, 600), inline(report.Sources(q.Source), 400), pre(text.Shorten(q.Text(), 1500)))
		if q.Repro != "" {
			item += pre(text.Shorten(q.Repro, 1500))
		}
		items = append(items, item)
	}
	m.list("\n<details><summary>Details of the failures</summary>\n", items, "\n</details>\n", reserve)
}

func (m *markdown) foot() {
	r := m.report
	if len(r.Leaks) > 0 {
		m.printf("\n%s %s left behind in the org:", marks[report.StateFinding], text.Count(len(r.Leaks), "object"))
		for i, l := range r.Leaks {
			if i == 10 {
				m.printf(" and others")
				break
			}
			m.printf(" %s", code(text.Shorten(l.Kind+" "+l.ID, 80)))
		}
		m.printf("\n")
		for _, command := range sweeps(r) {
			m.printf("\nRemove what is left with %s\n", code(command))
		}
	}
	m.printf("\n<sub>")
	for i, f := range facts(r) {
		if f.Value == "" {
			continue
		}
		if i > 0 {
			m.printf(" · ")
		}
		m.printf("%s: %s", inline(f.Name, 40), inline(f.Value, 120))
	}
	m.printf("</sub>\n")
}

// code puts a text on one line between backticks; no number of backticks inside ends it.
func code(s string) string {
	s = strings.ReplaceAll(text.OneLine(clean(s)), "|", "¦")
	if s == "" {
		return "–"
	}
	fence, run := 1, 0
	for _, c := range s {
		if run++; c != '`' {
			run = 0
		}
		fence = max(fence, run+1)
	}
	ticks := strings.Repeat("`", fence)
	if fence > 1 || strings.HasPrefix(s, "`") {
		return ticks + " " + s + " " + ticks
	}
	return ticks + s + ticks
}

// inline makes foreign text plain in Markdown.
func inline(s string, most int) string {
	s = html.EscapeString(text.Excerpt(clean(s), most))
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '@':
			// A mention needs the sign to be followed by a name.
			b.WriteString("@\u200b")
			continue
		case strings.ContainsRune("\\`*_[]~|", c):
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func pre(s string) string { return "<pre>" + html.EscapeString(clean(s)) + "</pre>\n" }
