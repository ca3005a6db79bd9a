package spec

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// descriptionFile is the name of the OpenAPI description in the embedded file system.
const descriptionFile = "openapi.yaml"

// evidenceKey is the extension that says on what a part of the description rests.
const evidenceKey = "x-evidence"

// evidence says on what a part of the description rests.
type evidence struct {
	Basis Basis `json:"basis"`
	// Source names the sources of the basis, in words.
	Source string `json:"source"`
	// Legacy tells that of the documents the legacy page alone states it.
	Legacy bool `json:"legacy"`
}

// evidenceOf reads the evidence among the extensions of a part of the description, which must have it.
func evidenceOf(extensions map[string]any) (evidence, error) {
	var e evidence
	stated, err := readExtension(extensions, evidenceKey, &e)
	switch {
	case err != nil:
		return evidence{}, err
	case !stated:
		return evidence{}, fmt.Errorf("no %s", evidenceKey)
	case !slices.Contains([]Basis{Documented, Observed, Both}, e.Basis):
		return evidence{}, fmt.Errorf("%s: unknown basis %q", evidenceKey, e.Basis)
	case strings.TrimSpace(e.Source) == "":
		return evidence{}, fmt.Errorf("%s: no source", evidenceKey)
	}
	return e, nil
}

// readExtension reads an extension into a value that has a member for each of its keys, and reports whether it is there.
func readExtension(extensions map[string]any, key string, into any) (bool, error) {
	raw, ok := extensions[key]
	if !ok {
		return false, nil
	}
	text, err := json.Marshal(raw)
	if err != nil {
		return true, fmt.Errorf("reading %s: %w", key, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return true, fmt.Errorf("reading %s: %w", key, err)
	}
	return true, nil
}

// loadDescription reads and validates an OpenAPI description, with its formats, patterns, defaults and examples.
func loadDescription(ctx context.Context, text []byte) (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	// Each operation knows its line in the description.
	loader.IncludeOrigin = true
	doc, err := loader.LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", descriptionFile, err)
	}
	if err := doc.Validate(ctx, openapi3.EnableSchemaFormatValidation(), openapi3.EnableMultiError()); err != nil {
		return nil, fmt.Errorf("validating %s: %w", descriptionFile, err)
	}
	return doc, nil
}

// operationsOf lists the operations of a description in the order of its lines.
func operationsOf(doc *openapi3.T) ([]Operation, error) {
	var operations []Operation
	for path, item := range doc.Paths.Map() {
		for method, raw := range item.Operations() {
			o, err := newOperation(method, path, raw)
			if err != nil {
				return nil, fmt.Errorf("%s: %s %s: %w", descriptionFile, method, path, err)
			}
			o.Line = raw.Origin.Key.Line
			operations = append(operations, o)
		}
	}
	slices.SortFunc(operations, func(a, b Operation) int { return cmp.Compare(a.Line, b.Line) })
	if err := checkActions(operations); err != nil {
		return nil, fmt.Errorf("%s: %w", descriptionFile, err)
	}
	return operations, nil
}

func newOperation(method, path string, raw *openapi3.Operation) (Operation, error) {
	if len(raw.Tags) != 1 {
		return Operation{}, fmt.Errorf("%d tags; write one, its system", len(raw.Tags))
	}
	if _, err := evidenceOf(raw.Extensions); err != nil {
		return Operation{}, err
	}
	o := Operation{ID: raw.OperationID, Method: method, Path: path, Parameters: parametersOf(path), System: raw.Tags[0], Raw: raw}
	action, err := actionOf(method, o.Parameters, raw.Extensions)
	if err != nil {
		return Operation{}, err
	}
	o.Action = action
	if raw.RequestBody != nil {
		o.TakesBody, o.BodyRequired = true, raw.RequestBody.Value.Required
	}
	if o.Scope = scopeOf(raw); o.Scope == "" {
		return Operation{}, errors.New("not exactly one OAuth 2.0 scope")
	}
	for code, response := range raw.Responses.Map() {
		s, err := newStatus(code, response.Value)
		if err != nil {
			return Operation{}, fmt.Errorf("response %s: %w", code, err)
		}
		o.Statuses = append(o.Statuses, s)
	}
	slices.SortFunc(o.Statuses, func(a, b Status) int { return cmp.Compare(a.Code, b.Code) })
	return o, nil
}

func newStatus(code string, response *openapi3.Response) (Status, error) {
	number, err := strconv.Atoi(code)
	if err != nil {
		return Status{}, fmt.Errorf("no status code: %w", err)
	}
	e, err := evidenceOf(response.Extensions)
	if err != nil {
		return Status{}, err
	}
	return Status{
		Code:         number,
		Basis:        e.Basis,
		Source:       e.Source,
		Legacy:       e.Legacy,
		HasBody:      len(response.Content) > 0,
		BodyOptional: response.Extensions["x-body"] == "optional",
	}, nil
}

// scopeOf returns the one scope that an operation asks for, or nothing if it does not ask for exactly one.
func scopeOf(raw *openapi3.Operation) string {
	if raw.Security == nil {
		return ""
	}
	var scopes []string
	for _, requirement := range *raw.Security {
		for _, asked := range requirement {
			scopes = append(scopes, asked...)
		}
	}
	if len(scopes) != 1 {
		return ""
	}
	return scopes[0]
}
