package contract

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// merged is a schema with the parts of its allOf merged into it, so that what is wrong with a value is said of the member that is wrong
// and not of the whole, and so that all members that any part declares are known together.
type merged struct {
	schema openapi3.Schema
	// choice is the part that has alternatives, nil where none has.
	choice *openapi3.Schema
}

// merge merges the parts of the schema's allOf. What the judge could not judge truly is an error: a description must not promise
// more than is checked.
func merge(s *openapi3.Schema, depth int) (*merged, error) {
	if depth > maxDepth {
		return nil, errors.New("allOf nests without end")
	}
	if err := judgeable(s); err != nil {
		return nil, err
	}
	m := &merged{schema: *s}
	m.schema.AllOf, m.schema.OneOf, m.schema.Discriminator = nil, nil, nil
	m.schema.Properties = maps.Clone(s.Properties)
	m.schema.Extensions = maps.Clone(s.Extensions)
	m.schema.Required = slices.Clone(s.Required)
	if len(s.OneOf) > 0 {
		m.choice = s
	}
	// null passes if the whole allows it, or if every part does.
	nullable := len(s.AllOf) > 0
	for _, ref := range s.AllOf {
		if err := bare(ref); err != nil {
			return nil, err
		}
		part, err := merge(ref.Value, depth+1)
		if err != nil {
			return nil, err
		}
		nullable = nullable && part.schema.Nullable
		if err := m.add(part); err != nil {
			return nil, err
		}
	}
	m.schema.Nullable = s.Nullable || nullable
	return m, nil
}

// judgeable refuses the constructs that the judge has no rule for.
func judgeable(s *openapi3.Schema) error {
	switch {
	case len(s.AnyOf) > 0:
		return errors.New("anyOf cannot be judged: write oneOf")
	case s.Discriminator != nil && len(s.OneOf) == 0:
		return errors.New("a discriminator without oneOf has no effect")
	case s.WriteOnly:
		return errors.New("writeOnly cannot be judged")
	case s.Type != nil && len(*s.Type) > 1:
		return errors.New("more than one type is not OpenAPI 3.0")
	}
	return nil
}

// bare refuses keywords beside a $ref, which OpenAPI 3.0 ignores: they promise what nobody checks.
func bare(ref *openapi3.SchemaRef) error {
	if ref == nil || ref.Value == nil {
		return errors.New("a reference leads nowhere")
	}
	if ref.Ref == "" {
		return nil
	}
	written, err := ref.MarshalYAML()
	if err != nil {
		return fmt.Errorf("reading what is beside $ref %s: %w", ref.Ref, err)
	}
	members, _ := written.(map[string]any)
	for _, k := range sortedNames(members) {
		if k != "$ref" && k != "description" && k != "summary" && !strings.HasPrefix(k, "x-") {
			return fmt.Errorf("%s beside $ref %s has no effect: write it beside an allOf", k, ref.Ref)
		}
	}
	return nil
}

// add merges one more part.
func (m *merged) add(part *merged) error {
	s, p := &m.schema, &part.schema
	if part.choice != nil {
		if m.choice != nil {
			return errors.New("two oneOf on one value")
		}
		m.choice = part.choice
	}
	switch {
	case s.Type == nil:
		s.Type = p.Type
	case p.Type != nil && !s.Type.Is(p.Type.Slice()[0]):
		return fmt.Errorf("no value is both %s and %s", s.Type.Slice()[0], p.Type.Slice()[0])
	}
	for name, ref := range p.Properties {
		if s.Properties == nil {
			s.Properties = openapi3.Schemas{}
		}
		s.Properties[name] = both(s.Properties[name], ref)
	}
	for _, name := range p.Required {
		if !slices.Contains(s.Required, name) {
			s.Required = append(s.Required, name)
		}
	}
	s.Items = both(s.Items, p.Items)
	s.AdditionalProperties.Schema = both(s.AdditionalProperties.Schema, p.AdditionalProperties.Schema)
	if has := p.AdditionalProperties.Has; has != nil && (s.AdditionalProperties.Has == nil || !*has) {
		s.AdditionalProperties.Has = has
	}
	s.ReadOnly = s.ReadOnly || p.ReadOnly
	for k, v := range p.Extensions {
		if s.Extensions == nil {
			s.Extensions = map[string]any{}
		}
		s.Extensions[k] = v
	}
	return m.addConstraints(p)
}

// both is a schema for values that two schemas are about.
func both(a, b *openapi3.SchemaRef) *openapi3.SchemaRef {
	switch {
	case a == nil:
		return b
	case b == nil || a.Value == b.Value:
		return a
	default:
		return &openapi3.SchemaRef{Value: &openapi3.Schema{AllOf: openapi3.SchemaRefs{a, b}}}
	}
}

// constraints is what a schema says of a value besides its type and members.
func constraints(s *openapi3.Schema) openapi3.Schema {
	return openapi3.Schema{
		Enum: s.Enum, Not: s.Not, Format: s.Format, Pattern: s.Pattern, MinLength: s.MinLength, MaxLength: s.MaxLength,
		Min: s.Min, Max: s.Max, ExclusiveMin: s.ExclusiveMin, ExclusiveMax: s.ExclusiveMax, MultipleOf: s.MultipleOf,
		UniqueItems: s.UniqueItems, MinItems: s.MinItems, MaxItems: s.MaxItems, MinProps: s.MinProps, MaxProps: s.MaxProps,
	}
}

// addConstraints takes the part's constraints. Two parts with different ones would have to be intersected, which no
// description here needs.
func (m *merged) addConstraints(p *openapi3.Schema) error {
	mine, theirs := constraints(&m.schema), constraints(p)
	switch none := (openapi3.Schema{}); {
	case reflect.DeepEqual(theirs, none) || reflect.DeepEqual(mine, theirs):
		return nil
	case !reflect.DeepEqual(mine, none):
		return errors.New("two parts of an allOf constrain one value differently")
	}
	s := &m.schema
	s.Enum, s.Not, s.Format, s.Pattern, s.MinLength, s.MaxLength = p.Enum, p.Not, p.Format, p.Pattern, p.MinLength, p.MaxLength
	s.Min, s.Max, s.ExclusiveMin, s.ExclusiveMax, s.MultipleOf = p.Min, p.Max, p.ExclusiveMin, p.ExclusiveMax, p.MultipleOf
	s.UniqueItems, s.MinItems, s.MaxItems, s.MinProps, s.MaxProps = p.UniqueItems, p.MinItems, p.MaxItems, p.MinProps, p.MaxProps
	return nil
}
