package contract

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// TestAnswers has each rule both ways: an answer that meets it and is said to be judged by it, and answers that do not.
func TestAnswers(t *testing.T) {
	j := newJudge(t, Options{})
	type change = func(*exchange.Exchange)
	recorded := func(x *exchange.Exchange) { x.Source = "cassette.yaml#3" }
	truncated := func(x *exchange.Exchange) { x.Response.Body.Truncated = true }
	omitted := func(x *exchange.Exchange) { x.Response.Body.Omitted = true }
	noClock := func(x *exchange.Exchange) { x.Started = time.Time{}; x.Response.Header.Del("Date") }
	list := func(items ...string) string { return "[" + strings.Join(items, ",") + "]" }
	with := func(old, new string) string {
		out := strings.Replace(standard, old, new, 1)
		if out == standard {
			t.Fatalf("the sample has no %s", old)
		}
		return out
	}
	failing := func(old, new string) string { return strings.Replace(notFound, old, new, 1) }
	headers := func(lines ...string) []string { return lines }

	tests := []struct {
		rule, name string
		request    string
		status     int
		body       string
		headers    []string
		change     change
		// want are the findings, as rule and pointer.
		want []string
		// unchecked says that the rule is not judged at all.
		unchecked bool
	}{
		{rule: "response-schema", name: "list", request: userRoles, status: 200, body: list(standard, custom)},
		{rule: "response-schema", name: "empty list", request: userRoles, status: 200, body: "[]"},
		{rule: "response-schema", name: "type of a member", request: userRoles, status: 200, body: list(standard, with(`"ACTIVE"`, `7`)),
			want: []string{"response-schema /1/status"}},
		{rule: "response-schema", name: "every mismatch", request: userRoles, status: 200,
			body: list(with(`"id":"r1"`, `"id":7`), with(`"label":"Group Administrator"`, `"label":[]`), `{}`),
			want: []string{"response-schema /0/id", "response-schema /1/label", "response-schema /2/id", "response-schema /2/type"}},
		{rule: "response-schema", name: "word of a closed list", request: userRole, status: 200, body: with(`"ACTIVE"`, `"active"`),
			want: []string{"response-schema /status"}},
		{rule: "response-schema", name: "custom shape without its set", request: userRole, status: 200,
			body: strings.Replace(custom, `"resource-set":"iam1",`, "", 1), want: []string{"response-schema /resource-set"}},
		{rule: "response-schema", name: "custom type in the standard shape", request: userRole, status: 200,
			body: with(`USER_ADMIN`, `CUSTOM`), want: []string{"response-schema /role", "response-schema /resource-set"}},
		{rule: "response-schema", name: "object for a list", request: userRoles, status: 200, body: standard,
			want: []string{"response-schema"}},
		{rule: "response-schema", name: "null", request: userRoles, status: 200, body: `null`, want: []string{"response-schema"}},
		{rule: "response-schema", name: "no body", request: userRoles, status: 200, want: []string{"response-schema"}},
		{rule: "response-schema", name: "impossible date", request: userRole, status: 200,
			body: with(`"created":"2026-03-01`, `"created":"2026-02-31`), want: []string{"response-schema /created"}},
		{rule: "response-schema", name: "null date", request: userRole, status: 200, body: with(`"created":"2026-03-01T10:00:00.000Z"`, `"created":null`)},
		{rule: "response-schema", name: "null conditions", request: permissions, status: 200, body: `{"permissions":[{"label":"okta.users.read","conditions":null}]}`},
		{rule: "response-schema", name: "lists in conditions", request: permissions, status: 200,
			body: `{"permissions":[{"label":"okta.users.read","conditions":{"include":{"okta:ResourceAttribute/User/Profile":["city"]}}}]}`},
		{rule: "response-schema", name: "optional body left out", request: assignGroup, status: 201},
		{rule: "response-schema", name: "optional body", request: assignGroup, status: 201, body: with("USER", "GROUP"),
			want: []string{"known-values /type"}},
		{rule: "response-schema", name: "cut body", request: userRoles, status: 200, body: `[{"id":7`, change: truncated, unchecked: true},
		{rule: "response-schema", name: "omitted body", request: userRoles, status: 200, change: omitted, unchecked: true},

		{rule: "error-envelope", name: "all members", request: userRoles, status: 404, body: notFound},
		{rule: "error-envelope", name: "of a status that is not described", request: userRoles, status: 418, body: notFound,
			want: []string{"error-status"}},
		{rule: "error-envelope", name: "members missing", request: userRoles, status: 404, body: `{"errorCode":"E0000007"}`,
			want: []string{"error-envelope /errorSummary", "error-envelope /errorLink", "error-envelope /errorId", "error-envelope /errorCauses"}},
		{rule: "error-envelope", name: "members missing, status not described", request: userRoles, status: 418, body: `{"errorCode":"E0000007","errorSummary":1}`,
			want: []string{"error-status", "error-envelope /errorSummary", "error-envelope /errorLink", "error-envelope /errorId", "error-envelope /errorCauses"}},
		{rule: "error-envelope", name: "null summary", request: userRoles, status: 404, body: failing(`"Not found: u1 (User)"`, `null`),
			want: []string{"error-envelope /errorSummary"}},
		{rule: "error-envelope", name: "causes no list", request: userRoles, status: 404, body: failing(`[]`, `{}`),
			want: []string{"error-envelope /errorCauses"}},
		{rule: "error-envelope", name: "a list", request: userRoles, status: 404, body: `[]`, want: []string{"error-envelope"}},
		{rule: "error-envelope", name: "no body", request: userRoles, status: 404, want: []string{"error-envelope"}},
		{rule: "error-envelope", name: "html", request: userRoles, status: 404, body: `<p>not here</p>`, headers: headers("Content-Type: text/html"),
			want: []string{"media-type Content-Type", "json-well-formed", "error-envelope"}},
		{rule: "error-envelope", name: "scope missing, no body", request: userRoles, status: 403,
			headers: headers(`Www-Authenticate: Bearer realm="o", error="insufficient_scope"`), unchecked: true},
		{rule: "error-envelope", name: "403 without a reason", request: userRoles, status: 403, want: []string{"error-envelope"}},
		{rule: "error-envelope", name: "403 of another reason", request: userRoles, status: 403,
			headers: headers(`Www-Authenticate: Bearer error="invalid_token"`), want: []string{"error-envelope"}},
		{rule: "error-envelope", name: "404 with that reason", request: userRoles, status: 404,
			headers: headers(`Www-Authenticate: Bearer error="insufficient_scope"`), want: []string{"error-envelope"}},
		{rule: "error-envelope", name: "recorded 403 whose reason was left out", request: userRoles, status: 403, change: recorded, unchecked: true},
		{rule: "error-envelope", name: "cut body", request: userRoles, status: 404, body: `{"err`, change: truncated, unchecked: true},

		{rule: "error-code-form", name: "right", request: userRoles, status: 404, body: notFound},
		{rule: "error-code-form", name: "too short", request: userRoles, status: 404, body: strings.ReplaceAll(notFound, "E0000007", "E7"),
			want: []string{"error-code-form /errorCode"}},
		{rule: "error-code-form", name: "letters", request: userRoles, status: 404, body: strings.ReplaceAll(notFound, "E0000007", "EABCDEFG"),
			want: []string{"error-code-form /errorCode"}},
		{rule: "error-code-form", name: "other link", request: userRoles, status: 404, body: failing(`"errorLink":"E0000007"`, `"errorLink":"E0000008"`),
			want: []string{"error-code-form /errorLink"}},
		{rule: "error-code-form", name: "no code", request: userRoles, status: 404, body: failing(`"errorCode":"E0000007",`, ``),
			want: []string{"error-envelope /errorCode"}, unchecked: true},

		{rule: "error-causes", name: "right", request: userRoles, status: 404, body: failing(`[]`, `[{"errorSummary":"type: no such role"}]`)},
		{rule: "error-causes", name: "none", request: userRoles, status: 404, body: notFound, unchecked: true},
		{rule: "error-causes", name: "strings", request: userRoles, status: 404, body: failing(`[]`, `["x",{"errorSummary":"y"},{}]`),
			want: []string{"error-causes /errorCauses/0", "error-causes /errorCauses/2/errorSummary"}},
		{rule: "error-causes", name: "null summary", request: userRoles, status: 404, body: failing(`[]`, `[{"errorSummary":null}]`),
			want: []string{"error-causes /errorCauses/0/errorSummary"}},

		{rule: "media-type", name: "right", request: userRoles, status: 200, body: "[]"},
		{rule: "media-type", name: "charset", request: userRoles, status: 200, body: "[]", headers: headers("Content-Type: application/json;charset=UTF-8")},
		{rule: "media-type", name: "other charset", request: userRoles, status: 200, body: "[]", headers: headers("Content-Type: application/json; charset=latin1"),
			want: []string{"media-type Content-Type"}},
		{rule: "media-type", name: "text", request: userRoles, status: 200, body: "[]", headers: headers("Content-Type: text/plain"),
			want: []string{"media-type Content-Type"}},
		{rule: "media-type", name: "no media type", request: userRoles, status: 200, body: "[]", headers: headers("Content-Type: ;;"),
			want: []string{"media-type Content-Type"}},
		{rule: "media-type", name: "missing", request: userRoles, status: 200, body: "[]", headers: headers("Content-Type: "),
			want: []string{"media-type Content-Type"}},
		{rule: "media-type", name: "missing from a recording", request: userRoles, status: 200, body: "[]", headers: headers("Content-Type: "),
			change: recorded, unchecked: true},
		{rule: "media-type", name: "wrong in a recording", request: userRoles, status: 200, body: "[]", headers: headers("Content-Type: text/html"),
			change: recorded, want: []string{"media-type Content-Type"}},
		{rule: "media-type", name: "of an error", request: userRoles, status: 404, body: notFound, headers: headers("Content-Type: text/json"),
			want: []string{"media-type Content-Type"}},
		{rule: "media-type", name: "of no body", request: unassign, status: 204, unchecked: true},

		{rule: "json-well-formed", name: "right", request: userRoles, status: 200, body: " [] \n"},
		{rule: "json-well-formed", name: "trailing text", request: userRoles, status: 200, body: "[]]", want: []string{"json-well-formed"}},
		{rule: "json-well-formed", name: "second document", request: userRoles, status: 200, body: "[]\n[]", want: []string{"json-well-formed"}},
		{rule: "json-well-formed", name: "member twice", request: userRole, status: 200, body: with(`"id":"r1"`, `"id":"r1","id":"r1"`),
			want: []string{"json-well-formed /id"}},
		{rule: "json-well-formed", name: "cut short by the org", request: userRoles, status: 200, body: "[", want: []string{"json-well-formed /0"}},
		{rule: "json-well-formed", name: "deep", request: userRoles, status: 200, body: strings.Repeat("[", 1<<20), want: []string{"json-well-formed"}},
		{rule: "json-well-formed", name: "announced as JSON, not described", request: userRoles, status: 202, body: "{", want: []string{"success-status", "json-well-formed"}},
		{rule: "json-well-formed", name: "neither announced nor described", request: userRoles, status: 202, body: "<p>", headers: headers("Content-Type: text/html"),
			want: []string{"success-status"}, unchecked: true},

		{rule: "no-content-empty", name: "right", request: unassign, status: 204},
		{rule: "no-content-empty", name: "announced as nothing", request: unassign, status: 204, headers: headers("Content-Length: 0")},
		{rule: "no-content-empty", name: "body", request: unassign, status: 204, body: "{}", want: []string{"no-content-empty"}},
		{rule: "no-content-empty", name: "cut body", request: unassign, status: 204, change: truncated, want: []string{"no-content-empty"}},
		{rule: "no-content-empty", name: "announced body", request: unassign, status: 204, headers: headers("Content-Length: 2"),
			want: []string{"no-content-empty Content-Length"}},
		{rule: "no-content-empty", name: "body of a 204 that is not described", request: userRoles, status: 204, body: "{}",
			want: []string{"success-status", "no-content-empty"}},
		{rule: "no-content-empty", name: "200 without content", request: assignApps, status: 200},
		{rule: "no-content-empty", name: "200 without content, html", request: assignApps, status: 200, body: "<p>", want: []string{"no-content-empty"}},
		{rule: "no-content-empty", name: "omitted body", request: unassign, status: 204, change: omitted, unchecked: true},

		{rule: "success-status", name: "right", request: assignUser, status: 201, body: standard},
		{rule: "success-status", name: "200 for 201", request: assignUser, status: 200, body: standard, want: []string{"success-status"}},
		{rule: "success-status", name: "either", request: assignApps, status: 204},
		{rule: "success-status", name: "301", request: userRoles, status: 301, body: "<p>", want: []string{"success-status"}},
		{rule: "success-status", name: "304", request: userRoles, status: 304, want: []string{"success-status"}},
		{rule: "success-status", name: "307", request: userRoles, status: 307, want: []string{"success-status"}},
		{rule: "success-status", name: "103", request: userRoles, status: 103, want: []string{"success-status"}},
		{rule: "success-status", name: "999", request: userRoles, status: 999, want: []string{"success-status", "error-envelope"}},
		{rule: "success-status", name: "of an error", request: userRoles, status: 404, body: notFound, unchecked: true},

		{rule: "error-status", name: "right", request: userRoles, status: 404, body: notFound},
		{rule: "error-status", name: "404 where nothing can be missing", request: assignees, status: 404, body: notFound, want: []string{"error-status"}},
		{rule: "error-status", name: "of a success", request: userRoles, status: 200, body: "[]", unchecked: true},

		{rule: "no-server-error", name: "success", request: userRoles, status: 200, body: "[]"},
		{rule: "no-server-error", name: "refusal", request: userRoles, status: 404, body: notFound},
		{rule: "no-server-error", name: "500", request: userRoles, status: 500, body: notFound, want: []string{"no-server-error"}},
		{rule: "no-server-error", name: "502 of a gateway", request: userRoles, status: 502, body: "<p>", headers: headers("Content-Type: text/html"),
			want: []string{"no-server-error", "media-type Content-Type", "json-well-formed", "error-envelope"}},

		{rule: "timestamps-utc", name: "right", request: userRole, status: 200, body: standard},
		{rule: "timestamps-utc", name: "no milliseconds", request: userRole, status: 200, body: with(`"created":"2026-03-01T10:00:00.000Z"`, `"created":"2026-03-01T10:00:00Z"`),
			want: []string{"timestamps-utc /created"}},
		{rule: "timestamps-utc", name: "offset", request: userRole, status: 200, body: with(`"created":"2026-03-01T10:00:00.000Z"`, `"created":"2026-03-01T10:00:00.000+00:00"`),
			want: []string{"timestamps-utc /created"}},
		{rule: "timestamps-utc", name: "epoch", request: userRole, status: 200, body: with(`"created":"2026-03-01T10:00:00.000Z"`, `"created":1772359200`),
			want: []string{"response-schema /created"}},
		{rule: "timestamps-utc", name: "none", request: userRole, status: 200, body: `{"id":"r1","type":"USER_ADMIN"}`, unchecked: true},

		{rule: "updated-not-before-created", name: "right", request: userRole, status: 200, body: standard},
		{rule: "updated-not-before-created", name: "earlier", request: userRole, status: 200, body: with(`"lastUpdated":"2026-03-01`, `"lastUpdated":"2026-02-28`),
			want: []string{"updated-not-before-created /lastUpdated"}},
		{rule: "updated-not-before-created", name: "earlier by its offset", request: userRole, status: 200,
			body: with(`"lastUpdated":"2026-03-01T10:00:00.000Z"`, `"lastUpdated":"2026-03-01T10:00:00.000+01:00"`),
			want: []string{"timestamps-utc /lastUpdated", "updated-not-before-created /lastUpdated"}},
		{rule: "updated-not-before-created", name: "one alone", request: userRole, status: 200, body: with(`"created":"2026-03-01T10:00:00.000Z",`, ``), unchecked: true},

		{rule: "request-id", name: "right", request: userRoles, status: 200, body: "[]"},
		{rule: "request-id", name: "of an error", request: userRoles, status: 404, body: notFound, headers: headers("X-Okta-Request-Id: "),
			want: []string{"request-id X-Okta-Request-Id"}},
		{rule: "request-id", name: "blank", request: userRoles, status: 200, body: "[]", headers: headers("X-Okta-Request-Id:  "),
			want: []string{"request-id X-Okta-Request-Id"}},
		{rule: "request-id", name: "missing from a recording", request: userRoles, status: 200, body: "[]", headers: headers("X-Okta-Request-Id: "),
			change: recorded, unchecked: true},

		{rule: "rate-limit-headers", name: "right", request: userRoles, status: 200, body: "[]"},
		{rule: "rate-limit-headers", name: "none", request: userRoles, status: 200, body: "[]",
			headers: headers("X-Rate-Limit-Limit: ", "X-Rate-Limit-Remaining: ", "X-Rate-Limit-Reset: "),
			want:    []string{"rate-limit-headers X-Rate-Limit-Limit", "rate-limit-headers X-Rate-Limit-Remaining", "rate-limit-headers X-Rate-Limit-Reset"}},
		{rule: "rate-limit-headers", name: "none for a refused credential", request: userRoles, status: 401, body: notFound,
			headers: headers("X-Rate-Limit-Limit: ", "X-Rate-Limit-Remaining: ", "X-Rate-Limit-Reset: "), unchecked: true},
		{rule: "rate-limit-headers", name: "none in a recording", request: userRoles, status: 200, body: "[]", change: recorded,
			headers: headers("X-Rate-Limit-Limit: ", "X-Rate-Limit-Remaining: ", "X-Rate-Limit-Reset: "), unchecked: true},
		{rule: "rate-limit-headers", name: "one missing from a recording", request: userRoles, status: 200, body: "[]", change: recorded,
			headers: headers("X-Rate-Limit-Reset: "), want: []string{"rate-limit-headers X-Rate-Limit-Reset"}},
		{rule: "rate-limit-headers", name: "no number", request: userRoles, status: 200, body: "[]", headers: headers("X-Rate-Limit-Limit: many"),
			want: []string{"rate-limit-headers X-Rate-Limit-Limit"}},
		{rule: "rate-limit-headers", name: "negative", request: userRoles, status: 200, body: "[]", headers: headers("X-Rate-Limit-Remaining: -1"),
			want: []string{"rate-limit-headers X-Rate-Limit-Remaining"}},
		{rule: "rate-limit-headers", name: "more than the limit", request: userRoles, status: 200, body: "[]", headers: headers("X-Rate-Limit-Remaining: 601"),
			want: []string{"rate-limit-headers X-Rate-Limit-Remaining"}},
		{rule: "rate-limit-headers", name: "reset as seconds to wait", request: userRoles, status: 200, body: "[]", headers: headers("X-Rate-Limit-Reset: 60"),
			want: []string{"rate-limit-headers X-Rate-Limit-Reset"}},
		{rule: "rate-limit-headers", name: "reset in milliseconds", request: userRoles, status: 200, body: "[]",
			headers: headers(fmt.Sprint("X-Rate-Limit-Reset: ", came.UnixMilli())), want: []string{"rate-limit-headers X-Rate-Limit-Reset"}},
		{rule: "rate-limit-headers", name: "reset by our own clock", request: userRoles, status: 200, body: "[]",
			headers: headers("Date: ", fmt.Sprint("X-Rate-Limit-Reset: ", came.Add(12*time.Minute).Unix()))},
		{rule: "rate-limit-headers", name: "reset an hour off by our own clock", request: userRoles, status: 200, body: "[]",
			headers: headers("Date: ", fmt.Sprint("X-Rate-Limit-Reset: ", came.Add(time.Hour).Unix())), want: []string{"rate-limit-headers X-Rate-Limit-Reset"}},
		{rule: "rate-limit-headers", name: "reset at a time that nobody knows", request: userRoles, status: 200, body: "[]",
			headers: headers("X-Rate-Limit-Reset: 60"), change: noClock},

		{rule: "throttled-answer", name: "right", request: userRoles, status: 429, body: throttle, headers: headers("X-Rate-Limit-Remaining: 0")},
		{rule: "throttled-answer", name: "some left", request: userRoles, status: 429, body: throttle,
			want: []string{"throttled-answer X-Rate-Limit-Remaining"}},
		{rule: "throttled-answer", name: "other code", request: userRoles, status: 429, body: strings.ReplaceAll(throttle, "E0000047", "E0000006"),
			headers: headers("X-Rate-Limit-Remaining: 0"), want: []string{"throttled-answer /errorCode"}},
		{rule: "throttled-answer", name: "no body", request: userRoles, status: 429, headers: headers("X-Rate-Limit-Remaining: 0"),
			want: []string{"error-envelope", "throttled-answer /errorCode"}},
		{rule: "throttled-answer", name: "no headers", request: userRoles, status: 429, body: throttle, change: recorded,
			headers: headers("X-Rate-Limit-Limit: ", "X-Rate-Limit-Remaining: ", "X-Rate-Limit-Reset: ")},
		{rule: "throttled-answer", name: "a header missing", request: userRoles, status: 429, body: throttle,
			headers: headers("X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: "),
			want:    []string{"rate-limit-headers X-Rate-Limit-Reset", "throttled-answer X-Rate-Limit-Reset"}},
		{rule: "throttled-answer", name: "another refusal", request: userRoles, status: 404, body: notFound, unchecked: true},

		{rule: "undeclared-members", name: "none", request: userRole, status: 200, body: standard},
		{rule: "undeclared-members", name: "in an object", request: userRole, status: 200, body: with(`"id"`, `"extra":1,"id"`),
			want: []string{"undeclared-members /extra"}},
		{rule: "undeclared-members", name: "of the other shape", request: userRole, status: 200, body: with(`"id"`, `"resource-set":"iam1","id"`),
			want: []string{"undeclared-members /resource-set"}},
		{rule: "undeclared-members", name: "deep, once for a list", request: groups, status: 200,
			body: list(group, strings.ReplaceAll(group, `"users"`, `"extra":{},"users"`), strings.ReplaceAll(group, `"users"`, `"extra":{},"users"`)),
			want: []string{"undeclared-members /1/_links/extra"}},
		{rule: "undeclared-members", name: "in an open object", request: groups, status: 200, body: list(strings.Replace(group, `"name":"rolecheck"`, `"name":"rolecheck","dn":"x"`, 1))},
		{rule: "undeclared-members", name: "of an error", request: userRoles, status: 404, body: failing(`"errorCauses"`, `"extra":1,"errorCauses"`),
			want: []string{"undeclared-members /extra"}},

		{rule: "known-values", name: "known", request: userRole, status: 200, body: standard},
		{rule: "known-values", name: "unknown", request: userRole, status: 200, body: with(`"USER_ADMIN"`, `"TEA_ADMIN"`), want: []string{"known-values /type"}},
		{rule: "known-values", name: "no such member", request: userRoles, status: 200, body: `[]`, unchecked: true},
	}
	for _, tt := range tests {
		t.Run(tt.rule+"/"+tt.name, func(t *testing.T) {
			x := answered(t, tt.request, tt.status, tt.body, tt.headers...)
			if tt.change != nil {
				tt.change(x)
			}
			got := j.Judge(x)
			wantFindings(t, got, tt.want...)
			wantChecked(t, got, tt.rule, !tt.unchecked)
			for _, f := range got.Findings {
				wantChecked(t, got, f.Rule, true)
				if f.Side != Org || f.Operation != got.Operation.ID || f.Detail == "" || f.Level == "" {
					t.Errorf("unfinished finding %+v", f)
				}
			}
		})
	}
}
