package contract

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// bodyRules says how kin-openapi is asked about one kind of body, and under which rules mismatches are reported.
type bodyRules struct {
	options                                              []openapi3.SchemaValidationOption
	schema, readOnly, undeclared, known, instants, order rule
	// causes is the rule for what is wrong below an entry of errorCauses.
	causes rule
}

// answerOptions and requestOptions have kin-openapi find all mismatches, with our formats, and set no defaults.
var (
	answerOptions = []openapi3.SchemaValidationOption{
		openapi3.MultiErrors(), openapi3.WithStringFormatValidators(formats),
	}
	requestOptions = []openapi3.SchemaValidationOption{
		openapi3.MultiErrors(), openapi3.WithStringFormatValidators(formats), openapi3.VisitAsRequest(),
	}
)

var (
	answerRules = &bodyRules{options: answerOptions, schema: responseSchema, readOnly: responseSchema,
		undeclared: undeclaredMembers, known: knownValues, instants: timestampsUTC, order: updatedNotBeforeCreated,
		causes: responseSchema}
	errorRules = &bodyRules{options: answerOptions, schema: errorEnvelope, readOnly: errorEnvelope,
		undeclared: undeclaredMembers, known: knownValues, instants: timestampsUTC, order: updatedNotBeforeCreated,
		causes: errorCauses}
	requestRules = &bodyRules{options: requestOptions, schema: requestSchema, readOnly: requestReadOnly,
		undeclared: requestUndeclaredMembers, known: requestKnownValues, causes: requestSchema}
)

// walker judges one decoded body.
type walker struct {
	*collector
	rules *bodyRules
	path  path
	// at stands before the path where the value is no part of a body.
	at      string
	tallies map[tallied]*tally
	order   []*tally
}

// tallied is something of level may that is said once for a body, however many items of a list show it.
type tallied struct {
	rule rule
	node *node
	word string
}

type tally struct {
	rule                      rule
	pointer, expected, actual string
	count                     int
}

// walk judges a body by its node.
func (c *collector) walk(n *node, v any, rules *bodyRules) {
	w := &walker{collector: c, rules: rules, path: make(path, 0, 4)}
	c.check(rules.schema)
	c.check(rules.undeclared)
	w.value(n, v)
	for _, t := range w.order {
		if t.count > 1 {
			t.actual += fmt.Sprintf(", here and in %d more places", t.count-1)
		}
		c.report(t.rule, t.pointer, t.expected, t.actual)
	}
}

// value judges a value that the library has not seen yet.
func (w *walker) value(n *node, v any) {
	if w.full() {
		return
	}
	if n.choice != nil {
		if v == nil && n.choice.nullable {
			return
		}
		w.value(n.choice.pick(v), v)
		return
	}
	if err := n.schema.VisitJSON(v, w.rules.options...); err != nil {
		w.mismatch(err)
	}
	w.inside(n, v)
}

// inside judges what the library does not: it was shown v with n's schema already.
func (w *walker) inside(n *node, v any) {
	switch v := v.(type) {
	case map[string]any:
		w.object(n, v)
	case []any:
		if n.items == nil {
			return
		}
		for i, item := range v {
			w.path.push(step{index: i, isIndex: true})
			w.value(n.items, item)
			w.path.pop()
		}
	case string:
		w.text(n, v)
	case json.Number:
		if n.integer && !exact(v.String(), n.schema.Format) {
			w.report(w.schemaRule(), w.path.pointer(), "a whole number of 64 bits", "another number")
		}
	}
}

func (w *walker) object(n *node, members map[string]any) {
	found := 0
	for _, name := range n.names {
		v, ok := members[name]
		if !ok {
			continue
		}
		found++
		if w.judge.opts.DocumentsOnly && n.observed[name] {
			w.tally(w.rules.undeclared, n, name, "a member that a document has", "one known from real orgs alone", name)
		}
		switch child := n.members[name]; {
		case child.leaf:
		case child.choice != nil:
			w.path.push(step{name: name})
			w.value(child, v)
			w.path.pop()
		default:
			w.path.push(step{name: name})
			w.inside(child, v)
			w.path.pop()
		}
	}
	if found < len(members) && (n.extra != nil || !n.open) {
		w.others(n, members)
	}
	if n.ordered {
		w.updated(members)
	}
}

// others judges the members that are not named.
func (w *walker) others(n *node, members map[string]any) {
	for _, name := range sortedNames(members) {
		if n.members[name] != nil {
			continue
		}
		switch {
		case n.closed:
			w.report(w.schemaRule(), w.path.pointer(name), "no member besides those described", "this one")
		case n.extra != nil:
			w.path.push(step{name: name})
			w.value(n.extra, members[name])
			w.path.pop()
		default:
			w.tally(w.rules.undeclared, n, name, "a described member", "one that the description lacks", name)
		}
		if w.full() {
			return
		}
	}
}

func (w *walker) text(n *node, s string) {
	if n.instant && w.rules.instants != noRule {
		w.check(w.rules.instants)
		if !canonical(s) {
			w.report(w.rules.instants, w.path.pointer(),
				"UTC with Z and three digits of milliseconds, as in 2006-01-02T15:04:05.000Z", "another form")
		}
	}
	if len(n.known) > 0 {
		w.check(w.rules.known)
		if !slices.Contains(n.known, s) {
			w.tally(w.rules.known, n, s, "a value known so far, "+oneOf(n.known), unlike(n.known, s))
		}
	}
}

func (w *walker) updated(members map[string]any) {
	created, ok := members["created"].(string)
	if !ok || w.rules.order == noRule {
		return
	}
	updated, ok := members["lastUpdated"].(string)
	if !ok {
		return
	}
	late, ok := before(updated, created)
	if !ok {
		return
	}
	w.check(w.rules.order)
	if late {
		w.report(w.rules.order, w.path.pointer("lastUpdated"), "a time not before created", "an earlier one")
	}
}

func (w *walker) tally(r rule, n *node, word, expected, actual string, more ...string) {
	key := tallied{r, n, word}
	if t := w.tallies[key]; t != nil {
		t.count++
		return
	}
	if len(w.order) == maxFindings {
		w.more = true
		return
	}
	if w.tallies == nil {
		w.tallies = map[tallied]*tally{}
	}
	t := &tally{rule: r, pointer: w.path.pointer(more...), expected: expected, actual: actual, count: 1}
	w.tallies[key] = t
	w.order = append(w.order, t)
}

// schemaRule is the rule for what does not fit the schema at the present place.
func (w *walker) schemaRule() rule {
	if len(w.path) > 1 && w.path[0].name == "errorCauses" {
		return w.rules.causes
	}
	return w.rules.schema
}

// exact judges an integer by its text where the library is misled, seeing it rounded to 53 bits.
func exact(text, format string) bool {
	whole, fraction, _ := strings.Cut(text, ".")
	switch {
	case strings.ContainsAny(text, "eE"):
		return true
	case strings.Trim(fraction, "0") != "":
		rounded, err := strconv.ParseFloat(text, 64)
		return err != nil || rounded != math.Trunc(rounded)
	case format != "int64":
		return true
	}
	_, err := strconv.ParseInt(whole, 10, 64)
	return err == nil
}
