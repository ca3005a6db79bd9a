package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"

	gomega "github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Answer is an exchange with its operation. It knows the operation that was called, so that matchers need nothing else.
type Answer struct {
	*exchange.Exchange
	// Operation is the one that was called; without an id it is none of the contract.
	Operation spec.Operation

	org *Org
}

// Send sends a request and returns the answer. A request that is meant to be valid and is not, is not sent. A target that
// cannot be reached any more, or that limits the rate beyond the patience of the run, blocks the step.
func (c *Container) Send(ctx context.Context, r Request) *Answer {
	a := c.org.send(ctx, r)
	if a.Operation.ID != "" {
		if s, ok := c.org.accepts(a.Operation, a.Status()); ok && !s.Basis.InDocuments() {
			c.Note("%s answered %d, which is known from real orgs; the documents say %s", a.Operation.ID, s.Code, either(documented(a.Operation)))
		}
	}
	return a
}

func (o *Org) send(ctx context.Context, r Request) *Answer {
	if r.defect == "" {
		o.checkOwn(r)
	}
	x := o.Sender(r.credential).Send(ctx, r.message)
	switch {
	case errors.Is(x.Cause, errTimeIsUp):
		o.admit(r.message)
	case x.Response == nil && unreachable(x.Cause):
		panic(ended{outcome: verdict.Blocked, reason: "the org cannot be reached any more: " + x.Error, exchange: x.ID})
	case x.Response == nil && ctx.Err() != nil:
		panic(ended{outcome: verdict.NotRun, reason: "the run ended before the answer came"})
	case x.Status() == http.StatusTooManyRequests && r.credential != target.Throttled:
		panic(ended{
			outcome: verdict.Blocked, exchange: x.ID,
			reason: fmt.Sprintf("the org still answered 429 after the patience of %s: %s", o.settings.Patience, x.Line()),
		})
	}
	a := &Answer{Exchange: x, org: o}
	a.Operation, _, _ = o.Match(x)
	return a
}

// checkOwn judges a request of rolecheck's own, so that a mistake of ours never counts as a failure of the org.
func (o *Org) checkOwn(r Request) {
	u := *o.Target.URL
	u.Path, _ = url.PathUnescape(r.message.Path)
	u.RawPath, u.RawQuery = r.message.Path, r.message.Query.Encode()
	header := http.Header{}
	if len(r.message.Body) > 0 {
		header.Set("Content-Type", "application/json")
	}
	judged := o.judge.JudgeRequest(exchange.Request{
		Method: r.message.Method, URL: &u, Header: header, Body: exchange.Body{Bytes: r.message.Body},
	})
	for _, f := range judged.Findings {
		if f.Level == spec.Must {
			panic(ended{
				outcome: verdict.Error,
				reason:  fmt.Sprintf("rolecheck's own request %s is not what the contract allows: %s %s", r, f.Pointer, f.Detail),
			})
		}
	}
}

// unreachable reports whether no connection came about: then nothing was asked of the org.
func unreachable(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
}

// Need sends a request that arranges what later ones need. Any success will do; anything else ends the step as blocked.
// That the org refuses a valid call of an operation fails the requirement that valid calls are accepted.
func (c *Container) Need(ctx context.Context, r Request) *Answer {
	r.message.Phase = exchange.Arrange
	a := c.Send(ctx, r)
	if !a.OK() {
		panic(ended{outcome: verdict.Blocked, exchange: a.ID, reason: c.org.refused(a)})
	}
	return a
}

// unarranged ends a part of a scene since something that was arranged never showed.
func (o *Org) unarranged(outcome verdict.Outcome, f verdict.Failure, a *Answer) ended {
	summary := f.Summary()
	return ended{outcome: outcome, exchange: a.ID, reason: "could not arrange: " + summary + ", in " + o.firstOf(a.Operation.ID+" "+summary, a)}
}

// refused says why something could not be arranged: by the first such refusal of the run, so that all that it blocks can
// be reported as one.
func (o *Org) refused(a *Answer) string {
	reason := "could not arrange: " + o.firstOf(fmt.Sprintf("%s %d %s", a.Operation.ID, a.Status(), a.Request.Body.Bytes), a)
	switch status := a.Status(); {
	case a.Operation.ID == "":
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		reason += "\nthe credential may not do this: check its rights, and its scopes"
	case status == 0 || status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout:
		reason += "\nthe org or a gateway before it was out of order"
	case status >= 500:
		reason += "\n" + a.Operation.System + ".no-server-error fails by it"
	default:
		reason += "\n" + a.Operation.System + "." + contract.RuleValidCalls + " fails by it"
	}
	return reason
}

// Accepted expects an answer to be a success that the description has for the operation, as BeAccepted does. Another success
// fails the step; anything else ends it as well, since later steps need that success.
func (c *Container) Accepted(a *Answer) {
	m := BeAccepted()
	if suits, err := m.Match(a); suits && err == nil {
		return
	}
	c.org.frame.fail(failureOf(m, a, nil))
	if !a.OK() {
		panic(ended{outcome: verdict.Fail})
	}
}

// Require is Expect for what the rest of the step and the steps after it need: where it fails the step ends.
func (c *Container) Require(a *Answer, m gomega.GomegaMatcher) {
	suits, err := m.Match(a)
	if suits && err == nil {
		return
	}
	c.org.frame.fail(failureOf(m, a, err))
	panic(ended{outcome: verdict.Fail})
}

// failureOf makes a failure of a matcher that an answer does not suit.
func failureOf(m gomega.GomegaMatcher, a *Answer, err error) verdict.Failure {
	if err != nil {
		return verdict.Failure{Expected: "an answer that can be looked at", Actual: err.Error(), Exchange: a.ID, Line: a.Line()}
	}
	message := m.FailureMessage(a)
	if f, ok := a.org.frame.words[message]; ok {
		return f
	}
	f := inWords(message)
	f.Exchange, f.Line = a.ID, a.Line()
	return f
}

// OK reports whether the answer is one of success.
func (a *Answer) OK() bool { return a.Status() >= 200 && a.Status() <= 299 }

// Header is the first value of a header of the answer; empty where there is none.
func (a *Answer) Header(name string) string {
	if a.Response == nil {
		return ""
	}
	return a.Response.Header.Get(name)
}

// Body is the body of the answer; empty where there is no answer.
func (a *Answer) Body() []byte {
	if a.Response == nil {
		return nil
	}
	return a.Response.Body.Bytes
}

// Decode reads the body as JSON into a T. A body that is none ends the step, which fails.
func Decode[T any](a *Answer) T {
	var v T
	err := errors.New("no answer: " + a.Error)
	if a.Response != nil {
		err = json.Unmarshal(a.Body(), &v)
	}
	if err != nil {
		a.org.frame.fail(a.failure("a JSON body of the described shape", err.Error()))
		panic(ended{outcome: verdict.Fail})
	}
	return v
}

// envelope is the error envelope of a refusal, as far as matchers read it; empty where the body is none.
func (a *Answer) envelope() (e struct {
	ErrorCode string `json:"errorCode"`
	ErrorID   string `json:"errorId"`
}) {
	if json.Unmarshal(a.Body(), &e) != nil {
		e.ErrorCode, e.ErrorID = "", ""
	}
	return e
}

// ErrorCode is the errorCode of an error envelope; empty where the body is none.
func (a *Answer) ErrorCode() string { return a.envelope().ErrorCode }

// ErrorID is the errorId of an error envelope; empty where the body is none.
func ErrorID(a *Answer) string { return a.envelope().ErrorID }

// failure is a failure that this answer shows, and remembers it by its words, which are all that Gomega hands on.
func (a *Answer) failure(expected, actual string) verdict.Failure {
	f := verdict.Failure{Expected: expected, Actual: actual, Exchange: a.ID, Line: a.Line()}
	if part := a.frame(); part != nil {
		part.words[f.String()] = f
	}
	return f
}

// frame is the running step or arrangement; nil for an answer that was received outside a scene.
func (a *Answer) frame() *frame {
	if a.org == nil {
		return nil
	}
	return a.org.frame
}

// collect is Gomega's fail handler: it adds a failed expectation to those of the step.
func (o *Org) collect(message string, _ ...int) {
	if o.frame == nil {
		panic("harness: an expectation outside of a step failed: " + message)
	}
	for words, f := range o.frame.words {
		if before, ok := cutSuffix(message, words); ok {
			f.More = before
			o.frame.fail(f)
			return
		}
	}
	o.frame.fail(inWords(message))
}

func documented(op spec.Operation) []string {
	var out []string
	for _, s := range op.Statuses {
		if s.Success() && s.Basis.InDocuments() {
			out = append(out, fmt.Sprint(s.Code))
		}
	}
	return out
}

func (a *Answer) successes() []string {
	var out []string
	for _, s := range a.Operation.Statuses {
		if _, ok := a.org.accepts(a.Operation, s.Code); ok {
			out = append(out, fmt.Sprint(s.Code))
		}
	}
	slices.Sort(out)
	return out
}
