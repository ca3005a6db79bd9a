package report

import (
	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// headerRequestID names an answer; no two have the same.
const headerRequestID = "X-Okta-Request-Id"

// maxRecent is how many answers an id is compared with.
const maxRecent = 4096

// recent remembers the ids of the last answers, with the exchanges they came in. That ids differ shows in no exchange
// alone, so that the judge cannot tell.
type recent struct {
	of    map[string]string
	order [maxRecent]string
	next  int
}

// repeated finds an answer whose id an earlier one had. A recording may hold one and the same answer twice, and is not
// asked.
func (r *recent) repeated(x *exchange.Exchange, j contract.Judgement) (contract.Finding, bool) {
	if x.Response == nil || x.Source != "" {
		return contract.Finding{}, false
	}
	id := x.Response.Header.Get(headerRequestID)
	if id == "" {
		return contract.Finding{}, false
	}
	if earlier, ok := r.of[id]; ok {
		return contract.NewFinding(contract.Finding{
			Rule: contract.RuleRequestID, Level: spec.Should, Side: contract.Org, Operation: j.Operation.ID,
			Pointer: headerRequestID, Expected: "an id that no other answer has", Actual: "that of exchange " + earlier,
		}), true
	}
	delete(r.of, r.order[r.next])
	r.of[id], r.order[r.next] = x.ID, id
	r.next = (r.next + 1) % maxRecent
	return contract.Finding{}, false
}
