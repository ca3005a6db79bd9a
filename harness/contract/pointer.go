package contract

import (
	"fmt"
	"strconv"
	"unicode"
)

// maxName is how many characters of a member's name a pointer shows.
const maxName = 64

// step is one part of a JSON pointer: a member or an item.
type step struct {
	name    string
	index   int
	isIndex bool
}

// path is the way from a body to one of its values.
type path []step

func (p *path) push(s step) { *p = append(*p, s) }
func (p *path) pop()        { *p = (*p)[:len(*p)-1] }

// pointer renders the path and what follows it as a JSON pointer. Names come from foreign bodies: what a terminal could
// act on is escaped, and a name without end is cut.
func (p path) pointer(more ...string) string {
	var b []byte
	for _, s := range p {
		b = append(b, '/')
		if s.isIndex {
			b = strconv.AppendInt(b, int64(s.index), 10)
		} else {
			b = appendName(b, s.name)
		}
	}
	for _, name := range more {
		b = appendName(append(b, '/'), name)
	}
	return string(b)
}

func appendName(b []byte, name string) []byte {
	n := 0
	for _, r := range name {
		if n++; n > maxName {
			return append(b, "…"...)
		}
		switch {
		case r == '~':
			b = append(b, "~0"...)
		case r == '/':
			b = append(b, "~1"...)
		case unicode.IsPrint(r):
			b = append(b, string(r)...)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return b
}
