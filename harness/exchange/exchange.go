// Package exchange holds what was said on the wire: one request and its answer, as seen, and the sender that makes them.
//
// Everything rolecheck knows, it knows from exchanges: the suites make them, the proxy overhears them, and recordings
// hold them.
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
	// Look exchanges found out who answers, before a run. Nothing is judged by them.
	Look Phase = "look"
	// Arrange exchanges set up what a check stands on.
	Arrange Phase = "arrange"
	// Act exchanges are those a check is about.
	Act Phase = "act"
	// Cleanup exchanges remove what was made.
	Cleanup Phase = "cleanup"
	// Observed exchanges were made by somebody else: a client through the proxy, or a recording.
	Observed Phase = "observed"
)

// Exchange is one request and what came back for it.
type Exchange struct {
	// ID is unique within a run.
	ID    string
	Phase Phase
	// Requirement is the id of the requirement whose step of a scene it belongs to, removal of what the step made
	// included; empty elsewhere.
	Requirement string
	// Arranges names the scene or the shared fixture that it arranged or removed; empty elsewhere.
	Arranges string
	// Credential names whose credential was used, such as admin or reader; empty where nobody knows.
	Credential string
	// Started is when the request was sent, and Duration how long the answer took. Both are zero where a recording
	// does not say.
	Started  time.Time
	Duration time.Duration
	Request  Request
	// Response is nil when no answer came; Error then says why. With both, the answer broke off.
	Response *Response
	Error    string
	// Unsent says that no connection was got, so that nothing of the request left this machine.
	Unsent bool
	// Cause is the error behind Error, in the process in which it happened.
	Cause error
	// Source is the place in a recording that the exchange was read from, and empty elsewhere.
	Source string
	// Part says that it was read from a file that holds only a part of the exchanges that there were, so that what
	// happened before and after it is not known.
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
	// Truncated says that there was more than is held here.
	Truncated bool
	// Omitted says that a recording left the payload out, so that nothing is known of it.
	Omitted bool
}

// Known reports whether the whole payload is there to be judged.
func (b Body) Known() bool { return !b.Truncated && !b.Omitted }

// Status is the answer's status code, or 0 when no answer came.
func (x *Exchange) Status() int {
	if x.Response == nil {
		return 0
	}
	return x.Response.Status
}

// maxShown is how many bytes of a body a line shows.
const maxShown = 300

// String is Line, so that an exchange among the entries of a log or of a test report is not spelt out whole.
func (x *Exchange) String() string { return x.Line() }

// Line is the exchange in one line, or two with the beginning of the answer's body.
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
