package harness

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/spec/strict"
)

// filterFrom is the settings' selection of specs as a Ginkgo label query.
func filterFrom(s *target.Settings) (string, error) {
	filter := s.LabelFilter
	if len(s.Only) > 0 {
		only := strings.Join(s.Only, " || ")
		if filter == "" {
			filter = only
		} else {
			filter = "(" + filter + ") && (" + only + ")"
		}
	}
	if _, err := parseFilter(filter); err != nil {
		return "", err
	}
	return filter, nil
}

// parseFilter reads a Ginkgo label query. Ginkgo's own error is several lines long, in colour; its last line says what is wrong.
func parseFilter(filter string) (types.LabelFilter, error) {
	matches, err := types.ParseLabelFilter(filter)
	reason := types.GinkgoError{}
	if errors.As(err, &reason) {
		lines := strings.Split(strings.TrimSpace(reason.Message), "\n")
		err = errors.New(strings.TrimSpace(lines[len(lines)-1]))
	}
	if err != nil {
		return nil, fmt.Errorf("the filter %q cannot be read: %w", filter, err)
	}
	return matches, nil
}

// Selected returns the requirements with a step in one of the scenes that the settings select, and Ginkgo's command line
// where there is one. The error says what selects nothing, and what may have been meant.
func Selected(s *spec.Spec, settings *target.Settings, scenes []Outline) ([]spec.Requirement, error) {
	var ids []string
	for _, q := range s.Requirements {
		ids = append(ids, q.ID)
	}
	for _, id := range settings.Only {
		if q, ok := s.Requirement(id); !ok {
			return nil, fmt.Errorf("no requirement %q%s; rolecheck list shows them all", id, strict.Suggestion(id, ids))
		} else if q.By != spec.BySuite || q.Unobservable != "" {
			return nil, fmt.Errorf("the requirement %s has no step of its own that could be run alone (see rolecheck explain %s)", id, id)
		}
	}
	filter, err := filterFrom(settings)
	if err != nil {
		return nil, err
	}
	matches, err := parseFilter(filter)
	if err != nil {
		return nil, err
	}
	chosen, err := commandLine()
	if err != nil {
		return nil, err
	}
	var out []spec.Requirement
	found := false
	for _, q := range s.Requirements {
		if q.By != spec.BySuite || q.Unobservable != "" || !matches(labelsOf(q)) {
			continue
		}
		found = true
		if chosen(labelsOf(q), textOf(q.ID, scenes)) {
			out = append(out, q)
		}
	}
	if !found {
		return nil, fmt.Errorf("the filter %q selects no requirement%s; rolecheck list shows what there is", filter, suggestLabel(s, filter))
	}
	return out, nil
}

// labelsOf are the labels of a requirement's step with those of its container.
func labelsOf(q spec.Requirement) []string {
	return append([]string{q.ID, q.System, string(q.Level)}, q.Operations...)
}

// textOf is the full text of the step that judges a requirement, as Ginkgo has it.
func textOf(requirement string, scenes []Outline) string {
	for _, o := range scenes {
		for _, step := range o.Steps {
			if step.Requirement == requirement {
				return o.Text + " " + step.Text
			}
		}
	}
	return ""
}

// commandLine returns the selection of Ginkgo's command line, by labels and text. What it selects by files is not considered.
func commandLine() (func(labels []string, text string) bool, error) {
	suite, _ := ginkgoConfiguration()
	matches, err := parseFilter(suite.LabelFilter)
	if err != nil {
		return nil, err
	}
	expression := func(parts []string) (*regexp.Regexp, error) {
		if len(parts) == 0 {
			return nil, nil
		}
		return regexp.Compile(strings.Join(parts, "|"))
	}
	focus, err1 := expression(suite.FocusStrings)
	skip, err2 := expression(suite.SkipStrings)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("the focus cannot be read: %w", err)
	}
	return func(labels []string, text string) bool {
		return matches(labels) && (focus == nil || focus.MatchString(text)) && (skip == nil || !skip.MatchString(text))
	}, nil
}

var labelWords = regexp.MustCompile(`[\w.-]+`)

// suggestLabel suggests a label for a word of a filter that is none.
func suggestLabel(s *spec.Spec, filter string) string {
	var known []string
	for _, q := range s.Requirements {
		for _, label := range labelsOf(q) {
			if !slices.Contains(known, label) {
				known = append(known, label)
			}
		}
	}
	for _, word := range labelWords.FindAllString(filter, -1) {
		if !slices.Contains(known, word) {
			return strict.Suggestion(word, known)
		}
	}
	return ""
}

// filterOf says in words what a run was narrowed to.
func filterOf(c types.SuiteConfig, readOnly bool) string {
	var parts []string
	if c.LabelFilter != "" {
		parts = append(parts, c.LabelFilter)
	}
	for name, values := range map[string][]string{
		"focus": c.FocusStrings, "skip": c.SkipStrings, "focus-file": c.FocusFiles, "skip-file": c.SkipFiles,
	} {
		for _, v := range values {
			parts = append(parts, name+" "+v)
		}
	}
	if c.DryRun {
		parts = append(parts, "dry run")
	}
	if readOnly {
		parts = append(parts, "read-only")
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}
