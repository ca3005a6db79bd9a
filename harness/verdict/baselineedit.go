package verdict

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

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
		text = baselineKey.ReplaceAll(text, []byte("baseline: []$1"))
	}
	if again, err := parseBaseline("", text); err != nil || !slices.Equal(again.Entries, kept) {
		return nil, errors.New("the baseline's entries do not have lines of their own, by which rolecheck could remove them; remove them by hand")
	}
	return text, nil
}

var baselineKey = regexp.MustCompile(`(?m)^baseline:(.*)$`)

// without cuts the lines of the entries out.
func (b *Baseline) without(drop map[string]bool) []byte {
	lines := bytes.SplitAfter(b.text, []byte("\n"))
	starts := make([]int, 0, len(b.Entries)+1)
	for _, line := range b.lines {
		start := line - 1
		for start > 0 && isComment(lines[start-1]) {
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

func isComment(line []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) }
