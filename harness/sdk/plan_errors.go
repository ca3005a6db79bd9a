package sdk

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// refusals are the errors with which the stage answers, by their status, and the rules that a client's reading of each is
// judged by.
var refusals = map[int]struct{ row, code, summary string }{
	400: {"error.bad-request", "E0000001", "Api validation failed: stage"},
	401: {"error.unauthenticated", "E0000011", "Invalid token provided"},
	403: {"error.forbidden", "E0000006", "You do not have permission to perform the requested action"},
	404: {"error.not-found", "E0000007", "Not found: Resource not found: stage (Stage)"},
	405: {"error.method-not-allowed", "E0000022", "The endpoint does not support the provided HTTP method"},
	409: {"error.conflict", "E0000090", "The role specified is already assigned to the user"},
	429: {rowThrottledError, "E0000047", "API call exceeded rate limit due to too many requests."},
}

// refusedWith is the refusal with a status and with headers, which may be nil.
func refusedWith(status int, header http.Header) canned {
	c := refusal(status, refusals[status].code, refusals[status].summary)
	c.header = header
	return c
}

// errors are a step for every operation with every refusal that it is described with. Throttling has steps of its own,
// and so has the refusal of a token, which no document states for any operation.
func (p *planner) errors() {
	for _, op := range p.spec.Operations {
		for _, status := range op.Statuses {
			r, ok := refusals[status.Code]
			if !ok || status.Code == http.StatusTooManyRequests {
				continue
			}
			if !status.Basis.InDocuments() && status.Code != http.StatusUnauthorized {
				r.row = rowErrorUnexpected
			}
			s := p.sample(op, fmt.Sprintf("refused with %d", status.Code), nil, r.row)
			s.reply = always(refusedWith(status.Code, nil))
			s.judge = func(v *view) { v.judgeRow(r.row, v.refused(status.Code, r.code)) }
		}
	}
	// What an org answers to a token that lacks a scope.
	for _, op := range []spec.Operation{p.role(spec.List, spec.User), p.role(spec.Assign, spec.User), p.permission(spec.Unassign)} {
		s := p.sample(op, "refused with 403 and no body", nil, rowErrorEmpty)
		s.reply = always(canned{status: http.StatusForbidden, header: http.Header{
			"Www-Authenticate": {`Bearer authorization_uri="` + exampleOrg + `/oauth2/v1/authorize", error="insufficient_scope"`},
		}})
		s.judge = func(v *view) { v.judgeRow(rowErrorEmpty, v.refused(http.StatusForbidden, "")) }
	}
}

// refused says what is wrong with an answer that should report a refusal.
func (v *view) refused(status int, code string) []verdict.Failure {
	e := v.answer.Error
	if e == nil {
		return mismatch(fmt.Sprintf("an error, since the org refused with %d", status), v.reported())
	}
	var wrong []verdict.Failure
	if v.answer.Status != status {
		wrong = append(wrong, mismatch(fmt.Sprintf("the error to have the status %d", status), orNone(v.answer.Status))...)
	}
	if e.Code != code {
		wrong = append(wrong, mismatch(fmt.Sprintf("the error to have the code %q", code), fmt.Sprintf("%q", e.Code))...)
	}
	return wrong
}

func orNone(status int) string {
	if status == 0 {
		return "none"
	}
	return strconv.Itoa(status)
}

// several adds a step on an operation that may take more than one request, to which the stage answers by a function.
func (p *planner) several(
	op spec.Operation, title string, reply func(n int, r *http.Request) canned, judge func(*view), rows ...string,
) *step {
	s := p.sample(op, title, nil, rows...)
	s.reply, s.judge, s.repeats = reply, judge, true
	return s
}

// pages are steps on lists that have more than one page.
func (p *planner) pages() {
	for _, op := range p.lists(spec.AppTarget) {
		p.linked(op, leastApp("facebook"), leastApp("salesforce"), leastInstance("0oaSample1"))
	}
	for _, op := range p.lists(spec.GroupTarget) {
		p.linked(op, leastGroup("00gSample1"), leastGroup("00gSample2"), leastGroup("00gSample3"))
	}
	users := []any{leastAssignee("00uSample1"), leastAssignee("00uSample2"), leastAssignee("00uSample3")}
	whole := judgePages(rowPagesAssignees, object{"value": users}, len(users))
	p.several(p.assignees(), "three pages", bodyPages(users), whole, rowPagesAssignees).Page = pageAll
}

// linked are the steps on a list whose pages are linked by headers.
func (p *planner) linked(op spec.Operation, items ...any) {
	onePage := func(_ int, r *http.Request) canned {
		c := success(http.StatusOK, items[:1])
		// Real orgs put a cursor into the link of a page to itself, though none was sent.
		c.header = http.Header{"Link": {linkTo(r, "PGEself", "self")}}
		return c
	}
	add := func(title string, reply func(int, *http.Request) canned, items []any) {
		p.several(op, title, reply, judgePages(rowPagesTargets, items, len(items)), rowPagesTargets).Page = pageAll
	}
	add("three pages", linkedPages(items), items)
	add("one page that links to itself", onePage, items[:1])
}

// pageAt is the number of the page that a request asks for, from 0.
func pageAt(r *http.Request, pages int) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Query().Get("after"), "PGE"))
	return min(max(n, 0), pages-1)
}

func linkTo(r *http.Request, cursor, rel string) string {
	return fmt.Sprintf(`<http://%s%s?after=%s&limit=1>; rel="%s"`, r.Host, r.URL.EscapedPath(), cursor, rel)
}

// linkedPages gives one item a page, with the next one in the Link header.
func linkedPages(items []any) func(int, *http.Request) canned {
	return func(_ int, r *http.Request) canned {
		at := pageAt(r, len(items))
		c := success(http.StatusOK, items[at:at+1])
		links := []string{linkTo(r, fmt.Sprintf("PGE%d", at), "self")}
		if at < len(items)-1 {
			links = append(links, linkTo(r, fmt.Sprintf("PGE%d", at+1), "next"))
		}
		c.header = http.Header{"Link": links}
		return c
	}
}

// bodyPages gives one user a page, with the next one in the body.
func bodyPages(users []any) func(int, *http.Request) canned {
	return func(_ int, r *http.Request) canned {
		at := pageAt(r, len(users))
		links := object{}
		if at < len(users)-1 {
			links["next"] = object{"href": fmt.Sprintf("http://%s%s?after=PGE%d&limit=1", r.Host, r.URL.EscapedPath(), at+1)}
		}
		return success(http.StatusOK, object{"value": users[at : at+1], "_links": links})
	}
}

func judgePages(row string, whole any, pages int) func(*view) {
	return func(v *view) {
		wrong := v.unsuccessful(http.StatusOK)
		if wrong == nil {
			// The links of single pages are not compared.
			wrong = v.differs(encoded(whole), &comparison{known: true})
		}
		if len(wrong) == 0 && len(v.seen) != pages {
			wrong = mismatch(fmt.Sprintf("%s for %s", text.Count(pages, "request"), text.Count(pages, "page")), strconv.Itoa(len(v.seen)))
		}
		v.judgeRow(row, wrong)
	}
}

// manyRequests is more than a client has reason to send for one call that is throttled.
const manyRequests = 6

// throttling are steps that the org refuses with 429: once, always, and without saying until when.
func (p *planner) throttling() {
	resetSoon := func() canned {
		return refusedWith(http.StatusTooManyRequests, http.Header{
			"X-Rate-Limit-Remaining": {"0"}, "X-Rate-Limit-Reset": {strconv.FormatInt(time.Now().Unix()+1, 10)},
		})
	}
	for _, op := range []spec.Operation{p.permission(spec.List), p.role(spec.Assign, spec.User)} {
		body := leastSamples().answer(op)
		once := func(n int, _ *http.Request) canned {
			if n == 1 {
				return resetSoon()
			}
			return success(usualStatus(op), body)
		}
		p.several(op, "throttled once", once, func(v *view) {
			v.hammering()
			if v.cannotRead(ordinaryRows(op)) {
				return
			}
			var wrong []verdict.Failure
			// Any error will do here; its form is judged where the org refuses every request.
			if v.answer.succeeded() {
				wrong = v.differs(encoded(body), &comparison{known: true})
			}
			v.judgeRow(rowThrottled, wrong)
		}, rowThrottled, rowHammering)

		p.several(op, "throttled always", func(int, *http.Request) canned { return resetSoon() }, func(v *view) {
			v.hammering()
			v.judgeRow(rowThrottledError, v.refused(http.StatusTooManyRequests, refusals[http.StatusTooManyRequests].code))
		}, rowThrottledError, rowHammering)
	}
	withoutReset := refusedWith(http.StatusTooManyRequests, http.Header{
		"X-Rate-Limit-Limit": nil, "X-Rate-Limit-Remaining": nil, "X-Rate-Limit-Reset": nil,
	})
	p.several(p.role(spec.List, spec.Group), "throttled without a reset", always(withoutReset), (*view).hammering, rowHammering)
}

// hammering judges how often, and how soon, a client asked again after a 429.
func (v *view) hammering() {
	var wrong []verdict.Failure
	early := 0
	for _, s := range v.seen {
		if s.early {
			early++
		}
	}
	switch {
	case len(v.seen) > manyRequests:
		wrong = mismatch(fmt.Sprintf("at most %d requests for one call", manyRequests), strconv.Itoa(len(v.seen)))
	case early > 0:
		wrong = mismatch("no request before the time of X-Rate-Limit-Reset", strconv.Itoa(early))
	}
	v.judgeRow(rowHammering, wrong)
}

// redirects are steps that lead the client to another host.
func (p *planner) redirects() {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		redirect := func(_ int, r *http.Request) canned {
			return canned{status: status, header: http.Header{"Location": {p.elsewhere + r.URL.RequestURI()}}}
		}
		for _, op := range []spec.Operation{p.role(spec.List, spec.User), p.role(spec.Assign, spec.User)} {
			p.several(op, fmt.Sprintf("sent to another host with %d", status), redirect, func(v *view) {
				var wrong []verdict.Failure
				if len(v.away) > 0 {
					f := verdict.Failure{Expected: "no request to the other host", Actual: "a " + v.away[0].Request.Method}
					wrong = []verdict.Failure{v.away[0].shows(f)}
				}
				v.judgeRow(rowRedirect, wrong)
				v.judgeRow(rowTokenAway, v.tokenAway())
			}, rowRedirect, rowTokenAway)
		}
	}
	nextAway := func(n int, r *http.Request) canned {
		c := success(http.StatusOK, []any{leastGroup("00gSample1")})
		if n == 1 {
			c.header = http.Header{"Link": {fmt.Sprintf(`<%s%s?after=PGE1&limit=1>; rel="next"`, p.elsewhere, r.URL.EscapedPath())}}
		}
		return c
	}
	s := p.several(p.find(spec.List, spec.GroupTarget, spec.User), "the next page at another host", nextAway,
		func(v *view) { v.judgeRow(rowTokenNext, v.tokenAway()) }, rowTokenNext)
	s.Page, s.atBoth = pageAll, true
}

func (v *view) tokenAway() []verdict.Failure {
	if i := slices.IndexFunc(v.away, func(s *sighting) bool { return s.token }); i >= 0 {
		f := verdict.Failure{Expected: "no token of the org at the other host", Actual: "a request with it"}
		return []verdict.Failure{v.away[i].shows(f)}
	}
	return nil
}
