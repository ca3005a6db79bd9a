package report_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func compare(t *testing.T, change func(*report.Report, []*exchange.Exchange)) *report.Comparison {
	t.Helper()
	older, olderExchanges := sample.Report(t, 0)
	newer, newerExchanges := sample.Report(t, 0)
	change(newer, newerExchanges)
	return compared(t, side(t, older, olderExchanges), side(t, newer, newerExchanges))
}

func compared(t *testing.T, older, newer *report.Side) *report.Comparison {
	t.Helper()
	c, err := report.Compare(older, newer)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// side is a report as it is read back; without exchanges, their file is not there either.
func side(t *testing.T, r *report.Report, exchanges []*exchange.Exchange) *report.Side {
	t.Helper()
	dir := t.TempDir()
	if err := writeJSON(dir, r); err != nil {
		t.Fatal(err)
	}
	if exchanges != nil {
		f, err := os.Create(filepath.Join(dir, report.FileExchanges))
		if err != nil {
			t.Fatal(err)
		}
		out, err := exchange.NewWriter(f, r.Run.ID, r.Part())
		for _, x := range exchanges {
			err = errors.Join(err, out.Write(x))
		}
		err = errors.Join(err, out.Close(), f.Close())
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := report.OpenSide(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCompareSame(t *testing.T) {
	c := compare(t, func(*report.Report, []*exchange.Exchange) {})
	if len(c.Requirements)+len(c.Pairs)+len(c.Answers) != 0 || c.Worse {
		t.Errorf("%+v", c)
	}
}

func TestCompareWithNothing(t *testing.T) {
	whole, _ := sample.Report(t, 0)
	none, _ := sample.Report(t, 0)
	none.Requirements = nil
	unjudged, _ := sample.Report(t, 0)
	for i := range unjudged.Requirements {
		unjudged.Requirements[i].Outcome = verdict.Blocked
	}
	good := side(t, whole, nil)
	for name, test := range map[string]struct {
		older, newer *report.Side
		want         string
	}{
		"no new rows":      {good, side(t, none, nil), "the new report (https://org.example, run sample) has no rows"},
		"no old rows":      {side(t, none, nil), good, "the old report (https://org.example, run sample) has no rows"},
		"nothing judged":   {good, side(t, unjudged, nil), "the new report (https://org.example, run sample) judged none of its"},
		"nothing, neither": {side(t, unjudged, nil), good, "the old report (https://org.example, run sample) judged none of its"},
	} {
		if c, err := report.Compare(test.older, test.newer); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", name, c, err)
		}
	}
}

func TestCompareRequirements(t *testing.T) {
	const must, should, may = "user-roles.list.unknown-user-404", "user-roles.assignees.pages-cover-all", "user-roles.legacy.missing-role-named"
	type row struct {
		id    string
		level spec.Level
		old   verdict.Outcome
		now   verdict.Outcome
	}
	tests := map[string]struct {
		change func(*report.Report)
		want   report.Change
		row    row
		worse  bool
	}{
		"a must fails": {func(r *report.Report) { sample.Row(r, must).Outcome = verdict.Fail },
			report.Worse, row{must, spec.Must, verdict.Pass, verdict.Fail}, true},
		"a must is blocked": {func(r *report.Report) { sample.Row(r, must).Outcome = verdict.Blocked },
			report.Worse, row{must, spec.Must, verdict.Pass, verdict.Blocked}, true},
		"a should fails": {func(r *report.Report) { sample.Row(r, should).Outcome = verdict.Fail },
			report.Worse, row{should, spec.Should, verdict.Pass, verdict.Fail}, false},
		"a may fails": {func(r *report.Report) { sample.Row(r, may).Outcome = verdict.Fail },
			report.Worse, row{may, spec.May, verdict.Pass, verdict.Fail}, false},
		"a failure is gone": {func(r *report.Report) { sample.Row(r, sample.FailedSpec).Outcome = verdict.Pass },
			report.Better, row{sample.FailedSpec, spec.Must, verdict.Fail, verdict.Pass}, false},
		"blocked before, fails now": {func(r *report.Report) { sample.Row(r, sample.Blocked).Outcome = verdict.Fail },
			report.Worse, row{sample.Blocked, spec.Must, verdict.Blocked, verdict.Fail}, true},
		"fails before, blocked now": {func(r *report.Report) { sample.Row(r, sample.FailedSpec).Outcome = verdict.Blocked },
			report.Changed, row{sample.FailedSpec, spec.Must, verdict.Fail, verdict.Blocked}, false},
		"not selected": {func(r *report.Report) { sample.Row(r, must).Outcome = verdict.NotSelected },
			report.Vanished, row{must, spec.Must, verdict.Pass, ""}, false},
		"a row is gone": {func(r *report.Report) {
			r.Requirements = slices.DeleteFunc(r.Requirements, func(q report.Requirement) bool { return q.ID == must })
		}, report.Vanished, row{must, spec.Must, verdict.Pass, ""}, false},
		"not observable in the same mode": {func(r *report.Report) { sample.Row(r, must).Outcome = verdict.Unobservable },
			report.Worse, row{must, spec.Must, verdict.Pass, verdict.Unobservable}, true},
		"a row is new": {func(r *report.Report) {
			r.Requirements = append(r.Requirements, report.Requirement{ID: "user-roles.zzz", Level: spec.Must, Outcome: verdict.Fail})
		}, report.Appeared, row{"user-roles.zzz", spec.Must, "", verdict.Fail}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := compare(t, func(r *report.Report, _ []*exchange.Exchange) { test.change(r) })
			if len(c.Requirements) != 1 {
				t.Fatalf("%+v", c.Requirements)
			}
			got := c.Requirements[0]
			if got.Change != test.want || (row{got.Requirement, got.Level, got.Old, got.New}) != test.row {
				t.Errorf("%+v", got)
			}
			if c.Worse != test.worse {
				t.Errorf("worse: %v", c.Worse)
			}
		})
	}
}

func TestCompareModes(t *testing.T) {
	c := compare(t, func(r *report.Report, _ []*exchange.Exchange) {
		r.Mode = report.Judge
		for i := range r.Requirements[1:] {
			r.Requirements[i+1].Outcome = verdict.Unobservable
		}
	})
	if c.Worse || len(c.Requirements) == 0 {
		t.Errorf("%d changes, worse: %v", len(c.Requirements), c.Worse)
	}
	for _, change := range c.Requirements {
		if change.Change != report.Vanished {
			t.Errorf("%+v", change)
		}
	}
}

func TestCompareAnswers(t *testing.T) {
	c := compare(t, func(_ *report.Report, xs []*exchange.Exchange) {
		xs[0].Response.Status = 200
		xs[1].Response.Body.Bytes = bytes.ReplaceAll(xs[1].Response.Body.Bytes, []byte(`"label":"Help desk"`), []byte(`"title":null`))
		xs[2].Response.Body.Bytes = []byte(`[{"id":"ra1","type":"USER_ADMIN","title":{"text":"x"}}]`)
		xs[3].Response.Body.Bytes = bytes.ReplaceAll(xs[3].Response.Body.Bytes, []byte("E9999999"), []byte("E0000007"))
		xs[4].Response.Header.Del("X-Rate-Limit-Limit")
		xs[4].Response.Header.Set("Link", `<https://org.example/x>; rel="self", <https://org.example/y>; rel="next"`)
	})
	want := []report.AnswerDifference{
		{Operation: "listGroupAssignedRoles", Status: 200, What: "header", Name: "Link", Old: "absent", New: "rel=next, rel=self"},
		{Operation: "listGroupAssignedRoles", Status: 200, What: "header", Name: "X-Rate-Limit-Limit", Old: "present", New: "absent"},
		{Operation: sample.ListRoles, Status: 200, What: "member", Name: "/*/big", Old: "in 1 of 2", New: "in 0 of 2"},
		{Operation: sample.ListRoles, Status: 200, What: "member", Name: "/*/label", Old: "in 2 of 2", New: "in 0 of 2"},
		{Operation: sample.ListRoles, Status: 200, What: "member", Name: "/*/title", Old: "in 0 of 2", New: "in 2 of 2"},
		{Operation: sample.ListRoles, Status: 200, What: "type", Name: "/*/type", Old: "number, string", New: "string"},
		{Operation: sample.AssignRole, What: "status", Old: "201 (1)", New: "200 (1)"},
		{Operation: "getUserAssignedRole", Status: 404, What: "errorCode", Old: "E9999999", New: "E0000007"},
	}
	if diff := cmp.Diff(want, c.Answers); diff != "" {
		t.Error(diff)
	}
}

func TestComparePairs(t *testing.T) {
	c := compare(t, func(r *report.Report, _ []*exchange.Exchange) {
		for i := range r.Coverage {
			switch p := &r.Coverage[i]; {
			case p.Operation == "getUserAssignedRole" && p.Status == 404:
				p.Exchanges = 0
			case p.Operation == "getUserAssignedRole" && p.Status == 200:
				p.Exchanges = 2
			}
		}
		sample.Row(r, sample.FailedSchema).Outcome = verdict.Pass
		r.Findings = []report.Finding{}
		sample.Row(r, "user-roles.undeclared-members").Outcome = verdict.Pass
	})
	want := []report.PairChange{
		{Operation: "getUserAssignedRole", Status: 404, Change: report.Vanished, Old: "fail", OldExchanges: 1},
		{Operation: "getUserAssignedRole", Status: 200, Change: report.Appeared, New: "pass", NewExchanges: 2},
		{Operation: sample.ListRoles, Status: 200, Change: report.Better, Old: "fail", New: "pass", OldExchanges: 2, NewExchanges: 2},
	}
	if diff := cmp.Diff(want, c.Pairs); diff != "" {
		t.Error(diff)
	}
}

// A failed row is compared by its first failure, in one line.
func TestCompareTellsTheFirstFailure(t *testing.T) {
	c := compare(t, func(r *report.Report, _ []*exchange.Exchange) {
		q := sample.Row(r, "user-roles.list.unknown-user-404")
		q.Outcome = verdict.Fail
		q.Failures = []verdict.Failure{{Expected: "status 204", Actual: "status 403"}, {Actual: "another"}}
		q.Detail = verdict.Details(q.Failures)
	})
	if len(c.Requirements) != 1 || c.Requirements[0].Detail != "expected status 204, got status 403" {
		t.Errorf("%+v", c.Requirements)
	}
}

func TestCompareWithoutExchanges(t *testing.T) {
	r, exchanges := sample.Report(t, 0)
	if c := compared(t, side(t, r, nil), side(t, r, exchanges)); len(c.Answers) != 0 || c.Old.Exchanges != 0 || c.New.Exchanges == 0 {
		t.Errorf("%+v", c)
	}
}
