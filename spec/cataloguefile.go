package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/spec/strict"
)

// sourceEntry is an entry of sources.yaml as it is written.
type sourceEntry struct {
	ID    string `yaml:"id"`
	Title string `yaml:"title"`
	Kind  string `yaml:"kind"`
}

// requirementEntry is a requirement as it is written.
type requirementEntry struct {
	ID        string `yaml:"id"`
	Level     string `yaml:"level"`
	Statement string `yaml:"statement"`
	Source    []struct {
		In      string `yaml:"in"`
		Section string `yaml:"section"`
	} `yaml:"source"`
	Operations   strict.Texts `yaml:"operations"`
	Needs        []string     `yaml:"needs"`
	Rows         []string     `yaml:"rows"`
	By           string       `yaml:"by"`
	Unobservable string       `yaml:"unobservable"`
	Unproven     string       `yaml:"unproven"`
}

// catalogueFile is one file of the catalogue. Its checks note what is wrong with file and line, and go on.
type catalogueFile struct {
	name string
	errs []error
}

// fail notes what is wrong at a line.
func (f *catalogueFile) fail(line int, format string, arguments ...any) {
	f.errs = append(f.errs, fmt.Errorf("%s:%d: %s", f.name, line, fmt.Sprintf(format, arguments...)))
}

// require notes the keys without a text; fields are keys and texts in turn.
func (f *catalogueFile) require(line int, what string, fields ...string) {
	for i := 0; i < len(fields); i += 2 {
		if strings.TrimSpace(fields[i+1]) == "" {
			f.fail(line, "%s has no %s; write one", what, fields[i])
		}
	}
}

// oneOf notes a text that is none of the known ones.
func (f *catalogueFile) oneOf(line int, what, value string, known ...string) {
	if value != "" && !slices.Contains(known, value) {
		f.fail(line, "%s: unknown value %q; it is one of %s", what, value, strings.Join(known, ", "))
	}
}

// names notes the items of a list that are there twice, or are none of the known ones. Without known ones, all are.
func (f *catalogueFile) names(line int, what, one string, list, known []string) {
	for i, name := range list {
		switch {
		case known != nil && !slices.Contains(known, name):
			f.fail(line, "%s: unknown %s %q%s", what, one, name, strict.Suggestion(name, known))
		case slices.Contains(list[:i], name):
			f.fail(line, "%s: %s %q is there twice", what, one, name)
		}
	}
}
