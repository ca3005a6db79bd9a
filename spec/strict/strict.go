// Package strict reads the YAML files that people write for rolecheck: settings, baselines, the catalogue. An unknown key, a
// key given twice and a value of the wrong kind are errors, all of them with file and line. It also suggests the word that
// somebody may have meant.
package strict

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// ErrEmpty says that a file holds no document: it is empty, or nothing but comments.
var ErrEmpty = errors.New("the file is empty")

// Load reads the one document of a file into the value that into points to. The error joins everything that is wrong, a
// line each, as "file:line: what"; it is ErrEmpty where there is no document.
func Load(file string, text []byte, into any) error {
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithKnownFields())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var doc yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: %w", file, ErrEmpty)
	case err != nil:
		return located(file, err)
	}
	if err := errors.Join(located(file, Node(&doc, into)), emptyItems(file, &doc)); err != nil {
		return err
	}
	var second yaml.Node
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return located(file, err)
	}
	return fmt.Errorf("%s:%d: a second document begins here; a file holds one", file, second.Line)
}

// emptyItems is the error of the items of lists that have no value, which the library skips or leaves zero.
func emptyItems(file string, n *yaml.Node) error {
	var errs []error
	for _, part := range n.Content {
		null := part.ShortTag() == "!!null" || part.Kind == yaml.AliasNode && part.Alias.ShortTag() == "!!null"
		if n.Kind == yaml.SequenceNode && null {
			errs = append(errs, fmt.Errorf("%s:%d: an item is empty", file, part.Line))
		}
		errs = append(errs, emptyItems(file, part))
	}
	return errors.Join(errs...)
}

// At is a part of a file with the line where it begins.
type At[T any] struct {
	Value T
	Line  int
}

// UnmarshalYAML reads the part.
func (a *At[T]) UnmarshalYAML(n *yaml.Node) error {
	a.Line = n.Line
	return Node(n, &a.Value)
}

// Texts are a text, or a list of them.
type Texts []string

// UnmarshalYAML reads the texts.
func (t *Texts) UnmarshalYAML(n *yaml.Node) error {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	var out Texts
	for _, item := range items {
		switch {
		case item.Kind != yaml.ScalarNode:
			return errors.New("expected text, or a list of texts")
		case item == n && item.ShortTag() == "!!null":
			return errors.New("has no value; leave the line out instead")
		}
		out = append(out, item.Value)
	}
	*t = out
	return nil
}

// Node reads a node of a document, as Load reads the document. It is for the methods UnmarshalYAML of types that Load
// meets: the library passes its own strictness on to none of them.
func Node(n *yaml.Node, into any) error {
	return explain(n.Load(into, yaml.WithKnownFields()), into)
}

// located puts file and line before each error of the YAML library; no error stays none.
func located(file string, err error) error {
	var several *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &several):
		var out []error
		for _, e := range several.Errors {
			out = append(out, fmt.Errorf("%s:%d: %s", file, e.Mark.Line, e.Message))
		}
		return errors.Join(out...)
	case errors.As(err, &one):
		// Characters that YAML does not allow come without a line.
		return fmt.Errorf("%s:%d: not YAML: %s", file, max(1, one.Mark.Line), one.Message)
	}
	return fmt.Errorf("%s: %w", file, err)
}

var (
	unknownKey = regexp.MustCompile(`^field (.+) not found in type (.+)$`)
	twice      = regexp.MustCompile(`^mapping key (".*") already defined at line (\d+)$`)
	wrongKind  = regexp.MustCompile("(?s)^cannot construct (\\S+)( `.*`)? into (.+)$")
)

// explain says in the words of YAML what the library says in those of Go, for a value that into points to.
func explain(err error, into any) error {
	var several *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case errors.As(err, &several):
	case errors.As(err, &one):
		several = &yaml.LoadErrors{Errors: []*yaml.LoadError{one}}
	default:
		return err
	}
	top := reflect.TypeOf(into)
	for _, e := range several.Errors {
		if m := unknownKey.FindStringSubmatch(e.Message); m != nil {
			e.Message = fmt.Sprintf("unknown key %q; the keys are %s", m[1], keys(top, m[2]))
		} else if m := twice.FindStringSubmatch(e.Message); m != nil {
			e.Message = fmt.Sprintf("the key %s is there already, at line %s", m[1], m[2])
		} else if m := wrongKind.FindStringSubmatch(e.Message); m != nil {
			e.Message = fmt.Sprintf("expected %s, not %s", kindOfType(top, m[3]), kindOfTag(m[1]))
		} else if e.Message == "merge-key: cyclic merge alias" {
			e.Message = "the mapping is merged into itself"
		}
	}
	return several
}

// keys are the keys that a mapping for the struct of that name may have, which is t or below it; empty where none is.
func keys(t reflect.Type, name string) string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return keys(t.Elem(), name)
	case reflect.Struct:
	default:
		return ""
	}
	var own []string
	below := ""
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); key != "" {
			own = append(own, key)
			below = cmp.Or(below, keys(t.Field(i).Type, name))
		}
	}
	if t.String() == name {
		return strings.Join(own, ", ")
	}
	return below
}

// kindOfType is what a value of the type of that name is written as; the type is t or below it. The tag of:"things" on the
// inline field of the type names what its mapping holds.
func kindOfType(t reflect.Type, name string) string {
	switch {
	case name == "string":
		return "text"
	case strings.HasPrefix(name, "[]"):
		return "a list"
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct && t.String() == name {
		for i := range t.NumField() {
			if of := t.Field(i).Tag.Get("of"); of != "" {
				return "a mapping of " + of
			}
		}
	}
	if known := keys(t, name); known != "" {
		return "a mapping with the keys " + known
	}
	return "a mapping"
}

// kindOfTag is what a value with the tag was written as.
func kindOfTag(tag string) string {
	switch tag {
	case "!!seq":
		return "a list"
	case "!!map":
		return "a mapping"
	}
	return "a single value"
}
