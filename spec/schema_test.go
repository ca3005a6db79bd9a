package spec

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

const mediaType = "application/json"

// mismatches judges a JSON text by a schema and lists the places that do not fit, each as pointer and keyword.
func mismatches(t *testing.T, schema *openapi3.SchemaRef, text string, side openapi3.SchemaValidationOption) []string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return places(judged(schema.Value, value, side))
}

// judged judges by the branch that the discriminator names; the library knows no default for it.
func judged(schema *openapi3.Schema, value any, side openapi3.SchemaValidationOption) error {
	if schema.Discriminator != nil {
		schema = branchOf(schema, value).Value
	}
	if items, ok := value.([]any); ok && schema.Items != nil && schema.Items.Value.Discriminator != nil {
		var errs openapi3.MultiError
		for _, item := range items {
			if err := judged(schema.Items.Value, item, side); err != nil {
				errs = append(errs, err)
			}
		}
		if len(errs) == 0 {
			return nil
		}
		return errs
	}
	return schema.VisitJSON(value, openapi3.MultiErrors(), side)
}

func branchOf(schema *openapi3.Schema, value any) *openapi3.SchemaRef {
	target, _ := schema.Discriminator.Extensions["x-default-mapping"].(string)
	if object, ok := value.(map[string]any); ok {
		if word, ok := object[schema.Discriminator.PropertyName].(string); ok {
			if mapped, ok := schema.Discriminator.Mapping[word]; ok {
				target = mapped.Ref
			}
		}
	}
	i := slices.IndexFunc(schema.OneOf, func(r *openapi3.SchemaRef) bool { return r.Ref == target })
	return schema.OneOf[i]
}

func places(err error) []string {
	var multi openapi3.MultiError
	if errors.As(err, &multi) {
		var out []string
		for _, e := range multi {
			out = append(out, places(e)...)
		}
		slices.Sort(out)
		return out
	}
	var one *openapi3.SchemaError
	if errors.As(err, &one) {
		return []string{"/" + strings.Join(one.JSONPointer(), "/") + " " + one.SchemaField}
	}
	if err != nil {
		return []string{err.Error()}
	}
	return nil
}

func answerSchema(t *testing.T, action string, status int) *openapi3.SchemaRef {
	t.Helper()
	response := operation(t, action).Raw.Responses.Status(status)
	if response == nil || response.Value.Content[mediaType] == nil {
		t.Fatalf("%s %d has no content", action, status)
	}
	return response.Value.Content[mediaType].Schema
}

func bodySchema(t *testing.T, action string) *openapi3.SchemaRef {
	t.Helper()
	o := operation(t, action)
	if o.Raw.RequestBody == nil {
		t.Fatalf("%s takes no body", action)
	}
	return o.Raw.RequestBody.Value.Content[mediaType].Schema
}

func TestRequests(t *testing.T) {
	const custom = `{"type": "CUSTOM", "role": "cr0x", "resource-set": "iamx"}`
	tests := []struct {
		operation, body string
		want            []string
	}{
		{"assign role of client", `{"type": "HELP_DESK_ADMIN"}`, nil},
		{"assign role of client", `{"type": "ACCESS_REQUESTS_ADMIN"}`, nil},
		{"assign role of client", custom, nil},
		{"assign role of client", `{"type": "A_ROLE_TO_COME"}`, nil},
		{"assign role of client", `{}`, []string{"/type required"}},
		{"assign role of client", `{"type": "CUSTOM"}`, []string{"/resource-set required", "/role required"}},
		{"assign role of client", `{"type": 1}`, []string{"/type type"}},
		{"assign role of group", `{"type": "API_ACCESS_MANAGEMENT_ADMIN"}`, nil},
		{"assign role of group", `{}`, nil},
		{"assign role of user", `{}`, nil},
		{"assign role of user", custom, nil},
		{"assign role of user", `{"type": "CUSTOM", "role": "cr0x"}`, []string{"/resource-set required"}},
		{"assign role of user", `{"type": "ORG_ADMIN", "id": "ra1x"}`, []string{"/id readOnly"}},
		{"assign permission of custom-role", `{"conditions": {"include": {}}}`, nil},
		{"assign permission of custom-role", `{"conditions": null}`, nil},
		{"assign permission of custom-role", `{"conditions": {"include": null, "exclude": {"k": ["a", "b"]}}}`, nil},
		{"replace permission of custom-role", `{"conditions": {"include": {}}}`, nil},
		{"replace permission of custom-role", `{}`, nil},
		{"replace permission of custom-role", `{"conditions": []}`, []string{"/conditions type"}},
	}
	for _, test := range tests {
		got := mismatches(t, bodySchema(t, test.operation), test.body, openapi3.VisitAsRequest())
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.operation, test.body, diff)
		}
	}
}

func TestRequestBodies(t *testing.T) {
	want := map[string]bool{
		"assign role of client": true, "assign role of group": true, "assign role of user": true,
		"assign permission of custom-role": false, "replace permission of custom-role": false,
	}
	for _, o := range loaded(t).Operations {
		required, takes := want[o.Action.String()]
		if o.TakesBody != takes || o.BodyRequired != required {
			t.Errorf("%s: takes a body %t, required %t; want %t, %t", o.ID, o.TakesBody, o.BodyRequired, takes, required)
		}
	}
}

// A role assignment is of one shape and no other, whatever its type.
func TestRoleAssignmentHasOneShape(t *testing.T) {
	schema := loaded(t).Doc.Components.Schemas["RoleAssignment"].Value
	const standard, custom = "#/components/schemas/StandardRoleAssignment", "#/components/schemas/CustomRoleAssignment"
	answers := map[string]string{
		`{"id": "x", "type": "A_ROLE_TO_COME"}`:                                            standard,
		`{"id": "x", "type": "A_ROLE_TO_COME", "role": "cr0x", "resource-set": "iamx"}`:    standard,
		`{"id": "x", "type": "USER_ADMIN", "role": "USER_ADMIN", "resource-set": "iamx"}`:  standard,
		`{"id": "x", "type": "CUSTOM", "role": "cr0x", "resource-set": "iamx"}`:            custom,
		`{"id": "x", "type": "CUSTOM", "role": "x", "resource-set": "y", "_embedded": {}}`: custom,
	}
	for word, branch := range schema.Discriminator.Mapping {
		answers[`{"id": "x", "type": "`+word+`", "role": "r", "resource-set": "s"}`] = branch.Ref
	}
	for text, want := range answers {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		var fitting []string
		for _, branch := range schema.OneOf {
			if branch.Value.VisitJSON(value, openapi3.VisitAsResponse()) == nil {
				fitting = append(fitting, branch.Ref)
			}
		}
		if diff := cmp.Diff([]string{want}, fitting); diff != "" {
			t.Errorf("%s has the shapes (-want +got):\n%s", text, diff)
		}
		if got := branchOf(schema, value).Ref; got != want {
			t.Errorf("%s is judged as %s, want %s", text, got, want)
		}
	}
}

// The words of a discriminator are those that its branches know.
func TestDiscriminatorsKnowTheTypesOfTheirBranches(t *testing.T) {
	for name, schema := range loaded(t).Doc.Components.Schemas {
		d := schema.Value.Discriminator
		if d == nil {
			continue
		}
		mapped := map[string][]string{}
		for word, branch := range d.Mapping {
			mapped[branch.Ref] = append(mapped[branch.Ref], word)
		}
		for _, branch := range schema.Value.OneOf {
			property := branch.Value.Properties[d.PropertyName].Value
			words, _ := property.Extensions["x-known-values"].([]any)
			words = append(words, property.Enum...)
			var want []string
			for _, word := range words {
				want = append(want, word.(string))
			}
			slices.Sort(want)
			slices.Sort(mapped[branch.Ref])
			if diff := cmp.Diff(want, mapped[branch.Ref]); diff != "" {
				t.Errorf("%s, %s (-branch +mapping):\n%s", name, branch.Ref, diff)
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name      string
		operation string
		status    int
		body      string
		want      []string
	}{
		{name: "what may be null", operation: "get role of user", status: 200,
			body: `{"id": "x", "type": "ORG_ADMIN", "description": null, "created": null, "lastUpdated": null, "_embedded": null, "_links": null}`},
		{name: "what may be missing", operation: "get role of user", status: 200, body: `{"id": "x", "type": "ORG_ADMIN"}`},
		{name: "members to come", operation: "get role of user", status: 200, body: `{"id": "x", "type": "ORG_ADMIN", "new": 1}`},
		{name: "embedded targets of today", operation: "list role of group", status: 200,
			body: `[{"id": "x", "type": "APP_ADMIN", "_embedded": {"targets": {"catalog": {"apps": [{"name": "a"}]}, "groups": []}}}]`},
		{name: "no type", operation: "get role of user", status: 200, body: `{"id": "x"}`, want: []string{"/type required"}},
		{name: "empty id", operation: "get role of user", status: 200, body: `{"id": "", "type": "ORG_ADMIN"}`, want: []string{"/id minLength"}},
		{name: "every mismatch", operation: "get role of user", status: 200,
			body: `{"id": 1, "type": "ORG_ADMIN", "status": "GONE", "created": "yesterday", "label": null, "_links": []}`,
			want: []string{"/_links type", "/created format", "/id type", "/label nullable", "/status enum"}},
		{name: "custom role without its parts", operation: "assign role of client", status: 201, body: `{"id": "x", "type": "CUSTOM"}`,
			want: []string{"/resource-set required", "/role required"}},
		{name: "role built on a resource set without its parts", operation: "assign role of user", status: 201,
			body: `{"id": "x", "type": "ACCESS_CERTIFICATIONS_ADMIN"}`, want: []string{"/resource-set required", "/role required"}},
		{name: "one wrong item", operation: "list role of user", status: 200,
			body: `[{"id": "x", "type": "ORG_ADMIN"}, {"id": "x", "type": null}]`, want: []string{"/type nullable"}},
		{name: "no list", operation: "list role of user", status: 200, body: `{}`, want: []string{"/ type"}},
		{name: "one page of users", operation: "list assignee of org", status: 200, body: `{"value": []}`},
		{name: "next page of users", operation: "list assignee of org", status: 200,
			body: `{"value": [], "_links": {"next": {"href": "https://org.example.com/next"}}}`},
		{name: "user without parts", operation: "list assignee of org", status: 200, body: `{"value": [{}]}`,
			want: []string{"/value/0/_links required", "/value/0/id required", "/value/0/orn required"}},
		{name: "permission", operation: "get permission of custom-role", status: 200, body: `{"label": "okta.users.read", "conditions": null}`},
		{name: "conditions in lists", operation: "get permission of custom-role", status: 200,
			body: `{"label": "okta.users.read", "conditions": {"include": {"k": ["a"]}, "exclude": null}}`},
		{name: "conditions in objects", operation: "replace permission of custom-role", status: 200,
			body: `{"label": "okta.users.read", "conditions": {"include": {"k": {"a": 1}}}}`},
		{name: "one permission without a label", operation: "list permission of custom-role", status: 200,
			body: `{"permissions": [{"label": "okta.users.read"}, {}]}`, want: []string{"/permissions/1/label required"}},
		{name: "group without a description", operation: "list group-target of user", status: 200,
			body: `[{"id": "x", "type": "OKTA_GROUP", "profile": {"name": "n", "description": null}}]`},
		{name: "group without parts", operation: "list group-target of user", status: 200, body: `[{}]`,
			want: []string{"/0/id required", "/0/profile required", "/0/type required"}},
		{name: "app instance", operation: "list app-target of user", status: 200,
			body: `[{"id": "0oax", "name": "My App", "status": "ACTIVE", "_links": {"self": {"href": "https://org.example.com"}}}]`},
		{name: "refusal without parts", operation: "get role of user", status: 404, body: `{"errorCauses": {}}`,
			want: []string{"/errorCauses type", "/errorCode required", "/errorId required", "/errorLink required", "/errorSummary required"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			schema := answerSchema(t, test.operation, test.status)
			got := mismatches(t, schema, test.body, openapi3.VisitAsResponse())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParameters(t *testing.T) {
	s := loaded(t)
	limits := map[Object]float64{Assignee: 100, AppTarget: 20, GroupTarget: 20}
	for _, o := range s.Operations {
		limit := o.Raw.Parameters.GetByInAndName("query", "limit")
		if want, paged := limits[o.Action.Object]; !paged || o.Action.Verb != List {
			if limit != nil {
				t.Errorf("%s has a limit", o.ID)
			}
		} else if limit == nil || limit.Schema.Value.Default != want || limit.Schema.Value.Format != "int32" {
			t.Errorf("%s: the limit is %+v, want int32 with the default %s", o.ID, limit, strconv.FormatFloat(want, 'f', -1, 64))
		} else if o.Raw.Parameters.GetByInAndName("query", "after") == nil {
			t.Errorf("%s has a limit and no after", o.ID)
		}
	}
	for action, names := range map[string][]string{
		"list role of user": {"expand"}, "list role of group": {"expand"}, "list role of client": nil,
		"assign role of user": {"disableNotifications"}, "assign role of group": {"disableNotifications"}, "assign role of client": nil,
	} {
		var got []string
		for _, p := range operation(t, action).Raw.Parameters {
			if p.Value.In == "query" {
				got = append(got, p.Value.Name)
			}
		}
		if !slices.Equal(got, names) {
			t.Errorf("%s takes %v, want %v", action, got, names)
		}
	}
}
