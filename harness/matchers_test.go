package harness

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// anAnswer is an answer of the org to a call.
func anAnswer(t *testing.T, method, path string, status int, body string) *Answer {
	t.Helper()
	u, err := url.Parse("http://org.example" + path)
	if err != nil {
		t.Fatal(err)
	}
	o := &Org{spec: contents(t), settings: &target.Settings{}, frame: &frame{words: map[string]verdict.Failure{}}}
	a := &Answer{org: o, Exchange: &exchange.Exchange{
		ID: "x1", Request: exchange.Request{Method: method, URL: u, Header: http.Header{}},
		Response: &exchange.Response{Status: status, Header: http.Header{}, Body: exchange.Body{Bytes: []byte(body)}},
	}}
	a.Operation, _, _ = o.Match(a.Exchange)
	return a
}

func TestMatchers(t *testing.T) {
	const roles = "/api/v1/users/00u/roles"
	assigned := func(status int, body string) *Answer { return anAnswer(t, http.MethodPost, roles, status, body) }
	listed := func(body string) *Answer { return anAnswer(t, http.MethodGet, roles, 200, body) }
	refused := func(status int, code string) *Answer { return assigned(status, `{"errorCode":"`+code+`"}`) }
	none := anAnswer(t, http.MethodGet, roles, 0, "")
	none.Response, none.Error = nil, "EOF"
	two := listed(`[{"id":"r1","type":"A","_links":{"a":{"href":"u"}}},{"id":"r2","type":"B"}]`)
	tests := map[string]struct {
		matcher types.GomegaMatcher
		answer  *Answer
		// says is the summary of the failure, and empty where the answer suits.
		says string
	}{
		"accepted":                   {BeAccepted(), assigned(201, "{}"), ""},
		"accepted otherwise":         {BeAccepted(), assigned(200, "{}"), "expected status 201, got status 200"},
		"a neighbour accepted":       {BeAccepted(), anAnswer(t, http.MethodGet, "/api/v1/users", 200, "[]"), ""},
		"no answer":                  {BeAccepted(), none, "expected a success, got no answer: EOF"},
		"no answer to be refused":    {BeRefused("E1"), none, "expected a refusal (4xx) with an error envelope of code E1, got no answer: EOF"},
		"no answer to have a body":   {HaveJSON("id", BeText()), none, "expected id, got no answer: EOF"},
		"one of two statuses":        {HaveStatus(404, 400), refused(400, ""), ""},
		"none of two statuses":       {HaveStatus(404, 400), refused(403, "E1"), "expected status 404 or 400, got status 403 with errorCode E1"},
		"refused":                    {BeRefused(), refused(418, "E0000001"), ""},
		"refused without envelope":   {BeRefused(), assigned(404, "no"), "got status 404 and no error envelope"},
		"refused for the reason":     {BeRefused("E1", "E2"), refused(400, "E2"), ""},
		"refused for another reason": {BeRefused("E1", "E2"), refused(400, "E3"), "of code E1 or E2, got status 400 with errorCode E3"},
		"refused with the status":    {BeRefusedWith(409, "E1"), refused(409, "E1"), ""},
		"refused with another":       {BeRefusedWith(409, "E1"), refused(400, "E1"), "expected status 409 with an error envelope of code E1, got status 400"},
		"a success is no refusal":    {BeRefused(), assigned(201, `{"errorCode":"E1"}`), "got status 201"},
		"a server error is none":     {BeRefused(), refused(500, "E1"), "got status 500"},
		"no success":                 {NotSucceed(), refused(403, ""), ""},
		"a success all the same":     {NotSucceed(), assigned(201, "{}"), "expected no success, got status 201"},
		"no server error":            {NotBeAServerError(), refused(499, ""), ""},
		"a server error":             {NotBeAServerError(), refused(500, ""), "expected a status below 500, got status 500"},
		"no body":                    {HaveNoBody(), assigned(201, " \n"), ""},
		"a body":                     {HaveNoBody(), assigned(201, "{}"), "expected no body, got one of 2 bytes"},
		"a member":                   {HaveJSON("id", "r1"), assigned(201, `{"id":"r1"}`), ""},
		"another member":             {HaveJSON("id", "r2"), assigned(201, `{"id":"r1"}`), `expected id to equal r2, got "r1"`},
		"an absent member":           {HaveJSON("id", BeText()), assigned(201, `{}`), "expected id to be a text that is not empty, got none"},
		"a body that is no JSON":     {HaveJSON("id", BeText()), assigned(201, `<html>`), "expected id, got a body that is no JSON"},
		"a body of a refusal":        {HaveJSON("id", BeText()), refused(404, "E1"), "got status 404 with errorCode E1 instead of status 201"},
		"every entry":                {HaveJSON("*.id", gomega.ConsistOf("r1", "r2")), two, ""},
		"an entry by its number":     {HaveJSON("1.type", "B"), two, ""},
		"an entry there is not":      {HaveJSON("2.type", gomega.BeNil()), two, ""},
		"deep in some entries":       {HaveJSON("*._links.a.href", gomega.ContainElement("u")), two, ""},
		"the whole":                  {HaveJSON("", gomega.HaveLen(2)), two, ""},
		"entries of what is no list": {HaveJSON("*.id", gomega.HaveEach(BeText())), listed(`{}`), "got none"},
		"a header":                   {HaveHeader("X-A", ""), two, ""},
		"another header":             {HaveHeader("X-A", "1"), two, `expected the header X-A to equal 1, got ""`},
		"what is shown":              {Show("the size", func(a *Answer) int { return len(a.Body()) }, gomega.BeNumerically("<", 3)), two, "expected the size to be < 3, got"},
		"the first of two":           {gomega.And(HaveStatus(201), BeAccepted()), refused(404, "E1"), "expected status 201, got status 404 with errorCode E1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := test.matcher.Match(test.answer)
			if err != nil || got != (test.says == "") {
				t.Fatalf("%t, %v", got, err)
			}
			if got {
				return
			}
			f := failureOf(test.matcher, test.answer, nil)
			if !strings.Contains(f.Summary(), test.says) || f.Exchange != "x1" {
				t.Errorf("%q of exchange %q, expected %q", f.Summary(), f.Exchange, test.says)
			}
			if f.Expected == "" || f.Actual == "" {
				t.Errorf("%+v does not say what was expected and what came", f)
			}
		})
	}
	if _, err := BeRefused().Match("no answer"); err == nil {
		t.Error("a string passes for an answer")
	}
}

func TestNegatedMatchers(t *testing.T) {
	a := anAnswer(t, http.MethodGet, "/api/v1/users/00u/roles", 200, "[]")
	if got := failureOf(gomega.Not(HaveStatus(200)), a, nil).Summary(); got != "expected anything but status 200, got status 200" {
		t.Error(got)
	}
}

// TestWordsOfGomega shows that what Gomega says of a value becomes one line with what was expected and what came.
func TestWordsOfGomega(t *testing.T) {
	tests := map[string]struct {
		message, want string
	}{
		"equal":         {gomega.Equal("a").FailureMessage("b"), "expected to equal a, got b"},
		"with words":    {"the label\n" + gomega.Equal("a").FailureMessage("b"), "expected the label to equal a, got b"},
		"a number":      {gomega.BeNumerically(">", 2).FailureMessage(1), "expected to be > 2, got 1"},
		"no such form":  {"something\n  else", "something else"},
		"one of a list": {gomega.ContainElement(3).FailureMessage([]int{1, 2}), "got [1, 2]"},
	}
	for name, test := range tests {
		if got := inWords(test.message).Summary(); !strings.Contains(got, test.want) || strings.Contains(got, "\n") {
			t.Errorf("%s: %q, expected %q", name, got, test.want)
		}
	}
}

// TestMessagesOfMatchers holds what somebody reads of an expectation that failed, with Expect and with Expect Not.
func TestMessagesOfMatchers(t *testing.T) {
	const path = "/api/v1/users/00u/roles"
	created := anAnswer(t, http.MethodPost, path, 201, `{"id":"r1","label":"","n":[1,2]}`)
	refused := anAnswer(t, http.MethodPost, path, 403, `{"errorCode":"E0000006"}`)
	page := anAnswer(t, http.MethodGet, path, 200, "<html>")
	broken := anAnswer(t, http.MethodGet, path, 502, "")
	const (
		post    = "\nexchange x1 POST " + path + ": "
		get     = "\nexchange x1 GET " + path + ": "
		said201 = post + "201\n" + `{"id":"r1","label":"","n":[1,2]}`
		said403 = post + "403\n" + `{"errorCode":"E0000006"}`
	)
	tests := map[string]struct {
		matcher types.GomegaMatcher
		answer  *Answer
		// failed is the message of a failure; without one the answer suits, and notted is that of the negation.
		failed, notted string
	}{
		"BeAccepted":                {BeAccepted(), refused, "expected status 201, got status 403 with errorCode E0000006" + said403, ""},
		"BeAccepted, negated":       {BeAccepted(), created, "", "expected anything but status 201, got status 201" + said201},
		"HaveStatus":                {HaveStatus(204, 404), created, "expected status 204 or 404, got status 201" + said201, ""},
		"HaveStatus, negated":       {HaveStatus(201), created, "", "expected anything but status 201, got status 201" + said201},
		"NotSucceed":                {NotSucceed(), created, "expected no success, got status 201" + said201, ""},
		"NotSucceed, negated":       {NotSucceed(), refused, "", "expected anything but no success, got status 403" + said403},
		"BeRefused":                 {BeRefused("E0000007"), refused, "expected a refusal (4xx) with an error envelope of code E0000007, got status 403 with errorCode E0000006" + said403, ""},
		"BeRefused, negated":        {BeRefused(), refused, "", "expected anything but a refusal (4xx) with an error envelope, got status 403" + said403},
		"BeRefusedWith":             {BeRefusedWith(404, "E1", "E2"), refused, "expected status 404 with an error envelope of code E1 or E2, got status 403 with errorCode E0000006" + said403, ""},
		"NotBeAServerError":         {NotBeAServerError(), broken, "expected a status below 500, got status 502" + get + "502", ""},
		"HaveNoBody":                {HaveNoBody(), page, "expected no body, got one of 6 bytes" + get + "200\n<html>", ""},
		"HaveNoBody, negated":       {HaveNoBody(), broken, "", "expected anything but no body, got status 502" + get + "502"},
		"HaveHeader":                {HaveHeader("X-A", "1"), broken, `expected the header X-A to equal 1, got ""` + get + "502", ""},
		"HaveJSON of a value":       {HaveJSON("id", "r2"), created, `expected id to equal r2, got "r1"` + said201, ""},
		"HaveJSON of a text":        {HaveJSON("label", BeText()), created, `expected label to be a text that is not empty, got ""` + said201, ""},
		"HaveJSON of no text":       {HaveJSON("id", gomega.Not(BeText())), created, `expected id not to be a text that is not empty, got "r1"` + said201, ""},
		"HaveJSON of nothing":       {HaveJSON("gone", "r2"), created, "expected gone to equal r2, got none" + said201, ""},
		"HaveJSON of a list":        {HaveJSON("n.1", gomega.BeNumerically(">", 2)), created, "expected n.1 to be > 2, got 2" + said201, ""},
		"HaveJSON of a page":        {HaveJSON("id", BeText()), page, "expected id, got a body that is no JSON" + get + "200\n<html>", ""},
		"HaveJSON of a refusal":     {HaveJSON("id", BeText()), refused, "expected id, got status 403 with errorCode E0000006 instead of status 201" + said403, ""},
		"HaveJSON, negated":         {HaveJSON("id", "r1"), created, "", `expected anything but id "r1", got status 201` + said201},
		"HaveJSON that is empty":    {HaveJSON("label", gomega.Not(gomega.BeEmpty())), created, `expected label not to be empty, got ""` + said201, ""},
		"HaveJSON that has":         {HaveJSON("n", gomega.Not(gomega.ContainElement(2.0))), created, "expected n not to contain element matching 2, got [1,2]" + said201, ""},
		"HaveJSON of each":          {HaveJSON("n", gomega.HaveEach(1.0)), created, "expected n to contain element matching 1, got [1,2]" + said201, ""},
		"Show of what does not fit": {Show("the time", func(*Answer) string { return "now" }, gomega.BeNumerically(">", 2)), created, `expected the time to be fit to look at, got "now"` + said201, ""},
		"Matching":                  {Matching("a moon", func(*Answer) string { return "a sun" }), created, "expected a moon, got a sun" + said201, ""},
		"Matching, negated":         {Matching("a moon", func(*Answer) string { return "" }), created, "", "expected anything but a moon, got status 201" + said201},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			suits, err := test.matcher.Match(test.answer)
			if err != nil || suits != (test.failed == "") {
				t.Fatalf("suits: %t, %v", suits, err)
			}
			got, want := "", test.failed
			if suits {
				got, want = test.matcher.NegatedFailureMessage(test.answer), test.notted
			} else {
				got = test.matcher.FailureMessage(test.answer)
			}
			if got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestMessagesOfValueMatchers(t *testing.T) {
	m := Satisfying("be a moon", func(v any) bool { return v == "moon" })
	for value, want := range map[string]bool{"moon": true, "sun": false} {
		if got, err := m.Match(value); got != want || err != nil {
			t.Errorf("%s: %t, %v", value, got, err)
		}
	}
	if got := m.FailureMessage("sun"); got != "Expected\n    <string>: sun\nto be a moon" {
		t.Errorf("%q", got)
	}
	if got := m.NegatedFailureMessage("moon"); got != "Expected\n    <string>: moon\nnot to be a moon" {
		t.Errorf("%q", got)
	}
}
