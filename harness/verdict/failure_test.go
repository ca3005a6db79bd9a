package verdict_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

func TestFailureWords(t *testing.T) {
	long := strings.Repeat("ä", 400)
	tests := map[string]struct {
		failure       verdict.Failure
		summary, text string
	}{
		"both": {verdict.Failure{Expected: "status 204", Actual: "status 403", Exchange: "x1", Line: "x1 GET /a: 403\n{}", More: "in 1 exchange of 2"},
			"expected status 204, got status 403", "expected status 204, got status 403\nexchange x1 GET /a: 403\n{}\nin 1 exchange of 2"},
		"an id alone":        {verdict.Failure{Expected: "a", Actual: "b", Exchange: "x1"}, "expected a, got b", "expected a, got b\nexchange x1"},
		"a line alone":       {verdict.Failure{Expected: "a", Actual: "b", Line: "x1 GET /"}, "expected a, got b", "expected a, got b\nexchange x1 GET /"},
		"nothing came":       {verdict.Failure{Expected: "an answer"}, "expected an answer", "expected an answer"},
		"nobody expected":    {verdict.Failure{Actual: "the answer is\nwrong", More: "why"}, "the answer is wrong", "the answer is wrong\nwhy"},
		"nothing but more":   {verdict.Failure{More: "why\nso"}, "", "why\nso"},
		"nothing at all":     {verdict.Failure{}, "", ""},
		"white space alone":  {verdict.Failure{Expected: " \n\t", Actual: "\r\n", More: "\n \n"}, "", ""},
		"lines are joined":   {verdict.Failure{Expected: "a\n  b\r\n\tc", Actual: "d\u2028e\u00a0f"}, "expected a b c, got d e f", "expected a b c, got d e f"},
		"it steers nothing":  {verdict.Failure{Expected: "a\x1b[31mb\x07", Actual: "c\x00\u009b2Jd\u202ee"}, "expected a [31mb, got c 2Jd e", "expected a [31mb, got c 2Jd e"},
		"a long expectation": {verdict.Failure{Expected: long, Actual: "b"}, "expected " + strings.Repeat("ä", 283) + "…, got b", "expected " + strings.Repeat("ä", 283) + "…, got b"},
		"a long answer":      {verdict.Failure{Expected: "a", Actual: long}, "expected a, got " + strings.Repeat("ä", 283) + "…", "expected a, got " + strings.Repeat("ä", 283) + "…"},
		"both long": {verdict.Failure{Expected: long, Actual: long}, "expected " + strings.Repeat("ä", 141) + "…, got " + strings.Repeat("ä", 142) + "…",
			"expected " + strings.Repeat("ä", 141) + "…, got " + strings.Repeat("ä", 142) + "…"},
		"long, and nothing came": {verdict.Failure{Expected: long}, "expected " + strings.Repeat("ä", 290) + "…", "expected " + strings.Repeat("ä", 290) + "…"},
		"prose":                  {verdict.Prose("Expected\n    <int>: 1\nto equal\n    <int>: 2"), "Expected <int>: 1 to equal <int>: 2", "Expected <int>: 1 to equal <int>: 2"},
		"long prose":             {verdict.Prose(long), strings.Repeat("ä", 299) + "…", strings.Repeat("ä", 299) + "…\n" + long},
		"bytes that are no text": {verdict.Failure{Expected: "a\xff", Actual: strings.Repeat("\xfe", 400)}, "expected a\ufffd, got " + strings.Repeat("\ufffd", 282) + "…",
			"expected a\ufffd, got " + strings.Repeat("\ufffd", 282) + "…"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.failure.Summary(); got != test.summary {
				t.Errorf("the summary is %q, want %q", got, test.summary)
			} else if utf8.RuneCountInString(got) > 300 || strings.IndexFunc(got, unicode.IsControl) >= 0 {
				t.Errorf("the summary has %d characters, or steers: %q", utf8.RuneCountInString(got), got)
			}
			if got := test.failure.String(); got != test.text {
				t.Errorf("the text is %q, want %q", got, test.text)
			}
			b, err := json.Marshal(test.failure)
			if err != nil {
				t.Fatal(err)
			}
			var again verdict.Failure
			if err := json.Unmarshal(b, &again); err != nil || again.String() != test.failure.String() {
				t.Errorf("after JSON it says %q (%v)", again, err)
			}
		})
	}
}

func TestDetails(t *testing.T) {
	one := verdict.Failure{Expected: "a", Actual: "b", Exchange: "x1"}
	two := verdict.Failure{Expected: "c", Actual: "d", More: "why"}
	for want, failures := range map[string][]verdict.Failure{
		"":                               nil,
		"expected a, got b\nexchange x1": {one},
		"expected a, got b\nexchange x1\n\nexpected c, got d\nwhy": {one, {}, two},
	} {
		if got := verdict.Details(failures); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestVerdictSummary(t *testing.T) {
	for want, v := range map[string]verdict.Verdict{
		"":                  {},
		"why it is":         {Detail: "why it is\nand more"},
		"expected a, got b": {Detail: "expected a, got b\nmore", Failures: []verdict.Failure{{Expected: "a", Actual: "b", More: "more"}, {Actual: "c"}}},
	} {
		if got := v.Summary(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
