package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"

	"github.com/rolecheck/rolecheck/harness/report"
)

const badgeLabel = "rolecheck"

// badge says in a few words how the run ended.
func badge(r *report.Report) (message, color string) {
	c := conclude(r)
	return strings.ToLower(c.Title()), map[report.State]string{
		report.StatePass: "#1a7f37", report.StateFail: "#c11f2d", report.StateFinding: "#8f5f00", report.StateOpen: "#6f42c1", report.StateAside: "#57606a",
	}[c.State]
}

// Every text in the badge is rolecheck's own.
var badgeTemplate = template.Must(template.New("badge").Parse(`<svg xmlns="http://www.w3.org/2000/svg" width="{{.Width}}" height="20" role="img" aria-label="{{.Label}}: {{.Message}}"><title>{{.Label}}: {{.Message}}</title><clipPath id="r"><rect width="{{.Width}}" height="20" rx="3"/></clipPath><g clip-path="url(#r)"><rect width="{{.Left}}" height="20" fill="#3d444d"/><rect x="{{.Left}}" width="{{.Right}}" height="20" fill="{{.Color}}"/></g><g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" text-anchor="middle"><text x="{{.LeftMiddle}}" y="14" textLength="{{.LeftText}}">{{.Label}}</text><text x="{{.RightMiddle}}" y="14" textLength="{{.RightText}}">{{.Message}}</text></g></svg>
`))

// renderBadge renders a small picture for a README.
func renderBadge(r *report.Report) ([]byte, error) {
	message, color := badge(r)
	// About the width of a letter; textLength makes it exact wherever the font differs.
	const pad = 7
	wide := func(s string) int { return len(s) * 33 / 5 }
	left, right := wide(badgeLabel), wide(message)
	data := map[string]any{
		"Label": badgeLabel, "Message": message, "Color": color, "Width": left + right + 4*pad,
		"Left": left + 2*pad, "Right": right + 2*pad, "LeftText": left, "RightText": right,
		"LeftMiddle": pad + left/2, "RightMiddle": left + 3*pad + right/2,
	}
	var buf bytes.Buffer
	if err := badgeTemplate.Execute(&buf, data); err != nil {
		return nil, fmt.Errorf("writing the badge: %w", err)
	}
	return buf.Bytes(), nil
}

// renderBadgeJSON renders what shields.io asks an endpoint for.
func renderBadgeJSON(r *report.Report) ([]byte, error) {
	message, color := badge(r)
	b, err := json.MarshalIndent(struct {
		SchemaVersion int    `json:"schemaVersion"`
		Label         string `json:"label"`
		Message       string `json:"message"`
		Color         string `json:"color"`
	}{1, badgeLabel, message, color}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the badge: %w", err)
	}
	return append(b, '\n'), nil
}
