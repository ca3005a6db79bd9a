package stage

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

func permissionsAnswer(status int, body string) *harness.Answer {
	return &harness.Answer{Exchange: &exchange.Exchange{
		ID:       "x0001",
		Request:  exchange.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: "org.example", Path: "/"}},
		Response: &exchange.Response{Status: status, Header: http.Header{}, Body: exchange.Body{Bytes: []byte(body)}},
	}}
}

func TestNamesIn(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        []string
	}{
		{"a list, as real orgs have it", `["city", "state"]`, []string{"city", "state"}},
		{"an object that holds names", `{"attributes": ["city", "state"]}`, []string{"city", "state"}},
		{"an object whose members are the names", `{"city": {}, "state": true}`, []string{"city", "state"}},
		{"one name", `"city"`, []string{"city"}},
		{"nothing", `null`, nil},
		{"an empty list", `[]`, nil},
		{"a number", `7`, nil},
		{"lists in lists", `[["city"], [["state"]]]`, []string{"city", "state"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var value any
			if err := json.Unmarshal([]byte(c.value), &value); err != nil {
				t.Fatal(err)
			}
			got := namesIn(value)
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAttributesOf(t *testing.T) {
	side := map[string]any{userProfile: []any{"state", "city"}, "okta:ResourceAttribute/App": []any{"name"}}
	if got, want := attributesOf(side), []string{"city", "okta:ResourceAttribute/App", "state"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := attributesOf(nil); got != nil {
		t.Errorf("got %q of nothing", got)
	}
}

func TestBodiesOfConditions(t *testing.T) {
	for want, body := range map[string]any{
		`{"conditions":{"include":{"okta:ResourceAttribute/User/Profile":["city","state"]}}}`: Including("city", "state"),
		`{"conditions":{"exclude":{"okta:ResourceAttribute/User/Profile":["city"]}}}`:         Excluding("city"),
		`{"conditions":{"exclude":{"okta:ResourceAttribute/User/Profile":["state"]},` +
			`"include":{"okta:ResourceAttribute/User/Profile":["city"]}}}`: IncludingAndExcluding("city", "state"),
		`{"conditions":null}`: NullConditions(),
		`{"conditions":{}}`:   EmptyConditions(),
	} {
		got, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPermissions(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   []string
	}{
		{"a list", 200, `{"permissions": [{"label": "b"}, {"label": "a"}]}`, []string{"b", "a"}},
		{"one alone", 200, `{"label": "a"}`, []string{"a"}},
		{"an empty list", 200, `{"permissions": []}`, nil},
		{"a refusal", 404, `{"permissions": [{"label": "a"}]}`, nil},
		{"an array", 200, `[{"label": "a"}]`, nil},
		{"null", 200, `null`, nil},
		{"no JSON", 200, `<html>`, nil},
		{"nothing", 200, ``, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range Permissions(permissionsAnswer(c.status, c.body)) {
				got = append(got, p.Label)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := Permissions(&harness.Answer{Exchange: &exchange.Exchange{Error: "EOF"}}); got != nil {
		t.Errorf("got %v where there is no answer", got)
	}
}

func TestPermissionMatchers(t *testing.T) {
	many := strings.Fields("a b c d e f g h")
	const (
		alone = `{"label": "okta.users.read", "created": "2024-01-01T00:00:00Z", "lastUpdated": "2024-01-02T00:00:00Z"`
		links = `, "_links": {"role": {"href": "/api/v1/iam/roles/cr0"}, "self": {"href": "/api/v1/iam/roles/cr0/permissions/okta.users.read"}}`
		city  = `, "conditions": {"include": {"okta:ResourceAttribute/User/Profile": ["city"]}, "exclude": null}`
	)
	earlier := permissionsAnswer(200, alone+`}`)
	for _, c := range []struct {
		name    string
		matcher types.GomegaMatcher
		status  int
		body    string
		// want are the words against the answer; empty where it suits.
		want string
	}{
		{"just those", HavePermissions("a", "b"), 200, `{"permissions": [{"label": "b"}, {"label": "a"}]}`, ""},
		{"one twice", HavePermissions("a"), 200, `{"permissions": [{"label": "a"}, {"label": "a"}]}`, "expected one a, got two a"},
		{"none", HavePermissions("a"), 200, `{"permissions": []}`, "expected one a, got no permission"},
		{"none, as it should be", HavePermissions(), 200, `{"permissions": []}`, ""},
		{"one without a label", HavePermissions("a"), 200, `{"permissions": [{}]}`, "expected one a, got one permission without a label"},
		{"no list", HavePermissions("a"), 200, `{"label": "a"}`, "expected one a, got a body that is no list of permissions"},
		{"a null list", HavePermissions(), 200, `{"permissions": null}`, "expected no permission, got a body that is no list of permissions"},
		{"a refusal", HavePermissions("a"), 404, `{}`, "expected one a, got status 404"},
		{
			"all but some of many", HavePermissions(many...), 200,
			`{"permissions": [{"label":"a"},{"label":"a"},{"label":"c"},{"label":"d"},{"label":"e"},{"label":"f"},{"label":"g"},{"label":"h"}]}`,
			"expected just the 8 permissions, each once, got 8, with two a and no b",
		},
		{
			"all of many", HavePermissions(many[:7]...), 200,
			`{"permissions": [{"label":"a"},{"label":"b"},{"label":"c"},{"label":"d"},{"label":"e"},{"label":"f"},{"label":"g"}]}`, "",
		},
		{"one among others", IncludePermission("a"), 200, `{"permissions": [{"label": "b"}, {"label": "a"}]}`, ""},
		{"not among others", IncludePermission("a"), 200, `{"permissions": [{"label": "b"}]}`, "expected one a among others, got none"},
		{"twice among others", IncludePermission("a"), 200, `{"permissions": [{"label": "a"}, {"label": "a"}]}`, "expected one a among others, got two"},
		{"lacking", LackPermission("a"), 200, `{"permissions": [{"label": "b"}]}`, ""},
		{"not lacking", LackPermission("a"), 200, `{"permissions": [{"label": "a"}]}`, "expected no a, got one"},
		{"lacking in a refusal", LackPermission("a"), 403, `{}`, "expected no a, got status 403"},

		{"included", HaveIncluded("city"), 200, alone + city + `}`, ""},
		{"others included", HaveIncluded("city", "state"), 200, alone + city + `}`, "expected conditions that include city and state, got conditions that include city"},
		{"nothing excluded", HaveExcluded(), 200, alone + city + `}`, ""},
		{"no conditions where some are due", HaveExcluded("zipCode"), 200, alone + `, "conditions": null}`, "expected conditions that exclude zipCode, got no conditions"},
		{"null conditions", HaveNoConditions(), 200, alone + `, "conditions": null}`, ""},
		{"empty conditions", HaveNoConditions(), 200, alone + `, "conditions": {}}`, "expected no conditions, got conditions that are empty"},
		{"conditions of a list", HaveNoConditions(), 200, `{"permissions": []}`, "expected no conditions, got a body that is no permission"},

		{"links by id", HaveLinksOf("cr0"), 200, alone + links + `}`, ""},
		{"links of a list", HaveLinksOf("cr0"), 200, `{"permissions": [` + alone + links + `}]}`, ""},
		{"links by another name", HaveLinksOf("cr1"), 200, alone + links + `}`, `expected links by the role's id cr1, got the role link "/api/v1/iam/roles/cr0" of okta.users.read`},
		{"no links", HaveLinksOf("cr0"), 200, alone + `}`, `expected links by the role's id cr0, got the role link "" of okta.users.read`},
		{"links of nothing", HaveLinksOf("cr0"), 200, `{"permissions": []}`, "expected links by the role's id cr0, got no permission"},
		{"dates and links", HaveDatesAndLinks(), 200, `{"permissions": [` + alone + links + `}]}`, ""},
		{
			"dates alone", HaveDatesAndLinks(), 200, alone + `}`,
			"expected created, lastUpdated, _links.role.href and _links.self.href, got no _links.role.href of okta.users.read",
		},

		{"the same instant in another zone", HaveCreatedOf(earlier), 200, `{"label": "a", "created": "2024-01-01T01:00:00+01:00"}`, ""},
		{
			"another instant", HaveCreatedOf(earlier), 200, `{"label": "a", "created": "1970-01-01T00:00:00Z"}`,
			"expected created 2024-01-01T00:00:00Z as before, got 1970-01-01T00:00:00Z",
		},
		{"a later instant", HaveLastUpdatedSince(earlier), 200, `{"label": "a", "lastUpdated": "2024-01-03T00:00:00Z"}`, ""},
		{
			"an earlier instant", HaveLastUpdatedSince(earlier), 200, `{"label": "a", "lastUpdated": "2024-01-01T00:00:00Z"}`,
			"expected lastUpdated 2024-01-02T00:00:00Z or later, got 2024-01-01T00:00:00Z",
		},
		{"no date", HaveCreatedOf(earlier), 200, `{"label": "a", "created": "today"}`, `expected created 2024-01-01T00:00:00Z as before, got "today", which is no date`},
		{
			"no date earlier", HaveCreatedOf(permissionsAnswer(200, `{"label": "a"}`)), 200, alone + `}`,
			"expected created in the earlier answer, got none",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := permissionsAnswer(c.status, c.body)
			suits, err := c.matcher.Match(a)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if !suits {
				got, _, _ = strings.Cut(c.matcher.FailureMessage(a), "\n")
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestIsUnconditional(t *testing.T) {
	for body, want := range map[string]bool{
		`{"label": "a", "conditions": null}`: true,
		`{"label": "a"}`:                     true,
		`{"label": "a", "conditions": {}}`:   false,
		`{}`:                                 false,
		``:                                   false,
	} {
		if got := IsUnconditional(permissionsAnswer(200, body)); got != want {
			t.Errorf("%s: got %t", body, got)
		}
	}
	if IsUnconditional(permissionsAnswer(404, `{"label": "a"}`)) {
		t.Error("a refusal counts as a permission without conditions")
	}
}
