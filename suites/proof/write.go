package proof

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/text"
)

// Write writes the matrix into a folder, as proof.json and as proof.md.
func Write(dir string, m Matrix) error {
	b, err := text.JSON(m)
	if err != nil {
		return fmt.Errorf("writing the matrix: %w", err)
	}
	return errors.Join(folder.WriteFile(filepath.Join(dir, "proof.json"), b), folder.WriteFile(filepath.Join(dir, "proof.md"), []byte(m.markdown())))
}

// Totals is the matrix in a few lines.
func (m Matrix) Totals() string {
	caught, missed, proven, excused := 0, 0, 0, 0
	for _, f := range m.Faults {
		if len(f.CaughtBy) > 0 {
			caught++
		}
		missed += len(f.Missed)
	}
	for _, q := range m.Requirements {
		switch {
		case len(q.ProvenBy) > 0:
			proven++
		case q.Unproven != "":
			excused++
		}
	}
	return fmt.Sprintf("%d of %d faults caught by a requirement that they contradict\n"+
		"%d of %d requirements proven by a fault, %d more cannot be, with a reason\n"+
		"%d pairs of fault and requirement that contradict each other went unseen",
		caught, len(m.Faults), proven, len(m.Requirements), excused, missed)
}

func (m Matrix) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What the suites catch\n\n%s\n\n", m.Totals())
	for _, p := range m.Problems {
		fmt.Fprintf(&b, "- **problem** %s\n", p)
	}
	b.WriteString("\n## Faults\n\n| fault | what is wrong | caught by | also failed | missed |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range m.Faults {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.Name, f.Sentence, cells(f.CaughtBy), cells(f.Also), cells(f.Missed))
	}
	b.WriteString("\n## Requirements\n\n| requirement | level | proven by |\n| --- | --- | --- |\n")
	for _, q := range m.Requirements {
		by := cells(q.ProvenBy)
		if q.Unproven != "" {
			by = "not provable: " + q.Unproven
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", q.ID, q.Level, by)
	}
	return b.String()
}

func cells(ids []string) string { return strings.Join(ids, "<br>") }
