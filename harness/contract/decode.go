package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

const (
	// maxDepth is how deep a body may nest. The deepest one described nests nine levels.
	maxDepth = 256
	// maxValues is how many values a body may hold; it bounds what decoding a hostile one can cost.
	maxValues = 1 << 20
	// maxFlaws bounds how many flaws of one body are kept.
	maxFlaws = 20
)

// flaw is one way in which a text is not one well-formed JSON value.
type flaw struct{ pointer, expected, actual string }

// decoded is a body with all that is wrong with its text.
type decoded struct {
	// value is nil, bool, json.Number, string, []any or map[string]any. Numbers keep their text, so that none is
	// rounded.
	value any
	// complete reports whether the value could be read to its end. A text can be flawed and complete: of members that
	// are there twice the last one counts, and text after the value is ignored.
	complete bool
	flaws    []flaw
}

// Document is a body that is one well-formed JSON value. It must not be changed, for others may have it too.
type Document struct {
	// Value is nil, bool, json.Number, string, []any or map[string]any.
	Value any

	mu   sync.Mutex
	made map[any]any
}

// Decode decodes a body. It returns nil for one that is no well-formed JSON, empty, cut off or left out.
func Decode(b exchange.Body) *Document {
	if !b.Known() || len(b.Bytes) == 0 {
		return nil
	}
	d := decode(b.Bytes)
	if !d.complete || len(d.flaws) > 0 {
		return nil
	}
	return &Document{Value: d.value}
}

// Once returns what is made of the value. A document that is remembered remembers that as well: make is called once for
// each key. What it returns must not be changed.
func (d *Document) Once(key any, make func(value any) any) any {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.made[key]
	if !ok {
		v = make(d.Value)
		if d.made == nil {
			d.made = map[any]any{}
		}
		d.made[key] = v
	}
	return v
}

// decode reads a body once, finding the value and all that is wrong with the text. jsontext reads the tokens:
// encoding/json accepts a member that is there twice, and replaces bytes that are no UTF-8, without a word.
func decode(body []byte) decoded { return new(parser).decode(body) }

// parser reads texts, one after the other. Strings without escapes are slices of the text.
type parser struct {
	text   string
	buffer bytes.Buffer
	tokens jsontext.Decoder
	values int
	path   path
	flaws  []flaw
}

func (p *parser) decode(body []byte) decoded {
	p.values, p.path, p.flaws = 0, p.path[:0], nil
	if !utf8.Valid(body) {
		p.flaw("UTF-8", "bytes that are none")
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	if rest, ok := bytes.CutPrefix(body, []byte("\uFEFF")); ok {
		p.flaw("a JSON value", "a byte order mark before it")
		body = rest
	}
	p.text = string(body)
	p.buffer = *bytes.NewBuffer(body)
	p.tokens.Reset(&p.buffer, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := p.value()
	if err != nil {
		p.syntax(err)
		return decoded{flaws: p.flaws}
	}
	p.path = p.path[:0]
	at := p.tokens.InputOffset()
	if rest := strings.TrimLeft(p.text[at:], " \t\r\n"); rest != "" {
		p.flaw("one JSON value", fmt.Sprintf("text after it at byte %d", len(p.text)-len(rest)))
	}
	return decoded{value: v, complete: true, flaws: p.flaws}
}

func (p *parser) flaw(expected, actual string) {
	if len(p.flaws) < maxFlaws {
		p.flaws = append(p.flaws, flaw{p.path.pointer(), expected, actual})
	}
}

// syntax notes why the text could not be read to its end.
func (p *parser) syntax(err error) {
	var bound tooMuch
	var wrong *jsontext.SyntacticError
	switch {
	case errors.As(err, &bound):
		p.flaw("at most "+string(bound), "more")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		p.flaw("a JSON value", "the end of the body")
	case errors.As(err, &wrong):
		p.flaw("JSON", fmt.Sprintf("%v at byte %d", wrong.Err, wrong.ByteOffset))
	default:
		p.flaw("JSON", err.Error())
	}
}

// tooMuch is the error for a body beyond a bound, which it names.
type tooMuch string

func (e tooMuch) Error() string { return "more than " + string(e) }

// value reads the next value. After an error the path is left where it occurred.
func (p *parser) value() (any, error) {
	if p.values++; p.values > maxValues {
		return nil, tooMuch(fmt.Sprintf("%d values", maxValues))
	}
	switch kind := p.tokens.PeekKind(); kind {
	case '{', '[':
		if len(p.path) == maxDepth {
			p.path = nil
			return nil, tooMuch(fmt.Sprintf("%d levels of nesting", maxDepth))
		}
		if _, err := p.tokens.ReadToken(); err != nil {
			return nil, err
		}
		if kind == '{' {
			return p.object()
		}
		return p.array()
	case '"':
		return p.string()
	case '0':
		text, err := p.raw()
		return json.Number(text), err
	default:
		token, err := p.tokens.ReadToken()
		if err != nil || kind == 'n' {
			return nil, err
		}
		return token.Bool(), nil
	}
}

// raw reads a string or a number as it is written.
func (p *parser) raw() (string, error) {
	v, err := p.tokens.ReadValue()
	end := int(p.tokens.InputOffset())
	return p.text[end-len(v) : end], err
}

func (p *parser) string() (string, error) {
	text, err := p.raw()
	if err != nil {
		return "", err
	}
	if !strings.Contains(text, `\`) {
		return text[1 : len(text)-1], nil
	}
	// The error is about half a surrogate pair, which becomes U+FFFD.
	plain, _ := jsontext.AppendUnquote(nil, text)
	return string(plain), nil
}

func (p *parser) object() (any, error) {
	members := make(map[string]any)
	for p.tokens.PeekKind() != '}' {
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		p.path.push(step{name: name})
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		before := len(members)
		members[name] = v
		if len(members) == before {
			p.flaw("the member once", "it twice in one object")
		}
		p.path.pop()
	}
	_, err := p.tokens.ReadToken()
	return members, err
}

func (p *parser) array() (any, error) {
	items := []any{}
	for p.tokens.PeekKind() != ']' {
		p.path.push(step{index: len(items), isIndex: true})
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		p.path.pop()
		items = append(items, v)
	}
	_, err := p.tokens.ReadToken()
	return items, err
}
