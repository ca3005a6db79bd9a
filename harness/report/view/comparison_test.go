package view_test

import (
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func TestComparison(t *testing.T) {
	c := &report.Comparison{
		Old: report.Compared{Target: "https://old.example", Run: "r1", Exchanges: 3},
		New: report.Compared{Target: "https://new.example", Run: "r2", Exchanges: 4},
		Requirements: []report.RequirementChange{
			{Requirement: "user-roles.list.unknown-user-404", Level: spec.Must, Change: report.Worse, Old: verdict.Pass, New: verdict.Fail, Detail: sample.Hostile},
			{Requirement: "user-roles.new", Level: spec.May, Change: report.Appeared, New: verdict.Pass},
		},
		Pairs:   []report.PairChange{{Operation: sample.AssignRole, Status: 201, Change: report.Vanished, Old: "pass", OldExchanges: 2}},
		Answers: []report.AnswerDifference{{Operation: "listRoles", What: "status", Old: "200 (1)", New: "201 (1)"}},
		Worse:   true,
	}
	plain, markdown := string(view.ComparisonText(c)), string(view.ComparisonMarkdown(c))
	for name, out := range map[string]string{"text": plain, "Markdown": markdown} {
		for _, want := range []string{
			"a must got worse: 1 requirements worse, 0 better, 1 appeared, 0 vanished", "user-roles.list.unknown-user-404", sample.AssignRole, "listRoles",
			"pass, 2×", "not seen", "https://old.example",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, out)
			}
		}
	}
	if strings.Contains(markdown, "<script") || strings.Contains(markdown, "@everyone") {
		t.Errorf("the Markdown has markup of the target's:\n%s", markdown)
	}
	for range 12 {
		c.Requirements = append(c.Requirements, c.Requirements...)
	}
	if n := len(view.ComparisonMarkdown(c)); n >= 60_000 {
		t.Errorf("%d bytes", n)
	}
	c.Worse, c.New.Exchanges = false, 0
	if out := string(view.ComparisonText(c)); !strings.Contains(out, "no must got worse") || !strings.Contains(out, "no file of exchanges") {
		t.Errorf("%s", out[len(out)-300:])
	}
}
