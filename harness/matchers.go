package harness

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// answerMatcher holds an exchange against what its answer should have been.
type answerMatcher struct {
	expected string
	match    func(*exchange.Exchange) (problem string)
	problem  string
}

func (m *answerMatcher) Match(actual any) (bool, error) {
	x, ok := actual.(*exchange.Exchange)
	if !ok {
		return false, fmt.Errorf("expected an exchange, got %T", actual)
	}
	if x.Response == nil {
		m.problem = "no answer: " + x.Error
	} else {
		m.problem = m.match(x)
	}
	return m.problem == "", nil
}

func (m *answerMatcher) FailureMessage(actual any) string {
	return explain(m.expected, m.problem, actual.(*exchange.Exchange))
}

func (m *answerMatcher) NegatedFailureMessage(actual any) string {
	return explain("anything but "+m.expected, "just that", actual.(*exchange.Exchange))
}

// explain is the wording of every failure: what was expected, what came, and the exchange that shows it.
func explain(expected, actual string, x *exchange.Exchange) string {
	return fmt.Sprintf("expected  %s\nactual    %s\nexchange  %s", expected, actual, x.Line())
}

// BeAccepted expects a success that the description has for the operation. Where that success is known from real orgs
// alone, the verdict says so.
func BeAccepted() types.GomegaMatcher {
	m := &answerMatcher{expected: "a success of the operation"}
	m.match = func(x *exchange.Exchange) string {
		op, _, ok := active.spec.Match(x.Request.Method, x.Request.URL.EscapedPath())
		if !ok {
			return "a call that is none of the operations"
		}
		m.expected = "status " + either(successes(op))
		s, ok := active.Accepts(op, x.Status())
		if !ok {
			return "status " + strconv.Itoa(x.Status())
		}
		if !s.Basis.InDocuments() {
			active.Note("%s answered %d, which is known from real orgs; the documents say %s", op.ID, s.Code, either(documented(op)))
		}
		return ""
	}
	return m
}

func successes(op spec.Operation) []string {
	var out []string
	for _, s := range op.Statuses {
		if _, ok := active.Accepts(op, s.Code); ok {
			out = append(out, strconv.Itoa(s.Code))
		}
	}
	return out
}

func documented(op spec.Operation) []string {
	var out []string
	for _, s := range op.Statuses {
		if s.Success() && s.Basis.InDocuments() {
			out = append(out, strconv.Itoa(s.Code))
		}
	}
	return out
}

func either(parts []string) string { return strings.Join(parts, " or ") }

// HaveStatus expects one of the given statuses.
func HaveStatus(statuses ...int) types.GomegaMatcher {
	texts := make([]string, len(statuses))
	for i, s := range statuses {
		texts[i] = strconv.Itoa(s)
	}
	return &answerMatcher{expected: "status " + either(texts), match: func(x *exchange.Exchange) string {
		if slices.Contains(statuses, x.Status()) {
			return ""
		}
		return "status " + strconv.Itoa(x.Status())
	}}
}

// BeRefused expects a refusal (4xx) with an error envelope. With codes given, the envelope's errorCode has to be one of
// them: a refusal for another reason than the expected one shows nothing.
func BeRefused(codes ...string) types.GomegaMatcher {
	expected := "a refusal (4xx) with an error envelope"
	if len(codes) > 0 {
		expected += " of code " + either(codes)
	}
	return &answerMatcher{expected: expected, match: func(x *exchange.Exchange) string {
		return refusal(x, codes, func(status int) bool { return status >= 400 && status <= 499 })
	}}
}

// BeRefusedWith expects a refusal with one status, and one of the codes if any are given.
func BeRefusedWith(status int, codes ...string) types.GomegaMatcher {
	expected := fmt.Sprintf("status %d with an error envelope", status)
	if len(codes) > 0 {
		expected += " of code " + either(codes)
	}
	return &answerMatcher{expected: expected, match: func(x *exchange.Exchange) string {
		return refusal(x, codes, func(got int) bool { return got == status })
	}}
}

func refusal(x *exchange.Exchange, codes []string, allowed func(int) bool) string {
	if !allowed(x.Status()) {
		return fmt.Sprintf("status %d", x.Status())
	}
	code, err := ErrorCode(x)
	switch {
	case err != nil:
		return fmt.Sprintf("status %d, and %v", x.Status(), err)
	case len(codes) > 0 && !slices.Contains(codes, code):
		return fmt.Sprintf("status %d with errorCode %s", x.Status(), code)
	}
	return ""
}

// ErrorCode returns the errorCode of an answer's error envelope.
func ErrorCode(x *exchange.Exchange) (string, error) {
	var envelope struct {
		ErrorCode *string `json:"errorCode"`
	}
	if err := json.Unmarshal(x.Response.Body.Bytes, &envelope); err != nil || envelope.ErrorCode == nil {
		return "", fmt.Errorf("its body is no error envelope with an errorCode")
	}
	return *envelope.ErrorCode, nil
}

// Decode reads an answer's body as JSON into a T. A body that is none fails the spec.
func Decode[T any](x *exchange.Exchange) T {
	var v T
	if x.Response == nil {
		active.fail(explain("an answer with a JSON body", "no answer: "+x.Error, x), 1)
	} else if err := json.Unmarshal(x.Response.Body.Bytes, &v); err != nil {
		active.fail(explain("a JSON body of the described shape", err.Error(), x), 1)
	}
	return v
}

// NotBeAServerError expects anything but a 5xx.
func NotBeAServerError() types.GomegaMatcher {
	return &answerMatcher{expected: "any status below 500", match: func(x *exchange.Exchange) string {
		if x.Status() < http.StatusInternalServerError {
			return ""
		}
		return "status " + strconv.Itoa(x.Status())
	}}
}
