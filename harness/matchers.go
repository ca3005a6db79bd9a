package harness

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

// answerMatcher compares an answer with what it should be.
type answerMatcher struct {
	expected string
	// match returns what is wrong, and empty where nothing is. It may say more exactly what was expected.
	match   func(*Answer) (expected, problem string)
	problem string
}

// Matching returns a matcher of answers: what is expected in words, and a function that returns what came instead,
// or nothing where the answer matches. An exchange without an answer matches none.
func Matching(expected string, match func(*Answer) (problem string)) types.GomegaMatcher {
	return &answerMatcher{expected: expected, match: func(a *Answer) (string, string) { return expected, match(a) }}
}

func (m *answerMatcher) Match(actual any) (bool, error) {
	a, ok := actual.(*Answer)
	if !ok || a == nil {
		return false, fmt.Errorf("expected an answer, got %T", actual)
	}
	if f := a.frame(); f != nil {
		f.looked = append(f.looked, a.ID)
	}
	if a.Response == nil {
		m.problem = "no answer: " + a.Error
	} else {
		m.expected, m.problem = m.match(a)
	}
	return m.problem == "", nil
}

func (m *answerMatcher) FailureMessage(actual any) string {
	return actual.(*Answer).failure(m.expected, m.problem).String()
}

func (m *answerMatcher) NegatedFailureMessage(actual any) string {
	a := actual.(*Answer)
	return a.failure("anything but "+m.expected, fmt.Sprintf("status %d", a.Status())).String()
}

func either(parts []string) string { return strings.Join(parts, " or ") }

// accepted returns what is wrong with an answer that should be a success described for its operation.
func (a *Answer) accepted() (expected, problem string) {
	if a.Operation.ID == "" {
		// A neighbour's call, of which the description says nothing.
		if !a.OK() {
			problem = a.status()
		}
		return "a success", problem
	}
	expected = "status " + either(a.successes())
	if _, ok := a.org.accepts(a.Operation, a.Status()); !ok {
		return expected, a.status()
	}
	return expected, ""
}

// status says which status came, with the code of an error envelope.
func (a *Answer) status() string {
	s := "status " + strconv.Itoa(a.Status())
	if code := a.ErrorCode(); code != "" {
		s += " with errorCode " + code
	}
	return s
}

// BeAccepted expects a success that the description has for the operation.
func BeAccepted() types.GomegaMatcher {
	return &answerMatcher{expected: "a success", match: (*Answer).accepted}
}

// HaveStatus expects one of the given statuses.
func HaveStatus(statuses ...int) types.GomegaMatcher {
	texts := make([]string, len(statuses))
	for i, s := range statuses {
		texts[i] = strconv.Itoa(s)
	}
	return Matching("status "+either(texts), func(a *Answer) string {
		if slices.Contains(statuses, a.Status()) {
			return ""
		}
		return a.status()
	})
}

// NotSucceed expects anything but a success: no status of the 2xx range.
func NotSucceed() types.GomegaMatcher {
	return Matching("no success", func(a *Answer) string {
		if a.OK() {
			return a.status()
		}
		return ""
	})
}

// BeRefused expects a refusal (4xx) with an error envelope. With codes given, the envelope's errorCode has to be one of
// them: a refusal for another reason than the expected one shows nothing.
func BeRefused(codes ...string) types.GomegaMatcher {
	return refusal("a refusal (4xx)", codes, func(status int) bool { return status >= 400 && status <= 499 })
}

// BeRefusedWith expects a refusal with one status, and one of the codes if any are given.
func BeRefusedWith(status int, codes ...string) types.GomegaMatcher {
	return refusal(fmt.Sprintf("status %d", status), codes, func(got int) bool { return got == status })
}

func refusal(expected string, codes []string, allowed func(int) bool) types.GomegaMatcher {
	expected += " with an error envelope"
	if len(codes) > 0 {
		expected += " of code " + either(codes)
	}
	return Matching(expected, func(a *Answer) string {
		code := a.ErrorCode()
		switch {
		case !allowed(a.Status()):
			return a.status()
		case code == "":
			return a.status() + " and no error envelope with an errorCode"
		case len(codes) > 0 && !slices.Contains(codes, code):
			return a.status()
		}
		return ""
	})
}

// NotBeAServerError expects anything but a 5xx.
func NotBeAServerError() types.GomegaMatcher {
	return Matching("a status below 500", func(a *Answer) string {
		if a.Status() < http.StatusInternalServerError {
			return ""
		}
		return a.status()
	})
}

// HaveNoBody expects an answer without a body.
func HaveNoBody() types.GomegaMatcher {
	return Matching("no body", func(a *Answer) string {
		if n := len(strings.TrimSpace(string(a.Body()))); n > 0 {
			return fmt.Sprintf("one of %d bytes", n)
		}
		return ""
	})
}

// HaveHeader expects a header, of which the value matches; an absent one is the empty string.
func HaveHeader(name string, want any) types.GomegaMatcher {
	return showing("the header "+name, want, func(a *Answer) (any, string) { return a.Header(name), "" })
}

// HaveJSON expects an accepted answer with a JSON body in which the value at a path matches. A path is made of members'
// names and of numbers of array entries, with dots between; * stands for every entry of an array, and makes the value a
// list. What is not there is nil.
func HaveJSON(path string, want any) types.GomegaMatcher {
	return showing(path, want, func(a *Answer) (any, string) {
		if expected, problem := a.accepted(); problem != "" {
			return nil, problem + " instead of " + expected
		}
		var body any
		if err := json.Unmarshal(a.Body(), &body); err != nil {
			return nil, "a body that is no JSON"
		}
		if path == "" {
			return body, ""
		}
		return at(body, strings.Split(path, ".")), ""
	})
}

func at(v any, path []string) any {
	if len(path) == 0 {
		return v
	}
	if path[0] == "*" {
		entries, ok := v.([]any)
		if !ok {
			return nil
		}
		out := make([]any, len(entries))
		for i, entry := range entries {
			out[i] = at(entry, path[1:])
		}
		return out
	}
	if i, err := strconv.Atoi(path[0]); err == nil {
		if entries, _ := v.([]any); i >= 0 && i < len(entries) {
			return at(entries[i], path[1:])
		}
		return nil
	}
	members, _ := v.(map[string]any)
	return at(members[path[0]], path[1:])
}

// Show expects what a function reads from an answer to match; the first words of a failure are what it is called.
func Show[T any](what string, read func(*Answer) T, want any) types.GomegaMatcher {
	return showing(what, want, func(a *Answer) (any, string) { return read(a), "" })
}

// showing matches a value of an answer by a Gomega matcher, or by equality.
func showing(what string, want any, read func(*Answer) (value any, problem string)) types.GomegaMatcher {
	inner, ok := want.(types.GomegaMatcher)
	if !ok {
		inner = gomega.Equal(want)
	}
	return &answerMatcher{expected: what, match: func(a *Answer) (string, string) {
		value, problem := read(a)
		if problem != "" {
			return what, problem
		}
		suits, err := inner.Match(value)
		if err != nil {
			return what + " to be fit to look at", shown(value)
		}
		if suits {
			return what + " " + shown(value), ""
		}
		return what + " " + inWords(inner.FailureMessage(value)).Expected, shown(value)
	}}
}

// valueMatcher matches values by a function.
type valueMatcher struct {
	words string
	ok    func(any) bool
}

// Satisfying is a matcher of values for HaveJSON and Show; the words go on from "to", such as "be a date".
func Satisfying(words string, ok func(any) bool) types.GomegaMatcher { return valueMatcher{words, ok} }

func (m valueMatcher) Match(actual any) (bool, error) { return m.ok(actual), nil }

func (m valueMatcher) FailureMessage(actual any) string {
	return format.Message(actual, "to "+m.words)
}

func (m valueMatcher) NegatedFailureMessage(actual any) string {
	return format.Message(actual, "not to "+m.words)
}

// BeText expects a text that is not empty.
func BeText() types.GomegaMatcher {
	return Satisfying("be a text that is not empty", func(v any) bool { s, ok := v.(string); return ok && s != "" })
}

// shown is a value in one line, as JSON.
func shown(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if v == nil {
		return "none"
	}
	return string(b)
}

// inWords reads a message of Gomega's, which is made of indented values with unindented words between them.
func inWords(message string) verdict.Failure {
	rest, ok := strings.CutPrefix(message, "Expected\n")
	before := ""
	if !ok {
		if before, rest, ok = strings.Cut(message, "\nExpected\n"); !ok {
			return verdict.Failure{Expected: "", Actual: strings.Join(strings.Fields(message), " ")}
		}
	}
	var actual, expected []string
	words := false
	for line := range strings.Lines(rest) {
		line = strings.TrimRight(line, "\n")
		words = words || !strings.HasPrefix(line, format.Indent)
		line = withoutType(strings.TrimSpace(line))
		if words {
			expected = append(expected, line)
		} else {
			actual = append(actual, line)
		}
	}
	return verdict.Failure{
		Expected: strings.Join(strings.Fields(before+" "+strings.Join(expected, " ")), " "), Actual: strings.Join(actual, " "),
	}
}

// withoutType drops the type that Gomega writes before a value.
func withoutType(s string) string {
	if strings.HasPrefix(s, "<") {
		if _, value, ok := strings.Cut(s, ">: "); ok {
			return value
		}
	}
	return s
}

func cutSuffix(s, suffix string) (string, bool) {
	before, ok := strings.CutSuffix(s, suffix)
	return strings.TrimSpace(before), ok
}
