package spec

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

// Values with the members and shapes of the documents' samples.
const (
	pageRole = `{"assignmentType": "GROUP", "created": "2020-02-03T04:05:06Z", "description": "text", "id": "text",
		"label": "text", "lastUpdated": "2020-02-03T04:05:06Z", "status": "ACTIVE", "type": "API_ACCESS_MANAGEMENT_ADMIN",
		"_embedded": {"one": {}, "two": {}},
		"_links": {"self": {"hints": {"allow": ["DELETE"]}, "href": "text", "name": "text", "type": "text"}}}`
	legacyRole = `{"id": "ra1x", "label": "Some administrator", "type": "ORG_ADMIN", "status": "ACTIVE",
		"created": "2015-01-02T03:04:05.000Z", "lastUpdated": "2015-02-03T04:05:06.000Z"}`
	misspeltRole = `{"id": "ra1x", "label": "Some administrator", "desciption": "text", "type": "SUPER_ADMIN",
		"status": "ACTIVE", "created": "2015-01-02T03:04:05.000Z", "lastUpdated": "2015-02-03T04:05:06.000Z"}`
	legacyGroup = `{"id": "00gx", "objectClass": [""], "type": "APP_GROUP",
		"profile": {"name": "SALES", "description": "text"}}`
	legacyApp = `{"id": "0oax", "name": "someapp", "label": "Some App", "status": "ACTIVE",
		"lastUpdated": "2015-01-02T03:04:05.000Z", "created": "2015-01-02T03:04:05.000Z",
		"accessibility": {"selfService": false, "errorRedirectUrl": null},
		"visibility": {"autoSubmitToolbar": true, "hide": {"iOS": false, "web": false}, "appLinks": {"login": true}},
		"features": ["IMPORT_NEW_USERS"], "signOnMode": "SECURE_PASSWORD_STORE",
		"credentials": {"scheme": "EDIT_USERNAME_AND_PASSWORD", "userNameTemplate": {"template": "x", "type": "BUILT_IN"}},
		"settings": {"app": {"siteURL": "https://app.example.com"}}}`
	expandedRole = `{"id": "ra1x", "label": "Some administrator", "type": "APP_ADMIN", "status": "ACTIVE",
		"created": "2015-01-02T03:04:05.000Z", "lastUpdated": "2015-02-03T04:05:06.000Z",
		"_embedded": {"targets": {"groups": [` + legacyGroup + `], "apps": [` + legacyApp + `]}}}`
	linkedGroup = `{"id": "00gx", "objectClass": [""], "type": "APP_GROUP", "profile": {"name": "SALES", "description": "text"},
		"_links": {"logo": [{"name": "medium", "href": "https:/org.example.com/m.png", "type": "image/png"}],
			"users": {"href": "https:/org.example.com/users"}, "apps": {"href": "https:/org.example.com/apps"}}}`
	pageGroup = `{"created": "2020-02-03T04:05:06Z", "id": "0gx", "lastMembershipUpdated": "2020-02-03T04:05:06Z",
		"lastUpdated": "2020-02-03T04:05:06Z", "objectClass": [], "profile": {}, "type": "APP_GROUP", "_embedded": {},
		"_links": {}}`
	pageApp = `{"category": "text", "description": "text", "displayName": "text", "features": [], "id": "text",
		"lastUpdated": "2020-02-03T04:05:06Z", "name": "text", "signOnModes": [], "status": "ACTIVE",
		"verificationStatus": "text", "website": "text", "_links": {}}`
	catalogApp = `{"name": "someapp", "displayName": "Some App", "description": "text", "status": "ACTIVE",
		"lastUpdated": "2015-01-02T03:04:05.000Z", "created": "2015-01-02T03:04:05.000Z", "category": "CRM",
		"verificationStatus": "OKTA_VERIFIED", "website": "https://app.example.com", "signOnModes": ["BOOKMARK"],
		"features": ["IMPORT_NEW_USERS"],
		"_links": {"logo": [{"name": "medium", "href": "https:/org.example.com/a.png", "type": "image/png"}]}}`
	pageUsers = `{"value": [{"id": "00ux", "orn": "orn:okta:00ox:users:00ux", "_links": {}}], "_links": {}}`
	refusal   = `{"errorCode": "E0000006", "errorSummary": "text", "errorLink": "E0000006", "errorId": "x", "errorCauses": [ ]}`
)

func TestSamplesOfTheDocuments(t *testing.T) {
	tests := []struct {
		operation string
		status    int
		sample    string
	}{
		{"list role of client", 200, `[]`},
		{"list role of group", 200, `[` + pageRole + `]`},
		{"assign role of group", 200, pageRole},
		{"get role of group", 200, pageRole},
		{"list assignee of org", 200, pageUsers},
		{"list role of user", 200, `[` + pageRole + `]`},
		{"list role of user", 200, `[` + legacyRole + `, ` + strings.Replace(legacyRole, "ORG", "APP", 1) + `]`},
		{"list role of user", 200, `[` + expandedRole + `]`},
		{"list role of user", 200, `[]`},
		{"assign role of user", 201, pageRole},
		{"assign role of user", 201, misspeltRole},
		{"get role of user", 200, pageRole},
		{"list app-target of user", 200, `[` + pageApp + `]`},
		{"list app-target of user", 200, `[` + catalogApp + `]`},
		{"list group-target of user", 200, `[` + pageGroup + `]`},
		{"list group-target of user", 200, `[` + linkedGroup + `, ` + legacyGroup + `]`},
		{"list group-target of user", 200, `[]`},
		{"assign permission of custom-role", 400, refusal},
		{"assign role of user", 409, refusal},
		{"assign group-target of user", 405, refusal},
	}
	for _, o := range loaded(t).Operations {
		for _, s := range o.Statuses {
			if !s.Success() {
				tests = append(tests, struct {
					operation string
					status    int
					sample    string
				}{o.Action.String(), s.Code, refusal})
			}
		}
	}
	for _, test := range tests {
		schema := answerSchema(t, test.operation, test.status)
		if got := mismatches(t, schema, test.sample, openapi3.VisitAsResponse()); got != nil {
			t.Errorf("%s %d: %s\ndoes not fit: %q", test.operation, test.status, test.sample, got)
		}
	}
}

// Where a document shows an empty object in the place of an answer, that object lacks what makes the answer one, and
// nothing else is wrong with it. The operations say so.
func TestEmptySamplesOfTheDocuments(t *testing.T) {
	emptySamples := map[string]struct {
		status  int
		lacking []string
	}{
		"assign role of client":             {200, []string{"/id required", "/type required"}},
		"get role of client":                {200, []string{"/id required", "/type required"}},
		"list permission of custom-role":    {200, []string{"/permissions required"}},
		"get permission of custom-role":     {200, []string{"/label required"}},
		"replace permission of custom-role": {200, []string{"/label required"}},
	}
	for _, o := range loaded(t).Operations {
		sample, shown := emptySamples[o.Action.String()]
		if says := strings.Contains(o.Raw.Description, "placeholder"); says != shown {
			t.Errorf("%s: the description speaks of a placeholder: %t, want %t", o.ID, says, shown)
		}
		if !shown {
			continue
		}
		got := mismatches(t, answerSchema(t, o.Action.String(), sample.status), `{}`, openapi3.VisitAsResponse())
		if diff := cmp.Diff(sample.lacking, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", o.ID, diff)
		}
	}
}
