package contract

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/rolecheck/rolecheck/spec"
)

// describe loads a description that has these schemas and nothing else.
func describe(t *testing.T, schemas string) openapi3.Schemas {
	t.Helper()
	head := "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n"
	indented := "    " + strings.ReplaceAll(strings.TrimSpace(schemas), "\n", "\n    ")
	doc, err := openapi3.NewLoader().LoadFromData([]byte(head + indented + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Components.Schemas
}

func newCompiler() *compiler { return &compiler{done: map[*openapi3.Schema]*node{}} }

// compile makes the node of the schema S.
func compile(t *testing.T, schemas string) *node {
	t.Helper()
	n, err := newCompiler().ref(describe(t, schemas)["S"], "S")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// judged returns the findings about a body under the schema S, as rule, pointer and detail.
func judged(t *testing.T, n *node, body string, rules *bodyRules) []Finding {
	t.Helper()
	d := decode([]byte(body))
	if !d.complete {
		t.Fatalf("test body %s: %v", body, d.flaws)
	}
	c := &collector{
		judge: &Judge{level: func(string, rule) spec.Level { return spec.Must }},
		op:    &operation{},
	}
	c.walk(n, d.value, rules)
	return c.findings
}

func TestSchemas(t *testing.T) {
	const ref = "\nA: {type: object, properties: {a: {type: string}}, required: [a]}" +
		"\nB: {type: object, properties: {b: {type: integer}}}"
	tests := []struct {
		name, schemas, body string
		want                []string
	}{
		{"right", `S: {type: object, properties: {a: {type: string}}}`, `{"a":"x"}`, nil},
		{"every mismatch", `S: {type: object, required: [c, d], properties: {a: {type: string}, b: {type: array, items: {type: integer}}}}`,
			`{"a":1,"b":[1,"x",null,2.5]}`,
			[]string{"response-schema /a", "response-schema /c", "response-schema /d", "response-schema /b/1",
				"response-schema /b/2", "response-schema /b/3"}},
		{"undeclared", `S: {type: object, properties: {a: {type: string}}}`, `{"a":"x","z":1,"y":2}`,
			[]string{"undeclared-members /y", "undeclared-members /z"}},
		{"undeclared, once for a list", `S: {type: array, items: {type: object, properties: {a: {type: string}}}}`,
			`[{"z":1},{"a":"x"},{"z":2}]`, []string{"undeclared-members /0/z"}},
		{"free object", `S: {type: object}`, `{"a":{"b":1}}`, nil},
		{"open object", `S: {type: object, additionalProperties: true, properties: {a: {type: string}}}`, `{"a":"x","z":1}`, nil},
		{"map", `S: {type: object, additionalProperties: {type: string}}`, `{"a":"x","b":1,"c":null}`,
			[]string{"response-schema /b", "response-schema /c"}},
		{"closed object", `S: {type: object, additionalProperties: false, properties: {a: {type: string}}}`, `{"a":"x","z":1}`,
			[]string{"response-schema /z"}},
		{"closed beside allOf, members of the parts", `S: {additionalProperties: false, allOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}` + ref,
			`{"a":"x","b":1}`, nil},
		{"closed beside allOf, other members", `S: {additionalProperties: false, allOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}` + ref,
			`{"a":"x","b":"y","z":1}`, []string{"response-schema /b", "response-schema /z"}},
		{"allOf, the member and not the whole", `S: {allOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}` + ref,
			`{"a":1,"b":"y","z":1}`, []string{"response-schema /a", "response-schema /b", "undeclared-members /z"}},
		{"allOf, required of a part", `S: {allOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}` + ref,
			`{}`, []string{"response-schema /a"}},
		{"one member of two parts", `S: {allOf: [{type: object, properties: {m: {$ref: '#/components/schemas/A'}}}, {type: object, properties: {m: {$ref: '#/components/schemas/B'}}}]}` + ref,
			`{"m":{"a":1,"b":"x"}}`, []string{"response-schema /m/a", "response-schema /m/b"}},
		{"nullable beside allOf, null", `S: {nullable: true, allOf: [{$ref: '#/components/schemas/A'}]}` + ref, `null`, nil},
		{"nullable beside allOf, wrong", `S: {nullable: true, allOf: [{$ref: '#/components/schemas/A'}]}` + ref, `7`,
			[]string{"response-schema"}},
		{"allOf without nullable, null", `S: {allOf: [{$ref: '#/components/schemas/A'}]}` + ref, `null`, []string{"response-schema"}},
		{"member null", `S: {type: object, properties: {a: {type: string}, b: {type: string, nullable: true}}}`, `{"a":null,"b":null}`,
			[]string{"response-schema /a"}},
		{"schema that holds itself", `S: {type: object, properties: {s: {$ref: '#/components/schemas/S'}, a: {type: string}}}`,
			`{"s":{"s":{"s":{"a":1}}}}`, []string{"response-schema /s/s/s/a"}},
		{"day that no month has", `S: {type: string, format: date-time}`, `"2026-02-31T10:00:00.000Z"`, []string{"response-schema"}},
		{"day that its month has", `S: {type: string, format: date-time}`, `"2024-02-29T10:00:00.000Z"`, nil},
		{"date that no month has", `S: {type: string, format: date}`, `"2026-02-30"`, []string{"response-schema"}},
		{"date", `S: {type: string, format: date}`, `"2026-02-28"`, nil},
		{"number that no float holds", `S: {type: number}`, `1e400`, []string{"response-schema"}},
		{"integer that rounds to an allowed one", `S: {type: integer, format: int64}`, `9223372036854775808`, []string{"response-schema"}},
		{"greatest integer", `S: {type: integer, format: int64}`, `9223372036854775807`, nil},
		{"fraction that rounds away", `S: {type: integer}`, `10000000000000000.5`, []string{"response-schema"}},
		{"integer with a point", `S: {type: integer}`, `10.0`, nil},
		{"int32", `S: {type: integer, format: int32}`, `2147483648`, []string{"response-schema"}},
		{"word", `S: {type: string, enum: [ON, OFF]}`, `"on"`, []string{"response-schema"}},
		{"excluded word", `S: {type: string, not: {enum: [ON]}}`, `"ON"`, []string{"response-schema"}},
		{"known word", `S: {type: string, x-known-values: [ON, OFF]}`, `"ON"`, nil},
		{"unknown word", `S: {type: array, items: {type: string, x-known-values: [ON, OFF]}}`, `["ON","UP","UP"]`, []string{"known-values /1"}},
		{"bounds", `S: {type: object, properties: {a: {type: string, minLength: 1}, b: {type: integer, minimum: 1}, c: {type: array, minItems: 1, items: {type: string}}, d: {type: string, pattern: '^x'}}}`,
			`{"a":"","b":0,"c":[],"d":"y"}`,
			[]string{"response-schema /a", "response-schema /b", "response-schema /c", "response-schema /d"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			findings := judged(t, compile(t, tt.schemas), tt.body, answerRules)
			if got := brief(findings); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v\n%+v", got, tt.want, findings)
			}
		})
	}
}

const shapes = `
Plain: {type: object, required: [type], properties: {type: {type: string}, a: {type: string}}}
Other: {type: object, required: [type, b], properties: {type: {type: string, enum: [OTHER]}, b: {type: string}}}`

func TestAlternatives(t *testing.T) {
	mapped := `S:
  oneOf: [{$ref: '#/components/schemas/Plain'}, {$ref: '#/components/schemas/Other'}]
  discriminator:
    propertyName: type
    mapping: {ONE: '#/components/schemas/Plain', TWO: Plain, OTHER: '#/components/schemas/Other'}` + shapes
	tests := []struct {
		name, schemas, body string
		want                []string
	}{
		{"first", mapped, `{"type":"ONE","a":"x"}`, nil},
		{"by a plain name", mapped, `{"type":"TWO","a":1}`, []string{"response-schema /a"}},
		{"second", mapped, `{"type":"OTHER","b":"x"}`, nil},
		{"second, wrong member", mapped, `{"type":"OTHER","b":1,"a":"x"}`, []string{"response-schema /b", "undeclared-members /a"}},
		{"unknown value", mapped, `{"type":"THREE","a":1}`, []string{"response-schema /a"}},
		{"no property", mapped, `{"a":"x"}`, []string{"response-schema /type"}},
		{"property of another type", mapped, `{"type":7}`, []string{"response-schema /type"}},
		{"no object", mapped, `[]`, []string{"response-schema"}},
		{"null", mapped, `null`, []string{"response-schema"}},
		{"null where it may be", strings.Replace(mapped, "S:", "S:\n  nullable: true", 1), `null`, nil},
		{"no mapping, by name", `S: {oneOf: [{$ref: '#/components/schemas/Plain'}, {$ref: '#/components/schemas/Other'}], discriminator: {propertyName: type}}` + shapes,
			`{"type":"Other"}`, []string{"response-schema /type", "response-schema /b"}},
		{"no mapping, unknown value", `S: {oneOf: [{$ref: '#/components/schemas/Plain'}, {$ref: '#/components/schemas/Other'}], discriminator: {propertyName: type}}` + shapes,
			`{"type":"ONE","a":1}`, []string{"response-schema /a"}},
		{"no discriminator, by words", `S: {oneOf: [{$ref: '#/components/schemas/Plain'}, {$ref: '#/components/schemas/Other'}]}` + shapes,
			`{"type":"OTHER"}`, []string{"response-schema /b"}},
		{"no discriminator, other words", `S: {oneOf: [{$ref: '#/components/schemas/Other'}, {$ref: '#/components/schemas/Plain'}]}` + shapes,
			`{"type":"ONE","a":1}`, []string{"response-schema /a"}},
		{"default", strings.Replace(mapped, "mapping:", "x-default-mapping: '#/components/schemas/Other'\n    mapping:", 1),
			`{"type":"THREE"}`, []string{"response-schema /type", "response-schema /b"}},
		{"in a member", `S: {type: object, properties: {m: {$ref: '#/components/schemas/T'}}}` + "\n" + strings.Replace(mapped, "S:", "T:", 1),
			`{"m":{"type":"OTHER","b":1}}`, []string{"response-schema /m/b"}},
		{"beside members of the whole", strings.Replace(mapped, "S:", "S:\n  type: object\n  required: [id]\n  properties: {id: {type: string}}", 1),
			`{"type":"ONE","a":"x"}`, []string{"response-schema /id"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			findings := judged(t, compile(t, tt.schemas), tt.body, answerRules)
			if got := brief(findings); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v\n%+v", got, tt.want, findings)
			}
			for _, f := range findings {
				if strings.Contains(f.Detail, "oneOf") {
					t.Errorf("%s does not say which member is wrong", f.Detail)
				}
			}
		})
	}
}

func TestDescriptionsThatCannotBeJudgedAreRefused(t *testing.T) {
	tests := []struct{ name, schemas, want string }{
		{"nullable beside $ref", `S: {type: object, properties: {a: {$ref: '#/components/schemas/A', nullable: true}}}` + "\nA: {type: string}", "nullable beside $ref"},
		{"anyOf", `S: {anyOf: [{type: string}, {type: integer}]}`, "anyOf"},
		{"discriminator without oneOf", `S: {type: object, properties: {t: {type: string}}, discriminator: {propertyName: t}}`, "without oneOf"},
		{"alternatives that nothing tells apart", `S: {oneOf: [{type: object, properties: {a: {type: string}}}, {type: object, properties: {a: {type: string}}}]}`, "tell the alternatives apart"},
		{"alternatives with the same word", `S: {oneOf: [{type: object, properties: {a: {type: string, enum: [X]}}}, {type: object, properties: {a: {type: string, enum: [X]}}}]}`, "tell the alternatives apart"},
		{"mapping to elsewhere", `S: {oneOf: [{$ref: '#/components/schemas/Plain'}], discriminator: {propertyName: type, mapping: {A: Plain, B: Other}}}` + shapes, "not among the alternatives"},
		{"default elsewhere", `S: {oneOf: [{$ref: '#/components/schemas/Plain'}], discriminator: {propertyName: type, mapping: {A: Plain}, x-default-mapping: '#/components/schemas/Other'}}` + shapes, "not among the alternatives"},
		{"two oneOf", `S: {allOf: [{oneOf: [{$ref: '#/components/schemas/Plain'}, {$ref: '#/components/schemas/Other'}]}, {oneOf: [{$ref: '#/components/schemas/Plain'}, {$ref: '#/components/schemas/Other'}]}]}` + shapes, "two oneOf"},
		{"format", `S: {type: string, format: ipv6}`, "nothing checks the format"},
		{"writeOnly", `S: {type: object, properties: {a: {type: string, writeOnly: true}}}`, "writeOnly"},
		{"two types", `S: {allOf: [{type: string}, {type: integer}]}`, "both string and integer"},
		{"two constraints", `S: {allOf: [{type: string, minLength: 1}, {type: string, maxLength: 2}]}`, "differently"},
		{"known values", `S: {type: string, x-known-values: yes}`, "x-known-values"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newCompiler().ref(describe(t, tt.schemas)["S"], "S")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error about %q", err, tt.want)
			}
		})
	}
}

func TestReadOnlyMembersOfRequests(t *testing.T) {
	n := compile(t, `S: {type: object, required: [id, type], properties: {id: {type: string, readOnly: true}, type: {type: string}}}`)
	for body, want := range map[string][]string{
		`{"type":"x"}`:          nil,
		`{"type":"x","id":"y"}`: {"request-read-only /id"},
		`{"id":"y"}`:            {"request-read-only /id", "request-schema /type"},
	} {
		if got := brief(judged(t, n, body, requestRules)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
}

// TestDetailsRepeatNoValue holds every detail to the description's words.
func TestDetailsRepeatNoValue(t *testing.T) {
	const secret = "hunter2secret"
	n := compile(t, `S:
  type: object
  additionalProperties: {type: object}
  properties:
    a: {type: integer}
    b: {type: string, enum: [ON]}
    c: {type: string, format: date-time}
    d: {type: string, pattern: '^x'}
    e: {type: string, maxLength: 2}
    f: {type: string, x-known-values: [ON]}
    g: {type: array, items: {type: boolean}}`)
	body := fmt.Sprintf(`{"a":%q,"b":%q,"c":%q,"d":%q,"e":%q,"f":%q,"g":[%q],"h":%q}`,
		secret, secret, secret, secret, secret, secret, secret, secret)
	findings := judged(t, n, body, answerRules)
	if len(findings) < 8 {
		t.Errorf("got %d findings, want one a member: %+v", len(findings), findings)
	}
	for _, f := range findings {
		if f.Detail == "" || strings.Contains(f.Detail, secret) {
			t.Errorf("%s: %q", f.Pointer, f.Detail)
		}
	}
}

func TestDetails(t *testing.T) {
	tests := []struct{ schema, body, want string }{
		{`{type: string}`, `1`, "expected string, got number"},
		{`{type: integer}`, `1.5`, "expected integer, got a number with a fraction"},
		{`{type: object}`, `null`, "expected object, got null"},
		{`{type: array, items: {type: string}}`, `{}`, "expected array, got object"},
		{`{type: string, enum: [ON, OFF]}`, `"on"`, "expected one of ON, OFF, got ON in another case"},
		{`{type: string, enum: [ON]}`, `"up"`, "expected ON, got another word of 2 characters"},
		{`{type: string, enum: [ON]}`, `true`, "expected ON, got boolean"},
		{`{type: string, format: date-time}`, `"x"`, "expected a date-time, got a string that is none"},
		{`{type: string, not: {enum: [ON]}}`, `"ON"`, "expected anything but ON, got one of them"},
		{`{type: string, minLength: 1}`, `""`, "expected at least 1 characters, got 0"},
		{`{type: string, maxLength: 1}`, `"é€"`, "expected at most 1 characters, got 2"},
		{`{type: integer, format: int32}`, `3000000000`, "expected int32, got a number beyond it"},
		{`{type: integer, minimum: 1}`, `0`, "expected a value within the bounds that the description sets (number must be at least 1), got one beyond them"},
		{`{type: number}`, `1e400`, "expected a number that 64 bits of floating point can hold, got a greater one"},
	}
	for _, tt := range tests {
		findings := judged(t, compile(t, "S: "+tt.schema), tt.body, answerRules)
		if len(findings) == 0 || findings[0].Detail != tt.want {
			t.Errorf("%s, %s: got %+v, want %q", tt.schema, tt.body, findings, tt.want)
		}
	}
}

func TestFindingsAreBounded(t *testing.T) {
	n := compile(t, `S: {type: array, items: {type: object, additionalProperties: {type: string}}}`)
	for name, body := range map[string]string{
		"items":   "[" + strings.Repeat(`1,`, 100_000) + "1]",
		"members": `[{` + strings.TrimSuffix(numbered(50_000), ",") + `}]`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := len(judged(t, n, body, answerRules)); got != maxFindings {
				t.Errorf("got %d findings, want %d", got, maxFindings)
			}
		})
	}
}

func TestWhatMayBeLeavesRoomForWhatMust(t *testing.T) {
	n := compile(t, `S: {type: array, items: {type: object, properties: {a: {type: string}}}}`)
	findings := judged(t, n, `[{`+numbered(2*maxFindings)+`"a":"x"},{"a":1}]`, answerRules)
	if len(findings) != maxFindings || findings[0].Pointer != "/1/a" {
		t.Errorf("got %d findings, the first at %s", len(findings), findings[0].Pointer)
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"m%d":1,`, i)
	}
	return b.String()
}
