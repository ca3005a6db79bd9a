package report_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.SchemaJSON))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("report.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, r *report.Report) error {
	t.Helper()
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// full is a report with something in every list.
func full(t *testing.T) *report.Report {
	t.Helper()
	q := sample.Specs(t, 2, spec.Must)
	c := report.NewCollector(sample.Spec(t))
	c.Add(sample.Exchanged("x1", exchange.Act, 200), judged(t, []string{"response-schema"}, finding("response-schema", "/0", "wrong", spec.Must)))
	failed := of(q[0], verdict.Fail)
	failed.Failures = []verdict.Failure{{Expected: "a", Actual: "why b", Exchange: "x1", Line: "x1 GET /", More: "more"}}
	failed.Location, failed.Spec, failed.Repro = "suites/a.go:7", "suites/a.go: A, b", "curl"
	h := sample.Head()
	h.Leaks = []report.Leak{{Kind: "user", Name: "rolecheck-x-1", Reason: "EOF", Ledger: "out/l.jsonl"}}
	h.Target.Identity, h.Target.Features = map[string]string{"user": "00u1"}, map[string]bool{"apps": true}
	h.Run.Problem, h.Run.SettleSeconds = "oh", 1
	known := &verdict.Baseline{Entries: []verdict.Entry{
		{Requirement: q[0].ID, Reason: "known", Issue: "X-1", Owner: "me", Expires: "2030-01-01", Failure: "why"}, {Requirement: "no.such", Reason: "gone"},
	}}
	rows := []verdict.Verdict{failed, of(q[1], verdict.Pass), c.Verdict(requirement(t, "response-schema"))}
	r := report.Build(h, sample.Spec(t).Systems, rows, c, known)
	r.Coverage = r.Coverage[:3] // the others are alike
	return r
}

func TestSchemaOfReports(t *testing.T) {
	s := schema(t)
	sampled, _ := sample.Report(t, 0)
	empty := report.Build(sample.Head(), nil, nil, report.NewCollector(sample.Spec(t)), nil)
	for name, r := range map[string]*report.Report{"full": full(t), "sample": sampled, "empty": empty} {
		if err := validate(t, s, r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, o := range verdict.Outcomes {
		rows := []verdict.Verdict{of(sample.Specs(t, 1, spec.Must)[0], o)}
		if err := validate(t, s, report.Build(sample.Head(), sample.Spec(t).Systems, rows, report.NewCollector(sample.Spec(t)), nil)); err != nil {
			t.Errorf("%s: %v", o, err)
		}
	}
	for name, change := range map[string]func(*report.Report){
		"judge": func(r *report.Report) { r.Mode = report.Judge }, "proxy": func(r *report.Report) { r.Mode = report.Proxy },
		"sdk": func(r *report.Report) { r.Mode = report.SDK }, "run": func(r *report.Report) { r.Mode = report.Run },
		"reference":     func(r *report.Report) { r.Target.Kind, r.Target.Flavour = target.Reference, "observed" },
		"org":           func(r *report.Report) { r.Target.Kind = target.Org },
		"recording":     func(r *report.Report) { r.Target.Kind, r.Target.URL = target.Recording, "" },
		"client":        func(r *report.Report) { r.Target.Kind = target.Client },
		"stale":         func(r *report.Report) { r.Run.Exit = verdict.ExitStale },
		"interrupted":   func(r *report.Report) { r.Run.Exit, r.Run.Interrupted = verdict.ExitInterrupted, true },
		"a should gate": func(r *report.Report) { r.Run.Level = spec.Should },
		"a client side": func(r *report.Report) { r.Findings[0].Side = contract.Client },
		"a part kept":   func(r *report.Report) { r.Mode, r.Exchanges.Kept = report.Proxy, 1 },
		"a lack": func(r *report.Report) {
			q := &r.Requirements[0]
			q.Outcome, q.Failures, q.Lacking, q.Expected = verdict.Unsupported, nil, []string{sample.AssignRole}, true
			r.Baseline[0].Unsupported, r.Baseline[0].Failure = sample.AssignRole, ""
		},
		"a dry run": func(r *report.Report) { r.Run.DryRun = true },
		"a may":     func(r *report.Report) { r.Findings[0].Level = spec.May },
	} {
		r := full(t)
		change(r)
		if err := validate(t, s, r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var every []verdict.Verdict
	for _, q := range sample.Spec(t).Requirements {
		every = append(every, verdict.Verdict{Requirement: q, Outcome: verdict.Untested})
	}
	if err := validate(t, s, report.Build(sample.Head(), sample.Spec(t).Systems, every, report.NewCollector(sample.Spec(t)), nil)); err != nil {
		t.Error(err)
	}
}

// TestSchemaRefuses changes a good report in one place each.
func TestSchemaRefuses(t *testing.T) {
	s := schema(t)
	b, err := full(t).JSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"a lack of a failure":    {`"detail": `, `"lacking": ["x"], "detail": `},
		"a lack of nothing":      {`"outcome": "fail",`, `"outcome": "unsupported", "lacking": [],`},
		"another format":         {`"rolecheck.report/v1"`, `"rolecheck.report/v2"`},
		"an unknown member":      {`"mode": "run"`, `"mode": "run", "mood": "good"`},
		"an unknown mode":        {`"mode": "run"`, `"mode": "walk"`},
		"an unknown outcome":     {`"outcome": "pass"`, `"outcome": "passed"`},
		"an outcome's count":     {`"pass": `, `"passed": `},
		"an unknown level":       {`"level": "must"`, `"level": "MUST"`},
		"an unknown kind":        {`"kind": "org"`, `"kind": "mock"`},
		"a time without its Z":   {`"started": "2026-01-02T03:04:05Z"`, `"started": "2026-01-02T03:04:05+01:00"`},
		"no time at all":         {`"started": "2026-01-02T03:04:05Z"`, `"started": "yesterday"`},
		"a text for a number":    {`"seed": 7`, `"seed": "7"`},
		"a usage error's code":   {`"exit": 1`, `"exit": 2`},
		"null for a list":        {`"leaks": [`, `"leaks": null, "leaking": [`},
		"an id without system":   {`"requirement": "user-roles.response-schema"`, `"requirement": "schema"`},
		"an unknown standing":    {`"standing": "holds"`, `"standing": "fine"`},
		"a negative count":       {`"unreadable": 0`, `"unreadable": -1`},
		"an expected pass":       {`"outcome": "pass",` + "\n      " + `"expected": false`, `"outcome": "pass",` + "\n      " + `"expected": true`},
		"failures of a pass":     {`"outcome": "pass",`, `"outcome": "pass", "failures": [{"expected": "a", "actual": "b"}],`},
		"no failures":            {`"failures": [`, `"failures": [], "failing": [`},
		"a failure in prose":     {`"actual": "why b"`, `"actual": 7`},
		"a failure's reason":     {`"actual": "why b"`, `"actual": "why b", "reason": "x"`},
		"a side of nobody":       {`"side": "org"`, `"side": "them"`},
		"a status beyond HTTP's": {`"status": 404`, `"status": 4040`},
	} {
		changed := strings.Replace(string(b), pair[0], pair[1], 1)
		if changed == string(b) {
			t.Errorf("%s: the report has no %s", name, pair[0])
			continue
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(changed))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Validate(v) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestSchemaDemandsEveryMember shows that no member that a report always has may be missing.
func TestSchemaDemandsEveryMember(t *testing.T) {
	s := schema(t)
	b, err := full(t).JSON()
	if err != nil {
		t.Fatal(err)
	}
	whole := func() map[string]any {
		var v map[string]any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := func(v any) map[string]any { return v.([]any)[0].(map[string]any) }
	same := func(v any) map[string]any { return v.(map[string]any) }
	for _, part := range []struct {
		of  reflect.Type
		get func(v map[string]any) map[string]any
	}{
		{reflect.TypeFor[report.Report](), func(v map[string]any) map[string]any { return v }},
		{reflect.TypeFor[report.Tool](), func(v map[string]any) map[string]any { return same(v["tool"]) }},
		{reflect.TypeFor[report.RunInfo](), func(v map[string]any) map[string]any { return same(v["run"]) }},
		{reflect.TypeFor[report.TargetInfo](), func(v map[string]any) map[string]any { return same(v["target"]) }},
		{reflect.TypeFor[report.System](), func(v map[string]any) map[string]any { return first(v["systems"]) }},
		{reflect.TypeFor[report.Requirement](), func(v map[string]any) map[string]any { return first(v["requirements"]) }},
		{reflect.TypeFor[verdict.Failure](), func(v map[string]any) map[string]any { return first(first(v["requirements"])["failures"]) }},
		{reflect.TypeFor[spec.Source](), func(v map[string]any) map[string]any { return first(first(v["requirements"])["source"]) }},
		{reflect.TypeFor[report.Finding](), func(v map[string]any) map[string]any { return first(v["findings"]) }},
		{reflect.TypeFor[report.Coverage](), func(v map[string]any) map[string]any { return first(v["coverage"]) }},
		{reflect.TypeFor[report.ExchangeCounts](), func(v map[string]any) map[string]any { return same(v["exchanges"]) }},
		{reflect.TypeFor[report.RequestCounts](), func(v map[string]any) map[string]any { return same(v["requests"]) }},
		{reflect.TypeFor[report.Leak](), func(v map[string]any) map[string]any { return first(v["leaks"]) }},
	} {
		for i := range part.of.NumField() {
			tag := part.of.Field(i).Tag.Get("json")
			name, options, _ := strings.Cut(tag, ",")
			if name == "-" {
				continue
			}
			v := whole()
			at := part.get(v)
			if _, ok := at[name]; !ok && options == "" {
				t.Errorf("%s has no member %s", part.of, name)
			}
			delete(at, name)
			if err := s.Validate(v); (err == nil) != strings.Contains(options, "omitempty") {
				t.Errorf("%s without %s: %v", part.of, name, err)
			}
		}
	}
}
