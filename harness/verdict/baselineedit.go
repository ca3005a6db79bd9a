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
// was written, comments and order included; the comment right above an entry goes with it. Entries that share a line with
// something else cannot be removed.
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
	text := b.without(requirements)
	if len(kept) == 0 {
		text = baselineKey.ReplaceAll(text, []byte("${1}: []$2"))
	}
	if again, err := parseBaseline("", text); err == nil && slices.Equal(again.Entries, kept) {
		return text, nil
	}
	// Entries that share lines cannot be cut out by lines.
	text, err := b.rewritten(requirements)
	if err != nil {
		return nil, err
	}
	if again, err := parseBaseline("", text); err != nil || !slices.Equal(again.Entries, kept) {
		return nil, errors.New("the baseline is written in a way that rolecheck cannot change; remove the entries by hand")
	}
	return text, nil
}

var baselineKey = regexp.MustCompile(`(?m)^(\x{FEFF}?["']?baseline["']?)[ \t]*:(.*)$`)

// rewritten writes the document anew without the entries.
func (b *Baseline) rewritten(drop map[string]bool) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(b.text, &document); err != nil {
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	root := document.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		var left []*yaml.Node
		for k, item := range root.Content[i+1].Content {
			if !drop[b.Entries[k].Requirement] {
				left = append(left, item)
			}
		}
		root.Content[i+1].Content = left
	}
	text, err := yaml.Marshal(&document)
	if err != nil {
		return nil, fmt.Errorf("writing the baseline: %w", err)
	}
	return text, nil
}

// without cuts the lines of the entries out.
func (b *Baseline) without(drop map[string]bool) []byte {
	lines := bytes.SplitAfter(b.text, []byte("\n"))
	starts := make([]int, 0, len(b.Entries)+1)
	for _, line := range b.lines {
		start := line - 1
		// What is indented deeper than the entry is a text of the one before it.
		for start > 0 && isComment(lines[start-1]) && indent(lines[start-1]) <= indent(lines[line-1]) {
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

// indent is how many blanks a line begins with.
func indent(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

func isComment(line []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) }
