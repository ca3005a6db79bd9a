package verdict

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/rolecheck/rolecheck/spec/strict"
)

// baselineFile is a baseline as somebody wrote it, so that it can be changed and stay theirs.
type baselineFile struct {
	text []byte
	// lines are the first lines of the entries, counted from 1.
	lines []int
}

// baselineEntry is an entry at the line where it is written.
type baselineEntry struct {
	Entry
	line int
}

// UnmarshalYAML reads the entry.
func (e *baselineEntry) UnmarshalYAML(n *yaml.Node) error {
	e.line = n.Line
	err := strict.Node(n, &e.Entry)
	for _, text := range []*string{&e.Requirement, &e.Reason, &e.Issue, &e.Owner, &e.Expires, &e.Failure, &e.Unsupported} {
		*text = strings.TrimSpace(*text)
	}
	return err
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

// ParseBaseline reads a baseline; name stands for the file in its errors, all of which are returned.
func ParseBaseline(name string, text []byte) (*Baseline, error) {
	var content struct {
		Baseline []baselineEntry `yaml:"baseline"`
	}
	switch err := strict.Load(name, text, &content); {
	case errors.Is(err, strict.ErrEmpty):
		return nil, fmt.Errorf("%w; a baseline without entries is written baseline: []", err)
	case err != nil:
		return nil, err
	case content.Baseline == nil:
		return nil, fmt.Errorf("%s:1: the key baseline has no list; a baseline without entries is written baseline: []", name)
	}
	var errs []error
	b := &Baseline{file: &baselineFile{text: text}}
	lines := map[string]int{}
	for _, e := range content.Baseline {
		for _, what := range e.faults() {
			errs = append(errs, fmt.Errorf("%s:%d: %s", name, e.line, what))
		}
		if first := lines[e.Requirement]; first != 0 && e.Requirement != "" {
			errs = append(errs, fmt.Errorf("%s:%d: %s is there already, at line %d", name, e.line, e.Requirement, first))
		}
		lines[e.Requirement] = e.line
		b.Entries = append(b.Entries, e.Entry)
		b.file.lines = append(b.file.lines, e.line)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return b, nil
}

// faults says what is wrong with an entry.
func (e Entry) faults() []string {
	var out []string
	if e.Requirement == "" {
		out = append(out, "the entry names no requirement")
	}
	if e.Reason == "" {
		out = append(out, e.Requirement+" has no reason; say why it is known to fail")
	}
	if e.Failure != "" && e.Unsupported != "" {
		out = append(out, e.Requirement+" has failure and unsupported; it can only be one of them")
	}
	if _, err := time.Parse(time.DateOnly, e.Expires); e.Expires != "" && err != nil {
		out = append(out, fmt.Sprintf("%s expires on %q, which is no date such as 2030-12-31", e.Requirement, e.Expires))
	}
	return out
}
