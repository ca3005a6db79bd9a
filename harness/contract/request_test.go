package contract

import (
	"net/url"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// TestRequests has each rule about requests both ways.
func TestRequests(t *testing.T) {
	j := newJudge(t, Options{})
	recorded := func(x *exchange.Exchange) { x.Source = "cassette.yaml#3" }
	tests := []struct {
		rule, name string
		request    string
		body       string
		headers    []string
		change     func(*exchange.Exchange)
		want       []string
		unchecked  bool
	}{
		{rule: "request-schema", name: "standard role", request: assignUser, body: `{"type":"USER_ADMIN"}`},
		{rule: "request-schema", name: "custom role", request: assignUser, body: `{"type":"CUSTOM","role":"cr1","resource-set":"iam1"}`},
		{rule: "request-schema", name: "custom role without its set", request: assignUser, body: `{"type":"CUSTOM","role":"cr1"}`,
			want: []string{"request-schema /resource-set"}},
		{rule: "request-schema", name: "every mismatch", request: assignUser, body: `{"type":"CUSTOM","role":1,"resource_set":"iam1"}`,
			want: []string{"request-schema /role", "request-schema /resource-set", "request-undeclared-members /resource_set"}},
		{rule: "request-schema", name: "no type, for a client app", request: "POST /oauth2/v1/clients/c1/roles", body: `{}`,
			want: []string{"request-schema /type"}},
		{rule: "request-schema", name: "third-party status alone", request: assignGroup + "?disableNotifications=true", body: `{}`},
		{rule: "request-schema", name: "no body", request: assignUser, want: []string{"request-schema"}},
		{rule: "request-schema", name: "no body in a recording", request: assignUser, change: recorded, want: []string{"request-schema"}},
		{rule: "request-schema", name: "body that a recorder lost", request: assignUser, unchecked: true,
			change: func(x *exchange.Exchange) { recorded(x); x.Response = answered(t, assignUser, 201, standard).Response }},
		{rule: "request-schema", name: "optional body left out", request: permit},
		{rule: "request-schema", name: "optional body", request: permit, body: `{"conditions":null}`},
		{rule: "request-schema", name: "optional body, wrong", request: permit, body: `{"conditions":[]}`, want: []string{"request-schema /conditions"}},
		{rule: "request-schema", name: "body where none is declared", request: assignApps, body: `{}`, want: []string{"request-schema"}},
		{rule: "request-schema", name: "body of a GET", request: userRoles, body: `null`, want: []string{"request-schema"}},
		{rule: "request-schema", name: "no body of a GET", request: userRoles},
		{rule: "request-schema", name: "no JSON", request: assignUser, body: `{"type":`, want: []string{"request-schema /type"}},
		{rule: "request-schema", name: "trailing text", request: assignUser, body: `{"type":"USER_ADMIN"};`, want: []string{"request-schema"}},
		{rule: "request-schema", name: "member twice", request: assignUser, body: `{"type":"USER_ADMIN","type":"USER_ADMIN"}`,
			want: []string{"request-schema /type"}},
		{rule: "request-schema", name: "cut body", request: assignUser, body: `{"type"`, unchecked: true,
			change: func(x *exchange.Exchange) { x.Request.Body.Truncated = true }},
		{rule: "request-schema", name: "omitted body", request: assignUser, unchecked: true,
			change: func(x *exchange.Exchange) { x.Request.Body.Omitted = true }},

		{rule: "request-known-values", name: "known", request: assignUser, body: `{"type":"USER_ADMIN"}`},
		{rule: "request-known-values", name: "unknown", request: assignUser, body: `{"type":"TEA_ADMIN"}`, want: []string{"request-known-values /type"}},
		{rule: "request-known-values", name: "parameter", request: userRoles + "?expand=targets/groups"},
		{rule: "request-known-values", name: "unknown parameter", request: userRoles + "?expand=everything",
			want: []string{"request-known-values query:expand"}},

		{rule: "request-undeclared-members", name: "none", request: assignUser, body: `{"type":"USER_ADMIN"}`},
		{rule: "request-undeclared-members", name: "one", request: assignUser, body: `{"type":"USER_ADMIN","zzz":"x"}`,
			want: []string{"request-undeclared-members /zzz"}},

		{rule: "request-read-only", name: "none", request: assignUser, body: `{"type":"USER_ADMIN"}`},
		{rule: "request-read-only", name: "one", request: assignUser, body: `{"type":"USER_ADMIN","label":"x"}`,
			want: []string{"request-read-only /label"}},

		{rule: "request-media-type", name: "right", request: assignUser, body: `{"type":"USER_ADMIN"}`},
		{rule: "request-media-type", name: "form", request: assignUser, body: `{"type":"USER_ADMIN"}`,
			headers: []string{"Content-Type: application/x-www-form-urlencoded"}, want: []string{"request-media-type Content-Type"}},
		{rule: "request-media-type", name: "missing", request: assignUser, body: `{"type":"USER_ADMIN"}`,
			headers: []string{"Content-Type: "}, want: []string{"request-media-type Content-Type"}},
		{rule: "request-media-type", name: "missing from a recording", request: assignUser, body: `{"type":"USER_ADMIN"}`,
			headers: []string{"Content-Type: "}, change: recorded, unchecked: true},
		{rule: "request-media-type", name: "no body", request: userRoles, unchecked: true},

		{rule: "request-parameters", name: "right", request: groups + "?limit=5&after=x"},
		{rule: "request-parameters", name: "encoded path", request: "GET /api/v1/iam/roles/My%20role%2F1/permissions"},
		{rule: "request-parameters", name: "no number", request: groups + "?limit=many", want: []string{"request-parameters query:limit"}},
		{rule: "request-parameters", name: "empty number", request: groups + "?limit=", want: []string{"request-parameters query:limit"}},
		{rule: "request-parameters", name: "fraction", request: groups + "?limit=1.5", want: []string{"request-parameters query:limit"}},
		{rule: "request-parameters", name: "beyond its format", request: groups + "?limit=3000000000", want: []string{"request-parameters query:limit"}},
		{rule: "request-parameters", name: "no boolean", request: assignUser + "?disableNotifications=1", body: `{"type":"USER_ADMIN"}`,
			want: []string{"request-parameters query:disableNotifications"}},
		{rule: "request-parameters", name: "twice", request: groups + "?limit=5&limit=6", want: []string{"request-parameters query:limit"}},
		{rule: "request-parameters", name: "unreadable", request: groups + "?limit=%zz", want: []string{"request-parameters"}},

		{rule: "request-undeclared-parameters", name: "none", request: groups + "?limit=5"},
		{rule: "request-undeclared-parameters", name: "one", request: userRoles + "?limit=5", want: []string{"request-undeclared-parameters query:limit"}},

		{rule: "request-credentials", name: "in its header", request: userRoles},
		{rule: "request-credentials", name: "missing", request: userRoles, headers: []string{"Authorization: "},
			want: []string{"request-credentials Authorization"}},
		{rule: "request-credentials", name: "missing from a recording", request: userRoles, headers: []string{"Authorization: "},
			change: recorded, unchecked: true},
		{rule: "request-credentials", name: "empty in a recording", request: userRoles, want: []string{"request-credentials Authorization"},
			change: func(x *exchange.Exchange) { recorded(x); x.Request.Header["Authorization"] = []string{""} }},
		{rule: "request-credentials", name: "in the query", request: userRoles + "?api_token=REDACTED",
			want: []string{"request-credentials query:api_token", "request-undeclared-parameters query:api_token"}},
		{rule: "request-credentials", name: "in the query of a recording", request: userRoles + "?accessToken=REDACTED", change: recorded,
			want: []string{"request-credentials query:accessToken", "request-undeclared-parameters query:accessToken"}},
		{rule: "request-credentials", name: "as a value", request: groups + "?after=SSWS%20REDACTED",
			want: []string{"request-credentials query:after"}},
		{rule: "request-credentials", name: "in the URL", request: userRoles, want: []string{"request-credentials"},
			change: func(x *exchange.Exchange) {
				x.Request.URL.User = url.User("REDACTED")
			}},
	}
	for _, tt := range tests {
		t.Run(tt.rule+"/"+tt.name, func(t *testing.T) {
			x := requested(t, tt.request, tt.body, tt.headers...)
			if tt.change != nil {
				tt.change(x)
			}
			got := j.Judge(x)
			wantFindings(t, got, tt.want...)
			wantChecked(t, got, tt.rule, !tt.unchecked)
			for _, f := range got.Findings {
				wantChecked(t, got, f.Rule, true)
				if f.Side != Client || f.Operation != got.Operation.ID || f.Detail == "" || strings.Contains(f.Detail, "REDACTED") {
					t.Errorf("unfinished finding %+v", f)
				}
			}
		})
	}
}

func TestRequestsOfDocumentsOnly(t *testing.T) {
	j := newJudge(t, Options{DocumentsOnly: true})
	got := j.Judge(requested(t, assignGroup+"?disableNotifications=true", `{"type":"USER_ADMIN"}`))
	wantFindings(t, got, "request-undeclared-parameters query:disableNotifications")
	got = j.Judge(requested(t, groups+"?limit=5", ""))
	wantFindings(t, got)
}

func TestJudgeRequest(t *testing.T) {
	j := newJudge(t, Options{})
	x := requested(t, assignUser, `{"type":"USER_ADMIN"}`, "Authorization: ")
	got := j.JudgeRequest(x.Request)
	wantFindings(t, got)
	wantChecked(t, got, "request-schema", true)
	wantChecked(t, got, "response-schema", false)
	x.Request.Body.Bytes = []byte(`{"type":null}`)
	wantFindings(t, j.JudgeRequest(x.Request), "request-schema /type")
	if got := j.JudgeRequest(exchange.Request{Method: "GET"}); got.Operation != nil {
		t.Errorf("got %+v", got)
	}
}

// TestOwnRequestsAreNotJudgedAfterwards: rolecheck sends what is wrong on purpose.
func TestOwnRequestsAreNotJudgedAfterwards(t *testing.T) {
	j := newJudge(t, Options{})
	for phase, want := range map[exchange.Phase]bool{exchange.Arrange: false, exchange.Act: false, exchange.Cleanup: false, exchange.Observed: true} {
		x := answered(t, assignUser, 400, notFound)
		x.Phase = phase
		x.Request.Body.Bytes = []byte(`{`)
		wantChecked(t, j.Judge(x), "request-schema", want)
	}
}
