package verdict

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/spec"
)

// maxComment is how many characters of a failure a draft has at most.
const maxComment = 160

// Draft writes a baseline file with an entry for each verdict that fails at the level, and for each must that a client
// lacks, and says how many they are. The reasons are for somebody to write: as long as one is empty, ReadBaseline refuses the
// file.
func Draft(verdicts []Verdict, level spec.Level) ([]byte, int) {
	var b strings.Builder
	n := 0
	for _, v := range verdicts {
		if !v.Failed(level) && !v.Lacks() {
			continue
		}
		n++
		fmt.Fprintf(&b, "  # %s, seen: %s\n", v.Requirement.Level, text.Shorten(v.Summary(), maxComment))
		fmt.Fprintf(&b, "  - requirement: %s\n    reason: \"\"\n", v.Requirement.ID)
		if v.Lacks() {
			fmt.Fprintf(&b, "    unsupported: %s\n", strings.Join(v.Lacking, ", "))
		}
	}
	const head = `# What is known to fail. An entry needs a reason before it is accepted. It may have an issue, an owner, the last day on
# which it holds (expires: 2030-12-31), and a part of what the failure says (failure: text) or the operations that a client
# lacks (unsupported: names).
`
	if n == 0 {
		return []byte(head + "baseline: []\n"), 0
	}
	return []byte(head + "baseline:\n" + b.String()), n
}

// Without returns the text of the baseline's file without the entries of the given requirements. All else stays as it
// was written, comments and order included; the comment right above an entry goes with it. A file in which entries share a
// line is written anew.
func (b *Baseline) Without(requirements map[string]bool) ([]byte, error) {
	var kept []Entry
	for _, e := range b.Entries {
		if !requirements[e.Requirement] {
			kept = append(kept, e)
		}
	}
	if len(kept) == len(b.Entries) {
		return b.text, nil
	}
	text := b.withoutLines(requirements)
	if len(kept) == 0 {
		text = baselineKey.ReplaceAll(text, []byte("$1: []$2"))
	}
	if holds(text, kept) {
		return text, nil
	}
	if text, err := b.withoutNodes(requirements); err == nil && holds(text, kept) {
		return text, nil
	}
	return nil, errors.New("rolecheck cannot remove the entries and keep the others as they are; remove them by hand")
}

// holds reports whether the text is a baseline of these entries.
func holds(text []byte, entries []Entry) bool {
	b, err := parseBaseline("", text)
	return err == nil && slices.Equal(b.Entries, entries)
}

var baselineKey = regexp.MustCompile(`(?m)^(\x{FEFF}?(?:baseline|"baseline"|'baseline'))[ \t]*:(.*)$`)

// withoutLines cuts the lines of the entries out.
func (b *Baseline) withoutLines(drop map[string]bool) []byte {
	lines := bytes.SplitAfter(b.text, []byte("\n"))
	starts := make([]int, 0, len(b.Entries)+1)
	for _, line := range b.lines {
		start := line - 1
		// The first key of an entry may be below the dash.
		for start > 0 && !bytes.HasPrefix(bytes.TrimSpace(lines[start]), []byte("-")) {
			start--
		}
		// What begins to the right of the dash belongs to the entry above, whose text may have such lines.
		dash := indent(lines[start])
		for start > 0 && isComment(lines[start-1]) && indent(lines[start-1]) <= dash {
			start--
		}
		starts = append(starts, start)
	}
	starts = append(starts, end(lines))
	out := bytes.Join(lines[:starts[0]], nil)
	for i, e := range b.Entries {
		if !drop[e.Requirement] {
			out = append(out, bytes.Join(lines[starts[i]:max(starts[i], starts[i+1])], nil)...)
		}
	}
	return append(out, bytes.Join(lines[starts[len(b.Entries)]:], nil)...)
}

// withoutNodes writes the file anew without the entries.
func (b *Baseline) withoutNodes(drop map[string]bool) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(b.text, &doc); err != nil {
		return nil, err
	}
	for _, n := range doc.Content[0].Content {
		if n.Kind == yaml.SequenceNode && len(n.Content) == len(b.Entries) {
			i := -1
			n.Content = slices.DeleteFunc(n.Content, func(*yaml.Node) bool { i++; return drop[b.Entries[i].Requirement] })
		}
	}
	var buf bytes.Buffer
	d, err := yaml.NewDumper(&buf, yaml.WithV3Defaults(), yaml.WithIndent(2))
	if err != nil {
		return nil, err
	}
	err = d.Dump(&doc)
	return buf.Bytes(), errors.Join(err, d.Close())
}

// end is the line after the last entry; comments that stand at the end of the file by themselves are not part of it.
func end(lines [][]byte) int {
	end := len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		switch blank := len(bytes.TrimSpace(lines[i])) == 0; {
		case blank:
			end = i
		case !isComment(lines[i]):
			return end
		}
	}
	return end
}

func isComment(line []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) }

// indent is how many spaces a line begins with.
func indent(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }
