package contract

import (
	"errors"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// formats are checked in place of the library's patterns, which take days that no month has. A description that uses
// another string format is refused, for nothing would check it.
var formats = map[string]openapi3.StringFormatValidator{
	"date-time": openapi3.NewCallbackValidator(func(s string) error {
		if _, ok := instant(s); !ok {
			return errors.New("no RFC 3339 instant")
		}
		return nil
	}),
	"date": openapi3.NewCallbackValidator(func(s string) error {
		_, err := time.Parse(time.DateOnly, s)
		return err
	}),
}

// instant reads an RFC 3339 date-time. time.Parse alone is too kind: it takes a comma for a point, and one digit for
// an hour.
func instant(s string) (time.Time, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[13] != ':' || strings.Contains(s, ",") {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

// canonical reports whether s has the one form that the API writes: UTC, and three digits of milliseconds.
func canonical(s string) bool {
	const form = "0000-00-00T00:00:00.000Z"
	if len(s) != len(form) {
		return false
	}
	for i := range len(form) {
		if digit := '0' <= s[i] && s[i] <= '9'; digit != (form[i] == '0') || !digit && s[i] != form[i] {
			return false
		}
	}
	return true
}

// before reports whether instant a is before b; ok is false where one of them is no instant.
func before(a, b string) (earlier, ok bool) {
	if canonical(a) && canonical(b) {
		return a < b, true
	}
	at, ok := instant(a)
	if !ok {
		return false, false
	}
	bt, ok := instant(b)
	return at.Before(bt), ok
}
