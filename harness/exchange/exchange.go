// Package exchange holds exchanges, each one request and its answer as seen on the wire, and the sender that makes them.
//
// Whatever rolecheck judges, it judges by exchanges: the suites make them, the proxy observes them, and recordings hold
// them.
package exchange

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// MaxBody is the most bytes of a body that are read and kept.
const MaxBody = 8 << 20

// Phase says what an exchange was made for.
type Phase string

const (
	// Look exchanges find out, before a run, which org answers. Nothing is judged by them.
	Look Phase = "look"
	// Arrange exchanges make the fixtures that a step needs.
	Arrange Phase = "arrange"
	// Act exchanges are those that a step judges.
	Act Phase = "act"
	// Cleanup exchanges remove the objects that were made.
	Cleanup Phase = "cleanup"
	// Observed exchanges were made by somebody else: a client through the proxy, or a recording.
	Observed Phase = "observed"
)

// Exchange is one request and its answer, or the error in place of an answer.
type Exchange struct {
	// ID is unique within a run.
	ID    string
	Phase Phase
	// Requirement is the id of the requirement whose step made it, also if the step removed an object; empty outside steps.
	Requirement string
	// Arranges names the scene or the shared fixture that it arranged or removed; empty for others.
	Arranges string
	// Credential names the credential that was used, such as admin or reader; empty if unknown.
	Credential string
	// Started is when the request was sent, and Duration how long the answer took. Both are zero if a recording does not
	// have them.
	Started  time.Time
	Duration time.Duration
	Request  Request
	// Response is nil when no answer came; Error then says why. With both, the answer broke off.
	Response *Response
	Error    string
	// Unsent reports that there was no connection, so that nothing of the request was sent.
	Unsent bool
	// Cause is the error behind Error; nil if the exchange was read from a file.
	Cause error
	// Source is the place in a recording that the exchange was read from; empty if it was read from none.
	Source string
	// Part reports that it was read from a file that holds a part of its run's exchanges, so that those before and after
	// it are unknown.
	Part bool
}

// Request is a request as seen on the wire, redacted.
type Request struct {
	Method string
	// URL is absolute. Its path is kept as it was sent (see url.URL.EscapedPath).
	URL    *url.URL
	Header http.Header
	Body   Body
}

// Response is an answer as seen on the wire, redacted, with content codings undone.
type Response struct {
	Status int
	Header http.Header
	Body   Body
}

// Body is the payload of a message.
type Body struct {
	Bytes []byte
	// Truncated reports that the payload was longer than Bytes.
	Truncated bool
	// Omitted reports that a recording left the payload out, so that nothing is known of it.
	Omitted bool
}

// Known reports whether Bytes is the complete payload.
func (b Body) Known() bool { return !b.Truncated && !b.Omitted }

// Status is the answer's status code, or 0 without an answer.
func (x *Exchange) Status() int {
	if x.Response == nil {
		return 0
	}
	return x.Response.Status
}

// maxShown is how many bytes of a body Line shows.
const maxShown = 300

// String is Line, so that a log or a test report that formats an exchange shows the line instead of the struct.
func (x *Exchange) String() string { return x.Line() }

// Line is the exchange in one line, and the beginning of the answer's body in a second.
func (x *Exchange) Line() string {
	line := x.ID + " " + x.Request.Method
	if x.Request.URL != nil {
		line += " " + x.Request.URL.RequestURI()
	}
	if x.Response == nil {
		return line + ": " + x.Error
	}
	line += fmt.Sprintf(": %d", x.Response.Status)
	if x.Error != "" {
		line += " (" + x.Error + ")"
	}
	body := x.Response.Body.Bytes
	if len(body) == 0 {
		return line
	}
	if len(body) > maxShown {
		return line + fmt.Sprintf("\n%s… (%d bytes)", strings.ToValidUTF8(string(body[:maxShown]), "?"), len(body))
	}
	return line + "\n" + strings.ToValidUTF8(string(body), "?")
}
