package sdk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// view is one step after the client answered it, or did not: what was asked, what was seen on the wire, and the answer.
type view struct {
	*step
	drive *drive
	// seen are the requests to the org, and away those to the other host.
	seen, away []*sighting
	// answer is the client's; nil where it was lost, and lost then says why.
	answer *Answer
	lost   string
}

func (v *view) mark(row string, outcome verdict.Outcome, text string) {
	v.drive.rows.add(row, mark{outcome: outcome, operation: v.Operation, title: v.title, text: text, evidence: v.evidence()})
}

func (v *view) evidence() []string {
	var out []string
	for _, s := range v.all() {
		out = append(out, s.ID)
	}
	return out
}

// all are the requests to both hosts.
func (v *view) all() []*sighting { return append(v.seen[:len(v.seen):len(v.seen)], v.away...) }

// judgeRow passes the row when nothing is wrong, and fails it otherwise. A failure without an exchange gets the step's first.
func (v *view) judgeRow(row string, wrong []verdict.Failure) {
	if len(wrong) == 0 {
		v.mark(row, verdict.Pass, "")
		return
	}
	m := mark{outcome: verdict.Fail, operation: v.Operation, title: v.title, failures: slices.Clone(wrong), evidence: v.evidence()}
	if all := v.all(); len(all) > 0 {
		for i := range m.failures {
			if m.failures[i].Exchange == "" {
				m.failures[i] = all[0].shows(m.failures[i])
			}
		}
	}
	v.drive.rows.add(row, m)
}

// shows returns the failure with the request as its exchange.
func (s *sighting) shows(f verdict.Failure) verdict.Failure {
	f.Exchange = s.ID
	f.Line, _, _ = strings.Cut(s.Line(), "\n")
	return f
}

// judgeStep judges all that one step shows.
func judgeStep(ctx context.Context, v *view) {
	trusted := v.credentials()
	if v.answer != nil && v.answer.Unsupported != "" {
		rows := v.rows
		// A client that cannot follow pages still has the operation.
		if v.Page == "" {
			rows = append([]string{rowOperations}, rows...)
		}
		for _, row := range rows {
			v.mark(row, verdict.Unsupported, "the client says that it cannot: "+text.Excerpt(v.answer.Unsupported, 200))
		}
		return
	}
	understood := v.request()
	switch {
	case v.answer == nil:
		for _, row := range v.rows {
			v.mark(row, verdict.Error, v.lost)
		}
	case !understood || !trusted || v.cannotRead(v.twins):
	case v.reread:
		v.judgeFresh(ctx)
	case v.judge != nil:
		v.judge(v)
	}
}

// cannotRead reports whether the client could not read some ordinary answer of the operation either.
func (v *view) cannotRead(ordinary []string) bool {
	return slices.ContainsFunc(ordinary, func(row string) bool { return v.drive.unread[reading{v.Operation, row}] })
}

// reading is an operation with a row that judges its ordinary answers.
type reading struct{ operation, row string }

// credentials judges the credential of the requests, and reports whether it was the one that the org knows.
func (v *view) credentials() bool {
	if len(v.seen) == 0 {
		return true
	}
	for _, s := range v.seen {
		if s.authorization != "SSWS "+v.drive.token {
			v.judgeRow(rowTokenSent, mismatch("SSWS and the token in the Authorization header", describeAuthorization(s.authorization)))
			return false
		}
	}
	v.mark(rowTokenSent, verdict.Pass, "")
	return true
}

func describeAuthorization(value string) string {
	scheme, _, found := strings.Cut(value, " ")
	switch {
	case value == "":
		return "none"
	case !found:
		return "one word"
	case scheme != "SSWS":
		return "another scheme"
	default:
		return "another token"
	}
}

// request judges what the client sent, and reports whether it was what the step asked for, so that the answer was the
// one that belongs to the step.
func (v *view) request() bool {
	if len(v.seen) == 0 {
		switch {
		case v.reread && v.answer != nil && v.answer.succeeded():
			return true
		case v.answer != nil && v.answer.succeeded() && !v.op.Writes():
			v.judgeRow(rowFresh, mismatch("a request", "none; the client gave something that it had read before"))
		case v.answer == nil:
			v.mark(rowOperations, verdict.Error, v.lost)
		case v.Body != nil:
			// The client has the operation, and could not send the body.
			v.judgeRow(v.ofBody(), mismatch("a request with the body that was asked for", "no request; "+v.reported()))
		default:
			v.judgeRow(rowOperations, mismatch("a request of the operation", "no request; "+v.reported()))
		}
		return false
	}
	first := v.seen[0]
	if op := first.Judgement.Operation; op == nil || op.ID != v.Operation {
		// A label that is not encoded leads to another path, and that is what is wrong then.
		row := rowOperations
		if v.pathRow != "" {
			v.mark(rowOperations, verdict.Pass, "")
			row = v.pathRow
		}
		v.judgeRow(row, mismatch("a request of the operation", first.Request.Method+" "+first.Request.URL.EscapedPath()))
		return false
	}
	v.mark(rowOperations, verdict.Pass, "")
	if !v.repeats {
		var wrong []verdict.Failure
		if len(v.seen) > 1 {
			wrong = mismatch("one request for one call", strconv.Itoa(len(v.seen)))
		}
		v.judgeRow(rowOnce, wrong)
	}
	says := v.path(first)
	says = v.query(first) && says
	says = v.body(first) && says
	if says {
		v.conforms(first)
	}
	return says
}

func (v *view) path(s *sighting) bool {
	var wrong []verdict.Failure
	for _, name := range slices.Sorted(maps.Keys(v.Path)) {
		if want, got := v.Path[name], s.Judgement.Parameters[name]; got != want {
			wrong = append(wrong, mismatch(fmt.Sprintf("%s to be %q", name, want), fmt.Sprintf("%q", got))...)
		}
	}
	v.judgeRow(v.ofPath(), wrong)
	return wrong == nil
}

func (v *view) query(s *sighting) bool {
	got, err := url.ParseQuery(s.Request.URL.RawQuery)
	if err != nil {
		v.judgeRow(rowQuery, mismatch("a query of names and values", "one that cannot be read"))
		return false
	}
	var wrong []verdict.Failure
	for _, name := range slices.Sorted(maps.Keys(v.Query)) {
		want := fmt.Sprint(v.Query[name])
		switch values := got[name]; {
		case len(values) == 0:
			wrong = append(wrong, mismatch(fmt.Sprintf("%s to be %q", name, want), "none")...)
		case len(values) > 1 || values[0] != want:
			wrong = append(wrong, mismatch(fmt.Sprintf("%s to be %q", name, want), fmt.Sprintf("%q", v.quote(strings.Join(values, ", "), 80)))...)
		}
		delete(got, name)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		wrong = append(wrong, mismatch("no "+v.quote(name, 40)+", which was not asked for", v.quote(got.Get(name), 40))...)
	}
	v.judgeRow(rowQuery, wrong)
	return wrong == nil
}

// quote shows a part of a request.
func (v *view) quote(s string, n int) string { return text.Excerpt(v.drive.redactor.String(s), n) }

// ofPath and ofBody are the rules that the step's path and body are judged by.
func (v *view) ofPath() string { return cmp.Or(v.pathRow, rowPath) }
func (v *view) ofBody() string { return cmp.Or(v.bodyRow, rowBody) }

// body judges the request's body. If none was asked for, an empty object counts as none.
func (v *view) body(s *sighting) bool {
	op := s.Judgement.Operation
	sent := bytes.TrimSpace(s.body)
	if v.Body == nil {
		if !op.TakesBody {
			// A body that the operation does not take is a finding of the contract.
			return true
		}
		var wrong []verdict.Failure
		if len(sent) > 0 && string(sent) != "{}" {
			wrong = mismatch("no body", v.quote(string(sent), 80))
		}
		v.judgeRow(rowOptionalBody, wrong)
		return wrong == nil
	}
	wrong := mismatch("the body that was asked for", "none")
	if len(sent) > 0 {
		wrong = (&comparison{}).differences(encoded(v.Body), sent)
	}
	v.judgeRow(v.ofBody(), wrong)
	return len(wrong) == 0
}

// conforms judges the first request by what the contract demands.
func (v *view) conforms(s *sighting) {
	var wrong []verdict.Failure
	for _, f := range s.Judgement.Findings {
		switch {
		case f.Rule == contract.JudgeError:
			v.mark(rowConforms, verdict.Error, f.Detail)
			return
		case f.Level == spec.Must:
			expected := f.Expected
			if f.Pointer != "" {
				expected += " at " + f.Pointer
			}
			wrong = append(wrong, mismatch(expected, f.Actual)...)
		}
	}
	v.judgeRow(rowConforms, wrong)
}

// reported says how the client answered the step.
func (v *view) reported() string {
	switch a := v.answer; {
	case a.Failure != "":
		return "the client failed: " + text.Excerpt(a.Failure, 300)
	case a.Error != nil:
		said := text.Excerpt(a.Error.Message, 200)
		return fmt.Sprintf("the client reported an error with status %d, code %q: %s", a.Status, a.Error.Code, said)
	case a.hasResult():
		return "the client gave " + text.Excerpt(string(a.Result), 120)
	default:
		return "the client reported a success without a result"
	}
}

// unsuccessful says what is wrong with an answer that should report a success, before its result is compared.
func (v *view) unsuccessful(status int) []verdict.Failure {
	switch {
	case !v.answer.succeeded():
		return mismatch(fmt.Sprintf("a success, since the org answered %d", status), v.reported())
	case v.answer.Status != 0 && v.answer.Status != status:
		return mismatch(fmt.Sprintf("status %d, which the org answered", status), fmt.Sprintf("status %d", v.answer.Status))
	}
	return nil
}

// judgeResult judges whether the client gave what the org sent in its last answer.
func judgeResult(v *view) { v.result(&comparison{}) }

// judgeKnown is judgeResult without the members that only the client has.
func judgeKnown(v *view) { v.result(&comparison{known: true}) }

func (v *view) result(c *comparison) {
	last := v.seen[len(v.seen)-1].answer
	rows := v.rows
	if last.status < 200 || last.status > 299 {
		for _, row := range rows {
			v.mark(row, verdict.Error, fmt.Sprintf("the org answered %d where it was to succeed: %s", last.status, text.Excerpt(string(last.body), 200)))
		}
		return
	}
	if last.status != usualStatus(*v.seen[0].Judgement.Operation) {
		// Other statuses of success have a row of their own, so that the other rows do not depend on the org.
		rows = []string{rowSuccess}
	}
	if hasAssignments(v.op) && !slices.Contains(rows, rowOlder) {
		c.skip = olderMember.MatchString
	}
	wrong := v.unsuccessful(last.status)
	if wrong == nil {
		wrong = v.differs(last.body, c)
	} else {
		for _, row := range v.rows {
			v.drive.unread[reading{v.Operation, row}] = true
		}
	}
	if first := v.seen[0].answer; wrong != nil && len(v.seen) > 1 && v.unsuccessful(first.status) == nil {
		// A client that asked more than once may give the first answer or the last one.
		wrong = v.differs(first.body, c)
	}
	for _, row := range rows {
		v.judgeRow(row, wrong)
	}
}

// usualStatus is the status of success that an operation's page gives first.
func usualStatus(op spec.Operation) int {
	for _, s := range op.Statuses {
		if s.Success() {
			return s.Code
		}
	}
	return http.StatusOK
}

// olderMember finds the members of a role assignment that older pages show and real orgs no longer send. They have a row
// of their own.
var olderMember = regexp.MustCompile(`^(/[0-9]+)?/(description|_links/self)$`)

// differs compares the result with what was sent.
func (v *view) differs(sent []byte, c *comparison) []verdict.Failure {
	if len(sent) > 0 {
		return c.differences(sent, v.answer.Result)
	}
	var got any
	if v.answer.hasResult() && (json.Unmarshal(v.answer.Result, &got) != nil || !empty(got) && got != "") {
		return mismatch("no result, since the org sent nothing", text.Excerpt(string(v.answer.Result), 80))
	}
	return nil
}

// judgeFresh judges a read after the client's own change. A client that sent a request did not answer from a
// cache.
func (v *view) judgeFresh(ctx context.Context) {
	if len(v.seen) > 0 {
		v.mark(rowFresh, verdict.Pass, "")
		return
	}
	var values []string
	for _, name := range v.op.Parameters {
		values = append(values, v.Path[name])
	}
	now, err := v.drive.org.call(ctx, v.op.Action, nil, values...)
	if err != nil {
		v.mark(rowFresh, verdict.Error, err.Error())
		return
	}
	v.judgeRow(rowFresh, v.differs(now, &comparison{}))
}
