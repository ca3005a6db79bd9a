package browsertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/spec"
)

func TestPage(t *testing.T) {
	b := browserOf(t)
	url := write(t, 0)

	t.Run("says who was judged and how each system fared", func(t *testing.T) {
		p := open(b, t, url)
		if got := ask[string](p, `document.querySelector("h1").innerText`); !strings.Contains(got, "Failed") || !strings.Contains(got, "https://org.example") {
			t.Errorf("the heading is %q", got)
		}
		cards := ask[[]string](p, `[...document.querySelectorAll(".card")].map(c => c.innerText)`)
		if len(cards) != 5 {
			t.Errorf("%d systems", len(cards))
		}
		for _, card := range cards {
			if !slices.ContainsFunc([]string{"Conformant", "Not conformant", "Findings", "Incomplete", "Not selected"}, func(w string) bool { return strings.Contains(card, w) }) {
				t.Errorf("a system without a result in words: %q", card)
			}
		}
		for _, section := range []string{"failures", "stale", "open", "leaks"} {
			if !ask[bool](p, `document.getElementById("`+section+`") !== null`) {
				t.Errorf("the section %s is missing", section)
			}
		}
	})

	t.Run("searches", func(t *testing.T) {
		p := open(b, t, url)
		all := len(p.visible())
		p.run(chromedp.SendKeys(chromedp.CSS(`[name=q]`), "unknown-assignment 404"))
		rows := p.visible()
		if len(rows) == 0 || len(rows) >= all || !slices.Contains(rows, sample.FailedSpec) {
			t.Errorf("%d of %d rows: %v", len(rows), all, rows)
		}
		if h := p.hash(); !strings.Contains(h, "q=unknown-assignment+404") {
			t.Errorf("the address has %q", h)
		}
		if line := ask[string](p, `document.querySelector("[role=status]").innerText`); !strings.HasPrefix(line, fmt.Sprintf("%d of %d", len(rows), all)) {
			t.Errorf("it says %q", line)
		}
		p.run(chromedp.SendKeys(chromedp.CSS(`[name=q]`), "there is no such thing"))
		if rows := p.visible(); len(rows) != 0 {
			t.Errorf("found %v", rows)
		}
		p.run(chromedp.Click(chromedp.CSS(`[type=reset]`)))
		p.until(fmt.Sprintf(`document.querySelectorAll(".rows > li:not([hidden])").length === %d`, all))
	})

	t.Run("filters, and keeps the filter in the address", func(t *testing.T) {
		p := open(b, t, url)
		choose := func(name, value string) {
			t.Helper()
			p.script(fmt.Sprintf(`const s = document.querySelector("[name=%s]"); s.value = %q; s.dispatchEvent(new Event("input", {bubbles: true}))`, name, value))
		}
		for _, f := range []struct{ name, value, every string }{
			{"system", "user-roles", `r.dataset.system === "user-roles"`},
			{"outcome", "fail", `r.dataset.outcome === "fail"`},
			{"outcome", "failing", `r.dataset.state === "fail"`},
			{"outcome", "unverified", `["open", "aside"].includes(r.dataset.state)`},
			{"level", "should", `r.dataset.level === "should"`},
			{"operation", "assignRoleToUser", `r.dataset.operations.split(" ").includes("assignRoleToUser")`},
		} {
			choose(f.name, f.value)
			if n := len(p.visible()); n == 0 || !ask[bool](p, `[...document.querySelectorAll(".rows > li")].every(r => r.hidden === !(`+f.every+`))`) {
				t.Errorf("%s %s shows %d rows that are not it", f.name, f.value, n)
			}
			if !strings.Contains(p.hash(), f.name+"="+f.value) {
				t.Errorf("the address has %q", p.hash())
			}
			choose(f.name, "")
		}
		choose("system", "user-roles")
		choose("outcome", "fail")
		rows := p.visible()
		again := open(b, t, url+p.hash())
		if got := again.visible(); !slices.Equal(got, rows) || len(rows) == 0 {
			t.Errorf("the same address shows %v, before %v", got, rows)
		}
		if got := ask[string](again, `document.querySelector("[name=system]").value`); got != "user-roles" {
			t.Errorf("the system chosen is %q", got)
		}
	})

	t.Run("leads from a cell of the matrix to its requirements", func(t *testing.T) {
		p := open(b, t, url)
		s, err := spec.Load()
		if err != nil {
			t.Fatal(err)
		}
		if n := ask[int](p, `document.querySelectorAll(".matrix tbody tr:not(.group)").length`); n != len(s.Operations) {
			t.Errorf("%d operations", n)
		}
		p.run(chromedp.Click(chromedp.CSS(`a.cell.fail[href*="listAssignedRolesForUser"]`)))
		p.until(`location.hash.includes("status=200")`)
		p.until(`document.querySelector("[name=operation]").value === "listAssignedRolesForUser"`)
		if rows := p.visible(); !slices.Contains(rows, sample.FailedSchema) || slices.Contains(rows, sample.FailedSpec) {
			t.Errorf("it leads to %v", rows)
		}
		p.run(chromedp.Click(chromedp.CSS(`[name=nostatus]`)))
		if h := p.hash(); strings.Contains(h, "status") {
			t.Errorf("the status stays in %q", h)
		}
	})

	t.Run("shows the exchange with the offending member marked", func(t *testing.T) {
		p := open(b, t, url+"#"+sample.FailedSchema)
		row := p.unfold(sample.FailedSchema)
		p.script(row + `.querySelector("[data-exchange=x0003]").open = true`)
		p.until(row + `.querySelector("mark") !== null`)
		if got := ask[string](p, row+`.querySelector("mark[data-pointer='/0/type']").innerText`); got != `"type": 17` {
			t.Errorf("marked is %q", got)
		}
		body := ask[string](p, row+`.querySelector(".json").innerText`)
		for _, want := range []string{"\n    \"big\": 12345678901234567890,", sample.Hostile[:20]} {
			if !strings.Contains(body, want) {
				t.Errorf("%q is not in\n%s", want, body)
			}
		}
		if curl := ask[string](p, row+`.querySelector("[data-exchange] .curl").innerText`); !strings.HasPrefix(curl, "curl -i -X GET") || !strings.Contains(curl, "$OKTA_CLIENT_TOKEN") {
			t.Errorf("the line to send it again is %q", curl)
		}
	})

	t.Run("opens the exchange that a spec failed at", func(t *testing.T) {
		p := open(b, t, url+"#"+sample.FailedSpec)
		row := p.unfold(sample.FailedSpec)
		p.until(row + `.querySelector(".subject[open] mark") !== null`)
		if got := ask[string](p, row+`.querySelector(".subject mark[data-pointer]").innerText`); !strings.Contains(got, "E9999999") {
			t.Errorf("marked is %q", got)
		}
		if n := ask[int](p, row+`.querySelectorAll("[data-exchange]").length`); n != 2 {
			t.Errorf("%d exchanges", n)
		}
	})

	t.Run("copies the line", func(t *testing.T) {
		p := open(b, t, url)
		row := p.unfold(sample.FailedSpec)
		p.run(chromedp.Click(chromedp.CSS(`details[open] .repro button`)))
		p.until(row + `.querySelector(".repro button").innerText === "Copied"`)
	})

	t.Run("keeps what the org says as text", func(t *testing.T) {
		p := open(b, t, url)
		for _, id := range []string{sample.FailedSchema, sample.FailedSpec} {
			row := p.unfold(id)
			p.script(row + `.querySelectorAll("[data-exchange]").forEach(x => { x.open = true; })`)
			p.until(`[...` + row + `.querySelectorAll("[data-exchange]")].every(x => x.children.length === 2)`)
		}
		p.unfoldAll()
		if ask[bool](p, `"pwned" in window`) {
			t.Error("a script of the org's ran")
		}
		if n := ask[int](p, `document.querySelectorAll("img, iframe, object, script:not(#data):not(:last-of-type)").length`); n != 0 {
			t.Errorf("%d elements of the org's are in the page", n)
		}
		if !ask[bool](p, `document.body.innerText.includes("<script>window.pwned=1</script>")`) {
			t.Error("what the org said is not to be read")
		}
	})

	t.Run("works by keyboard", func(t *testing.T) {
		p := open(b, t, url+"#"+sample.FailedSpec)
		p.until(`document.activeElement.tagName === "SUMMARY" && document.activeElement.parentNode.open`)
		p.run(chromedp.KeyEvent(kb.Enter))
		p.until(`!document.activeElement.parentNode.open`)
		first := open(b, t, url)
		first.run(chromedp.KeyEvent(kb.Tab))
		if got := ask[string](first, `document.activeElement.innerText`); got != "Skip to the requirements" {
			t.Errorf("the first stop is %q", got)
		}
	})

	t.Run("names its controls and pictures for screen readers", func(t *testing.T) {
		p := open(b, t, url)
		p.unfold(sample.FailedSpec)
		nameless := ask[[]string](p, `[...document.querySelectorAll("a, button, input, select, summary")].filter(e =>
			!(e.textContent || "").trim() && !e.getAttribute("aria-label") && !(e.labels && e.labels.length) && e.checkVisibility()).slice(0, 5).map(e => e.outerHTML)`)
		if len(nameless) > 0 {
			t.Errorf("without a name: %v", nameless)
		}
		if n := ask[int](p, `document.querySelectorAll("svg:not([aria-hidden])").length`); n != 0 {
			t.Errorf("%d pictures are read out", n)
		}
		if n := ask[int](p, `document.querySelectorAll("h1").length`); n != 1 {
			t.Errorf("%d headings of the first level", n)
		}
	})

	t.Run("fits a phone and a desk, light and dark", func(t *testing.T) {
		backgrounds := map[string]bool{}
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{390, 1280} {
				p := open(b, t, url, send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
					chromedp.EmulateViewport(width, 900))
				p.unfoldAll()
				if got := ask[int64](p, "document.documentElement.scrollWidth"); got > width {
					t.Errorf("at %d pixels the page is %d wide", width, got)
				}
				backgrounds[ask[string](p, "getComputedStyle(document.body).backgroundColor")] = true
				p.shoot(fmt.Sprintf("%s-%d", scheme, width))
			}
		}
		if len(backgrounds) != 2 {
			t.Errorf("the backgrounds are %v", backgrounds)
		}
	})

	t.Run("prints", func(t *testing.T) {
		p := open(b, t, url)
		p.script(`dispatchEvent(new Event("beforeprint"))`)
		if !ask[bool](p, `document.getElementById("`+sample.FailedSpec+`").open`) {
			t.Error("what failed is closed on paper")
		}
		p.script(`dispatchEvent(new Event("afterprint"))`)
		pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPrintBackground()))
		if err != nil || !strings.HasPrefix(string(pdf), "%PDF") {
			t.Errorf("printing: %v", err)
		}
	})

	t.Run("is readable without scripts", func(t *testing.T) {
		p := open(b, t, url, send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
		text, err := chromedp.Run(p.ctx, chromedp.Text(chromedp.CSS(".rows")))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, "unknown-assignment-404") {
			t.Error("the rows are not there")
		}
	})
}

func TestTenThousandExchanges(t *testing.T) {
	b := browserOf(t)
	p := open(b, t, write(t, 10_000))
	if n := ask[int](p, `new Set([...document.querySelectorAll(".evidence")].flatMap(e => e.dataset.ids.split(" "))).size`); n < 10_000 {
		t.Errorf("the rows name %d exchanges", n)
	}
	row := p.unfold("user-roles.rate-limit-headers")
	if n := ask[int](p, row+`.querySelectorAll("[data-exchange]").length`); n != 25 {
		t.Errorf("%d exchanges at the row", n)
	}
	if n := ask[int](p, `document.querySelectorAll("*").length`); n > 60_000 {
		t.Errorf("the page has %d elements", n)
	}
}
