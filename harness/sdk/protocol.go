package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// pageAll asks for all pages of a list.
const pageAll = "all"

// Step is one line to the program's standard input: an operation to call, and what to call it with.
type Step struct {
	// Step numbers the steps of a run from 1; the answer repeats it.
	Step int `json:"step"`
	// Operation is the id of the operation, as the official SDKs have it.
	Operation string `json:"operation"`
	// Path and Query are the operation's parameters by their names, as values and not yet encoded.
	Path  map[string]string `json:"path,omitempty"`
	Query map[string]any    `json:"query,omitempty"`
	// Body is the request's body; without it the client is to send none.
	Body any `json:"body,omitempty"`
	// Page is "all" where the client is to follow the list to its last page by its own means.
	Page string `json:"page,omitempty"`
}

// Answer is one line from the program's standard output: the result of a step. At most one of Result, Error, Unsupported
// and Failure is there; without any, the call succeeded and gave nothing back.
type Answer struct {
	Step int `json:"step"`
	// Status is the answer's HTTP status, where the client reports it.
	Status int `json:"status,omitempty"`
	// Result is what the client made of the answer, encoded again.
	Result json.RawMessage `json:"result,omitempty"`
	// Error is the org's refusal as the client reports it.
	Error *Refusal `json:"error,omitempty"`
	// Unsupported says why the client cannot be asked for this.
	Unsupported string `json:"unsupported,omitempty"`
	// Failure is the client's own error: it could not send the request, or not read the answer.
	Failure string `json:"failure,omitempty"`
}

// Refusal is an error answer as the client reports it.
type Refusal struct {
	Code    string `json:"errorCode,omitempty"`
	Message string `json:"message,omitempty"`
}

// errNoise says that a line of the program is not an answer at all.
var errNoise = errors.New("not an answer")

// parseAnswer reads one line of the program. It returns errNoise for what was not meant as an answer.
func parseAnswer(line []byte) (*Answer, error) {
	var is struct {
		Step        *int    `json:"step"`
		Unsupported *string `json:"unsupported"`
		Failure     *string `json:"failure"`
	}
	if err := json.Unmarshal(line, &is); err != nil || is.Step == nil {
		return nil, errNoise
	}
	a := &Answer{}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(a); err != nil {
		return &Answer{Step: *is.Step}, fmt.Errorf("the answer does not follow the protocol: %w", err)
	}
	kinds := 0
	for _, there := range []bool{a.hasResult(), a.Error != nil, is.Unsupported != nil, is.Failure != nil} {
		if there {
			kinds++
		}
	}
	if is.Unsupported != nil && a.Unsupported == "" || is.Failure != nil && a.Failure == "" {
		return a, errors.New("the answer does not follow the protocol: it says unsupported or failure without a word why")
	}
	if kinds > 1 {
		return a, errors.New("the answer does not follow the protocol: it has more than one of result, error, unsupported and failure")
	}
	return a, nil
}

// hasResult reports whether the client gave something back. Null is nothing.
func (a *Answer) hasResult() bool { return a.Result != nil && !bytes.Equal(a.Result, []byte("null")) }

// succeeded reports whether the client reported the call as a success.
func (a *Answer) succeeded() bool { return a.Error == nil && a.Unsupported == "" && a.Failure == "" }
