package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v4"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

const (
	// maxDepth bounds how deep an interaction nests.
	maxDepth = 1000
	// nodeSize is about the memory that one value of an interaction takes beside its text.
	nodeSize = 64
)

// tooDense reports whether a text may hold many more values than a cassette of its size. The library takes some hundred
// bytes for each of them, whatever its text; recorders write a line or a comma in about thirty bytes.
func tooDense(text []byte) bool {
	const few = 64 << 10
	return bytes.Count(text, []byte("\n")) > few+len(text)/8 || bytes.Count(text, []byte(",")) > few+len(text)/16
}

// yaml reads a cassette in YAML.
func (rd *reading) yaml(r io.Reader, head []byte) error {
	if !bytes.Contains(head, []byte("interactions")) {
		return errUnknownFormat
	}
	text, err := io.ReadAll(io.LimitReader(r, rd.maxYAML+1))
	if err != nil {
		return err
	}
	if int64(len(text)) > rd.maxYAML {
		return fmt.Errorf("larger than the %d MiB up to which a YAML cassette is read; record to several cassettes, or to a HAR, which may have any size", rd.maxYAML>>20)
	}
	if tooDense(text) {
		return fmt.Errorf("%w: it has far more and shorter lines or items than recorders write", errUnknownFormat)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		return err
	}
	var document, more yaml.Node
	if err := loader.Load(&document); errors.Is(err, io.EOF) {
		return errUnknownFormat
	} else if err != nil {
		return notYAML(err, text)
	}
	if err := rd.cassette(document.Content[0]); err != nil {
		return err
	}
	if err := loader.Load(&more); !errors.Is(err, io.EOF) {
		rd.problem("after "+rd.place(), "there is more behind the end of the recording")
	}
	return nil
}

// notYAML says where the text stops being YAML. At its end, the rest of the file is likely to be missing.
func notYAML(err error, text []byte) error {
	var at *yaml.LoadError
	if !errors.As(err, &at) || at.Mark.Line == 0 {
		return fmt.Errorf("not YAML: %w", err)
	}
	cut := ""
	if at.Mark.Line > bytes.Count(bytes.TrimSpace(text), []byte("\n")) {
		cut = "; the file seems to be cut short there"
	}
	return fmt.Errorf("line %d: not YAML: %s%s", at.Mark.Line, at.Message, cut)
}

// cassette reads the interactions of a document.
func (rd *reading) cassette(root *yaml.Node) error {
	list := member(root, "interactions")
	switch {
	case list == nil, list.Kind != yaml.SequenceNode && list.ShortTag() != "!!null":
		return errUnknownFormat
	case list.Kind != yaml.SequenceNode:
		// No recorder leaves the key without even an empty list.
		rd.problem("before entry 1", "the file was cut short: it has no interactions")
	}
	// What all interactions may come to: aliases may repeat parts of them, and not multiply them without end.
	left := 16 * int(rd.maxYAML)
	unreadable := false
	for i, n := range list.Content {
		// What was read is not held any longer.
		list.Content[i] = nil
		rd.entries++
		x, err := rd.yamlInteraction(n, &left)
		if unreadable = err != nil; unreadable {
			reason := err.Error()
			if i == len(list.Content)-1 {
				reason += "; the file may be cut short here"
			}
			rd.problem(fmt.Sprintf("%s (line %d)", rd.place(), n.Line), reason)
			continue
		}
		if err := rd.deliver(rd.place(), x); err != nil {
			return err
		}
	}
	// vcrpy writes the version last.
	if rd.sum.Format == formatVCRpy && !unreadable && member(root, "version") == nil {
		rd.problem("after "+rd.place(), "the file was cut short: the version that ends a vcrpy cassette is missing")
	}
	return nil
}

// member returns the value of a key; nil where the mapping lacks it, or is none.
func member(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func (rd *reading) yamlInteraction(n *yaml.Node, left *int) (*exchange.Exchange, error) {
	may := min(*left, rd.maxEntry)
	t := tree{left: may}
	item, err := t.value(n)
	*left -= may - t.left
	if err != nil {
		return nil, err
	}
	return rd.interaction(item)
}

// tree turns nodes into what JSON is decoded to, whatever their tags: cassettes carry tags of Python types.
type tree struct {
	// left is how many bytes the values may still take.
	left, depth int
}

func (t *tree) value(n *yaml.Node) (any, error) {
	if t.left -= nodeSize + len(n.Value); t.left < 0 {
		return nil, errTooLarge
	}
	if t.depth++; t.depth > maxDepth {
		return nil, errors.New("the YAML nests too deep")
	}
	defer func() { t.depth-- }()
	switch n.Kind {
	case yaml.AliasNode:
		return t.value(n.Alias)
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := t.value(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[n.Content[i].Value] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			v, err := t.value(c)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!binary":
		return unbase64(n.Value)
	}
	return n.Value, nil
}
