package verdict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// baselineFile is a baseline as somebody wrote it, so that it can be changed and stay theirs.
type baselineFile struct {
	text []byte
	// root is the document, and items the entries in it.
	root, items *yaml.Node
}

// ReadBaseline reads a baseline file. Without a path there is no baseline, and nil is returned.
func ReadBaseline(path string) (*Baseline, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	return ParseBaseline(path, text)
}

// ParseBaseline reads a baseline; name stands for the file in what is said of its errors, all of which are returned.
func ParseBaseline(name string, text []byte) (*Baseline, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	root := &yaml.Node{}
	if err := decoder.Decode(root); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty; a baseline without entries is written baseline: []", name)
	} else if err != nil {
		return nil, fmt.Errorf("%s: not YAML: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: there is more after the first document", name)
	}
	r := &baselineReader{name: name}
	items := r.items(root.Content[0])
	b := &Baseline{file: &baselineFile{text: text, root: root, items: items}}
	lines := map[string]int{}
	if items != nil {
		for _, item := range items.Content {
			e := r.entry(item)
			if first := lines[e.Requirement]; first != 0 && e.Requirement != "" {
				r.fail(item, "%s is there already, at line %d", e.Requirement, first)
			}
			lines[e.Requirement] = item.Line
			b.Entries = append(b.Entries, e)
		}
	}
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return b, nil
}

// baselineReader notes what is wrong with file and line, and goes on.
type baselineReader struct {
	name string
	errs []error
}

func (r *baselineReader) fail(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", r.name, n.Line, fmt.Sprintf(format, args...)))
}

// mapping calls visit with each key of a mapping, once.
func (r *baselineReader) mapping(n *yaml.Node, keys []string, visit func(key string, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "expected a mapping with the keys %s", strings.Join(keys, ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(keys, key.Value):
			r.fail(key, "unknown key %q; the keys are %s", key.Value, strings.Join(keys, ", "))
		case seen[key.Value]:
			r.fail(key, "the key %s is there twice", key.Value)
		default:
			seen[key.Value] = true
			visit(key.Value, value)
		}
	}
}

func (r *baselineReader) items(top *yaml.Node) *yaml.Node {
	var items *yaml.Node
	failed := len(r.errs)
	r.mapping(top, []string{"baseline"}, func(_ string, value *yaml.Node) {
		if value.Kind != yaml.SequenceNode {
			r.fail(value, "expected a list of known failures")
			return
		}
		items = value
	})
	if items == nil && len(r.errs) == failed {
		r.fail(top, "the key baseline is missing")
	}
	return items
}

var entryKeys = []string{"requirement", "reason", "issue", "owner", "expires", "failure", "unsupported"}

func (r *baselineReader) entry(n *yaml.Node) Entry {
	var e Entry
	into := map[string]*string{
		"requirement": &e.Requirement, "reason": &e.Reason, "issue": &e.Issue,
		"owner": &e.Owner, "expires": &e.Expires, "failure": &e.Failure, "unsupported": &e.Unsupported,
	}
	r.mapping(n, entryKeys, func(key string, value *yaml.Node) {
		switch {
		case value.Kind != yaml.ScalarNode:
			r.fail(value, "%s must be plain text", key)
		case value.ShortTag() != "!!null":
			*into[key] = strings.TrimSpace(value.Value)
		}
	})
	if n.Kind != yaml.MappingNode {
		return e
	}
	if e.Requirement == "" {
		r.fail(n, "the entry names no requirement")
	}
	if e.Reason == "" {
		r.fail(n, "%s has no reason; say why it is known to fail", e.Requirement)
	}
	if e.Failure != "" && e.Unsupported != "" {
		r.fail(n, "%s has failure and unsupported; it can only be one of them", e.Requirement)
	}
	if _, err := time.Parse(time.DateOnly, e.Expires); e.Expires != "" && err != nil {
		r.fail(n, "%s expires on %q, which is no date such as 2030-12-31", e.Requirement, e.Expires)
	}
	return e
}
