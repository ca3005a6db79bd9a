package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites"
)

// lived is a run of calls against a reference org, with each exchange of it.
type lived struct {
	*testing.T
	sender    *exchange.Sender
	exchanges []*exchange.Exchange
	made      int
	// role is the id of the last role that was made.
	role string
}

func (l *lived) send(method, path, body string) *exchange.Exchange {
	l.Helper()
	address, query, _ := strings.Cut(path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		l.Fatal(err)
	}
	return l.sender.Send(context.WithoutCancel(l.Context()), exchange.Message{Method: method, Path: address, Query: values, Body: []byte(body)})
}

// reads reads some lists and objects, whether they show by now or not.
func (l *lived) reads(paths ...string) {
	for _, path := range paths {
		l.send(http.MethodGet, path, "")
	}
}

// makes sends a request that makes something and returns its id.
func (l *lived) makes(path, body string) string {
	l.Helper()
	l.made++
	x := l.send(http.MethodPost, path, strings.ReplaceAll(body, "NAME", fmt.Sprintf("lived-%d", l.made)))
	var answer struct{ ID string }
	if err := json.Unmarshal(x.Response.Body.Bytes, &answer); err != nil || answer.ID == "" {
		l.Fatalf("%s: %v", x.Line(), err)
	}
	return answer.ID
}

// lifeIn does to an org all that the order of exchanges is judged by, reading after each write, at once and after a wait.
func lifeIn(t *testing.T, o mockorg.Options, wait time.Duration) []*exchange.Exchange {
	t.Helper()
	org, err := mockorg.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	l := &lived{T: t, role: "none"}
	l.sender = exchange.NewSender(exchange.Options{
		Base: base, Authorization: "SSWS " + org.Credentials().Admin,
		Record: func(x *exchange.Exchange) { l.exchanges = append(l.exchanges, x) },
	})
	user := "/api/v1/users/" + l.makes("/api/v1/users?activate=false", `{"profile":{"login":"NAME@example.com","email":"NAME@example.com","firstName":"A","lastName":"B"}}`)
	first, second := l.makes("/api/v1/groups", `{"profile":{"name":"NAME"}}`), l.makes("/api/v1/groups", `{"profile":{"name":"NAME"}}`)
	custom := "/api/v1/iam/roles/" + l.makes("/api/v1/iam/roles", `{"label":"NAME","description":"d","permissions":["okta.users.read"]}`)
	app := l.makes("/api/v1/apps", `{"name":"salesforce","label":"NAME"}`)
	client := "/oauth2/v1/clients/" + l.makes("/api/v1/apps", `{"name":"oidc_client","label":"NAME","signOnMode":"OPENID_CONNECT","settings":{"oauthClient":{"application_type":"service"}}}`)
	principals := []string{user, "/api/v1/groups/" + first, client}
	scoped, apps := user+"/roles/KVJUKUS7IFCE2SKO", user+"/roles/IFIFAX2BIRGUSTQ"
	read := func() {
		for range 2 {
			for _, principal := range principals {
				l.reads(principal+"/roles", principal+"/roles/"+l.role)
			}
			l.reads(scoped, scoped+"/targets/groups", scoped+"/targets/groups?limit=1", apps+"/targets/catalog/apps",
				custom+"/permissions", custom+"/permissions/okta.groups.read", "/api/v1/iam/assignees/users?limit=1")
			time.Sleep(wait)
		}
	}
	write := func(method, path, body string) {
		t.Helper()
		if x := l.send(method, path, body); x.Status() >= 300 {
			t.Fatal(x.Line())
		}
		read()
	}
	for range 2 {
		for _, principal := range principals {
			l.role = l.makes(principal+"/roles", `{"type":"READ_ONLY_ADMIN"}`)
			read()
			if x := l.send(http.MethodPost, principal+"/roles", `{"type":"READ_ONLY_ADMIN"}`); x.Status() < 400 && o.Fault == "" {
				t.Fatal(x.Line())
			}
			write(http.MethodDelete, principal+"/roles/"+l.role, "")
		}
		write(http.MethodPost, user+"/roles", `{"type":"USER_ADMIN"}`)
		write(http.MethodPost, user+"/roles", `{"type":"APP_ADMIN"}`)
		write(http.MethodPut, scoped+"/targets/groups/"+first, "")
		write(http.MethodPut, scoped+"/targets/groups/"+second, "")
		write(http.MethodDelete, scoped+"/targets/groups/"+first, "")
		if x := l.send(http.MethodDelete, scoped+"/targets/groups/"+second, ""); x.Status() < 400 {
			t.Fatal(x.Line())
		}
		write(http.MethodPut, apps+"/targets/catalog/apps/salesforce/"+app, "")
		write(http.MethodPut, apps+"/targets/catalog/apps/salesforce", "")
		write(http.MethodPut, apps+"/targets/catalog/apps", "")
		write(http.MethodPost, custom+"/permissions/okta.groups.read", "")
		write(http.MethodDelete, custom+"/permissions/okta.groups.read", "")
		write(http.MethodDelete, scoped, "")
		write(http.MethodDelete, apps, "")
	}
	return l.exchanges
}

// found are the rules of history that the exchanges break.
func found(t *testing.T, exchanges []*exchange.Exchange, settle time.Duration) []string {
	t.Helper()
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	judge, err := contract.New(s, contract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, f := range report.Collect(s, judge, exchanges, settle).Findings() {
		if _, rule, _ := strings.Cut(f.Requirement, "."); strings.HasPrefix(rule, "history-") && !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	slices.Sort(rules)
	return rules
}

func TestALaggingOrgIsJudgedByTheSettle(t *testing.T) {
	t.Parallel()
	const lag = 50 * time.Millisecond
	// Neither of two reads shows a write yet, and the next write comes when it shows.
	exchanges := lifeIn(t, mockorg.Options{Lag: lag}, lag*3/5)
	for _, settle := range []time.Duration{lag, 4 * lag, time.Hour} {
		if got := found(t, exchanges, settle); got != nil {
			t.Errorf("judged with a settle of %s the right org breaks %v", settle, got)
		}
	}
	short := found(t, exchanges, time.Millisecond)
	for _, rule := range []string{"history-assigned-listed", "history-removed-gone", "history-targets-as-put", "history-permissions-as-put"} {
		if !slices.Contains(short, rule) {
			t.Errorf("judged with a settle below its lag it keeps %s: %v", rule, short)
		}
	}
	// One that is written to faster than its changes show.
	if got := found(t, lifeIn(t, mockorg.Options{Lag: lag}, lag/10), lag); got != nil {
		t.Errorf("a right org in a hurry breaks %v", got)
	}
}

func TestAFaultIsFoundOnceTheSettleIsOver(t *testing.T) {
	t.Parallel()
	for fault, rule := range map[string]string{"group-roles-listed-late": "history-assigned-listed", "group-roles-get-after-removal": "history-removed-gone"} {
		const lag = 10 * time.Millisecond
		exchanges := lifeIn(t, mockorg.Options{Lag: lag, Fault: fault}, 2*lag)
		if got := found(t, exchanges, lag); !slices.Equal(got, []string{rule}) {
			t.Errorf("%s: got %v, want %s", fault, got, rule)
		}
		if got := found(t, exchanges, time.Hour); got != nil {
			t.Errorf("%s: where nothing has to show yet, %v is broken", fault, got)
		}
	}
}

// TestTheReportSaysWhichSettleItWentBy shows that only an org which showed a change late is judged by its settle.
func TestTheReportSaysWhichSettleItWentBy(t *testing.T) {
	for _, test := range []struct {
		lag    time.Duration
		settle string
		want   float64
	}{{0, "2500ms", 0}, {20 * time.Millisecond, "2500ms", 2.5}, {20 * time.Millisecond, "", 1}} {
		settings := map[string]string{"only": "group-roles.list.holds-every-assigned-role"}
		if test.settle != "" {
			settings["settle"] = test.settle
		}
		if got := executed(t, suites.Options{Lag: test.lag}, settings).Report.Run.SettleSeconds; got != test.want {
			t.Errorf("lag %s, settle %q: %v s", test.lag, test.settle, got)
		}
	}
}
