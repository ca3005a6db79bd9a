package verdict

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/rolecheck/rolecheck/spec"
)

// Draft writes a baseline file with an entry for each verdict that fails at the level, and for each must that a client
// lacks, and says how many they are. The
// reasons are for somebody to write: as long as one is empty, ParseBaseline refuses the file.
func Draft(verdicts []Verdict, level spec.Level) ([]byte, int) {
	var b strings.Builder
	n := 0
	for _, v := range verdicts {
		if !v.Failed(level) && !v.Lacks() {
			continue
		}
		n++
		fmt.Fprintf(&b, "  # %s, seen: %s\n", v.Requirement.Level, comment(v.Summary()))
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

// comment makes one line of a detail that came from elsewhere.
func comment(s string) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, s)
	words := []rune(strings.Join(strings.Fields(s), " "))
	if len(words) > 160 {
		return string(words[:160]) + "…"
	}
	return string(words)
}

// Without returns the text of the baseline's file without the entries of the given requirements. All else stays as it
// was written, comments and order included; the comment right above an entry goes with it.
func (b *Baseline) Without(requirements map[string]bool) ([]byte, error) {
	var kept []Entry
	for _, e := range b.Entries {
		if !requirements[e.Requirement] {
			kept = append(kept, e)
		}
	}
	if len(kept) == len(b.Entries) {
		return b.file.text, nil
	}
	if len(kept) > 0 {
		text := b.file.withoutLines(b.Entries, requirements)
		if again, err := ParseBaseline("", text); err == nil && slices.Equal(again.Entries, kept) {
			return text, nil
		}
	}
	// An empty list has to be written as one, and entries that share lines cannot be cut out by lines.
	text, err := b.file.withoutNodes(b.Entries, requirements)
	if err != nil {
		return nil, err
	}
	if again, err := ParseBaseline("", text); err != nil || !slices.Equal(again.Entries, kept) {
		return nil, errors.Join(errors.New("the baseline is written in a way that rolecheck cannot change; remove the entries by hand"), err)
	}
	return text, nil
}

// withoutLines cuts the lines of the entries out.
func (f *baselineFile) withoutLines(entries []Entry, drop map[string]bool) []byte {
	lines := bytes.SplitAfter(f.text, []byte("\n"))
	starts := make([]int, 0, len(entries)+1)
	for _, line := range f.lines {
		start := line - 1
		for start > 0 && isComment(lines[start-1]) {
			start--
		}
		starts = append(starts, start)
	}
	starts = append(starts, f.end(lines))
	out := bytes.Join(lines[:starts[0]], nil)
	for i, e := range entries {
		if !drop[e.Requirement] {
			out = append(out, bytes.Join(lines[starts[i]:max(starts[i], starts[i+1])], nil)...)
		}
	}
	return append(out, bytes.Join(lines[starts[len(entries)]:], nil)...)
}

// end is the line after the last entry; comments that stand at the end of the file by themselves are not part of it.
func (f *baselineFile) end(lines [][]byte) int {
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

// withoutNodes writes the document anew without the entries.
func (f *baselineFile) withoutNodes(entries []Entry, drop map[string]bool) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Load(f.text, &root); err != nil {
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	items := root.Content[0].Content[1]
	var kept []*yaml.Node
	for i, item := range items.Content {
		if i >= len(entries) || !drop[entries[i].Requirement] {
			kept = append(kept, item)
		}
	}
	items.Content = kept
	text, err := yaml.Dump(&root, yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("writing the baseline: %w", err)
	}
	return text, nil
}
