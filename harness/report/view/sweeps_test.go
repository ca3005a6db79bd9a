package view_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func TestSweepCommand(t *testing.T) {
	for ledger, want := range map[string]string{
		"out/rolecheck-0123abcd.ledger.jsonl": "rolecheck sweep out/rolecheck-0123abcd.ledger.jsonl",
		"/a b/l.jsonl":                        "rolecheck sweep '/a b/l.jsonl'",
		"it's/$(x)":                           `rolecheck sweep 'it'\''s/$(x)'`,
		"-o/l.jsonl":                          "rolecheck sweep ./-o/l.jsonl",
		"é/l.jsonl":                           "rolecheck sweep 'é/l.jsonl'",
		"~/l.jsonl":                           "rolecheck sweep '~/l.jsonl'",
	} {
		if got := view.SweepCommand("", ledger); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestEachLedgerIsToldOnce shows the command in the views that show leaks, once for each ledger however many leaks it lists.
func TestEachLedgerIsToldOnce(t *testing.T) {
	r := summary(func(r *report.Report) {
		for range 3 {
			r.Leaks = append(r.Leaks, report.Leak{Kind: "user", ID: "1", Reason: "x", Ledger: "a/l.jsonl"}, report.Leak{Kind: "user", ID: "2", Reason: "x", Ledger: "b/l.jsonl"})
		}
		r.Leaks = append(r.Leaks, report.Leak{Kind: "roles of the given user", ID: "3", Reason: "x"})
	}, rowOf("user-roles.one", spec.Must, verdict.Pass, ""))
	var text bytes.Buffer
	if err := view.Text(&text, r, nil, view.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	markdown, err := view.Markdown(r)
	if err != nil {
		t.Fatal(err)
	}
	page, err := view.HTML(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, view := range map[string]string{"text": text.String(), "Markdown": string(markdown), "page": string(page)} {
		for _, command := range []string{"rolecheck sweep a/l.jsonl", "rolecheck sweep b/l.jsonl"} {
			if n := strings.Count(view, command); n != 1 {
				t.Errorf("%s: %s stands %d times", name, command, n)
			}
		}
		if n := strings.Count(view, "rolecheck sweep"); n != 2 {
			t.Errorf("%s: %d commands", name, n)
		}
	}
}
