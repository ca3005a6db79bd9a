package harness

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
)

const (
	me       = `{"id":"00u1","profile":{"login":"admin@example.com"}}`
	envelope = `{"errorCode":"E0000007","errorSummary":"Not found"}`
	page     = "<!doctype html><title>Sign in</title>"
)

// says answers with a status, a media type and a body.
func says(status int, media, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// breaksOff promises more than it sends.
func breaksOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"id":"00u1",`)
}

// look looks at an org that answers by path; what it has no answer for is an empty page of nginx's.
func look(t *testing.T, answers map[string]http.HandlerFunc, change func(*target.Settings)) (Look, []string) {
	t.Helper()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		if answer := answers[r.URL.Path]; answer != nil {
			answer(w, r)
			return
		}
		says(404, "text/html", "<h1>404 Not Found</h1>", "Server", "nginx")(w, r)
	}))
	defer server.Close()
	settings := &target.Settings{URL: server.URL, Tokens: map[string]string{target.Admin: "a-token"}, AuthorizationMode: "SSWS", RequestTimeout: 5 * time.Second, Level: spec.Must}
	if change != nil {
		change(settings)
	}
	under, err := target.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	l := LookAt(t.Context(), Config{Spec: contents(t), Settings: settings, Target: under, Log: slog.New(slog.DiscardHandler)}, false)
	return l, asked
}

const (
	usersRoles  = "/api/v1/users/00urolecheckunknown0/roles"
	groupsRoles = "/api/v1/groups/00grolecheckunknown0/roles"
	clientRoles = "/oauth2/v1/clients/0oarolecheckunknown0/roles"
	permissions = "/api/v1/iam/roles/cr0rolecheckunknown0/permissions"
)

func TestLook(t *testing.T) {
	type answers = map[string]http.HandlerFunc
	const json = "application/json"
	tests := map[string]struct {
		answers answers
		change  func(*target.Settings)
		// want is what the problem says; empty where the org may be judged.
		want string
	}{
		"a user":                                     {answers{pathMe: says(200, json, me)}, nil, ""},
		"a user in another case of media type":       {answers{pathMe: says(200, "application/okta+json; okta-version=1.0.0", me)}, nil, ""},
		"Okta's envelope":                            {answers{pathMe: says(404, json, envelope)}, nil, ""},
		"a token without the scope":                  {answers{pathMe: says(403, json, "", "WWW-Authenticate", `Bearer error="insufficient_scope"`)}, nil, ""},
		"a mock with roles of users alone":           {answers{usersRoles: says(404, json, envelope)}, nil, ""},
		"a mock that lists no roles of anybody":      {answers{usersRoles: says(200, json, "[]")}, nil, ""},
		"a mock with roles of groups alone":          {answers{groupsRoles: says(200, json, "[]")}, nil, ""},
		"a mock with roles of clients alone":         {answers{clientRoles: says(404, json, envelope)}, nil, ""},
		"a mock of permissions that lacks the rest":  {answers{permissions: says(404, json, envelope)}, func(s *target.Settings) { s.Lacks = []string{"users", "groups", "client-apps"} }, ""},
		"a mock of permissions by a given role":      {answers{"/api/v1/iam/roles/cr1/permissions": says(200, json, `{"permissions":[]}`)}, func(s *target.Settings) { s.Lacks = []string{"users"}; s.Given.CustomRole = "cr1" }, ""},
		"an org out of order that lists roles":       {answers{pathMe: says(500, json, envelope), usersRoles: says(404, json, envelope)}, nil, ""},
		"nginx":                                      {nil, nil, "GET /api/v1/users/me got 404 from nginx with a page for people"},
		"a portal's page":                            {answers{pathMe: says(200, "text/html; charset=utf-8", page)}, nil, "got 200 with a page for people (text/html)"},
		"a redirect":                                 {answers{pathMe: says(302, "text/html", "", "Location", "https://login.example.com/sso?secret=1")}, nil, "got 302, a redirect to https://login.example.com/sso;"},
		"a gateway's 403":                            {answers{pathMe: says(403, json, `{"message":"Forbidden"}`)}, nil, "got 403 without Okta's errorCode"},
		"a 500":                                      {answers{pathMe: says(500, json, envelope)}, nil, "got 500"},
		"a broken body":                              {answers{pathMe: breaksOff}, nil, "got 200, and then: reading the answer's body"},
		"no JSON":                                    {answers{pathMe: says(200, json, `{"id":`)}, nil, "got 200 with a body that is no JSON"},
		"an object that is no user":                  {answers{pathMe: says(200, json, `{}`)}, nil, "got 200 with JSON of another form"},
		"a user without an id":                       {answers{pathMe: says(200, json, `{"id":"","profile":{}}`)}, nil, "JSON of another form"},
		"nothing":                                    {answers{pathMe: says(200, json, "")}, nil, "got 200 without a body"},
		"objects for lists":                          {answers{usersRoles: says(200, json, "{}"), groupsRoles: says(200, json, "{}"), clientRoles: says(200, json, "{}")}, nil, "the quickest way in: answer GET /api/v1/users/me, or a described read"},
		"a status that is not described":             {answers{usersRoles: says(202, json, "[]")}, nil, "does not answer as an Okta org does"},
		"the credential refused":                     {answers{pathMe: says(401, json, envelope)}, nil, "refuses the credential"},
		"the credential refused by a described read": {answers{usersRoles: says(401, json, envelope)}, nil, "refuses the credential"},
		"429": {answers{pathMe: says(429, json, envelope)}, nil, "still answered 429"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l, asked := look(t, test.answers, test.change)
			if test.want == "" && l.Problem != "" || !strings.Contains(l.Problem, test.want) {
				t.Errorf("got %q, want %q", l.Problem, test.want)
			}
			for _, a := range asked {
				if !strings.HasPrefix(a, "GET ") {
					t.Errorf("it sent %s", a)
				}
			}
			// A read of a neighbour shows where the org's own links lead.
			if len(asked) > 2+maxReads || len(asked) != len(l.Exchanges) {
				t.Errorf("it asked %q, and tells of %d", asked, len(l.Exchanges))
			}
			if strings.Contains(l.Problem, "secret") {
				t.Errorf("it repeats what may be a secret: %s", l.Problem)
			}
		})
	}
}

// TestLinksElsewhere shows when an org on loopback is taken for a way to another one.
func TestLinksElsewhere(t *testing.T) {
	const json = "application/json"
	for name, test := range map[string]struct {
		me   http.HandlerFunc
		list http.HandlerFunc
		want string
	}{
		"no links":               {says(200, json, me), nil, ""},
		"its own links":          {says(200, json, `{"id":"00u1","_links":{"self":{"href":"http://localhost:1/api/v1/users/00u1"}}}`), nil, ""},
		"relative links":         {says(200, json, `{"id":"00u1","_links":{"self":{"href":"/api/v1/users/00u1"}}}`), nil, ""},
		"a documents' host":      {says(200, json, `{"id":"00u1","_links":{"self":{"href":"https://{yourOktaDomain}/api/v1/users/00u1"}}}`), nil, ""},
		"another kind's logo":    {says(200, json, `{"id":"00u1","_links":{"self":{"href":"/a"},"logo":[{"href":"https://cdn.example.com/x.png"}]}}`), nil, ""},
		"a real org's self":      {says(200, json, `{"id":"00u1","_links":{"self":{"href":"https://corp.okta.com/api/v1/users/00u1"}}}`), nil, "corp.okta.com"},
		"a real org's list":      {says(403, json, envelope), says(200, json, "[]", "Link", `<https://corp.okta.com/api/v1/groups?limit=1>; rel="self"`), "corp.okta.com"},
		"a real org's groups":    {says(403, json, envelope), says(200, json, `[{"_links":{"self":{"href":"https://id.corp.example/api/v1/groups/1"}}}]`), "id.corp.example"},
		"a link of another name": {says(200, json, `{"id":"00u1","_links":{"roles":[{"href":"https://corp.okta.com/api/v1/users/00u1/roles"}]}}`), nil, "corp.okta.com"},
		"a wrapped list":         {says(200, json, me), says(200, json, `{"roles":[{"id":"cr1","_links":{"permissions":{"href":"https://corp.okta.com/api/v1/iam/roles/cr1/permissions"}}}]}`), "corp.okta.com"},
		"a list beside its own":  {says(200, json, `{"id":"00u1","_links":{"self":{"href":"/api/v1/users/00u1"}}}`), says(200, json, "[]", "Link", `<https://corp.okta.com/api/v1/groups>; rel="self"`), "corp.okta.com"},
		"a real org's policy":    {says(200, json, me, "Content-Security-Policy", "default-src 'self' corp.okta.com *.oktacdn.com"), nil, "corp.okta.com"},
	} {
		t.Run(name, func(t *testing.T) {
			l, asked := look(t, map[string]http.HandlerFunc{pathMe: test.me, "/api/v1/groups": test.list}, func(s *target.Settings) { s.Yes = true })
			if l.Problem != "" || l.Elsewhere != test.want {
				t.Errorf("links to %q (%s), want %q, after %q", l.Elsewhere, l.Problem, test.want, asked)
			}
		})
	}
	far := &url.URL{Scheme: "https", Host: "id.example.com"}
	x := &exchange.Exchange{Response: &exchange.Response{Header: http.Header{"Link": {`<https://ID.example.com:443/api/v1/groups>; rel="self"`}}}}
	if got := linksElsewhere(x, far); got != "" {
		t.Errorf("an org's own host is elsewhere: %q", got)
	}
}

// TestLimitsOfARun shows that a run ends in good order where it may not go on, and cleans up.
func TestLimitsOfARun(t *testing.T) {
	removed := false
	scene := func(c *Container) {
		removed = false
		c.Arrange(func(ctx ginkgo.SpecContext) {
			c.Need(ctx, assign("USER_ADMIN"))
			c.Cleanup(func(ctx context.Context, _ bool) {
				removed = true
				c.Org().Sender(target.Admin).Send(ctx, exchange.Message{Method: http.MethodDelete, Path: "/api/v1/users/00u1", Phase: exchange.Cleanup})
			})
		})
		for _, id := range []string{first, second, third} {
			c.Step("reads "+id, id, func(ctx ginkgo.SpecContext) { c.Accepted(c.Send(ctx, list())) })
		}
	}
	answers := map[string]func(http.ResponseWriter, int){assignCall: status(201, `{"id":"1","type":"USER_ADMIN"}`)}
	for name, test := range map[string]struct {
		settings target.Settings
		answers  map[string]func(http.ResponseWriter, int)
		want     string
		reason   string
	}{
		"no limit":     {target.Settings{}, answers, "pass pass pass", ""},
		"enough":       {target.Settings{MaxRequests: 100}, answers, "pass pass pass", ""},
		"two requests": {target.Settings{MaxRequests: 1 + spare}, answers, "pass not-run not-run", "no more than 6 requests"},
		"no time": {target.Settings{Timeout: 400 * time.Millisecond}, map[string]func(http.ResponseWriter, int){
			assignCall: answers[assignCall],
			listCall: func(w http.ResponseWriter, times int) {
				if times == 2 {
					time.Sleep(time.Second)
				}
				_, _ = io.WriteString(w, "[]")
			},
		}, "pass not-run not-run", "leaves time for cleaning up"},
		"a real org behind it": {target.Settings{}, map[string]func(http.ResponseWriter, int){
			assignCall: answers[assignCall],
			listCall: func(w http.ResponseWriter, _ int) {
				w.Header().Set("Link", `<https://corp.okta.com/api/v1/users/00u1/roles>; rel="self"`)
				_, _ = io.WriteString(w, "[]")
			},
		}, "pass blocked blocked", "links to corp.okta.com"},
		"the first failure": {target.Settings{FailFast: true}, map[string]func(http.ResponseWriter, int){
			assignCall: answers[assignCall], listCall: status(500, "{}"),
		}, "fail not-run not-run", ""},
	} {
		t.Run(name, func(t *testing.T) {
			org := &fakeOrg{answers: test.answers}
			rows, result := played(t, org, test.settings, scene)
			if got := outcomesOf(rows, first, second, third); got != test.want {
				t.Errorf("got %s, want %s: %s", got, test.want, rows[third].Detail)
			}
			if test.reason != "" && !strings.Contains(strings.ReplaceAll(rows[third].Detail, "link to", "links to"), test.reason) {
				t.Errorf("got %q, want %q", rows[third].Detail, test.reason)
			}
			if !removed || org.asked[len(org.asked)-1] != "DELETE /api/v1/users/00u1" {
				t.Errorf("nothing was cleaned up: %q", org.asked)
			}
			if most := test.settings.MaxRequests; most > 0 && result.Report.Requests.Total > most {
				t.Errorf("%d requests", result.Report.Requests.Total)
			}
		})
	}
}
