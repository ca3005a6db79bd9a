package contract

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
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

// document is a body, decoded.
type document struct {
	// value is nil, bool, json.Number, string, []any or map[string]any. Numbers keep their text, so that none is
	// rounded.
	value any
	// whole tells whether value stands for the text. A text can be flawed and whole: of members that are there
	// twice the last one counts, and what follows the value is left aside.
	whole bool
	flaws []flaw
}

// decode reads a body once, finding the value and all that is wrong with the text. encoding/json is not used because
// it takes a member that is there twice, and needs a second pass to see it.
func decode(body []byte) document {
	p := parser{text: string(body)}
	if !utf8.ValidString(p.text) {
		p.flaw("UTF-8", "bytes that are none")
		p.text = strings.ToValidUTF8(p.text, "\uFFFD")
	}
	if rest, ok := strings.CutPrefix(p.text, "\uFEFF"); ok {
		p.flaw("a JSON value", "a byte order mark before it")
		p.text = rest
	}
	p.space()
	v, ok := p.value(0)
	if !ok {
		return document{flaws: p.flaws}
	}
	p.space()
	if p.at < len(p.text) {
		p.flaw("one JSON value", "text after it at byte "+strconv.Itoa(p.at))
	}
	return document{value: v, whole: true, flaws: p.flaws}
}

// parser reads one text. Strings without escapes are slices of that text.
type parser struct {
	text   string
	at     int
	values int
	path   path
	flaws  []flaw
}

func (p *parser) flaw(expected, actual string) {
	if len(p.flaws) < maxFlaws {
		p.flaws = append(p.flaws, flaw{p.path.pointer(), expected, actual})
	}
}

// syntax notes why the text cannot be read on; it returns false for its callers to return.
func (p *parser) syntax(expected string) bool {
	got := "the end of the body"
	if p.at < len(p.text) {
		got = "something else"
	}
	p.flaw(fmt.Sprintf("%s at byte %d", expected, p.at), got)
	return false
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// take moves past c when it is next.
func (p *parser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) value(depth int) (any, bool) {
	if p.at >= len(p.text) {
		return nil, p.syntax("a JSON value")
	}
	if p.values++; p.values > maxValues {
		p.flaw(fmt.Sprintf("at most %d values", maxValues), "more")
		return nil, false
	}
	switch c := p.text[p.at]; c {
	case '{', '[':
		if depth == maxDepth {
			p.path = nil
			p.flaw(fmt.Sprintf("at most %d levels of nesting", maxDepth), "more")
			return nil, false
		}
		p.at++
		if c == '{' {
			return p.object(depth + 1)
		}
		return p.array(depth + 1)
	case '"':
		return p.string()
	case 't':
		return true, p.word("true")
	case 'f':
		return false, p.word("false")
	case 'n':
		return nil, p.word("null")
	default:
		return p.number()
	}
}

func (p *parser) word(w string) bool {
	if !strings.HasPrefix(p.text[p.at:], w) {
		return p.syntax("a JSON value")
	}
	p.at += len(w)
	return true
}

func (p *parser) object(depth int) (any, bool) {
	members := make(map[string]any)
	p.space()
	if p.take('}') {
		return members, true
	}
	for {
		p.space()
		if p.at >= len(p.text) || p.text[p.at] != '"' {
			return nil, p.syntax("a member's name")
		}
		name, ok := p.string()
		if !ok {
			return nil, false
		}
		p.space()
		if !p.take(':') {
			return nil, p.syntax("a colon")
		}
		p.space()
		p.path.push(step{name: name})
		v, ok := p.value(depth)
		if !ok {
			return nil, false
		}
		before := len(members)
		members[name] = v
		if len(members) == before {
			p.flaw("the member once", "it twice in one object")
		}
		p.path.pop()
		p.space()
		if p.take(',') {
			continue
		}
		if !p.take('}') {
			return nil, p.syntax("a comma or the object's end")
		}
		return members, true
	}
}

func (p *parser) array(depth int) (any, bool) {
	items := []any{}
	p.space()
	if p.take(']') {
		return items, true
	}
	for {
		p.space()
		p.path.push(step{index: len(items), isIndex: true})
		v, ok := p.value(depth)
		if !ok {
			return nil, false
		}
		p.path.pop()
		items = append(items, v)
		p.space()
		if p.take(',') {
			continue
		}
		if !p.take(']') {
			return nil, p.syntax("a comma or the array's end")
		}
		return items, true
	}
}

func (p *parser) string() (string, bool) {
	p.at++
	start := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return p.text[start : p.at-1], true
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", p.syntax("a string without control characters")
		}
		p.at++
	}
	return "", p.syntax("the string's end")
}

// escaped reads on a string that began at start, from its first escape.
func (p *parser) escaped(start int) (string, bool) {
	b := []byte(p.text[start:p.at])
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return string(b), true
		case c < ' ':
			return "", p.syntax("a string without control characters")
		case c != '\\':
			b = append(b, c)
			p.at++
		default:
			r, ok := p.escape()
			if !ok {
				return "", p.syntax("an escape that JSON has")
			}
			b = utf8.AppendRune(b, r)
		}
	}
	return "", p.syntax("the string's end")
}

// escape reads one escape, or the two that make a surrogate pair. Half a pair becomes U+FFFD.
func (p *parser) escape() (rune, bool) {
	const letters, meant = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if p.at+1 >= len(p.text) {
		return 0, false
	}
	if c := p.text[p.at+1]; c != 'u' {
		i := strings.IndexByte(letters, c)
		if i < 0 {
			return 0, false
		}
		p.at += 2
		return rune(meant[i]), true
	}
	r, ok := p.hex(p.at)
	if !ok {
		return 0, false
	}
	p.at += 6
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if low, ok := p.hex(p.at); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			p.at += 6
			return pair, true
		}
	}
	return utf8.RuneError, true
}

// hex reads the escape \uXXXX at i.
func (p *parser) hex(i int) (rune, bool) {
	if i+6 > len(p.text) || p.text[i] != '\\' || p.text[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(p.text[i+2 : i+6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func (p *parser) number() (any, bool) {
	n := numberLength(p.text[p.at:])
	if n == 0 {
		return nil, p.syntax("a JSON value")
	}
	s := p.text[p.at : p.at+n]
	p.at += n
	return json.Number(s), true
}

// numberLength returns how many bytes at the start of s are a JSON number.
func numberLength(s string) int {
	digits := func(i int) int {
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i
	}
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	whole := digits(i)
	if whole == i {
		return 0
	}
	if s[i] == '0' {
		whole = i + 1
	}
	i = whole
	if i < len(s) && s[i] == '.' {
		end := digits(i + 1)
		if end == i+1 {
			return i
		}
		i = end
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if end := digits(j); end > j {
			i = end
		}
	}
	return i
}
