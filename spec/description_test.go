package spec

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

func description(t testing.TB) string {
	t.Helper()
	text, err := files.ReadFile(descriptionFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The rules that the whole description keeps, wherever a part of it stands.
func TestDescriptionKeepsItsRules(t *testing.T) {
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(description(t)), &root); err != nil {
		t.Fatal(err)
	}
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		ref := false
		for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
			ref = ref || n.Content[i].Value == "$ref"
		}
		for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			switch key.Value {
			case "nullable":
				if ref {
					t.Errorf("line %d: nullable beside $ref has no effect", key.Line)
				}
			case "additionalProperties":
				if value.Value == "false" {
					t.Errorf("line %d: members that are not declared must be allowed", key.Line)
				}
			case evidenceKey:
				var stated any
				if err := value.Decode(&stated); err != nil {
					t.Fatal(err)
				}
				if _, err := evidenceOf(map[string]any{evidenceKey: stated}); err != nil {
					t.Errorf("line %d: %v", key.Line, err)
				}
			}
		}
		for _, child := range n.Content {
			visit(child)
		}
	}
	visit(&root)
}

func TestEvidenceOf(t *testing.T) {
	tests := []struct {
		name   string
		stated any
		want   evidence
		err    string
	}{
		{name: "whole", stated: map[string]any{"basis": "observed", "source": "seen"}, want: evidence{Basis: Observed, Source: "seen"}},
		{
			name:   "legacy",
			stated: map[string]any{"basis": "both", "source": "a page", "legacy": true},
			want:   evidence{Basis: Both, Source: "a page", Legacy: true},
		},
		{name: "no source", stated: map[string]any{"basis": "both"}, err: "no source"},
		{name: "no basis", stated: map[string]any{"source": "seen"}, err: `unknown basis ""`},
		{name: "unknown basis", stated: map[string]any{"basis": "heard", "source": "seen"}, err: `unknown basis "heard"`},
		{name: "unknown key", stated: map[string]any{"basis": "both", "source": "seen", "old": true}, err: `unknown field "old"`},
		{name: "no mapping", stated: "documented", err: "cannot unmarshal"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := evidenceOf(map[string]any{evidenceKey: test.stated})
			switch {
			case test.err == "" && err != nil:
				t.Error(err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("error %v, want %s", err, test.err)
			case got != test.want:
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
	if _, err := evidenceOf(nil); err == nil || err.Error() != "no x-evidence" {
		t.Errorf("without the extension: %v", err)
	}
}

func TestBadDescriptionsAreRefused(t *testing.T) {
	const operation = `openapi.yaml: GET /oauth2/v1/clients/{clientId}/roles: `
	tests := map[string]struct{ old, replacement, want string }{
		"no YAML":             {"openapi: 3.0.3", "openapi: [", "reading openapi.yaml: "},
		"no version":          {"openapi: 3.0.3", "swagger: 3.0.3", "validating openapi.yaml: "},
		"dangling reference":  {"schemas/RoleAssignments", "schemas/Nothing", "reading openapi.yaml: "},
		"unknown parameter":   {"{clientId}/roles:", "{client}/roles:", "validating openapi.yaml: "},
		"default of no type":  {"default: 100", "default: many", "validating openapi.yaml: "},
		"format nobody knows": {"format: int32", "format: int33", "validating openapi.yaml: "},
		"no evidence":         {"x-evidence:", "x-proof:", operation + "no x-evidence"},
		"evidence without source": {"x-evidence: {basis: both, source: 'reference page \"Client Role Assignments\"; live tests of Okta''s SDKs'}",
			"x-evidence: {basis: both}", operation + "x-evidence: no source"},
		"response without evidence": {"          x-evidence: {basis: both", "          x-proof: {basis: both", operation + "response 200: no x-evidence"},
		"response for all statuses": {`"200":`, "default:", operation + "response default: no status code"},
		"no action":                 {"      x-action: {verb: list, object: role, of: client}\n", "", operation + "no x-action"},
		"unknown verb":              {"verb: list", "verb: show", operation + `x-action: unknown verb "show"`},
		"verb of another method":    {"verb: list", "verb: assign", operation + "x-action: the verb assign with the method GET"},
		"unknown object":            {"object: role", "object: rule", operation + `x-action: unknown object "rule"`},
		"unknown holder":            {"of: client", "of: app", operation + `x-action: unknown holder "app"`},
		"action with another key":   {"of: client", "of: client, from: group", operation + `reading x-action: json: unknown field "from"`},
		"action that is text":       {"{verb: list, object: role, of: client}", "list", operation + "reading x-action: json: cannot unmarshal"},
		"org with a parameter":      {"of: client", "of: org", operation + `x-action: of org with the path parameters ["clientId"]`},
		"holder without parameter":  {"of: org", "of: user", `openapi.yaml: GET /api/v1/iam/assignees/users: x-action: of user with the path parameters []`},
		"one action twice":          {"verb: get, object: role, of: client", "verb: list, object: role, of: client", "openapi.yaml: to list role of client is the action of two operations, "},
		"parameter of two holders":  {"of: client", "of: user", "openapi.yaml: the parameter clientId names a user, and in the path of "},
		"two systems":               {"tags: [client-roles]", "tags: [client-roles, user-roles]", operation + "2 tags; write one, its system"},
		"no scope":                  {"{oauth2: [okta.roles.read]}", "{oauth2: []}", operation + "not exactly one OAuth 2.0 scope"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(description(t), test.old, test.replacement, 1)
			if text == description(t) {
				t.Fatalf("the description has no %q", test.old)
			}
			doc, err := loadDescription(t.Context(), []byte(text))
			if err == nil {
				_, err = operationsOf(doc)
			}
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}
