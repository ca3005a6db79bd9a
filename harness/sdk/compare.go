package sdk

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// maxDifferences is how many differences of one result are listed.
const maxDifferences = 5

// comparison compares what an org sent with what a client made of it.
type comparison struct {
	// known leaves out what the client has and the org did not send.
	known bool
	// skip leaves out the members at some pointers; nil leaves out none.
	skip func(pointer string) bool

	found []verdict.Failure
	more  int
}

// differences lists how a client's result differs from what was sent, one failure each; none where they are the same.
// Nothing and null are the same, dates are compared as instants, and numbers by their value.
func (c *comparison) differences(sent, got []byte) []verdict.Failure {
	c.found, c.more = nil, 0
	s, err := decode(sent)
	if err != nil {
		return mismatch("JSON from the org", "a text that is not: "+err.Error())
	}
	var g any
	if len(got) > 0 {
		if g, err = decode(got); err != nil {
			return mismatch("a result that is JSON", "a text that is not: "+err.Error())
		}
	}
	c.value("", s, g)
	if c.more > 0 {
		c.found = append(c.found, verdict.Failure{Actual: fmt.Sprintf("%d more differences of the result", c.more)})
	}
	return c.found
}

func decode(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("more than one value")
	}
	return v, nil
}

// report adds a difference: what was expected of the value at a JSON pointer, and what the client has.
func (c *comparison) report(at, expected, actual string) {
	if c.skip != nil && c.skip(at) {
		return
	}
	if len(c.found) >= maxDifferences {
		c.more++
		return
	}
	c.found = append(c.found, verdict.Failure{Expected: cmp.Or(at, "the whole") + " to be " + expected, Actual: actual})
}

func (c *comparison) value(at string, sent, got any) {
	switch s := sent.(type) {
	case nil:
		if !empty(got) {
			c.report(at, "null", show(got))
		}
	case map[string]any:
		c.object(at, s, got)
	case []any:
		c.array(at, s, got)
	default:
		switch {
		case got == nil:
			c.report(at, show(sent), "none")
		case !same(sent, got):
			c.report(at, show(sent), show(got))
		}
	}
}

func (c *comparison) object(at string, sent map[string]any, got any) {
	g, ok := got.(map[string]any)
	if !ok {
		switch {
		case empty(sent) && got == nil:
		case got == nil:
			c.report(at, "an object of "+strings.Join(slices.Sorted(maps.Keys(sent)), ", "), "none")
		default:
			c.report(at, "an object", show(got))
		}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		c.value(at+"/"+escape(name), sent[name], g[name])
	}
	if c.known {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(g)) {
		if _, there := sent[name]; !there && !empty(g[name]) {
			c.report(at+"/"+escape(name), "absent, as it was not sent", show(g[name]))
		}
	}
}

func (c *comparison) array(at string, sent []any, got any) {
	g, ok := got.([]any)
	switch {
	case !ok && got == nil:
		c.report(at, fmt.Sprintf("a list of %d", len(sent)), "none")
	case !ok:
		c.report(at, fmt.Sprintf("a list of %d", len(sent)), show(got))
	case len(g) != len(sent):
		c.report(at, fmt.Sprintf("a list of %d", len(sent)), fmt.Sprintf("one of %d", len(g)))
	default:
		for i := range sent {
			c.value(fmt.Sprintf("%s/%d", at, i), sent[i], g[i])
		}
	}
}

// same compares two values that are neither objects nor arrays.
func same(sent, got any) bool {
	switch s := sent.(type) {
	case json.Number:
		g, ok := got.(json.Number)
		if !ok {
			return false
		}
		if s == g {
			return true
		}
		a, aOK := new(big.Rat).SetString(limited(s.String()))
		b, bOK := new(big.Rat).SetString(limited(g.String()))
		return aOK && bOK && a.Cmp(b) == 0
	case string:
		g, ok := got.(string)
		if !ok || s == g {
			return ok
		}
		a, errA := time.Parse(time.RFC3339Nano, s)
		b, errB := time.Parse(time.RFC3339Nano, g)
		return errA == nil && errB == nil && a.Equal(b)
	}
	return sent == got
}

// limited keeps a number from a client that would take all memory to compute.
func limited(number string) string {
	if len(number) > 40 || strings.ContainsAny(number, "eE") {
		return ""
	}
	return number
}

// empty reports whether a value is null or an object without members.
func empty(v any) bool {
	m, ok := v.(map[string]any)
	return v == nil || ok && len(m) == 0
}

// show writes a value for a reader.
func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "something unreadable"
	}
	return text.Excerpt(string(b), 80)
}

// escape makes a member's name a part of a JSON pointer.
func escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
