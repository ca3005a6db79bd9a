// Package spec is what the documents say: an OpenAPI description of the operations, and the catalogue of requirements
// that a conforming org or client meets. It is data and its loader, and knows nothing of how it is used.
//
// The public face is [Load] with the [Spec] that it returns. What the loader is made of may change.
package spec

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed openapi.yaml requirements/*.yaml
var files embed.FS

// Spec is the description and the catalogue. Everybody is given the same one: nothing in it may be changed.
type Spec struct {
	Doc *openapi3.T
	// Systems are those of the description in its order, then those that the catalogue alone has.
	Systems []System
	// Operations are in the order of the description.
	Operations []Operation
	// Requirements are by system, and within one in the order of the catalogue.
	Requirements []Requirement

	operations   map[string]int
	requirements map[string]int
	routes       *node
}

// Pair is an operation with one of its statuses.
type Pair struct {
	Operation string
	Status    int
}

var load = sync.OnceValues(func() (*Spec, error) {
	text, err := files.ReadFile(descriptionFile)
	if err != nil {
		return nil, fmt.Errorf("reading the description: %w", err)
	}
	doc, err := loadDescription(context.Background(), text)
	if err != nil {
		return nil, err
	}
	operations, err := operationsOf(doc)
	if err != nil {
		return nil, err
	}
	c, err := readCatalogue(files, operations)
	if err != nil {
		return nil, err
	}
	return newSpec(doc, operations, c), nil
})

// Load returns the embedded description and catalogue, both validated. The work is done once.
func Load() (*Spec, error) { return load() }

func newSpec(doc *openapi3.T, operations []Operation, c catalogue) *Spec {
	s := &Spec{
		Doc:          doc,
		Operations:   operations,
		operations:   make(map[string]int, len(operations)),
		requirements: make(map[string]int, len(c.requirements)),
		routes:       &node{},
	}
	for i, o := range operations {
		s.operations[o.ID] = i
		s.routes.add(o)
	}
	for _, tag := range doc.Tags {
		s.Systems = append(s.Systems, System{ID: tag.Name, Title: tag.Description})
	}
	for _, system := range c.systems {
		if _, ok := s.System(system.ID); !ok {
			s.Systems = append(s.Systems, system)
		}
	}
	for _, system := range s.Systems {
		for _, r := range c.requirements {
			if r.System == system.ID {
				s.requirements[r.ID] = len(s.Requirements)
				s.Requirements = append(s.Requirements, r)
			}
		}
	}
	return s
}

// System returns the system of that id.
func (s *Spec) System(id string) (System, bool) {
	return first(s.Systems, func(system System) bool { return system.ID == id })
}

// Operation returns the operation of that id.
func (s *Spec) Operation(id string) (Operation, bool) {
	i, ok := s.operations[id]
	if !ok {
		return Operation{}, false
	}
	return s.Operations[i], true
}

// Requirement returns the requirement of that id.
func (s *Spec) Requirement(id string) (Requirement, bool) {
	i, ok := s.requirements[id]
	if !ok {
		return Requirement{}, false
	}
	return s.Requirements[i], true
}

// first returns the first item that a condition holds for.
func first[T any](items []T, holds func(T) bool) (item T, ok bool) {
	if i := slices.IndexFunc(items, holds); i >= 0 {
		return items[i], true
	}
	return item, false
}

// OperationsOf lists the operations of a system.
func (s *Spec) OperationsOf(system string) []Operation {
	return slices.DeleteFunc(slices.Clone(s.Operations), func(o Operation) bool { return o.System != system })
}

// RequirementsOf lists the requirements of a system.
func (s *Spec) RequirementsOf(system string) []Requirement {
	return slices.DeleteFunc(slices.Clone(s.Requirements), func(r Requirement) bool { return r.System != system })
}

// DocumentedPairs lists every operation with each status that its reference page states. What the legacy page alone
// states is not among them.
func (s *Spec) DocumentedPairs() []Pair {
	var out []Pair
	for _, o := range s.Operations {
		for _, status := range o.Statuses {
			if status.Basis.InDocuments() && !status.Legacy {
				out = append(out, Pair{Operation: o.ID, Status: status.Code})
			}
		}
	}
	return out
}
