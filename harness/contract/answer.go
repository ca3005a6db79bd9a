package contract

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// answer is a response with its exchange and with what the description says of its status.
type answer struct {
	*exchange.Response
	x *exchange.Exchange
	// recorded says that headers may have been left out.
	recorded bool
	// status is the description's entry, nil where it has none.
	status *status
}

func (a answer) failed() bool { return a.Status >= http.StatusBadRequest }

// bodiless says that no body belongs to the answer.
func (a answer) bodiless() bool {
	return a.Status == http.StatusNoContent || a.Status < 300 && a.status != nil && !a.status.hasBody
}

func (c *collector) answer(a answer) {
	c.status(a)
	c.validCall(a)
	c.requestID(a)
	c.rateLimit(a)
	var code string
	switch {
	case a.failed():
		code = c.failure(a)
	case a.bodiless():
		c.noContent(a)
	case a.Status >= 200 && a.Status < 300:
		c.success(a)
	}
	if a.Status == http.StatusTooManyRequests {
		c.throttled(a, code)
	}
}

func (c *collector) status(a answer) {
	r := successStatus
	switch {
	case a.Status >= 500 && a.Status < 600:
		c.report(noServerError, "", "an answer below 500", strconv.Itoa(a.Status))
		return
	case a.Status >= 400 && a.Status < 500:
		r = errorStatus
	}
	c.check(noServerError)
	c.check(r)
	switch {
	case a.status == nil:
		c.report(r, "", "one of "+c.op.accepted, strconv.Itoa(a.Status))
	case !a.status.counts:
		c.report(r, "", "one of "+c.op.accepted, strconv.Itoa(a.Status)+", which no document states")
	}
}

// validCall judges the answer to a call that is known to be valid. One that speaks of the credential, of limits, of a
// gateway or of an org that broke says nothing of the operation.
func (c *collector) validCall(a answer) {
	if a.x == nil || a.x.Phase != exchange.Arrange {
		return
	}
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return
	}
	switch {
	case a.Status >= 500:
	case a.Status >= 200 && a.Status < 300:
		c.check(validCallsSucceed)
	default:
		c.report(validCallsSucceed, "", "a success of "+c.op.ID, fmt.Sprintf("%d for a valid call", a.Status))
	}
}

func (c *collector) noContent(a answer) {
	if a.Body.Omitted {
		return
	}
	c.check(noContentEmpty)
	switch {
	case len(a.Body.Bytes) > 0 || a.Body.Truncated:
		c.report(noContentEmpty, "", fmt.Sprintf("no body with %d", a.Status), fmt.Sprintf("one of %d bytes", len(a.Body.Bytes)))
	case a.Status == http.StatusNoContent:
		// Clients skip the body of a 204 unread; what it was announced with still shows.
		if length, ok := header(a.Header, "Content-Length"); ok && strings.Trim(length, "0") != "" {
			c.report(noContentEmpty, "Content-Length", "no body with 204", "one announced")
		}
	}
}

func (c *collector) success(a answer) {
	described := a.status != nil
	if !described && !announced(a.Header) {
		return
	}
	if len(a.Body.Bytes) == 0 {
		if described && a.Body.Known() {
			c.check(responseSchema)
			if !a.status.BodyOptional {
				c.report(responseSchema, "", expected(a.status.body), "no body")
			}
		}
		return
	}
	c.mediaType(mediaType, a.Header, a.recorded)
	if !a.Body.Known() {
		return
	}
	var n *node
	if described {
		n = a.status.body
	}
	c.body(n, a.Body.Bytes, jsonWellFormed, answerRules)
}

// expected names the type of a body.
func expected(n *node) string {
	for n.choice != nil {
		n = n.choice.standard
	}
	return typeOf(n.schema)
}

// failure judges the body of a refusal. It returns the errorCode, as far as it has the form of one.
func (c *collector) failure(a answer) (code string) {
	if len(a.Body.Bytes) == 0 {
		if a.Body.Known() && !scopeMissing(a) {
			c.report(errorEnvelope, "", "an error object", "no body")
		}
		return ""
	}
	c.mediaType(mediaType, a.Header, a.recorded)
	if !a.Body.Known() {
		return ""
	}
	n := c.judge.failure
	if a.status != nil && a.status.body != nil {
		n = a.status.body
	}
	v, ok := c.body(n, a.Body.Bytes, jsonWellFormed, errorRules)
	if !ok {
		c.report(errorEnvelope, "", "an error object", "a body that is not JSON")
		return ""
	}
	members, _ := v.(map[string]any)
	if causes, ok := members["errorCauses"].([]any); ok && len(causes) > 0 {
		c.check(errorCauses)
	}
	return c.errorCode(members)
}

// scopeMissing reports whether a refusal may be one for a missing scope, which comes without a body.
func scopeMissing(a answer) bool {
	if a.Status != http.StatusForbidden || a.status == nil || !a.status.scopeFailure {
		return false
	}
	challenge, ok := header(a.Header, "Www-Authenticate")
	if !ok {
		return a.recorded
	}
	return strings.Contains(challenge, "insufficient_scope")
}

func (c *collector) errorCode(members map[string]any) string {
	code, ok := members["errorCode"].(string)
	if !ok {
		return ""
	}
	c.check(errorCodeForm)
	formed := isErrorCode(code)
	if !formed {
		c.report(errorCodeForm, "/errorCode", "E and seven digits", "a string of another form")
	}
	if link, ok := members["errorLink"].(string); ok && link != code {
		c.report(errorCodeForm, "/errorLink", "the errorCode again", "something else")
	}
	if !formed {
		return ""
	}
	return code
}

func isErrorCode(s string) bool {
	if len(s) != len("E0000000") || s[0] != 'E' {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}

func (c *collector) throttled(a answer, code string) {
	const want = "E0000047"
	if a.Body.Known() {
		c.check(throttledAnswer)
		switch code {
		case want:
		case "":
			c.report(throttledAnswer, "/errorCode", want, "no error code")
		default:
			c.report(throttledAnswer, "/errorCode", want, code)
		}
	}
	present := 0
	for _, name := range rateLimitNames {
		if _, ok := header(a.Header, name); ok {
			present++
		}
	}
	if present == 0 && a.recorded {
		return
	}
	for _, name := range rateLimitNames {
		if _, ok := header(a.Header, name); !ok {
			c.report(throttledAnswer, name, "the header", "none")
		}
	}
	if left, ok := header(a.Header, rateLimitRemaining); ok {
		c.check(throttledAnswer)
		if n, ok := wholeNumber(left); !ok || n != 0 {
			c.report(throttledAnswer, rateLimitRemaining, "0", "another value")
		}
	}
}
