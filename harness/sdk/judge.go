package sdk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// view is one step after it was taken: what was asked, what was seen on the wire, and what the client made of it.
type view struct {
	*step
	ctx  context.Context
	spec *spec.Spec
	org  *org
	// seen are the requests to the org, and away those to the other host.
	seen, away []*sighting
	// answer is the client's; nil where it was lost, and lost then says why.
	answer *Answer
	lost   string
	token  string
	rows   *rows
	// unread are the ordinary answers so far that the client could not read.
	unread map[reading]bool
}

func (v *view) mark(row string, outcome verdict.Outcome, text string) {
	m := mark{outcome: outcome, operation: v.Operation, title: v.title, text: text}
	for _, s := range append(v.seen[:len(v.seen):len(v.seen)], v.away...) {
		m.evidence = append(m.evidence, s.ID)
	}
	v.rows.add(row, m)
}

// judgeRow passes the row when nothing is wrong, and fails it otherwise.
func (v *view) judgeRow(row, wrong string) {
	if wrong == "" {
		v.mark(row, verdict.Pass, "")
		return
	}
	v.mark(row, verdict.Fail, wrong)
}

// judgeStep judges all that one step shows.
func judgeStep(v *view) {
	trusted := v.credentials()
	if v.answer != nil && v.answer.Unsupported != "" {
		rows := v.step.rows
		// A client that cannot follow pages still has the operation.
		if v.Page == "" {
			rows = append([]string{rowOperations}, rows...)
		}
		for _, row := range rows {
			v.mark(row, verdict.Unsupported, "the client says that it cannot: "+shorten(v.answer.Unsupported, 200))
		}
		return
	}
	understood := v.request()
	switch {
	case v.answer == nil:
		for _, row := range v.step.rows {
			v.mark(row, verdict.Error, v.lost)
		}
	case understood && trusted && v.judge != nil && !v.cannotRead(v.twins):
		v.judge(v)
	}
}

// cannotRead reports whether the client could not read some ordinary answer of the operation either.
func (v *view) cannotRead(ordinary []string) bool {
	return slices.ContainsFunc(ordinary, func(row string) bool { return v.unread[reading{v.Operation, row}] })
}

// reading is what an ordinary answer of an operation is judged by.
type reading struct{ operation, row string }

// credentials judges the credential of the requests, and reports whether it was the one that the org knows.
func (v *view) credentials() bool {
	if len(v.seen) == 0 {
		return true
	}
	for _, s := range v.seen {
		if s.authorization != "SSWS "+v.token {
			v.mark(rowTokenSent, verdict.Fail, "expected the Authorization header to be SSWS and the token, got "+describeAuthorization(s.authorization))
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
		switch op, _ := v.spec.Operation(v.Operation); {
		case v.maySkip && v.answer != nil && v.answer.succeeded():
			return true
		case v.answer != nil && v.answer.succeeded() && !op.Writes():
			v.mark(rowFresh, verdict.Fail, "the client did not ask, and gave something that it had read before")
		case v.answer == nil:
			v.mark(rowOperations, verdict.Error, v.lost)
		case v.Body != nil:
			// The operation is there; what it was to say could not be said.
			v.mark(v.ofBody(), verdict.Fail, "the client sent no request; "+v.told())
		default:
			v.mark(rowOperations, verdict.Fail, "the client sent no request; "+v.told())
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
		v.mark(row, verdict.Fail, "the client sent "+first.Request.Method+" "+first.Request.URL.EscapedPath())
		return false
	}
	v.mark(rowOperations, verdict.Pass, "")
	if !v.repeats {
		wrong := ""
		if len(v.seen) > 1 {
			wrong = fmt.Sprintf("the client sent %d requests for one call", len(v.seen))
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
	var wrong []string
	for _, name := range sortedKeys(v.Path) {
		if want, got := v.Path[name], s.Judgement.Parameters[name]; got != want {
			wrong = append(wrong, fmt.Sprintf("%s was %q and became %q", name, want, got))
		}
	}
	v.judgeRow(v.ofPath(), strings.Join(wrong, "; "))
	return wrong == nil
}

func (v *view) query(s *sighting) bool {
	got, err := url.ParseQuery(s.Request.URL.RawQuery)
	if err != nil {
		v.judgeRow(rowQuery, "the query cannot be read")
		return false
	}
	var wrong []string
	for _, name := range sortedKeys(v.Query) {
		want := fmt.Sprint(v.Query[name])
		switch values := got[name]; {
		case len(values) == 0:
			wrong = append(wrong, name+" was lost")
		case len(values) > 1 || values[0] != want:
			wrong = append(wrong, fmt.Sprintf("%s was %q and became %q", name, want, v.quote(strings.Join(values, ", "), 80)))
		}
		delete(got, name)
	}
	for _, name := range sortedKeys(got) {
		wrong = append(wrong, fmt.Sprintf("%s=%s was not asked for", name, v.quote(got.Get(name), 40)))
	}
	v.judgeRow(rowQuery, strings.Join(wrong, "; "))
	return wrong == nil
}

// quote shows a part of a request.
func (v *view) quote(text string, n int) string { return shorten(v.rows.redactor.String(text), n) }

// ofPath and ofBody are the rules that the step's path and body are judged by.
func (v *view) ofPath() string { return cmp.Or(v.pathRow, rowPath) }
func (v *view) ofBody() string { return cmp.Or(v.bodyRow, rowBody) }

// body judges the request's body. Where none was asked for, an empty object says no more than none.
func (v *view) body(s *sighting) bool {
	op := s.Judgement.Operation
	sent := bytes.TrimSpace(s.body)
	if v.Body == nil {
		if !op.TakesBody {
			// The contract says that there is no body here, and judges it.
			return true
		}
		wrong := ""
		if len(sent) > 0 && string(sent) != "{}" {
			wrong = "no body was asked for, and the client sent " + v.quote(string(sent), 80)
		}
		v.judgeRow(rowOptionalBody, wrong)
		return wrong == ""
	}
	wrong := ""
	if len(sent) == 0 {
		wrong = "the body was lost"
	} else {
		wrong = strings.Join((&comparison{}).differences(encoded(v.Body), sent), "; ")
	}
	v.judgeRow(v.ofBody(), wrong)
	return wrong == ""
}

// conforms judges the first request by what the contract demands.
func (v *view) conforms(s *sighting) {
	var wrong []string
	for _, f := range s.Judgement.Findings {
		text := f.Detail
		if f.Pointer != "" {
			text = f.Pointer + ": " + text
		}
		switch {
		case f.Rule == contract.JudgeError:
			v.mark(rowConforms, verdict.Error, text)
			return
		case f.Level == spec.Must:
			wrong = append(wrong, text)
		}
	}
	v.judgeRow(rowConforms, strings.Join(wrong, "; "))
}

// told is what the client told of the step, in words.
func (v *view) told() string {
	switch a := v.answer; {
	case a.Failure != "":
		return "the client failed: " + shorten(a.Failure, 300)
	case a.Error != nil:
		return fmt.Sprintf("the client told an error with status %d, code %q: %s", a.Status, a.Error.Code, shorten(a.Error.Message, 200))
	case a.hasResult():
		return "the client gave " + shorten(string(a.Result), 120)
	default:
		return "the client told a success without a result"
	}
}

// unsuccessful says what is wrong with an answer that was to tell a success, before its result is looked at.
func (v *view) unsuccessful(status int) string {
	switch {
	case !v.answer.succeeded():
		return v.told()
	case v.answer.Status != 0 && v.answer.Status != status:
		return fmt.Sprintf("the org answered %d, and the client told %d", status, v.answer.Status)
	}
	return ""
}

// judgeResult judges whether the client gave what the org sent in its last answer.
func judgeResult(v *view) { v.result(&comparison{}) }

// judgeKnown is judgeResult for steps that are not about what a client adds.
func judgeKnown(v *view) { v.result(&comparison{known: true}) }

func (v *view) result(c *comparison) {
	last := v.seen[len(v.seen)-1].answer
	rows := v.step.rows
	if last.status < 200 || last.status > 299 {
		for _, row := range rows {
			v.mark(row, verdict.Error, fmt.Sprintf("the org answered %d where it was to succeed: %s", last.status, shorten(string(last.body), 200)))
		}
		return
	}
	if last.status != usualStatus(*v.seen[0].Judgement.Operation) {
		// What a client makes of the other statuses has a row of its own, so that this one says the same of every org.
		rows = []string{rowSuccess}
	}
	if slices.Contains(assignmentOperations, v.Operation) && !slices.Contains(rows, rowOlder) {
		c.skip = olderMember.MatchString
	}
	wrong := v.unsuccessful(last.status)
	if wrong == "" {
		wrong = v.differs(last.body, c)
	} else {
		for _, row := range v.step.rows {
			v.unread[reading{v.Operation, row}] = true
		}
	}
	if first := v.seen[0].answer; wrong != "" && len(v.seen) > 1 && v.unsuccessful(first.status) == "" {
		// Which of its answers a client gives is not the point when it asked more than once.
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
func (v *view) differs(sent []byte, c *comparison) string {
	if len(sent) > 0 {
		return strings.Join(c.differences(sent, v.answer.Result), "; ")
	}
	var got any
	if v.answer.hasResult() && (json.Unmarshal(v.answer.Result, &got) != nil || !empty(got) && got != "") {
		return "the org sent nothing, and the client gave " + shorten(string(v.answer.Result), 80)
	}
	return ""
}

// judgeFresh judges a read after the client's own change. A client that asked again knows what the org says by then.
func judgeFresh(v *view) {
	if len(v.seen) > 0 {
		v.mark(rowFresh, verdict.Pass, "")
		return
	}
	now, err := v.org.send(v.ctx, http.MethodGet, permissionPath(v.Path["roleIdOrLabel"], v.Path["permissionType"]), nil)
	if err != nil {
		v.mark(rowFresh, verdict.Error, err.Error())
		return
	}
	v.judgeRow(rowFresh, v.differs(now, &comparison{}))
}
