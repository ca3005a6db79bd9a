package sdk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// system is the id of the system whose requirements are judged here.
const system = "clients"

// The requirements on clients, by their rules.
const (
	rowProgram    = "program"
	rowOperations = "operations"

	rowPath           = "request.path"
	rowPathEncoding   = "request.path-encoding"
	rowPathReserved   = "request.path-reserved"
	rowQuery          = "request.query"
	rowBody           = "request.body"
	rowOptionalBody   = "request.optional-body"
	rowSentConditions = "request.permission-conditions"
	rowConforms       = "request.conforms"
	rowOnce           = "request.once"

	// These two are one for each kind of principal.
	rowStandardRoles  = "result.standard-roles-of-"
	rowCustomRoles    = "result.custom-roles-of-"
	rowOlder          = "result.older-members"
	rowEmbedded       = "result.embedded-targets"
	rowAssignees      = "result.assignees"
	rowPermissions    = "result.permissions"
	rowConditions     = "result.permission-conditions"
	rowGroupTargets   = "result.group-targets"
	rowAppTargets     = "result.app-targets"
	rowNoContent      = "result.no-content"
	rowSuccess        = "result.success-status"
	rowNull           = "result.null-members"
	rowAbsent         = "result.absent-members"
	rowEmptyLists     = "result.empty-lists"
	rowDates          = "result.dates"
	rowUnknownMembers = "result.unknown-members"
	rowUnknownKept    = "result.unknown-members-kept"
	rowUnknownValues  = "result.unknown-values"
	rowFresh          = "result.fresh"

	rowErrorUnexpected = "error.unexpected"
	rowErrorEmpty      = "error.empty-body"
	rowThrottledError  = "error.too-many-requests"

	rowPagesTargets   = "pages.targets"
	rowPagesAssignees = "pages.assignees"

	rowThrottled = "throttling.waits-or-tells"
	rowHammering = "throttling.no-hammering"

	rowRedirect  = "redirect.other-host"
	rowTokenSent = "credentials.sent"
	rowTokenAway = "credentials.redirect"
	rowTokenNext = "credentials.next-link"
)

const (
	// maxDetails is how many different failures of one row are listed, and maxEvidence how many exchanges it names.
	maxDetails  = 12
	maxEvidence = 25
)

// mark is the outcome of one step for one requirement.
type mark struct {
	outcome verdict.Outcome
	// operation and title name the step; both are empty for a mark that belongs to no step.
	operation, title string
	// text says why the outcome is neither a pass nor a failure, and failures what was expected and what the client did.
	text     string
	failures []verdict.Failure
	evidence []string
}

// rows holds the marks of all steps, by rule.
type rows struct {
	requirements []spec.Requirement
	redactor     *exchange.Redactor
	marks        map[string][]mark
}

// add adds a mark, redacted: its words may repeat what the client sent.
func (r *rows) add(row string, m mark) {
	m.text = r.redactor.String(m.text)
	m.failures = slices.Clone(m.failures)
	for i := range m.failures {
		f := &m.failures[i]
		f.Expected, f.Actual, f.Line = r.redactor.String(f.Expected), r.redactor.String(f.Actual), r.redactor.String(f.Line)
	}
	r.marks[row] = append(r.marks[row], m)
}

// verdicts returns one verdict for each requirement of the catalogue. Unmarked is the outcome of a requirement without marks.
func (r *rows) verdicts(unmarked verdict.Outcome, why string) []verdict.Verdict {
	out := make([]verdict.Verdict, 0, len(r.requirements))
	for _, q := range r.requirements {
		marks := r.marks[q.Rule()]
		if len(marks) == 0 {
			out = append(out, verdict.Verdict{Requirement: q, Outcome: unmarked, Detail: why})
			continue
		}
		out = append(out, combined(q, marks))
	}
	return out
}

// combined makes one verdict of the marks: the worst outcome, with the words and exchanges of all that are not passed. Steps
// that the client does not support count only if all marks are of that kind, or if the requirement is to have all operations.
func combined(q spec.Requirement, marks []mark) verdict.Verdict {
	v := verdict.Verdict{Requirement: q, Outcome: verdict.Pass}
	judged := slices.ContainsFunc(marks, func(m mark) bool { return m.outcome != verdict.Unsupported })
	var notable []mark
	var passed []string
	for _, m := range marks {
		switch {
		case m.outcome == verdict.Pass:
			passed = append(passed, m.evidence...)
			continue
		case m.outcome == verdict.Unsupported && judged && q.Rule() != rowOperations:
			continue
		}
		v.Outcome = verdict.Worse(v.Outcome, m.outcome)
		v.Evidence = append(v.Evidence, m.evidence...)
		notable = append(notable, m)
	}
	switch {
	case notable == nil:
		v.Evidence = passed
		v.Detail = "held in " + text.Count(len(marks), "step")
	case v.Outcome == verdict.Fail:
		v.Failures = failuresOf(notable)
		v.Detail = verdict.Details(v.Failures)
	default:
		v.Detail = describe(notable)
	}
	if v.Outcome == verdict.Unsupported {
		for _, m := range notable {
			v.Lacking = append(v.Lacking, m.operation)
		}
		v.Lacking = distinct(v.Lacking)
	}
	v.Evidence = distinct(v.Evidence)
	v.Evidence = v.Evidence[:min(len(v.Evidence), maxEvidence)]
	for _, f := range v.Failures {
		if f.Exchange != "" && !slices.Contains(v.Evidence, f.Exchange) {
			v.Evidence = append(v.Evidence, f.Exchange)
		}
	}
	return v
}

// failuresOf are the failures of the marks of a failed row, each once, with the steps that it was seen in. Marks of other
// outcomes are described after them.
func failuresOf(marks []mark) []verdict.Failure {
	var out []verdict.Failure
	var seenIn [][]mark
	var others []mark
	for _, m := range marks {
		if m.outcome != verdict.Fail {
			others = append(others, m)
			continue
		}
		for _, f := range m.failures {
			i := slices.IndexFunc(out, func(o verdict.Failure) bool { return o.Expected == f.Expected && o.Actual == f.Actual })
			if i < 0 {
				i = len(out)
				out, seenIn = append(out, f), append(seenIn, nil)
			}
			seenIn[i] = append(seenIn[i], m)
		}
	}
	for i := range out {
		if where := steps(seenIn[i]); where != "" {
			out[i].More = "in " + where
		}
	}
	var rest []string
	if more := len(out) - maxDetails; more > 0 {
		out = out[:maxDetails]
		rest = append(rest, fmt.Sprintf("and %d more", more))
	}
	if others != nil {
		rest = append(rest, describe(others))
	}
	if last := len(out) - 1; last >= 0 {
		out[last].More = strings.TrimSpace(strings.Join(append([]string{out[last].More}, rest...), "\n"))
	}
	return out
}

// mismatch is one failure, for what can be wrong in one way.
func mismatch(expected, actual string) []verdict.Failure {
	return []verdict.Failure{{Expected: expected, Actual: actual}}
}

// describe lists what is wrong, each once, after the steps that it was seen in.
func describe(marks []mark) string {
	var texts []string
	byText := map[string][]mark{}
	for _, m := range marks {
		if m.outcome == verdict.Fail {
			var wrong []string
			for _, f := range m.failures {
				wrong = append(wrong, f.Summary())
			}
			m.text = strings.Join(wrong, "; ")
		}
		if byText[m.text] == nil {
			texts = append(texts, m.text)
		}
		byText[m.text] = append(byText[m.text], m)
	}
	var lines []string
	for _, text := range texts[:min(len(texts), maxDetails)] {
		if where := steps(byText[text]); where != "" {
			text = where + ": " + text
		}
		lines = append(lines, text)
	}
	if more := len(texts) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// steps names the steps of some marks: the operations, with what the steps are about where there are few of them.
func steps(marks []mark) string {
	var operations, titles []string
	times := map[string]int{}
	for _, m := range marks {
		if m.operation == "" {
			continue
		}
		if times[m.operation]++; times[m.operation] == 1 {
			operations = append(operations, m.operation)
		}
		if !slices.Contains(titles, m.title) {
			titles = append(titles, m.title)
		}
	}
	if operations == nil {
		return ""
	}
	about := strings.Join(titles, ", ")
	if len(titles) > 3 {
		about = text.Count(len(marks), "step")
	}
	return strings.Join(operations, ", ") + " (" + about + ")"
}

func distinct(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }
