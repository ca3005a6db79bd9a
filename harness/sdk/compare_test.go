package sdk

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func TestDifferences(t *testing.T) {
	tests := map[string]struct {
		sent, got string
		c         comparison
		want      []string
	}{
		"the same":                  {`{"a":[1,{"b":"c"}],"d":true}`, `{"d":true,"a":[1,{"b":"c"}]}`, comparison{}, nil},
		"lost":                      {`{"a":"x","b":{"c":1},"d":[1]}`, `{}`, comparison{}, []string{`expected /a to be "x", got none`, "expected /b to be an object of c, got none", "expected /d to be a list of 1, got none"}},
		"altered":                   {`{"a":"x","b":true}`, `{"a":"y","b":1}`, comparison{}, []string{`expected /a to be "x", got "y"`, "expected /b to be true, got 1"}},
		"nothing at all":            {`{"a":1}`, ``, comparison{}, []string{"expected the whole to be an object of a, got none"}},
		"made up":                   {`{"a":1}`, `{"a":1,"b":""}`, comparison{}, []string{`expected /b to be absent, as it was not sent, got ""`}},
		"made up, and known alone":  {`{"a":1}`, `{"a":1,"b":""}`, comparison{known: true}, nil},
		"null is nothing":           {`{"a":null,"b":{}}`, `{"c":null,"d":{}}`, comparison{}, nil},
		"null became something":     {`{"a":null}`, `{"a":""}`, comparison{}, []string{`expected /a to be null, got ""`}},
		"null, and known alone":     {`{"a":null}`, `{"a":0}`, comparison{known: true}, []string{"expected /a to be null, got 0"}},
		"an instant":                {`"2026-02-03T04:05:06.000Z"`, `"2026-02-03T05:05:06+01:00"`, comparison{}, nil},
		"another instant":           {`"2026-02-03T04:05:06.789Z"`, `"2026-02-03T04:05:06Z"`, comparison{}, []string{`expected the whole to be "2026-02-03T04:05:06.789Z", got "2026-02-03T04:05:06Z"`}},
		"a number by its value":     {`[1.50, 12345678901234567890]`, `[1.5, 12345678901234567890]`, comparison{}, nil},
		"a number cut":              {`12345678901234567890`, `12345678901234567000`, comparison{}, []string{"expected the whole to be 12345678901234567890, got 12345678901234567000"}},
		"a number too long to read": {`1`, `1e999999999`, comparison{}, []string{"expected the whole to be 1, got 1e999999999"}},
		"an empty list":             {`{"a":[]}`, `{}`, comparison{}, []string{"expected /a to be a list of 0, got none"}},
		"a list cut":                {`[1,2]`, `[1]`, comparison{}, []string{"expected the whole to be a list of 2, got one of 1"}},
		"a list as an object":       {`[1]`, `{"0":1}`, comparison{}, []string{`expected the whole to be a list of 1, got {"0":1}`}},
		"an object as text":         {`{"a":1}`, `"a"`, comparison{}, []string{`expected the whole to be an object, got "a"`}},
		"another order":             {`["a","b"]`, `["b","a"]`, comparison{}, []string{`expected /0 to be "a", got "b"`, `expected /1 to be "b", got "a"`}},
		"names with marks":          {`{"a/b":{"c~d":1}}`, `{"a/b":{}}`, comparison{}, []string{"expected /a~1b/c~0d to be 1, got none"}},
		"skipped":                   {`{"a":1,"b":2}`, `{}`, comparison{skip: func(p string) bool { return p == "/a" }}, []string{"expected /b to be 2, got none"}},
		"more than is told": {`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1}`, `{}`, comparison{}, []string{
			"expected /a to be 1, got none", "expected /b to be 1, got none", "expected /c to be 1, got none", "expected /d to be 1, got none", "expected /e to be 1, got none", "2 more differences of the result"}},
		"no JSON": {`{}`, `{"a":1} x`, comparison{}, []string{"no JSON"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range test.c.differences([]byte(test.sent), []byte(test.got)) {
				got = append(got, f.Summary())
			}
			if len(got) > 0 && strings.HasPrefix(got[0], "expected a result that is JSON, got a text that is not") {
				got[0] = "no JSON"
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFold(t *testing.T) {
	pass := mark{outcome: verdict.Pass, operation: "a", title: "t", evidence: []string{"c2", "c1"}}
	fail := func(operation, title, text string) mark {
		failures := []verdict.Failure{{Expected: "right", Actual: text, Exchange: "c3"}}
		return mark{outcome: verdict.Fail, operation: operation, title: title, failures: failures, evidence: []string{"c3"}}
	}
	lacks := mark{outcome: verdict.Unsupported, operation: "b", title: "t", text: "no means"}
	tests := map[string]struct {
		row     string
		marks   []mark
		outcome verdict.Outcome
		detail  string
	}{
		"all passed": {rowPath, []mark{pass, pass}, verdict.Pass, "held in 2 steps"},
		"one text, several operations": {rowPath, []mark{pass, fail("a", "t", "wrong"), fail("b", "t", "wrong"), fail("c", "u", "other")},
			verdict.Fail, "expected right, got wrong\nexchange c3\nin a, b (t)\n\nexpected right, got other\nexchange c3\nin c (u)"},
		"many titles": {rowPath, []mark{fail("a", "t", "wrong"), fail("a", "u", "wrong"), fail("a", "v", "wrong"), fail("a", "w", "wrong")},
			verdict.Fail, "expected right, got wrong\nexchange c3\nin a (4 steps)"},
		"lacking what others show": {rowPath, []mark{pass, lacks}, verdict.Pass, "held in 2 steps"},
		"lacking an operation":     {rowOperations, []mark{pass, lacks}, verdict.Unsupported, "b (t): no means"},
		"failing and lacking": {rowOperations, []mark{fail("a", "t", "wrong"), lacks}, verdict.Fail,
			"expected right, got wrong\nexchange c3\nin a (t)\nb (t): no means"},
		"lacking all":               {rowPath, []mark{lacks}, verdict.Unsupported, "b (t): no means"},
		"an error hides no failure": {rowPath, []mark{fail("a", "t", "wrong"), {outcome: verdict.Error, text: "lost"}}, verdict.Error, "a (t): expected right, got wrong\nlost"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := combined(spec.Requirement{ID: system + "." + test.row, System: system}, test.marks)
			if v.Outcome != test.outcome || v.Detail != test.detail {
				t.Errorf("got %s: %s\nwant %s: %s", v.Outcome, v.Detail, test.outcome, test.detail)
			}
			if (v.Failures != nil) != (v.Outcome == verdict.Fail) {
				t.Errorf("%s has the failures %v", v.Outcome, v.Failures)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{"PATH=/bin", "OKTA_CLIENT_TOKEN=other", "OKTA_CLIENT_CLIENTID=c", "no_proxy=example.com"}, "http://127.0.0.1:1", "t")
	want := []string{"PATH=/bin", "NO_PROXY=127.0.0.1,localhost,example.com", "no_proxy=127.0.0.1,localhost,example.com",
		"OKTA_CLIENT_ORGURL=http://127.0.0.1:1", "OKTA_CLIENT_TOKEN=t"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestTail(t *testing.T) {
	var tail tail
	for range 3 * maxStderr / 10 {
		_, _ = tail.Write([]byte("123456789\n"))
	}
	_, _ = tail.Write([]byte("the last\n\n"))
	if s := tail.String(); len(s) > maxStderr || !strings.HasSuffix(s, "the last\n\n") {
		t.Errorf("%d bytes are kept, ending %q", len(s), s[max(0, len(s)-20):])
	}
	if got := lastLines(tail.String(), 1); got != "the last" {
		t.Errorf("the last line is %q", got)
	}
}
