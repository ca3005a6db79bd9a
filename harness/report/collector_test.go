package report_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

const system = "user-roles"

// requirement is one that is judged on every exchange of the system.
func requirement(t testing.TB, rule string) spec.Requirement {
	t.Helper()
	q, ok := sample.Spec(t).Requirement(system + "." + rule)
	if !ok || q.By != spec.ByExchange {
		t.Fatalf("the catalogue has no rule %s", rule)
	}
	return q
}

func judged(t testing.TB, rules []string, findings ...contract.Finding) contract.Judgement {
	t.Helper()
	op, ok := sample.Spec(t).Operation(sample.ListRoles)
	if !ok || op.System != system {
		t.Fatal("the description has no such operation")
	}
	return contract.Judgement{Operation: &op, Rules: rules, Findings: findings}
}

func finding(rule, pointer, detail string, level spec.Level) contract.Finding {
	return contract.Finding{Rule: rule, Level: level, Side: contract.Org, Operation: sample.ListRoles, Pointer: pointer, Detail: detail}
}

func TestCollectorVerdict(t *testing.T) {
	schema := requirement(t, "response-schema")
	broken := finding("response-schema", "/0/type", "", spec.Must)
	broken.Expected, broken.Actual = "a text", "a number"
	broken = contract.NewFinding(broken)
	judgeError := contract.Finding{Rule: contract.JudgeError, Level: spec.Must, Side: contract.Org, Detail: "the judge panicked"}
	rules := []string{"response-schema"}
	tests := map[string]struct {
		judgements []contract.Judgement
		outcome    verdict.Outcome
		detail     string
		evidence   []string
	}{
		"nothing seen":          {nil, verdict.Unobservable, "no exchange showed it", nil},
		"seen, not this rule":   {[]contract.Judgement{judged(t, []string{"media-type"})}, verdict.Unobservable, "no exchange showed it", nil},
		"held":                  {[]contract.Judgement{judged(t, rules), judged(t, rules)}, verdict.Pass, "held in 2 exchanges", []string{"x1", "x2"}},
		"held once":             {[]contract.Judgement{judged(t, rules)}, verdict.Pass, "held in 1 exchange", []string{"x1"}},
		"broken once":           {[]contract.Judgement{judged(t, rules), judged(t, rules, broken, broken)}, verdict.Fail, "expected a text at /0/type, got a number\nexchange x2 GET /api/v1/users/u1/roles: 200\nin 1 exchange of 2", []string{"x2"}},
		"broken unchecked":      {[]contract.Judgement{judged(t, nil, broken)}, verdict.Fail, "in 1 exchange of 1", []string{"x1"}},
		"of the whole":          {[]contract.Judgement{judged(t, rules, finding("response-schema", "", "no body", spec.Must))}, verdict.Fail, "no body\nexchange x1 GET /api/v1/users/u1/roles: 200\nin 1 exchange of 1", []string{"x1"}},
		"weaker than the rule":  {[]contract.Judgement{judged(t, rules, finding("response-schema", "/x", "undeclared", spec.May))}, verdict.Pass, "held in 1 exchange", []string{"x1"}},
		"weaker beside broken":  {[]contract.Judgement{judged(t, rules, finding("response-schema", "/x", "undeclared", spec.May), broken)}, verdict.Fail, "expected a text at /0/type, got a number\nexchange x1 GET /api/v1/users/u1/roles: 200\nin 1 exchange of 1", []string{"x1"}},
		"another rule broken":   {[]contract.Judgement{judged(t, rules, finding("media-type", "", "x", spec.Must))}, verdict.Pass, "held in 1 exchange", []string{"x1"}},
		"the judge broke":       {[]contract.Judgement{judged(t, rules), judged(t, nil, judgeError)}, verdict.Error, "could not judge every exchange: the judge panicked", []string{"x2"}},
		"the judge broke alone": {[]contract.Judgement{judged(t, nil, judgeError)}, verdict.Error, "could not judge every exchange", []string{"x1"}},
		"broken, and the judge": {[]contract.Judgement{judged(t, nil, judgeError), judged(t, rules, broken)}, verdict.Fail, "expected a text", []string{"x2"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := report.NewCollector(sample.Spec(t))
			for i, j := range test.judgements {
				c.Add(sample.Exchanged(fmt.Sprintf("x%d", i+1), exchange.Act, 200), j)
			}
			v := c.Verdict(schema)
			if v.Requirement.ID != schema.ID || v.Outcome != test.outcome || !strings.Contains(v.Detail, test.detail) {
				t.Errorf("got %s %q, want %s %q", v.Outcome, v.Detail, test.outcome, test.detail)
			}
			if !slices.Equal(v.Evidence, test.evidence) {
				t.Errorf("got the evidence %q, want %q", v.Evidence, test.evidence)
			}
			if (v.Repro != "") != (v.Outcome == verdict.Fail) {
				t.Errorf("to repeat: %q", v.Repro)
			}
			other := c.Verdict(spec.Requirement{ID: "group-roles.response-schema", System: "group-roles"})
			if other.Outcome != verdict.Unobservable {
				t.Errorf("another system: got %s", other.Outcome)
			}
		})
	}
}

func TestCollectorBounds(t *testing.T) {
	c := report.NewCollector(sample.Spec(t))
	schema := requirement(t, "response-schema")
	cited := 0
	for i := range 1000 {
		j := judged(t, []string{"response-schema", "media-type"}, finding("response-schema", "", fmt.Sprintf("flaw %d", i), spec.Must))
		if c.Add(sample.Exchanged(fmt.Sprintf("x%04d", i+1), exchange.Act, 200), j) {
			cited++
		}
	}
	v := c.Verdict(schema)
	if len(v.Evidence) != 25 || v.Evidence[24] != "x0025" || len(v.Failures) != 5 || v.Failures[4].Actual != "flaw 4" || v.Detail != verdict.Details(v.Failures) || !strings.HasSuffix(v.Detail, "in 1000 exchanges of 1000") {
		t.Errorf("got %d pieces of evidence and %q", len(v.Evidence), v.Detail)
	}
	if n := len(c.Findings()); n != 200 || cited != 200 {
		t.Errorf("kept %d findings, and %d exchanges are named", n, cited)
	}
	if v := c.Verdict(requirement(t, "media-type")); len(v.Evidence) != 25 || v.Detail != "held in 1000 exchanges" {
		t.Errorf("got %+v", v)
	}
}

func TestCollectorCounts(t *testing.T) {
	c := report.NewCollector(sample.Spec(t))
	write := sample.Exchanged("x2", exchange.Arrange, 201)
	write.Request.Method = http.MethodPost
	outside := sample.Exchanged("x3", exchange.Act, 429)
	for _, add := range []struct {
		x *exchange.Exchange
		j contract.Judgement
	}{
		{sample.Exchanged("x1", exchange.Act, 200), judged(t, nil)}, {write, judged(t, nil)}, {outside, contract.Judgement{}}, {sample.Exchanged("x4", exchange.Act, 0), judged(t, nil)},
	} {
		if c.Add(add.x, add.j) {
			t.Errorf("%s is named by nothing", add.x.ID)
		}
	}
	c.Unreadable()
	exchanges, requests := c.Counts()
	if want := (report.ExchangeCounts{Total: 5, Judged: 3, Outside: 1, Unreadable: 1}); exchanges != want {
		t.Errorf("got %+v, want %+v", exchanges, want)
	}
	if want := (report.RequestCounts{Total: 4, Writes: 1, Throttled: 1}); requests != want {
		t.Errorf("got %+v, want %+v", requests, want)
	}
}

// TestCollectorCoverage shows that the pairs are those of the reference pages, and what the legacy page alone states is
// not among them.
func TestCollectorCoverage(t *testing.T) {
	s := sample.Spec(t)
	c := report.NewCollector(s)
	c.Add(sample.Exchanged("x1", exchange.Act, 200), judged(t, nil))
	c.Add(sample.Exchanged("x2", exchange.Act, 418), judged(t, nil))
	legacy := 0
	for _, op := range s.Operations {
		for _, status := range op.Statuses {
			if status.Legacy {
				legacy++
				c.Add(sample.Exchanged("x3", exchange.Act, status.Code), contract.Judgement{Operation: &op})
			}
		}
	}
	rows := c.Coverage()
	documented, seen := 0, 0
	for _, row := range rows {
		if row.Documented {
			documented++
		}
		if row.Exchanges > 0 {
			seen++
		}
		if op, _ := s.Operation(row.Operation); row.Documented {
			if status, ok := op.Status(row.Status); !ok || status.Legacy || !status.Basis.InDocuments() {
				t.Errorf("%+v is not documented", row)
			}
		}
	}
	if documented != len(s.DocumentedPairs()) || legacy == 0 || seen != legacy+2 || len(rows) != documented+legacy+1 {
		t.Errorf("%d pairs are documented, %d seen, %d in all; %d are legacy", documented, seen, len(rows), legacy)
	}
	sorted := slices.IsSortedFunc(rows, func(a, b report.Coverage) int {
		return strings.Compare(fmt.Sprintf("%s %03d", a.Operation, a.Status), fmt.Sprintf("%s %03d", b.Operation, b.Status))
	})
	if !sorted {
		t.Error("the rows are not sorted")
	}
}

func TestCollectorFindings(t *testing.T) {
	c := report.NewCollector(sample.Spec(t))
	add := func(id string, findings ...contract.Finding) {
		if !c.Add(sample.Exchanged(id, exchange.Act, 200), judged(t, nil, findings...)) {
			t.Errorf("%s is named by its findings", id)
		}
	}
	add("x2", finding("response-schema", "/b", "wrong", spec.Must), finding("response-schema", "/a", "wrong", spec.Must))
	add("x1", finding("response-schema", "/c", "wrong", spec.Must), finding("media-type", "", "wrong", spec.Must))
	if !c.AddJudgement(sample.Exchanged("x3", exchange.Act, 200), judged(t, []string{"response-schema"}, finding("response-schema", "/d", "wrong", spec.May))) {
		t.Error("x3 is named by its finding")
	}
	if c.AddJudgement(sample.Exchanged("x4", exchange.Act, 200), contract.Judgement{Findings: []contract.Finding{finding("response-schema", "", "x", spec.Must)}}) {
		t.Error("a finding of no operation is named")
	}
	var got []string
	for _, f := range c.Findings() {
		got = append(got, f.Requirement[len(system)+1:]+" "+f.Exchange+" "+f.Pointer+" "+string(f.Level))
		if f.Operation != sample.ListRoles || f.Side != contract.Org || f.Detail != "wrong" {
			t.Errorf("got %+v", f)
		}
	}
	want := []string{"media-type x1  must", "response-schema x1 /c must", "response-schema x2 /a must", "response-schema x2 /b must", "response-schema x3 /d may"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if exchanges, _ := c.Counts(); exchanges.Total != 2 {
		t.Errorf("what was told about an exchange later counts as another: %+v", exchanges)
	}
}

func TestCollectorIsSafeForConcurrentUse(t *testing.T) {
	c := report.NewCollector(sample.Spec(t))
	j := judge(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 25 {
				x := sample.Exchanged(fmt.Sprintf("x%d-%d", i, n), exchange.Act, 200)
				c.Add(x, j.Judge(x))
				_, _ = c.Findings(), c.Coverage()
				c.Verdict(requirement(t, "response-schema"))
			}
		})
	}
	all.Wait()
	if exchanges, _ := c.Counts(); exchanges.Judged != 100 {
		t.Errorf("got %+v", exchanges)
	}
}

// TestCollectorTellsFailuresOnce has a rule broken in more ways, and more often, than a row tells.
func TestCollectorTellsFailuresOnce(t *testing.T) {
	c := report.NewCollector(sample.Spec(t))
	schema := requirement(t, "response-schema")
	broken := func(expected string) contract.Judgement {
		f := contract.NewFinding(contract.Finding{Rule: "response-schema", Level: spec.Must, Side: contract.Org, Pointer: "/type", Expected: expected, Actual: "number"})
		return judged(t, []string{"response-schema"}, f, f)
	}
	for i := range 40 {
		expected := "string"
		if i >= 30 {
			expected = fmt.Sprintf("string %d", i)
		}
		if cited := c.Add(sample.Exchanged(fmt.Sprintf("x%04d", i+1), exchange.Act, 200), broken(expected)); !cited {
			t.Errorf("exchange %d is not said to be named", i+1)
		}
	}
	v := c.Verdict(schema)
	want := []verdict.Failure{{Expected: "string at /type", Actual: "number", Exchange: "x0001", Line: "x0001 GET /api/v1/users/u1/roles: 200"}}
	for i := 30; i < 34; i++ {
		id := fmt.Sprintf("x%04d", i+1)
		want = append(want, verdict.Failure{Expected: fmt.Sprintf("string %d at /type", i), Actual: "number", Exchange: id, Line: id + " GET /api/v1/users/u1/roles: 200"})
	}
	want[4].More = "in 40 exchanges of 40"
	if !slices.Equal(v.Failures, want) || v.Detail != verdict.Details(want) || v.Summary() != "expected string at /type, got number" {
		t.Errorf("got %q, want %q", v.Failures, want)
	}
	for _, f := range want {
		if !slices.Contains(v.Evidence, f.Exchange) {
			t.Errorf("%s is not among the evidence %v", f.Exchange, v.Evidence)
		}
	}
	if len(v.Evidence) != 29 {
		t.Errorf("%d exchanges are evidence", len(v.Evidence))
	}
	if again := c.Verdict(schema); !slices.Equal(again.Failures, want) {
		t.Errorf("asked again it says %q", again.Failures)
	}
}

func judge(t testing.TB) *contract.Judge {
	t.Helper()
	j, err := contract.New(sample.Spec(t), contract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}
