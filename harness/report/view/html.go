package view

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/spec"
)

//go:embed page/page.gohtml
var pageHTML string

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"breakable": breakable}).Parse(pageHTML))

// renderHTML renders the report as one page that needs nothing else: it opens from a disk or a mail, and asks no network for
// anything. What the rows say is in the page; the exchanges are packed into it and unfolded by its script on demand, so
// that a page with many of them still opens at once.
//
// Answers of the target are foreign text. They reach the page through html/template or, packed, as base64, and the
// script makes text nodes of them. The page's policy lets no script run but its own.
func renderHTML(r *report.Report, exchanges []*exchange.Exchange) ([]byte, error) {
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	packed, err := pack(s, r, exchanges)
	if err != nil {
		return nil, fmt.Errorf("packing the exchanges for the page: %w", err)
	}
	p := newPage(s, r, exchanges)
	sum := sha256.Sum256([]byte(pageJS))
	p.Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'"
	p.CSS, p.JS, p.Data = template.CSS(pageCSS), template.JS(pageJS), template.JS(`"`+packed+`"`)
	var buf bytes.Buffer
	if err := pageTemplate.Execute(&buf, p); err != nil {
		return nil, fmt.Errorf("writing HTML: %w", err)
	}
	return buf.Bytes(), nil
}
