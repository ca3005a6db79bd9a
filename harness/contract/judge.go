// Package contract judges exchanges by the OpenAPI description: one exchange in, every mismatch out.
//
// kin-openapi decides whether a body fits its schema. Rules of this package add what it leaves unsaid: statuses, media
// types and headers, bodies where none belongs, text that is not one JSON value, members and words that nobody
// described, and which member of which alternative is wrong.
package contract

import (
	"fmt"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// maxFindings is how many findings one side of one exchange can have.
const maxFindings = 200

// Options configure a Judge.
type Options struct {
	// DocumentsOnly accepts what the documents state and nothing that is known from real orgs alone: statuses,
	// contents, members and parameters.
	DocumentsOnly bool
}

// Judge judges exchanges. It is safe for concurrent use. What it remembers of the bodies it has seen is bounded and
// changes no judgement.
type Judge struct {
	opts       Options
	match      func(method, escapedPath string) (spec.Operation, map[string]string, bool)
	level      func(system string, r rule) spec.Level
	operations map[string]*operation
	// failure is the node of an error body whose status the description lacks.
	failure *node
	fitting *fitting
}

// Judgement is the result of judging one exchange.
type Judgement struct {
	// Operation is the operation that was called; nil where the exchange is outside the contract.
	Operation *spec.Operation
	// Parameters are the values of the operation's path parameters, decoded.
	Parameters map[string]string
	// Status is the description's entry for the answer's status; nil where there is none, or no answer.
	Status *spec.Status
	// Answer is the answer's body; nil where there was none to decode, or none that is well-formed JSON.
	Answer *Document
	// Findings are the mismatches in the order in which they were found.
	Findings []Finding
	// More says that there were more mismatches than are kept.
	More bool
	// Rules names the rules that this exchange was really judged by: one that is named and has no finding was met.
	Rules []string
}

// New prepares a judge. It refuses a description that promises what the judge could not check.
func New(s *spec.Spec, opts Options) (*Judge, error) {
	if !s.Doc.IsOpenAPI30() {
		return nil, fmt.Errorf("the description is OpenAPI %s, and is judged as 3.0", s.Doc.OpenAPI)
	}
	j := &Judge{opts: opts, match: s.Match, level: levels(s), operations: make(map[string]*operation, len(s.Operations)), fitting: newFitting()}
	c := &compiler{done: map[*openapi3.Schema]*node{}}
	for _, o := range s.Operations {
		compiled, err := c.operation(s.Doc, o, opts)
		if err != nil {
			return nil, fmt.Errorf("preparing %s: %w", o.ID, err)
		}
		j.operations[o.ID] = compiled
	}
	var err error
	if j.failure, err = c.schema(envelope(), "error"); err != nil {
		return nil, fmt.Errorf("preparing the error envelope: %w", err)
	}
	return j, nil
}

// levels takes a rule's level from the catalogue, where it has the rule.
func levels(s *spec.Spec) func(system string, r rule) spec.Level {
	return func(system string, r rule) spec.Level {
		if requirement, ok := s.Requirement(system + "." + rules[r].Name); ok {
			return requirement.Level
		}
		return rules[r].Level
	}
}

// Judge judges an exchange, which it leaves as it is. The answer is always judged, the request only where somebody else
// sent it: what rolecheck sends itself is wrong on purpose now and then, and JudgeRequest is there for the rest.
//
// Headers that no recording promises to have kept are unknown where they are absent from one (see
// exchange.Exchange.Source), and payloads that were cut or left out are unknown as well. No rule is checked by what is
// unknown.
func (j *Judge) Judge(x *exchange.Exchange) Judgement {
	if x == nil || x.Phase == exchange.Look {
		return Judgement{}
	}
	out, op := j.begin(x.Request)
	if op == nil {
		return out
	}
	recorded := x.Source != ""
	if x.Phase == exchange.Observed {
		r := request{Request: x.Request, parameters: out.Parameters, recorded: recorded, sent: true,
			accepted: x.Status() >= 200 && x.Status() < 300}
		j.side(&out, op, Client, func(c *collector) { c.request(r) })
	}
	if r := x.Response; r != nil && r.Status != 0 {
		if status := op.statuses[r.Status]; status != nil {
			out.Status = &status.Status
		}
		a := answer{Response: r, x: x, recorded: recorded, status: op.statuses[r.Status]}
		j.side(&out, op, Org, func(c *collector) { c.answer(a) })
	}
	return out
}

// JudgeRequest judges a request that is about to be sent and meant to be valid. It does not ask for a credential, which
// the sender adds.
func (j *Judge) JudgeRequest(r exchange.Request) Judgement {
	out, op := j.begin(r)
	if op != nil {
		r := request{Request: r, parameters: out.Parameters}
		j.side(&out, op, Client, func(c *collector) { c.request(r) })
	}
	return out
}

// begin finds the operation that was called.
func (j *Judge) begin(r exchange.Request) (Judgement, *operation) {
	if r.URL == nil {
		return Judgement{}, nil
	}
	o, parameters, ok := j.match(r.Method, r.URL.EscapedPath())
	if !ok {
		return Judgement{}, nil
	}
	op := j.operations[o.ID]
	return Judgement{Operation: &op.Operation, Parameters: parameters}, op
}

// side judges one side of an exchange. A bug, here or in the library, becomes a finding that says so, and takes the
// rules with it: nobody knows which of them were really checked.
func (j *Judge) side(out *Judgement, op *operation, side Side, judge func(*collector)) {
	c := &collector{judge: j, op: op, side: side}
	defer func() {
		if r := recover(); r != nil {
			c.broke(fmt.Sprintf("the judge panicked (%T)", r))
		}
		out.Findings = append(out.Findings, c.findings...)
		out.More = out.More || c.more
		if side == Org {
			out.Answer = c.document
		}
		if !c.broken {
			if out.Rules == nil {
				out.Rules = make([]string, 0, len(rules)/2)
			}
			out.Rules = c.checked.names(out.Rules)
		}
	}()
	judge(c)
}

// collector gathers what one side of one exchange shows.
type collector struct {
	judge   *Judge
	op      *operation
	side    Side
	checked ruleSet
	parser  parser
	// document is the body, where it is well-formed JSON.
	document *Document
	findings []Finding
	more     bool
	broken   bool
}

// check notes that the exchange is judged by a rule.
func (c *collector) check(r rule) { c.checked.add(r) }

// report adds a finding; the rule is checked thereby.
func (c *collector) report(r rule, pointer, expected, actual string) {
	c.check(r)
	if len(c.findings) == maxFindings {
		c.more = true
		return
	}
	c.findings = append(c.findings, NewFinding(Finding{
		Rule:      rules[r].Name,
		Level:     c.judge.level(c.op.System, r),
		Side:      c.side,
		Operation: c.op.ID,
		Pointer:   pointer,
		Expected:  expected,
		Actual:    actual,
	}))
}

// full reports whether findings were left out because there is no room for more.
func (c *collector) full() bool { return c.more && len(c.findings) == maxFindings }

// broke adds the finding that the judge itself failed.
func (c *collector) broke(detail string) {
	c.broken = true
	c.findings = append(c.findings, Finding{
		Rule: JudgeError, Level: spec.Must, Side: c.side, Operation: c.op.ID, Detail: detail,
	})
}

// header returns the first value of a header, and whether it is there at all. Names are canonical, as http.Header has
// them.
func header(h http.Header, name string) (string, bool) {
	if values := h[name]; len(values) > 0 {
		return values[0], true
	}
	return "", false
}
