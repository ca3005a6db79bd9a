package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

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
// bytes for each of them, whatever its text; in recorders' cassettes a sign that may begin a value comes every 17 bytes.
func tooDense(text []byte) bool {
	const few = 64 << 10
	signs := 0
	for _, sign := range []string{"\n", ",", "[", "{", "- ", ": ", "? "} {
		signs += bytes.Count(text, []byte(sign))
	}
	return signs > few+len(text)/8
}

// interactionsKey is the line of the key in block style.
var interactionsKey = regexp.MustCompile(`(?m)^"?interactions"?[ \t]*:`)

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
	documents, err := loadAll(text)
	if err == nil {
		return rd.cassettes(documents)
	}
	if !interactionsKey.Match(text) {
		return errUnknownFormat
	}
	// What stands before the error is a cassette of its own, as far as its items are whole.
	first := err
	const most = 4
	for range most {
		text = wholeItems(text, err)
		if documents, err = loadAll(text); err == nil {
			break
		}
	}
	if err != nil || len(documents) == 0 {
		return first
	}
	rd.broken = true
	if err := rd.cassettes(documents); err != nil {
		return err
	}
	rd.problem("after "+rd.place(), "the rest of the file was not read: "+first.Error())
	return nil
}

// notYAML is the place where a text stops being YAML.
type notYAML struct {
	line   int
	reason string
}

func (e notYAML) Error() string { return fmt.Sprintf("line %d: not YAML: %s", e.line, e.reason) }

// loadAll parses the documents of a text. The error is a notYAML.
func loadAll(text []byte) ([]*yaml.Node, error) {
	// The library does not say where such characters are.
	if at := unreadable(text); at >= 0 {
		return nil, notYAML{1 + bytes.Count(text[:at], []byte("\n")), "a control character, or bytes that are no UTF-8"}
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	var documents []*yaml.Node
	for {
		var document yaml.Node
		err := loader.Load(&document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		lines := 1 + bytes.Count(bytes.TrimSpace(text), []byte("\n"))
		var at *yaml.LoadError
		switch {
		case errors.As(err, &at) && at.Mark.Line > 0:
			e := notYAML{min(at.Mark.Line, lines), at.Message}
			if e.line == lines {
				e.reason += "; the file seems to be cut short there"
			}
			return nil, e
		case err != nil:
			return nil, notYAML{lines, err.Error()}
		}
		documents = append(documents, document.Content[0])
	}
}

// unreadable is the offset of the first character that YAML does not allow; -1 without one.
func unreadable(text []byte) int {
	for i, c := range string(text) {
		_, size := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && size == 1 || c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return i
		}
	}
	return -1
}

// wholeItems is the text before the item in which the error is; empty where that is the first one. Items of a block sequence begin as the first one does.
func wholeItems(text []byte, err error) []byte {
	var at notYAML
	key := interactionsKey.FindIndex(text)
	if !errors.As(err, &at) || key == nil {
		return nil
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	var mark []byte
	items, begin, offset := 0, 0, 0
	for i, line := range lines {
		if i >= at.line {
			break
		}
		rest := bytes.TrimLeft(line, " ")
		if offset > key[0] && bytes.HasPrefix(rest, []byte("- ")) && (mark == nil || bytes.HasPrefix(line, mark)) {
			mark = line[:len(line)-len(rest)+2]
			items++
			begin = offset
		}
		offset += len(line)
	}
	if items < 2 {
		return nil
	}
	return text[:begin]
}

// cassettes reads the interactions of each document.
func (rd *reading) cassettes(documents []*yaml.Node) error {
	if len(documents) == 0 {
		return errUnknownFormat
	}
	for _, document := range documents {
		if err := rd.cassette(document); err != nil {
			return err
		}
	}
	return nil
}

// cassette reads the interactions of a document.
func (rd *reading) cassette(root *yaml.Node) error {
	lists := members(root, "interactions")
	if len(lists) == 0 {
		return errUnknownFormat
	}
	if len(lists) > 1 {
		rd.problem(fmt.Sprintf("line %d", lists[1].Line), "the key interactions is there twice")
	}
	// What all interactions may come to: aliases may repeat parts of them, and not multiply them without end.
	left := 16 * int(rd.maxYAML)
	failed := false
	for _, list := range lists {
		switch {
		case list.Kind != yaml.SequenceNode && list.ShortTag() != "!!null":
			return errUnknownFormat
		case list.Kind != yaml.SequenceNode:
			// No recorder leaves the key without even an empty list.
			rd.problem("before entry 1", "the file was cut short: it has no interactions")
		}
		// What was read is not held any longer, nor found by an alias to the list.
		items := list.Content
		list.Content = nil
		for i, n := range items {
			items[i] = nil
			rd.entries++
			x, err := rd.yamlInteraction(n, &left)
			if failed = err != nil; failed {
				reason := err.Error()
				if i == len(items)-1 && list == root.Content[len(root.Content)-1] {
					reason += "; the file may be cut short here"
				}
				rd.problem(fmt.Sprintf("%s (line %d)", rd.place(), n.Line), reason)
				continue
			}
			if err := rd.deliver(rd.place(), x); err != nil {
				return err
			}
		}
	}
	// vcrpy writes the version last.
	if rd.sum.Format == formatVCRpy && !failed && !rd.broken && len(members(root, "version")) == 0 {
		rd.problem("after "+rd.place(), "the file was cut short: the version that ends a vcrpy cassette is missing")
	}
	return nil
}

// members returns the values of a key; none where the mapping lacks it, or is none.
func members(n *yaml.Node, key string) []*yaml.Node {
	var out []*yaml.Node
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			out = append(out, n.Content[i+1])
		}
	}
	return out
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
