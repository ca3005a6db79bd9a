package view

// The renderers, for tests that look at one of them.
var (
	HTML      = renderHTML
	Markdown  = renderMarkdown
	JUnit     = renderJUnit
	SARIF     = renderSARIF
	Badge     = renderBadge
	BadgeJSON = renderBadgeJSON
)
