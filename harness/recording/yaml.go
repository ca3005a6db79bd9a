package recording

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

const (
	// maxWhole bounds a YAML file that cannot be split into interactions by its lines, and so is decoded as one.
	maxWhole = 16 << 20
	// maxAnchors bounds the interactions that are kept because later ones may refer to parts of them.
	maxAnchors = 1 << 20
)

// yaml reads a cassette in YAML. Recorders write it in block style, where each interaction begins with a dash at one
// and the same indentation; such a file is split by its lines and decoded interaction by interaction. Another style is
// decoded as a whole, within a bound.
func (rd *reading) yaml(r *bufio.Reader, head []byte) error {
	if !bytes.Contains(head, []byte("interactions")) {
		return ErrUnknownFormat
	}
	if !blockStyle(head) {
		return rd.wholeYAML(r)
	}
	s := &yamlSplit{rd: rd, in: lines{r: r, limit: rd.maxEntry}, dash: -1}
	for {
		line, err := s.in.next()
		if errors.Is(err, io.EOF) {
			return s.end()
		}
		if err != nil && !errors.Is(err, errTooLarge) {
			return err
		}
		if err := s.line(line, err != nil); err != nil {
			return err
		}
	}
}

var (
	interactionsLine = regexp.MustCompile(`^interactions:[ \t]*(#.*)?\r?\n?$`)
	versionLine      = regexp.MustCompile(`^version:[ \t]*\S`)
)

// blockStyle reports whether the first lines show the block style that recorders write: the key alone on its line, and
// a dash on the next line that holds something.
func blockStyle(head []byte) bool {
	in := lines{r: bufio.NewReaderSize(bytes.NewReader(head), len(head)+1), limit: len(head)}
	for key := false; ; {
		line, err := in.next()
		switch {
		case err != nil:
			return false
		case key && !isNothing(line) && bytes.TrimLeft(line, " ")[0] != '#':
			return startsItem(line)
		case interactionsLine.Match(line):
			key = true
		}
	}
}

// startsItem reports whether a line begins an item of a block sequence.
func startsItem(line []byte) bool {
	rest := bytes.TrimLeft(line, " ")
	return len(rest) > 0 && rest[0] == '-' && (len(rest) == 1 || isSpace(rest[1]))
}

// yamlSplit splits a cassette into its interactions.
type yamlSplit struct {
	rd *reading
	in lines
	// inside says that the lines belong to the interactions, and dash at which indentation each of them begins; -1
	// until the first one.
	inside bool
	dash   int
	// item is the text of the current interaction, which began at the line first; empty before the first one.
	item    []byte
	first   int
	tooLong bool
	// anchors are earlier interactions with parts that later ones may refer to.
	anchors []byte
	// version says that the cassette's version was seen.
	version bool
	// timed says that the last interaction ends with a duration, as go-vcr's do, and wasTimed that an earlier one did.
	timed, wasTimed bool
	// lineEnd says that the last line has an end.
	lineEnd bool
}

// line takes in one line; cut says that it was too long to be held.
func (s *yamlSplit) line(line []byte, cut bool) error {
	s.lineEnd = bytes.HasSuffix(line, []byte("\n"))
	depth := indent(line)
	switch {
	case !s.inside:
		s.top(line)
		return nil
	case isNothing(line):
		s.grow(line, cut)
		return nil
	case s.dash < 0 && startsItem(line):
		s.dash = depth
	case s.dash >= 0 && depth > s.dash:
		s.grow(line, cut)
		return nil
	case line[depth] == '#':
		return nil
	}
	if err := s.flush(false); err != nil {
		return err
	}
	if depth != s.dash || !startsItem(line) {
		s.inside, s.dash = false, -1
		s.top(line)
		return nil
	}
	s.first = s.in.n
	s.grow(line, cut)
	return nil
}

// top takes in a line outside of the interactions.
func (s *yamlSplit) top(line []byte) {
	s.inside = interactionsLine.Match(line)
	s.version = s.version || versionLine.Match(line)
	if !s.inside && bytes.HasPrefix(line, []byte("interactions:")) {
		s.rd.problem("line "+strconv.Itoa(s.in.n), "further interactions that are not in block style")
	}
}

func (s *yamlSplit) grow(line []byte, cut bool) {
	if s.first == 0 {
		return
	}
	if s.tooLong = s.tooLong || cut || len(s.item)+len(line) > s.rd.maxEntry; !s.tooLong {
		s.item = append(s.item, line...)
	}
}

// flush reads the interaction that was collected. The last one of a file may be incomplete.
func (s *yamlSplit) flush(last bool) error {
	if s.first == 0 {
		return nil
	}
	rd := s.rd
	rd.entries++
	place := fmt.Sprintf("%s (line %d)", rd.place(), s.first)
	defer s.reset()
	if s.tooLong {
		rd.problem(place, errTooLarge.Error())
		return nil
	}
	item, err := s.decode()
	if err == nil {
		x, ierr := rd.interaction(item)
		if ierr == nil {
			s.wasTimed = s.wasTimed || s.timed
			s.timed = hasDuration(item)
			return rd.deliver(rd.place(), x)
		}
		err = ierr
	}
	if last {
		rd.cutShort(place, "the file was cut short here: "+err.Error())
		return nil
	}
	rd.problem(place, err.Error())
	return nil
}

func (s *yamlSplit) reset() {
	if cap(s.item) > 1<<20 {
		s.item = nil
	}
	s.item, s.first, s.tooLong = s.item[:0], 0, false
}

// end takes stock at the end of the file. vcrpy writes the version last; go-vcr writes nothing behind its interactions,
// but ends each with a duration and a line end.
func (s *yamlSplit) end() error {
	if err := s.flush(true); err != nil {
		return err
	}
	sum, place := &s.rd.sum, "after "+s.rd.place()
	switch {
	case sum.CutShort:
	case sum.Format == VCRpy && !s.version:
		s.rd.cutShort(place, "the file was cut short: the version that ends a vcrpy cassette is missing")
	case sum.Format == GoVCR && s.inside && !s.lineEnd:
		s.rd.cutShort(place, "the file was cut short: its last line has no end")
	case sum.Format == GoVCR && s.wasTimed && !s.timed:
		s.rd.cutShort(place, "the file was cut short: the last interaction has no duration, as the others have")
	}
	return nil
}

// hasDuration reports whether an interaction has the member that go-vcr writes last.
func hasDuration(item any) bool {
	m, _ := item.(map[string]any)
	res, _ := m["response"].(map[string]any)
	_, ok := res["duration"]
	return ok
}

// decode decodes the interaction that was collected.
func (s *yamlSplit) decode() (any, error) {
	item, err := decodeItem(s.item)
	if err != nil && len(s.anchors) > 0 && unknownAnchor.MatchString(err.Error()) {
		item, err = decodeItem(append(bytes.Clone(s.anchors), s.item...))
	}
	if err != nil {
		return nil, s.locate(err)
	}
	if anchor.Match(s.item) && len(s.anchors)+len(s.item) <= maxAnchors {
		s.anchors = append(s.anchors, s.item...)
	}
	return item, nil
}

var (
	anchor        = regexp.MustCompile(`[:-] +&\w`)
	unknownAnchor = regexp.MustCompile(`unknown anchor`)
	yamlLine      = regexp.MustCompile(`^yaml: line (\d+): `)
)

// locate turns the line of an error within the interaction into one of the file.
func (s *yamlSplit) locate(err error) error {
	msg := err.Error()
	m := yamlLine.FindStringSubmatch(msg)
	if m == nil {
		return err
	}
	n, _ := strconv.Atoi(m[1])
	return fmt.Errorf("line %d: %s", s.first+n-1, msg[len(m[0]):])
}

// decodeItem decodes a block sequence and returns its last item.
func decodeItem(b []byte) (any, error) {
	root, err := decodeYAML(b)
	if err != nil {
		return nil, err
	}
	list, ok := root.([]any)
	if !ok || len(list) == 0 {
		return nil, errors.New("not an interaction")
	}
	return list[len(list)-1], nil
}

// wholeYAML reads a cassette that is not in block style.
func (rd *reading) wholeYAML(r io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(r, maxWhole+1))
	if err != nil {
		return err
	}
	if len(b) > maxWhole {
		return fmt.Errorf("a YAML cassette that is not in block style is read up to %d MiB, and this one is larger", maxWhole>>20)
	}
	root, err := decodeYAML(b)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnknownFormat, err)
	}
	m, _ := root.(map[string]any)
	noted, ok := m["interactions"]
	list, isList := noted.([]any)
	switch {
	// No recorder leaves the key without even an empty list.
	case ok && noted == nil:
		rd.cutShort("before entry 1", "the file was cut short: it has no interactions")
		return nil
	case !isList:
		return ErrUnknownFormat
	}
	for _, item := range list {
		rd.entries++
		x, err := rd.interaction(item)
		if err != nil {
			rd.problem(rd.place(), err.Error())
			continue
		}
		if err := rd.deliver(rd.place(), x); err != nil {
			return err
		}
	}
	return nil
}

// decodeYAML decodes one document.
func decodeYAML(b []byte) (any, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		return nil, err
	}
	if len(root.Content) == 0 {
		return nil, nil
	}
	// Room for every node to be met once, and for aliases to repeat some of them, but not to multiply without end.
	t := tree{left: 2*len(b) + 1<<16}
	return t.value(root.Content[0])
}

// tree turns nodes into the form that JSON is decoded to, whatever their tags: cassettes carry tags of Python types.
type tree struct{ left, depth int }

// maxDepth bounds how deep a document nests.
const maxDepth = 1000

func (t *tree) value(n *yaml.Node) (any, error) {
	if t.left -= 1 + len(n.Value); t.left < 0 {
		return nil, errors.New("the YAML repeats itself through aliases too often")
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
