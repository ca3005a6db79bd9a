package contract

import "github.com/rolecheck/rolecheck/spec"

// Side is the party that a finding speaks of.
type Side string

const (
	// Org findings are about an answer.
	Org Side = "org"
	// Client findings are about a request.
	Client Side = "client"
)

// Finding is one way in which one exchange differs from the contract.
type Finding struct {
	// Rule is the requirement's name without its system, such as response-schema.
	Rule  string
	Level spec.Level
	Side  Side
	// Operation is the id of the operation that was called.
	Operation string
	// Pointer is the JSON pointer of the member that is wrong, a header's name, a parameter as in query:limit or
	// path:userId, or empty for the whole message.
	Pointer string
	// Expected and Actual say what the contract wants and what came, without repeating values that could be secret. Both
	// are empty where the judge itself broke.
	Expected, Actual string
	// Detail is both in one sentence.
	Detail string
}

// NewFinding completes a finding: its detail is made of what was expected and what came.
func NewFinding(f Finding) Finding {
	f.Detail = detailOf(f.Expected, f.Actual)
	return f
}

func detailOf(expected, actual string) string { return "expected " + expected + ", got " + actual }
