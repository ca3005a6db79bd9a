package sdk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"
)

// maxDifferences is how many differences of one result are told.
const maxDifferences = 5

// comparison compares what an org sent with what a client made of it.
type comparison struct {
	// known leaves out what the client has and the org did not send.
	known bool
	// skip leaves out the members at some pointers; nil leaves out none.
	skip func(pointer string) bool

	found []string
	more  int
}

// differences tells how a client's result differs from what was sent, one line each; empty where it says the same.
// Nothing and null are the same, dates are compared as instants, and numbers by their value.
func (c *comparison) differences(sent, got []byte) []string {
	c.found, c.more = nil, 0
	s, err := decode(sent)
	if err != nil {
		return []string{"what the org sent is no JSON: " + err.Error()}
	}
	var g any
	if len(got) > 0 {
		if g, err = decode(got); err != nil {
			return []string{"the result is no JSON: " + err.Error()}
		}
	}
	c.value("", s, g)
	if c.more > 0 {
		c.found = append(c.found, fmt.Sprintf("and %d more", c.more))
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

func (c *comparison) report(at, format string, args ...any) {
	if c.skip != nil && c.skip(at) {
		return
	}
	if len(c.found) >= maxDifferences {
		c.more++
		return
	}
	if at == "" {
		at = "the whole"
	}
	c.found = append(c.found, at+" "+fmt.Sprintf(format, args...))
}

func (c *comparison) value(at string, sent, got any) {
	switch s := sent.(type) {
	case nil:
		if !empty(got) {
			c.report(at, "was null and became %s", show(got))
		}
	case map[string]any:
		c.object(at, s, got)
	case []any:
		c.array(at, s, got)
	default:
		switch {
		case got == nil:
			c.report(at, "was lost; it was %s", show(sent))
		case !same(sent, got):
			c.report(at, "was %s and became %s", show(sent), show(got))
		}
	}
}

func (c *comparison) object(at string, sent map[string]any, got any) {
	g, ok := got.(map[string]any)
	if !ok {
		switch {
		case empty(sent) && got == nil:
		case got == nil:
			c.report(at, "was lost; it had %s", strings.Join(sortedKeys(sent), ", "))
		default:
			c.report(at, "was an object and became %s", show(got))
		}
		return
	}
	for _, name := range sortedKeys(sent) {
		c.value(at+"/"+escape(name), sent[name], g[name])
	}
	if c.known {
		return
	}
	for _, name := range sortedKeys(g) {
		if _, there := sent[name]; !there && !empty(g[name]) {
			c.report(at+"/"+escape(name), "was not sent and became %s", show(g[name]))
		}
	}
}

func (c *comparison) array(at string, sent []any, got any) {
	g, ok := got.([]any)
	switch {
	case !ok && got == nil:
		c.report(at, "was lost; it was a list of %d", len(sent))
	case !ok:
		c.report(at, "was a list of %d and became %s", len(sent), show(got))
	case len(g) != len(sent):
		c.report(at, "was a list of %d and became one of %d", len(sent), len(g))
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

// empty reports whether a value says nothing: null, and an object without members.
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
	return shorten(string(b), 80)
}

// escape makes a member's name a part of a JSON pointer.
func escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
