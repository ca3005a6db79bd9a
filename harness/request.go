package harness

import (
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
)

// Request is a call of an operation that is about to be sent. Its methods return changed copies, so that a request and
// its defective variant can be written side by side.
type Request struct {
	// operation is the id of the operation, or the path where the description leaves out what is called.
	operation  string
	message    exchange.Message
	credential string
	// defect is what is wrong with the request on purpose; empty for one that the contract allows.
	defect string
}

// Call begins a request for the operation of the description that has an action, with the values of its path's parameters
// in their order. It panics when there is no such operation or the values are not as many: that is a mistake in a spec.
func Call(action spec.Action, values ...string) Request {
	s, err := spec.Load()
	if err != nil {
		panic(err)
	}
	op, ok := s.Find(action)
	if !ok {
		panic(fmt.Sprintf("harness: no operation of the description is there to %s", action))
	}
	path, err := op.PathWith(values...)
	if err != nil {
		panic("harness: " + err.Error())
	}
	return Request{
		operation:  op.ID,
		message:    exchange.Message{Method: op.Method, Path: path, Phase: exchange.Act},
		credential: target.Admin,
	}
}

// Neighbour begins a request for what the description leaves out, by its escaped path.
func Neighbour(method, path string) Request {
	return Request{
		operation:  path,
		message:    exchange.Message{Method: method, Path: path, Phase: exchange.Act},
		credential: target.Admin,
	}
}

// With sets the body, encoded as JSON. It panics on what JSON cannot hold.
func (r Request) With(body any) Request {
	b, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("harness: body of %s: %v", r.operation, err))
	}
	r.message.Body = b
	return r
}

// WithBytes sets a body that need not be JSON.
func (r Request) WithBytes(b []byte) Request {
	r.message.Body = b
	return r
}

// Query adds a query parameter.
func (r Request) Query(name, value string) Request {
	q := url.Values{}
	for k, v := range r.message.Query {
		q[k] = v
	}
	q.Add(name, value)
	r.message.Query = q
	return r
}

// As sends the request with another credential than the admin's.
func (r Request) As(credential string) Request {
	r.credential = credential
	return r
}

// Method replaces the operation's method.
func (r Request) Method(method string) Request {
	r.message.Method = method
	return r
}

// Defective says what is wrong with the request on purpose. A request without a defect that the contract does not
// allow is rolecheck's own error and is not sent.
func (r Request) Defective(why string) Request {
	r.defect = why
	return r
}

// Message returns the message that the sender gets.
func (r Request) Message() exchange.Message { return r.message }

// String names the request.
func (r Request) String() string {
	s := r.message.Method + " " + r.message.Path
	if len(r.message.Query) > 0 {
		s += "?" + r.message.Query.Encode()
	}
	return s
}
