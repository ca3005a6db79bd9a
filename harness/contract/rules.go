package contract

import (
	"slices"

	"github.com/rolecheck/rolecheck/spec"
)

// JudgeError is the rule of findings that say that the judge itself broke. It is listed in no Judgement.Rules: an
// exchange that could not be judged neither passes nor fails anything.
const JudgeError = "judge-error"

// RuleRequestID is the rule about the ids of answers. One exchange shows that there is an id; that no two have the same
// shows only when they are compared.
const RuleRequestID = "request-id"

// RuleValidCalls is the rule about calls that arrange what checks need. Only whoever made a call knows that it was valid, so
// that it is judged on exchanges of the phase arrange alone.
const RuleValidCalls = "valid-calls-succeed"

// ruleEntry is one thing that is judged on every exchange that shows it.
type ruleEntry struct {
	// Name is the requirement's name without its system.
	Name string
	// Level holds where the catalogue has no requirement of the rule's name for the operation's system.
	Level spec.Level
	Side  Side
}

// OfClient reports whether the rule of that name judges what a client sent.
func OfClient(name string) bool {
	return slices.ContainsFunc(rules[1:], func(r ruleEntry) bool { return r.Name == name && r.Side == Client })
}

// rule is an index of rules; the zero rule judges nothing.
type rule uint8

const (
	noRule rule = iota
	responseSchema
	errorEnvelope
	errorCodeForm
	errorCauses
	mediaType
	jsonWellFormed
	noContentEmpty
	successStatus
	errorStatus
	noServerError
	validCallsSucceed
	timestampsUTC
	updatedNotBeforeCreated
	requestID
	rateLimitHeaders
	throttledAnswer
	undeclaredMembers
	knownValues

	requestSchema
	requestReadOnly
	requestParameters
	requestUndeclaredParameters
	requestMediaType
	requestCredentials
	requestUndeclaredMembers
	requestKnownValues
)

var rules = [...]ruleEntry{
	noRule:                  {},
	responseSchema:          {"response-schema", spec.Must, Org},
	errorEnvelope:           {"error-envelope", spec.Must, Org},
	errorCodeForm:           {"error-code-form", spec.Should, Org},
	errorCauses:             {"error-causes", spec.Should, Org},
	mediaType:               {"media-type", spec.Must, Org},
	jsonWellFormed:          {"json-well-formed", spec.Must, Org},
	noContentEmpty:          {"no-content-empty", spec.Must, Org},
	successStatus:           {"success-status", spec.Must, Org},
	errorStatus:             {"error-status", spec.Should, Org},
	noServerError:           {"no-server-error", spec.Should, Org},
	validCallsSucceed:       {RuleValidCalls, spec.Must, Org},
	timestampsUTC:           {"timestamps-utc", spec.Should, Org},
	updatedNotBeforeCreated: {"updated-not-before-created", spec.Should, Org},
	requestID:               {RuleRequestID, spec.Should, Org},
	rateLimitHeaders:        {"rate-limit-headers", spec.Should, Org},
	throttledAnswer:         {"throttled-answer", spec.Must, Org},
	undeclaredMembers:       {"undeclared-members", spec.May, Org},
	knownValues:             {"known-values", spec.May, Org},

	requestSchema:               {"request-schema", spec.Must, Client},
	requestReadOnly:             {"request-read-only", spec.Should, Client},
	requestParameters:           {"request-parameters", spec.Must, Client},
	requestUndeclaredParameters: {"request-undeclared-parameters", spec.May, Client},
	requestMediaType:            {"request-media-type", spec.Must, Client},
	requestCredentials:          {"request-credentials", spec.Must, Client},
	requestUndeclaredMembers:    {"request-undeclared-members", spec.May, Client},
	requestKnownValues:          {"request-known-values", spec.May, Client},
}

// ruleSet is a set of rules.
type ruleSet uint32

func (s *ruleSet) add(r rule) {
	if r != noRule {
		*s |= 1 << r
	}
}

// names lists the set in the order of the table.
func (s ruleSet) names(into []string) []string {
	for r := range rules {
		if s&(1<<r) != 0 {
			into = append(into, rules[r].Name)
		}
	}
	return into
}
