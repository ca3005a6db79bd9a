package exchange

import (
	"bytes"
	"strings"
)

// members replaces the values of secret JSON members. The text need not be complete JSON: it may be cut off, have JSON within
// other text, or have JSON within a string of other JSON, with its quotes escaped.
func members(b []byte) []byte {
	var out splice
	for i := 0; i < len(b); {
		colon := bytes.IndexByte(b[i:], ':')
		if colon < 0 {
			break
		}
		i += colon + 1
		name, escapes := memberBefore(b, i-1)
		value := skipSpace(b, i)
		switch {
		case !isSecret(name) || value == len(b):
		case (b[value] == '{' || b[value] == '[') && isPassword(name):
			i = replaceStrings(&out, b, value, escapes)
		default:
			i = replaceValue(&out, b, value, escapes)
		}
	}
	return out.end(b)
}

// isPassword reports whether a member's value may be an object that holds the secret, as in credentials.password.
func isPassword(name []byte) bool { return bytes.EqualFold(name, []byte("password")) }

// memberBefore reads the name of the member whose colon is at i, and how many backslashes are before each of its quotes. The
// name is empty if the colon is not a member's.
func memberBefore(b []byte, i int) (name []byte, escapes int) {
	for i > 0 && isSpace(b[i-1]) {
		i--
	}
	if i == 0 || b[i-1] != '"' {
		return nil, 0
	}
	end := i - 1
	for end > 0 && b[end-1] == '\\' {
		end--
	}
	name = nameBefore(b, end)
	if at := end - len(name); at == 0 || b[at-1] != '"' {
		return nil, 0
	}
	return name, i - 1 - end
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// replaceValue replaces a string or a number, and returns the index after it. Literals and empty strings hold no secret, and
// stay.
func replaceValue(out *splice, b []byte, value, escapes int) int {
	if first, ok := openQuote(b, value, escapes); ok {
		end := stringEnd(b, first, escapes)
		if end > first {
			out.replace(b, first, end, Redacted)
		}
		return end
	}
	end := value
	for end < len(b) && strings.IndexByte("+-.0123456789eE", b[end]) >= 0 {
		end++
	}
	if c := b[value]; c == '-' || '0' <= c && c <= '9' {
		mark := strings.Repeat(`\`, escapes) + `"`
		out.replace(b, value, end, mark+Redacted+mark)
	}
	return max(end, value)
}

// replaceStrings replaces the strings within the object or array at i, but for the names of members, and returns the index
// after it.
func replaceStrings(out *splice, b []byte, i, escapes int) int {
	for depth := 0; i < len(b); {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"', '\\':
			first, ok := openQuote(b, i, escapes)
			if !ok {
				return i
			}
			end := stringEnd(b, first, escapes)
			behind := min(end+escapes+1, len(b))
			if at := skipSpace(b, behind); end > first && (at == len(b) || b[at] != ':') {
				out.replace(b, first, end, Redacted)
			}
			i = behind
			continue
		}
		i++
	}
	return i
}

// openQuote reports whether a string begins at i with a quote after that many backslashes, and where its text begins.
func openQuote(b []byte, i, escapes int) (int, bool) {
	at := i + escapes
	if at >= len(b) || b[at] != '"' || bytes.Count(b[i:at], []byte{'\\'}) != escapes {
		return i, false
	}
	return at + 1, true
}

// stringEnd returns the index after the text of a string whose quotes are after that many backslashes. A quote after fewer
// of them ends the string around it; a string that is cut off ends with b.
func stringEnd(b []byte, first, escapes int) int {
	for i := first; i < len(b); i++ {
		if b[i] != '"' {
			continue
		}
		run := 0
		for i-run > first && b[i-run-1] == '\\' {
			run++
		}
		if run < escapes {
			return i - run
		}
		// Each level of JSON in JSON doubles the backslashes of the text, and adds that of the quote.
		if run%(2*(escapes+1)) == escapes {
			return i - escapes
		}
	}
	return len(b)
}
