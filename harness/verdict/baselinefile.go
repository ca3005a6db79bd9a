package verdict

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/spec/strict"
)

// ReadBaseline reads a baseline file. Without a path there is no baseline, and nil is returned.
func ReadBaseline(path string) (*Baseline, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	return parseBaseline(path, text)
}

// parseBaseline reads a baseline; its errors name the file by name, and all of them are returned.
func parseBaseline(name string, text []byte) (*Baseline, error) {
	var content struct {
		Baseline []strict.At[Entry] `yaml:"baseline"`
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
	b := &Baseline{text: text}
	lines := map[string]int{}
	for _, written := range content.Baseline {
		e, line := written.Value.trimmed(), written.Line
		for _, what := range e.faults() {
			errs = append(errs, fmt.Errorf("%s:%d: %s", name, line, what))
		}
		if first := lines[e.Requirement]; first != 0 && e.Requirement != "" {
			errs = append(errs, fmt.Errorf("%s:%d: %s is there already, at line %d", name, line, e.Requirement, first))
		}
		lines[e.Requirement] = line
		b.Entries = append(b.Entries, e)
		b.lines = append(b.lines, line)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return b, nil
}

// trimmed is the entry without white space around its texts, which a block of YAML ends with.
func (e Entry) trimmed() Entry {
	for _, text := range []*string{&e.Requirement, &e.Reason, &e.Issue, &e.Owner, &e.Expires, &e.Failure, &e.Unsupported} {
		*text = strings.TrimSpace(*text)
	}
	return e
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
