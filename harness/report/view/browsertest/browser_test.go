package browsertest

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report/view"
)

var shots = flag.String("shots", "", "`folder` to write pictures of the page to, for people to look at")

// tab is a page that is open in the browser, with what it did that a report must not do.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu                 sync.Mutex
	requests, problems []string
}

// browserOf starts one Chromium for a test and its subtests.
func browserOf(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(1280, 900))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium has to be in the PATH (Debian: apt-get install chromium): %v", err)
	}
	return ctx
}

// write makes the page of a report with that many more exchanges than the sample has.
func write(t *testing.T, more int) string {
	t.Helper()
	r, exchanges := sample.Report(t, more)
	all := view.All()
	page, err := all[slices.IndexFunc(all, func(v view.View) bool { return v.File == "report.html" })].Render(r, exchanges)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d exchanges: the page has %d bytes", len(exchanges), len(page))
	return "file://" + path
}

// open opens a page in a tab of its own, and fails the test at its end if the page asked the network for something or
// complained in the console.
func open(browser context.Context, t *testing.T, url string, before ...step) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	ctx, cancelTime := context.WithTimeout(ctx, 20*time.Second)
	p := &tab{t: t, ctx: ctx, url: url}
	err := chromedp.Listen(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			p.requests = append(p.requests, e.Request.URL)
		case *runtime.EventExceptionThrown:
			p.problems = append(p.problems, (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
		case *runtime.EventConsoleAPICalled:
			p.problems = append(p.problems, "console."+string(e.Type))
		case *log.EventEntryAdded:
			p.problems = append(p.problems, string(e.Entry.Level)+": "+e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancelTime()
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, r := range p.requests {
			if !strings.HasPrefix(r, strings.Split(url, "#")[0]) && !strings.HasPrefix(r, "data:") {
				t.Errorf("the page asked for %s", r)
			}
		}
		for _, problem := range p.problems {
			t.Errorf("in the console: %s", problem)
		}
		if len(p.requests) == 0 {
			t.Error("no request was seen, not even that for the page")
		}
	})
	p.run(send(network.Enable, network.EnableParams{}), send(log.Enable, cdp.Empty{}))
	p.run(before...)
	p.run(chromedp.Navigate(url))
	return p
}

type step = chromedp.Action[chromedp.Void]

// send makes a step of a command of the browser's own protocol.
func send[P, R any](command cdp.Command[P, R], params P) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

func (p *tab) run(steps ...step) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// script runs a statement of JavaScript.
func (p *tab) script(statement string) {
	p.t.Helper()
	ask[bool](p, "(() => { "+statement+"; return true; })()")
}

// ask evaluates an expression of JavaScript.
func ask[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true. The page's policy forbids what chromedp's own waiting does in it.
func (p *tab) until(expression string) {
	p.t.Helper()
	for !ask[bool](p, expression) {
		select {
		case <-p.ctx.Done():
			p.t.Fatalf("waiting for %s: %v", expression, p.ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// visible are the ids of the rows that are shown.
func (p *tab) visible() []string {
	p.t.Helper()
	return ask[[]string](p, `[...document.querySelectorAll(".rows > li:not([hidden]) > details")].map(d => d.id)`)
}

func (p *tab) hash() string { p.t.Helper(); return ask[string](p, "location.hash") }

// unfold opens a row and waits until its exchanges are there.
func (p *tab) unfold(id string) string {
	p.t.Helper()
	row := `document.getElementById("` + id + `")`
	p.script(row + ".open = true")
	p.until(row + `.querySelector("[data-exchange]") !== null`)
	return row
}

// unfoldAll opens the failed rows and the first exchange of each.
func (p *tab) unfoldAll() {
	p.t.Helper()
	for _, id := range []string{sample.FailedSchema, sample.FailedSpec, sample.Known} {
		row := p.unfold(id)
		p.script(row + `.querySelector("[data-exchange]").open = true`)
	}
}

// shoot takes a picture of the whole page, if pictures are wanted.
func (p *tab) shoot(name string) {
	p.t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o600); err != nil {
		p.t.Fatal(err)
	}
}
