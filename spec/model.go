package spec

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Level says what a broken requirement costs the target.
type Level string

const (
	// Must is what a document states and no recording contradicts; a broken one fails the target.
	Must Level = "must"
	// Should is stated by another source; a broken one is a finding.
	Should Level = "should"
	// May is recorded and never fails.
	May Level = "may"
)

// Basis says on what a part of the description rests.
type Basis string

const (
	// Documented parts are stated by one of the five documents alone.
	Documented Basis = "documented"
	// Observed parts are known only from recordings or from other sources.
	Observed Basis = "observed"
	// Both are documented and have been seen.
	Both Basis = "both"
)

// InDocuments reports whether the documents alone vouch for the part.
func (b Basis) InDocuments() bool { return b == Documented || b == Both }

// System is one of the parts of the API that gets a result of its own.
type System struct {
	ID    string
	Title string
}

// Status is one answer an operation may give.
type Status struct {
	Code  int
	Basis Basis
	// Source names the sources of the basis, in words.
	Source string
	// Legacy tells that of the documents the legacy page alone states it.
	Legacy bool
	// HasBody tells whether the description declares content for the answer, and BodyOptional whether it may come
	// without.
	HasBody, BodyOptional bool
}

// Success reports whether the status is one of success.
func (s Status) Success() bool { return s.Code >= 200 && s.Code < 300 }

// Operation is one operation of the description.
type Operation struct {
	// ID is the operation id that the official SDKs use.
	ID     string
	Method string
	// Path is the templated path, as in the description.
	Path string
	// Parameters are the names of the path's parameters, in their order.
	Parameters []string
	System     string
	// Action says what the operation does.
	Action Action
	// Scope is the OAuth 2.0 scope that the documents ask for.
	Scope string
	// Statuses are sorted by code.
	Statuses []Status
	// TakesBody tells whether the description declares a request body; BodyRequired whether it must be there.
	TakesBody, BodyRequired bool
	// Line is the operation's line in openapi.yaml, counted from 1.
	Line int
	// Raw is the description's own object.
	Raw *openapi3.Operation
}

// Writes reports whether the operation changes the org.
func (o Operation) Writes() bool { return o.Method != http.MethodGet }

// Status returns what the description says of an answer's status code.
func (o Operation) Status(code int) (Status, bool) {
	return first(o.Statuses, func(s Status) bool { return s.Code == code })
}

// HolderIn returns the id or other name of the holder among the values of the path's parameters, which are by name. It is
// empty for an operation of the org.
func (o Operation) HolderIn(parameters map[string]string) string {
	if len(o.Parameters) == 0 {
		return ""
	}
	return parameters[o.Parameters[0]]
}

// PathWith returns the escaped path with the values of its parameters, in their order. It returns an error unless there
// are as many values as parameters.
func (o Operation) PathWith(values ...string) (string, error) {
	if len(values) != len(o.Parameters) {
		return "", fmt.Errorf("%s has the path parameters %q, and is called with %q", o.ID, o.Parameters, values)
	}
	segments := strings.Split(o.Path, "/")
	for i, segment := range segments {
		if _, ok := parameterName(segment); ok {
			segments[i], values = url.PathEscape(values[0]), values[1:]
		}
	}
	return strings.Join(segments, "/"), nil
}

// Source is one place that a requirement is taken from.
type Source struct {
	// In is the id of an entry of sources.yaml.
	In string `json:"in"`
	// Title and Kind are those of that entry; Kind is document, reference, recording, live-test, release-note or code.
	Title string `json:"title"`
	Kind  string `json:"kind"`
	// Section is the place within the source.
	Section string `json:"section,omitempty"`
}

// By says what judges a requirement.
type By string

const (
	// BySuite requirements are driven by a spec of the suites.
	BySuite By = "suite"
	// ByExchange requirements are judged on every exchange there is.
	ByExchange By = "exchange"
	// ByRequest requirements are judged on every request that somebody else's client sent.
	ByRequest By = "request"
	// ByHistory requirements are judged on the order of exchanges that nobody drove.
	ByHistory By = "history"
	// ByClient requirements are judged on a client program that is driven step by step.
	ByClient By = "client"
)

// Requirement is one entry of the catalogue, after the entries for all systems were spread over them.
type Requirement struct {
	ID        string
	System    string
	Level     Level
	By        By
	Statement string
	Sources   []Source
	// Operations are the ids of the operations the statement is about; the first is the principal one.
	Operations []string
	// Needs are the credentials and features without which the requirement cannot be judged.
	Needs []string
	// Unobservable is the reason why no spec can provoke it, with what it would need; empty for all others.
	Unobservable string
	// Unproven is the reason why no fault of the reference org can break it; empty for all others.
	Unproven string
	// Rows number the testable sentences of the sources that the requirement stands for.
	Rows []string
	// File and Line say where in the catalogue it is written.
	File string
	Line int
}

// Rule is the requirement's id without its system: what one rule is called in every system.
func (r Requirement) Rule() string { return r.ID[len(r.System)+1:] }
