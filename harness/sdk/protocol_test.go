package sdk

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const clientsDir = "../../fixtures/clients"

// schemaOf compiles a part of the protocol's schema.
func schemaOf(t *testing.T, part string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(clientsDir, "protocol.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("protocol.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("protocol.json#/$defs/" + part)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fits(t *testing.T, s *jsonschema.Schema, line []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// What is really sent, and really answered, follows the published schema.
func TestSchemaFitsStepsAndAnswers(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "lines")
	c := config(t, "")
	c.Env = append(c.Env, fakeRecord+"="+record)
	out := driven(t, c)
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	schemas := []*jsonschema.Schema{schemaOf(t, "step"), schemaOf(t, "answer")}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 2*out.Steps {
		t.Errorf("%d lines for %d steps", len(lines), out.Steps)
	}
	for i, line := range lines {
		if err := fits(t, schemas[i%2], []byte(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestParseAnswer(t *testing.T) {
	schema := schemaOf(t, "answer")
	tests := map[string]struct {
		line string
		want string // part of the error; empty for none, noise for errNoise
	}{
		"success":                {`{"step":1}`, ""},
		"success with null":      {`{"step":1,"status":204,"result":null,"error":null}`, ""},
		"result":                 {`{"step":1,"status":200,"result":[{"id":"a"}]}`, ""},
		"refusal":                {`{"step":1,"status":404,"error":{"errorCode":"E0000007","message":"m"}}`, ""},
		"refusal and null":       {`{"step":1,"result":null,"error":{}}`, ""},
		"failure":                {`{"step":1,"failure":"f"}`, ""},
		"unsupported":            {`{"step":1,"unsupported":"u"}`, ""},
		"result and failure":     {`{"step":1,"result":1,"failure":"f"}`, "more than one of"},
		"error and unsupported":  {`{"step":1,"error":{},"unsupported":"u"}`, "more than one of"},
		"failure without a word": {`{"step":1,"failure":""}`, "without a word why"},
		"unknown member":         {`{"step":1,"results":[]}`, "does not follow the protocol"},
		"status as text":         {`{"step":1,"status":"200"}`, "does not follow the protocol"},
		"error as text":          {`{"step":1,"error":"no"}`, "does not follow the protocol"},
		"no step":                {`{"result":[]}`, "noise"},
		"step as text":           {`{"step":"1"}`, "noise"},
		"array":                  {`[1]`, "noise"},
		"text":                   {`starting up`, "noise"},
		"two values":             {`{"step":1} {"step":2}`, "noise"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parseAnswer([]byte(test.line))
			switch {
			case test.want == "" && err != nil, test.want == "noise" && !errors.Is(err, errNoise):
				t.Errorf("got %v", err)
			case test.want != "" && test.want != "noise" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			}
			if bySchema := fits(t, schema, []byte(test.line)); (bySchema == nil) != (test.want == "") {
				t.Errorf("the schema says %v", bySchema)
			}
		})
	}
}
