// Package scan reads JSON texts from front to back without building their values, for readers of many texts who keep
// little of each.
package scan

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"iter"
	"math/bits"
	"unicode/utf8"
)

// maxDepth is how deep a text may nest.
const maxDepth = 256

// Text is a JSON text that is being read. It knows one place: what was read lies behind it, and each method reads on
// from there. Once something else comes than was asked for, or the text is no JSON, it has failed for good, and every
// further method returns nothing.
type Text struct {
	b      []byte
	at     int
	depth  int
	failed bool
}

// New returns a text at its beginning. One that is no UTF-8 has failed already.
func New(b []byte) Text { return Text{b: b, failed: !utf8.Valid(b)} }

// Ended reports whether the whole text was read, and was JSON.
func (t *Text) Ended() bool {
	t.space()
	return !t.failed && t.at == len(t.b)
}

// Failed reports whether the text has failed.
func (t *Text) Failed() bool { return t.failed }

// Fail gives up on the text.
func (t *Text) Fail() { t.failed = true }

func (t *Text) space() {
	for t.at < len(t.b) && t.b[t.at] <= ' ' {
		switch t.b[t.at] {
		case ' ', '\t', '\n', '\r':
			t.at++
		default:
			return
		}
	}
}

// Next returns the byte that the next value begins with, and 0 where there is none.
func (t *Text) Next() byte {
	t.space()
	if t.failed || t.at == len(t.b) {
		return 0
	}
	return t.b[t.at]
}

// take reads c, and returns false where something else comes.
func (t *Text) take(c byte) bool {
	if t.Next() != c {
		return false
	}
	t.at++
	return true
}

// Null reads null where it comes next, and reports whether it did.
func (t *Text) Null() bool {
	if t.Next() != 'n' {
		return false
	}
	t.word("null")
	return true
}

func (t *Text) word(w string) {
	if !bytes.HasPrefix(t.b[t.at:], []byte(w)) {
		t.failed = true
		return
	}
	t.at += len(w)
}

// Bool reads true or false.
func (t *Text) Bool() bool {
	switch t.Next() {
	case 't':
		t.word("true")
		return !t.failed
	case 'f':
		t.word("false")
	default:
		t.failed = true
	}
	return false
}

// Members reads an object and yields the name of each member; whoever takes it reads the value. The name is valid as
// long as the text is.
func (t *Text) Members() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for range t.list('{', '}') {
			name := t.String()
			if !t.take(':') {
				t.failed = true
			}
			if t.failed || !yield(name) {
				return
			}
		}
	}
}

// Items reads an array and yields before each item; whoever takes it reads the item.
func (t *Text) Items() iter.Seq[struct{}] { return t.list('[', ']') }

func (t *Text) list(begin, end byte) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		if !t.take(begin) || t.depth == maxDepth {
			t.failed = true
			return
		}
		if t.take(end) {
			return
		}
		t.depth++
		for yield(struct{}{}) {
			if t.take(',') {
				continue
			}
			t.depth--
			if !t.take(end) {
				t.failed = true
			}
			return
		}
	}
}

// String reads a string and returns what it means. It is valid as long as the text is.
func (t *Text) String() []byte {
	if !t.take('"') {
		t.failed = true
		return nil
	}
	start := t.at
	i := start
	// Eight bytes at a time take a third less than one by one.
	for i+8 <= len(t.b) {
		n := plain(binary.LittleEndian.Uint64(t.b[i:]))
		if i += n; n < 8 {
			break
		}
	}
	for ; i < len(t.b); i++ {
		switch c := t.b[i]; {
		case c == '"':
			t.at = i + 1
			return t.b[start:i]
		case c == '\\':
			return t.escaped(start, i)
		case c < ' ':
			t.failed = true
			return nil
		}
	}
	t.failed = true
	return nil
}

// plain returns how many of eight bytes, the lowest first, stand for themselves within a string: those before the first
// quote, backslash or control character.
func plain(b uint64) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	// A subtraction marks the bytes that are less by their highest bit, as far as they did not have it themselves. What
	// it borrows can mark a byte above wrongly, but never the first one.
	control := (b - ones*' ') &^ b
	quote := b ^ ones*'"'
	quote = (quote - ones) &^ quote
	backslash := b ^ ones*'\\'
	backslash = (backslash - ones) &^ backslash
	return bits.TrailingZeros64((control|quote|backslash)&high) / 8
}

// escaped reads on a string that began at start and whose first escape is at i.
func (t *Text) escaped(start, i int) []byte {
	for ; i < len(t.b) && t.b[i] != '"'; i++ {
		if t.b[i] == '\\' {
			i++
		}
	}
	if i >= len(t.b) {
		t.failed = true
		return nil
	}
	var s string
	if json.Unmarshal(t.b[start-1:i+1], &s) != nil {
		t.failed = true
		return nil
	}
	t.at = i + 1
	return []byte(s)
}

// Number reads a number and returns its text.
func (t *Text) Number() []byte {
	t.space()
	start := t.at
	t.digit('-')
	if !t.digit('0') && !t.digits() {
		t.failed = true
	}
	if t.digit('.') && !t.digits() {
		t.failed = true
	}
	if t.digit('e') || t.digit('E') {
		if !t.digit('+') {
			t.digit('-')
		}
		if !t.digits() {
			t.failed = true
		}
	}
	if t.failed {
		return nil
	}
	return t.b[start:t.at]
}

// digit reads one certain byte of a number.
func (t *Text) digit(c byte) bool {
	if t.at == len(t.b) || t.b[t.at] != c {
		return false
	}
	t.at++
	return true
}

func (t *Text) digits() bool {
	start := t.at
	for t.at < len(t.b) && '0' <= t.b[t.at] && t.b[t.at] <= '9' {
		t.at++
	}
	return t.at > start
}

// Skip reads a value of any kind.
func (t *Text) Skip() {
	switch t.Next() {
	case '{':
		for range t.Members() {
			t.Skip()
		}
	case '[':
		for range t.Items() {
			t.Skip()
		}
	case '"':
		_ = t.String()
	case 'n':
		t.word("null")
	case 't', 'f':
		t.Bool()
	default:
		t.Number()
	}
}
