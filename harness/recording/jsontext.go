package recording

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonText walks over a JSON text of any length and holds one value at a time. Unlike json.Decoder it can step over a
// value that is too large, or that is wrong inside, and go on behind it.
type jsonText struct {
	r   *bufio.Reader
	buf []byte
}

// errTooLarge says that a value or line is longer than its bound. The text behind it can be read.
var errTooLarge = fmt.Errorf("larger than the %d MiB that an entry may have", maxEntry>>20)

// syntaxError says that the text stops being JSON, so that nothing behind the place can be read.
type syntaxError struct{ what string }

func (e syntaxError) Error() string { return "not JSON: " + e.what }

// peek returns the next byte that is not white space, without taking it.
func (t *jsonText) peek() (byte, error) {
	for {
		b, err := t.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return 0, io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, err
		}
		if !isSpace(b) {
			return b, t.r.UnreadByte()
		}
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// take takes the next byte that is not white space, which has to be the one given.
func (t *jsonText) take(want byte) error {
	b, err := t.peek()
	if err != nil {
		return err
	}
	if b != want {
		return syntaxError{fmt.Sprintf("%q where %q belongs", b, want)}
	}
	_, err = t.r.Discard(1)
	return err
}

// members calls visit with each name of the object that comes next; visit takes the value.
func (t *jsonText) members(visit func(name string) error) error {
	return t.list('{', '}', func() error {
		raw, err := t.value(window)
		if err != nil {
			return err
		}
		var name string
		if json.Unmarshal(raw, &name) != nil {
			return syntaxError{"a member's name is no string"}
		}
		if err := t.take(':'); err != nil {
			return err
		}
		return visit(name)
	})
}

// elements calls visit before each value of the array that comes next; visit takes it.
func (t *jsonText) elements(visit func() error) error { return t.list('[', ']', visit) }

func (t *jsonText) list(begin, end byte, item func() error) error {
	if err := t.take(begin); err != nil {
		return err
	}
	if b, err := t.peek(); err != nil {
		return err
	} else if b == end {
		return t.take(end)
	}
	for {
		if err := item(); err != nil {
			return err
		}
		b, err := t.peek()
		if err != nil {
			return err
		}
		if b == end {
			return t.take(end)
		}
		if err := t.take(','); err != nil {
			return err
		}
	}
}

// skip steps over the next value.
func (t *jsonText) skip() error {
	if _, err := t.value(0); err != nil && !errors.Is(err, errTooLarge) {
		return err
	}
	return nil
}

// value returns the text of the next value, valid until the next call. A value longer than limit is stepped over, and
// errTooLarge returned. What is inside of it has not been looked at more than finding its end takes.
func (t *jsonText) value(limit int) ([]byte, error) {
	if _, err := t.peek(); err != nil {
		return nil, err
	}
	if cap(t.buf) > 1<<20 {
		t.buf = nil
	}
	t.buf = t.buf[:0]
	size := 0
	var end valueEnd
	for {
		if _, err := t.r.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		chunk, _ := t.r.Peek(t.r.Buffered())
		n, done := end.find(chunk)
		size += n
		if size <= limit {
			t.buf = append(t.buf, chunk[:n]...)
		}
		if _, err := t.r.Discard(n); err != nil {
			return nil, err
		}
		if !done {
			continue
		}
		if size == 0 {
			return nil, syntaxError{"a value is missing"}
		}
		if size > limit {
			return nil, errTooLarge
		}
		return t.buf, nil
	}
}

// valueEnd finds where a JSON value ends, chunk by chunk.
type valueEnd struct {
	inString, escaped, scalar bool
	depth                     int
}

// find returns how many bytes of the chunk belong to the value, and whether it ends with them.
func (v *valueEnd) find(chunk []byte) (int, bool) {
	for i, b := range chunk {
		if v.inString {
			switch {
			case v.escaped:
				v.escaped = false
			case b == '\\':
				v.escaped = true
			case b == '"':
				v.inString = false
				if v.depth == 0 {
					return i + 1, true
				}
			}
			continue
		}
		if v.scalar {
			if isSpace(b) || b == ',' || b == ']' || b == '}' || b == ':' {
				return i, true
			}
			continue
		}
		switch b {
		case '"':
			v.inString = true
		case '{', '[':
			v.depth++
		case '}', ']':
			if v.depth == 0 {
				return i, true
			}
			if v.depth--; v.depth == 0 {
				return i + 1, true
			}
		case ',', ':':
			if v.depth == 0 {
				return i, true
			}
		default:
			v.scalar = v.depth == 0
		}
	}
	return len(chunk), false
}
