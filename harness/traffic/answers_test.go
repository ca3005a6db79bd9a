package traffic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

// TestNothingVerified has traffic that shows nothing, and says why, and beside it traffic that shows just enough.
func TestNothingVerified(t *testing.T) {
	answer := func(statuses ...int) func(*Session) {
		return func(s *Session) {
			for i, status := range statuses {
				body := `{"errorCode":"E0000011","errorSummary":"no","errorLink":"E0000011","errorId":"oae1","errorCauses":[]}`
				switch status {
				case 200:
					body = "[]"
				case 429:
					body = strings.ReplaceAll(body, "E0000011", "E0000047")
				}
				x := said(t, "GET "+user+"/roles", status, body)
				x.Response.Header.Set("X-Okta-Request-Id", fmt.Sprint("r", i))
				if status == 429 {
					x.Response.Header.Set("X-Rate-Limit-Remaining", "0")
				}
				if status == 0 {
					x.Response, x.Error = nil, "EOF"
				}
				s.Observe(x)
			}
		}
	}
	brokeOff := func(s *Session) {
		x := said(t, "GET "+user+"/roles", 200, "[")
		x.Error, x.Response.Body.Truncated = "unexpected EOF", true
		s.Observe(x)
	}
	both := func(a, b func(*Session)) func(*Session) { return func(s *Session) { a(s); b(s) } }
	for name, c := range map[string]struct {
		feed func(*Session)
		exit int
		says string
	}{
		"nothing at all":          {func(*Session) {}, verdict.ExitUnverified, "there was no exchange"},
		"nothing of the API":      {func(s *Session) { s.Observe(said(t, "GET /api/v1/logs", 200, "[]")) }, verdict.ExitUnverified, "none of the 1 exchanges is of"},
		"a 401 beside the API":    {both(answer(401), func(s *Session) { s.Observe(said(t, "GET /api/v1/logs", 200, "[]")) }), verdict.ExitUnverified, "the only answer was 401"},
		"nothing was answered":    {answer(0, 0), verdict.ExitUnverified, "every one of the 2 answers broke off or never came"},
		"an answer broke off":     {both(brokeOff, brokeOff), verdict.ExitUnverified, "every one of the 2 answers broke off or never came"},
		"no credential":           {answer(401, 401, 401), verdict.ExitUnverified, "every one of the 3 answers was 401: the credential was not taken"},
		"no room in the limit":    {answer(429), verdict.ExitUnverified, "the only answer was 429: the rate limit was used up"},
		"a broken gateway":        {answer(503, 502), verdict.ExitUnverified, "every one of the 2 answers was a 5xx"},
		"nothing of any use":      {both(answer(401, 401, 429, 500), brokeOff), verdict.ExitUnverified, "none of the 5 answers tells how the org keeps the contract: 1 broke off or never came, 2 were 401, 1 was 429, 1 was a 5xx"},
		"a few were 401":          {answer(401, 200, 401, 429, 500), verdict.ExitPassed, ""},
		"one broke off":           {both(brokeOff, answer(200)), verdict.ExitPassed, ""},
		"something was forbidden": {answer(403), verdict.ExitPassed, ""},
		"something unreadable":    {both(answer(200), func(s *Session) { s.Unreadable(3, "f: entry 1") }), verdict.ExitUnverified, "unreadable: f: entry 1"},
		"an incomplete run":       {both(answer(200), func(s *Session) { s.Incomplete("why") }), verdict.ExitUnverified, "why"},
		"an interrupted run":      {both(answer(200), (*Session).Interrupted), verdict.ExitInterrupted, ""},
		"a whole run":             {answer(200), verdict.ExitPassed, ""},
		"a failure among 401s": {both(answer(401), func(s *Session) { s.Observe(said(t, "POST "+user+`/roles {"type":7}`, 401, "")) }),
			verdict.ExitFailed, "every one of the 2 answers was 401"},
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(t, func(*Options) {})
			c.feed(s)
			r := end(t, s)
			if r.Run.Exit != c.exit || !strings.Contains(r.Run.Problem, c.says) || r.Run.Complete != (c.exit == verdict.ExitPassed) || c.says == "" && r.Run.Problem != "" {
				t.Errorf("got %+v, %+v", r.Run, r.Findings)
			}
			if name == "something unreadable" && r.Exchanges.Unreadable != 3 {
				t.Errorf("got %+v", r.Exchanges)
			}
		})
	}
}
