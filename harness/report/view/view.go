// Package view renders reports: as text for a terminal, HTML, Markdown, JUnit, SARIF, a badge, and as annotations and a
// summary in GitHub Actions. A view depends on a report and its exchanges alone, and comes out the same each time. All views
// say how a run ended in the same words; see conclude. A new view is a file here and a row in All; its Go API may change.
package view

import (
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
)

// View is a file that is rendered from a report.
type View struct {
	// Name is the flag that asks for the view. Several files may have one name.
	Name string
	// Help says in one line what it is for.
	Help string
	// Default views are made without being asked for.
	Default bool
	// File is the name of the file beside report.json.
	File string
	// Render makes the content of the file. Of the exchanges it needs those that the report names.
	Render func(*report.Report, []*exchange.Exchange) ([]byte, error)
}

// All lists every view there is.
func All() []View {
	const badge = "a badge as SVG, and as JSON for shields.io"
	return []View{
		{"html", "one page with everything, for people", true, "report.html", renderHTML},
		{"markdown", "a summary for a pull request's comment or a job's summary", true, "report.md", alone(renderMarkdown)},
		{"junit", "JUnit XML, for CI systems", true, "junit.xml", alone(renderJUnit)},
		{"sarif", "SARIF 2.1.0, for code scanning", false, "report.sarif", alone(renderSARIF)},
		{"badge", badge, false, "badge.svg", alone(renderBadge)},
		{"badge", badge, false, "badge.json", alone(renderBadgeJSON)},
	}
}

// alone is for views that show no exchanges.
func alone(render func(*report.Report) ([]byte, error)) func(*report.Report, []*exchange.Exchange) ([]byte, error) {
	return func(r *report.Report, _ []*exchange.Exchange) ([]byte, error) { return render(r) }
}
