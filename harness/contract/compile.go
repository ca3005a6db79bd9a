package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/rolecheck/rolecheck/spec"
)

// node is one schema of the description, made ready for judging.
//
// kin-openapi judges a value by schema. Where a schema has alternatives, items or a map's members, that schema accepts
// anything, and the values found there are judged one by one by nodes of their own. That is how the alternative is
// chosen by our own look at the discriminator, how every mismatch is found at its own place, and how a long list cannot
// make the library gather errors without bound.
type node struct {
	schema *openapi3.Schema
	// names are the declared members in order, and members their nodes.
	names   []string
	members map[string]*node
	// observed are the declared members that no document vouches for.
	observed map[string]bool
	// items is the node of an array's items, and extra that of members that are not named; nil where none is given.
	items, extra *node
	// open says that members which are not named are described all the same, closed that they are forbidden.
	open, closed bool
	// known are the words that are known of a string that may have others.
	known []string
	// instant says that the value is a date-time, ordered that it has both created and lastUpdated.
	instant, ordered bool
	// integer says that a number has to be whole.
	integer bool
	// leaf says that kin-openapi alone judges the value.
	leaf   bool
	choice *choice
}

// choice is a schema's alternatives, distinguished by one member.
type choice struct {
	property string
	nullable bool
	branches map[string]*node
	// standard is the alternative for values that no branch is named for.
	standard *node
}

// pick returns the alternative for a value.
func (c *choice) pick(v any) *node {
	if members, ok := v.(map[string]any); ok {
		if word, ok := members[c.property].(string); ok {
			if n := c.branches[word]; n != nil {
				return n
			}
		}
	}
	return c.standard
}

// anything accepts every value.
func anything() openapi3.Schema {
	yes := true
	return openapi3.Schema{Always: &yes}
}

// compiler makes nodes, one for each schema of the description. A schema may lead back to itself.
type compiler struct {
	done map[*openapi3.Schema]*node
}

// ref compiles what a reference leads to; at says where it stands, for errors.
func (c *compiler) ref(r *openapi3.SchemaRef, at string) (*node, error) {
	if err := bare(r); err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return c.schema(r.Value, at)
}

func (c *compiler) schema(s *openapi3.Schema, at string) (*node, error) {
	if n := c.done[s]; n != nil {
		return n, nil
	}
	if strings.Count(at, "/") > maxDepth {
		return nil, fmt.Errorf("%s: schemas nest without end", at)
	}
	n := &node{schema: &openapi3.Schema{}}
	c.done[s] = n
	m, err := merge(s, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return n, c.fill(n, m, at)
}

func (c *compiler) fill(n *node, m *merged, at string) error {
	if m.choice != nil {
		*n.schema = anything()
		n.schema.ReadOnly = m.schema.ReadOnly
		return c.fillChoice(n, m, at)
	}
	s := &m.schema
	if err := usable(s); err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	n.names = slices.Sorted(maps.Keys(s.Properties))
	n.members = make(map[string]*node, len(n.names))
	// The library's own copy is given members of its own below: the description must stay as it is.
	*n.schema = *s
	n.schema.Properties = make(openapi3.Schemas, len(n.names))
	n.schema.Items, n.schema.AdditionalProperties = nil, openapi3.AdditionalProperties{}
	for _, name := range n.names {
		member, err := c.ref(s.Properties[name], at+"/"+name)
		if err != nil {
			return err
		}
		n.members[name] = member
		n.schema.Properties[name] = &openapi3.SchemaRef{Value: member.schema}
		if onlyObserved(s.Properties[name]) {
			n.observed = with(n.observed, name)
		}
	}
	var err error
	if s.Items != nil {
		if n.items, err = c.ref(s.Items, at+"/items"); err != nil {
			return err
		}
	}
	if extra := s.AdditionalProperties.Schema; extra != nil {
		if n.extra, err = c.ref(extra, at+"/*"); err != nil {
			return err
		}
	}
	has := s.AdditionalProperties.Has
	n.closed = has != nil && !*has
	n.open = n.extra != nil || has != nil && *has || len(n.names) == 0 && !n.closed
	n.ordered = s.Properties["created"] != nil && s.Properties["lastUpdated"] != nil
	n.instant = s.Format == "date-time"
	n.integer = s.Type.Is(openapi3.TypeInteger)
	if n.known, err = words(s.Extensions["x-known-values"]); err != nil {
		return fmt.Errorf("%s: x-known-values: %w", at, err)
	}
	n.leaf = n.open && n.extra == nil && n.items == nil && len(n.names) == 0 && len(n.known) == 0 && !n.instant && !n.integer
	return nil
}

// usable refuses formats that nothing checks.
func usable(s *openapi3.Schema) error {
	if s.Format == "" || formats[s.Format] != nil || slices.Contains([]string{"byte", "int32", "int64"}, s.Format) {
		return nil
	}
	return fmt.Errorf("nothing checks the format %q", s.Format)
}

// fillChoice compiles each alternative together with what stands beside the oneOf.
func (c *compiler) fillChoice(n *node, m *merged, at string) error {
	var parts []*merged
	for _, ref := range m.choice.OneOf {
		if err := bare(ref); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		part, err := merge(ref.Value, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		parts = append(parts, part)
	}
	t, err := tellApart(m.choice, parts)
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	n.choice = &choice{property: t.property, nullable: m.schema.Nullable, branches: map[string]*node{}}
	for i, part := range parts {
		t.simplify(i, part)
		branch, err := c.branch(m, part, fmt.Sprintf("%s/oneOf/%d", at, i))
		if err != nil {
			return err
		}
		for _, word := range t.values[i] {
			n.choice.branches[word] = branch
		}
		if i == t.standard {
			n.choice.standard = branch
		}
	}
	return nil
}

func (c *compiler) branch(beside, part *merged, at string) (*node, error) {
	whole := &merged{schema: beside.schema}
	whole.schema.Properties = maps.Clone(beside.schema.Properties)
	whole.schema.Extensions = maps.Clone(beside.schema.Extensions)
	whole.schema.Required = slices.Clone(beside.schema.Required)
	whole.schema.Nullable = false
	if err := whole.add(part); err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	n := &node{schema: &openapi3.Schema{}}
	return n, c.fill(n, whole, at)
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func with(set map[string]bool, name string) map[string]bool {
	if set == nil {
		set = map[string]bool{}
	}
	set[name] = true
	return set
}

// onlyObserved reports whether no document vouches for a member. What stands in a schema that the member shares with
// others speaks of that schema, not of the member.
func onlyObserved(ref *openapi3.SchemaRef) bool {
	if ref.Ref != "" {
		return !documented(ref.Extensions)
	}
	return !documented(ref.Value.Extensions)
}

// documented reports whether a document vouches for what carries the extensions. Without x-evidence, one does.
func documented(extensions map[string]any) bool {
	evidence, ok := extensions["x-evidence"].(map[string]any)
	if !ok {
		return true
	}
	basis, _ := evidence["basis"].(string)
	return spec.Basis(basis).InDocuments()
}
