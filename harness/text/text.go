// Package text makes texts of an org or a client, which may hold anything, safe to print, and formats counts and tables.
package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable drops from a text what could steer a terminal, or show it in another order than it has, such as U+202E.
// Line feeds and tabs stay.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.Cc, unicode.Cf) && c != '\n' && c != '\t' {
			return -1
		}
		return c
	}, s)
}

// OneLine puts a text on one line, with single spaces between its words. Characters that cannot be printed, among them those
// that steer a terminal or change the writing direction, count as white space.
func OneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, s)), " ")
}

// Shorten cuts a text to at most so many characters, the mark of the cut among them.
func Shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:max(most-1, 0)]) + "…"
}

// Excerpt is a text on one line, cut to at most so many characters.
func Excerpt(s string, most int) string { return Shorten(OneLine(s), most) }

// Count is a number with its noun: 1 request, 2 requests.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// JSON is a value as indented JSON for people and programs, with a line feed at its end.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}
