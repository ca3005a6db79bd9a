package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// telling says how to find the alternative of a oneOf that a value is meant to be.
type telling struct {
	property string
	// values are the property's words for each alternative.
	values [][]string
	// standard is the alternative for all other words, and for values without the property.
	standard int
}

// tellApart finds out how a schema's alternatives, given in order with their allOf merged, can be distinguished: by the
// discriminator, or else by a member that all alternatives but one restrict to words of their own. Asking each
// alternative whether it matches would leave nothing better to say than that none does.
func tellApart(s *openapi3.Schema, parts []*merged) (telling, error) {
	var t telling
	if s.Discriminator == nil {
		for _, name := range sortedNames(parts[0].schema.Properties) {
			if t, ok := byWords(name, parts); ok {
				return t, nil
			}
		}
		return t, errors.New("oneOf needs a discriminator, or a member whose words tell the alternatives apart")
	}
	d := s.Discriminator
	t.property = d.PropertyName
	known := 0
	for i, ref := range s.OneOf {
		t.values = append(t.values, mapped(d, ref.Ref))
		known += len(t.values[i])
		// A word that nobody knows is most likely of the kind that has the most words.
		if len(t.values[i]) > len(t.values[t.standard]) {
			t.standard = i
		}
	}
	if known < len(d.Mapping) || known == 0 {
		return t, fmt.Errorf("the discriminator %s leads to schemas that are not among the alternatives", d.PropertyName)
	}
	if standard, ok := d.Extensions["x-default-mapping"].(string); ok {
		t.standard = slices.IndexFunc(s.OneOf, func(r *openapi3.SchemaRef) bool { return r.Ref == standard })
		if t.standard < 0 {
			return t, fmt.Errorf("x-default-mapping %s is not among the alternatives", standard)
		}
	}
	return t, nil
}

// mapped returns the discriminator's words for one alternative: without a mapping, the schema's name.
func mapped(d *openapi3.Discriminator, ref string) []string {
	if ref == "" {
		return nil
	}
	name := ref[strings.LastIndexByte(ref, '/')+1:]
	if len(d.Mapping) == 0 {
		return []string{name}
	}
	var out []string
	for word, to := range d.Mapping {
		if to.Ref == ref || to.Ref == name {
			out = append(out, word)
		}
	}
	return out
}

// byWords distinguishes alternatives by the words that each permits for one member, if it can.
func byWords(name string, parts []*merged) (telling, bool) {
	t := telling{property: name, standard: -1}
	taken := map[string]bool{}
	for i, part := range parts {
		member := part.schema.Properties[name]
		if member == nil || member.Value == nil {
			return t, false
		}
		list, err := words(member.Value.Enum)
		if err != nil {
			return t, false
		}
		if len(list) == 0 {
			if t.standard >= 0 {
				return t, false
			}
			t.standard = i
		}
		for _, word := range list {
			if taken[word] {
				return t, false
			}
			taken[word] = true
		}
		t.values = append(t.values, list)
	}
	t.standard = max(t.standard, 0)
	return t, true
}

// simplify drops from an alternative that its own property is none of the words which lead to the others: the choice has
// seen to that, and the library is slow to find that something is not one of many.
func (t telling) simplify(alternative int, part *merged) {
	ref := part.schema.Properties[t.property]
	if ref == nil || ref.Value == nil || ref.Value.Not == nil {
		return
	}
	no := ref.Value.Not.Value
	excluded, err := words(no.Enum)
	if err != nil || len(excluded) == 0 {
		return
	}
	for _, word := range excluded {
		elsewhere := slices.IndexFunc(t.values, func(list []string) bool { return slices.Contains(list, word) })
		if elsewhere < 0 || elsewhere == alternative {
			return
		}
	}
	simple := *ref.Value
	simple.Not = nil
	part.schema.Properties[t.property] = &openapi3.SchemaRef{Value: &simple, Extensions: ref.Extensions}
}
