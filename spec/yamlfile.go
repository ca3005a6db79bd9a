package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// members ranges over the keys and values of a mapping; any other node has none.
func members(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// yamlFile is one file of the catalogue. Its readers never stop at an error: they note it with file and line, and give
// what there is.
type yamlFile struct {
	name string
	errs []error
}

// fail notes what is wrong at a line.
func (f *yamlFile) fail(line int, format string, arguments ...any) {
	f.errs = append(f.errs, fmt.Errorf("%s:%d: %w", f.name, line, fmt.Errorf(format, arguments...)))
}

// parse returns the top of the file's one document, or nil.
func (f *yamlFile) parse(text []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var root yaml.Node
	if err := decoder.Decode(&root); errors.Is(err, io.EOF) || (err == nil && len(root.Content) == 0) {
		f.fail(1, "the file is empty")
		return nil
	} else if err != nil {
		f.syntax(err)
		return nil
	}
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		f.fail(second.Line, "a second document; a file holds one")
	} else if !errors.Is(err, io.EOF) {
		f.syntax(err)
	}
	return root.Content[0]
}

// syntax notes an error of the YAML reader, which has the line in its text if it has any.
func (f *yamlFile) syntax(err error) {
	var line int
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if _, scan := fmt.Sscanf(message, "line %d:", &line); scan == nil {
		_, message, _ = strings.Cut(message, ": ")
	}
	f.fail(max(line, 1), "not YAML: %s", message)
}

// fields returns the values of a mapping that may have the known keys and no others, or nil if it is no mapping.
func (f *yamlFile) fields(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		f.fail(n.Line, "%s must be a mapping with the keys %s", what, strings.Join(known, ", "))
		return nil
	}
	out := map[string]*yaml.Node{}
	for key, value := range members(n) {
		switch _, twice := out[key.Value]; {
		case !slices.Contains(known, key.Value):
			f.fail(key.Line, "%s: unknown key %q%s", what, key.Value, Suggestion(key.Value, known))
		case twice:
			f.fail(key.Line, "%s: the key %q is there twice", what, key.Value)
		default:
			out[key.Value] = value
		}
	}
	return out
}

// demand notes the keys that a mapping lacks.
func (f *yamlFile) demand(n *yaml.Node, what string, fields map[string]*yaml.Node, keys ...string) {
	if fields == nil {
		return
	}
	for _, key := range keys {
		if fields[key] == nil {
			f.fail(n.Line, "%s has no %s; write one", what, key)
		}
	}
}

// text returns a string that must not be blank. It notes nothing for a node that is not there.
func (f *yamlFile) text(n *yaml.Node, what string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode || (n.ShortTag() != "!!str" && n.ShortTag() != "!!null") {
		f.fail(n.Line, "%s must be text", what)
		return ""
	}
	if n.ShortTag() == "!!null" || strings.TrimSpace(n.Value) == "" {
		f.fail(n.Line, "%s is empty; write it, or leave the key out", what)
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// items returns the nodes of a list. It notes nothing for a node that is not there.
func (f *yamlFile) items(n *yaml.Node, what string) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		f.fail(n.Line, "%s must be a list", what)
		return nil
	}
	return n.Content
}

// names returns the texts of a list in which each may be there once, and must be one of the known ones. Without known
// ones, all are taken.
func (f *yamlFile) names(n *yaml.Node, what, one string, known []string) []string {
	var out []string
	for _, item := range f.items(n, what) {
		name := f.text(item, what+": an item")
		switch {
		case name == "":
		case known != nil && !slices.Contains(known, name):
			f.fail(item.Line, "%s: unknown %s %q%s", what, one, name, Suggestion(name, known))
		case slices.Contains(out, name):
			f.fail(item.Line, "%s: %s %q is there twice", what, one, name)
		default:
			out = append(out, name)
		}
	}
	return out
}

// choice returns a text that must be one of the known ones.
func (f *yamlFile) choice(n *yaml.Node, what string, known ...string) string {
	value := f.text(n, what)
	if value != "" && !slices.Contains(known, value) {
		f.fail(n.Line, "%s: unknown value %q; it is one of %s", what, value, strings.Join(known, ", "))
		return ""
	}
	return value
}
