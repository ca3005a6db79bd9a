package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxWords is how many of the description's words a detail lists.
const maxWords = 16

// mismatch reports what the library found, one finding each. The library's own messages are not used: they quote the
// values of the body.
func (w *walker) mismatch(err error) {
	switch e := err.(type) { //nolint:errorlint // a MultiError answers errors.As for its parts, which are distinguished here
	case openapi3.MultiError:
		for _, err := range e {
			w.mismatch(err)
		}
	case *openapi3.SchemaError:
		r := w.schemaRule()
		if e.SchemaField == "readOnly" {
			r = w.rules.readOnly
		}
		expected, actual := explain(e)
		w.report(r, w.at+w.path.pointer(e.JSONPointer()...), expected, actual)
	default:
		w.broke(fmt.Sprintf("kin-openapi gave a %T", err))
	}
}

// explain says in our words what the library found: what was expected, and what kind of thing came.
func explain(e *openapi3.SchemaError) (expected, actual string) {
	s := e.Schema
	switch e.SchemaField {
	case "type":
		if n, ok := e.Value.(json.Number); ok {
			if _, err := n.Float64(); err != nil {
				return "a number that 64 bits of floating point can hold", "a greater one"
			}
		}
		return typeOf(s), kind(e.Value, s)
	case "nullable":
		return typeOf(s), "null"
	case "required":
		return "the member", "none"
	case "readOnly":
		return "no value from a client", "one for a member that the org alone sets"
	case "enum":
		list, err := words(s.Enum)
		if err != nil {
			return "one of the described values", "another"
		}
		return oneOf(list), unlike(list, e.Value)
	case "not":
		if list, err := words(s.Not.Value.Enum); err == nil && len(list) > 0 {
			return "anything but " + oneOf(list), "one of them"
		}
		return "anything but what the description excludes", "that"
	case "format":
		if _, ok := e.Value.(string); !ok {
			return s.Format, "a number beyond it"
		}
		return "a " + s.Format, "a string that is none"
	case "pattern":
		return "a string that matches " + s.Pattern, "one that does not"
	case "minLength":
		return fmt.Sprintf("at least %d characters", s.MinLength), strconv.Itoa(characters(e.Value))
	case "maxLength":
		return fmt.Sprintf("at most %d characters", *s.MaxLength), strconv.Itoa(characters(e.Value))
	default:
		// What is left speaks of bounds, in reasons that the library makes of the schema alone: "number must be at least 1".
		return "a value within the bounds that the description sets (" + e.Reason + ")", "one beyond them"
	}
}

// typeOf names the type that a schema asks for.
func typeOf(s *openapi3.Schema) string {
	if types := s.Type.Slice(); len(types) > 0 {
		return types[0]
	}
	return "a value"
}

// kind names what came, as far as it matters to the schema.
func kind(v any, s *openapi3.Schema) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	if s.Type.Is(openapi3.TypeInteger) {
		return "a number with a fraction"
	}
	return "number"
}

func oneOf(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	if len(list) > maxWords {
		return fmt.Sprintf("one of %s and %d more", strings.Join(list[:maxWords], ", "), len(list)-maxWords)
	}
	return "one of " + strings.Join(list, ", ")
}

// unlike says in which way a value is none of the words, without repeating it.
func unlike(list []string, v any) string {
	s, ok := v.(string)
	if !ok {
		return kind(v, &openapi3.Schema{})
	}
	i := slices.IndexFunc(list, func(w string) bool { return strings.EqualFold(w, s) })
	if i >= 0 {
		return list[i] + " in another case"
	}
	return fmt.Sprintf("another word of %d characters", characters(v))
}

func characters(v any) int {
	s, _ := v.(string)
	return utf8.RuneCountInString(s)
}

// words reads a list of words from the description.
func words(v any) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, errors.New("expected a list")
	}
	out := make([]string, len(list))
	for i, w := range list {
		if out[i], ok = w.(string); !ok {
			return nil, errors.New("expected a list of strings")
		}
	}
	return out, nil
}
