package verdict

import (
	"strings"
	"unicode/utf8"

	"github.com/rolecheck/rolecheck/harness/text"
)

// maxSummary is how many characters a summary has at most.
const maxSummary = 300

// Failure is one failed expectation. Every view of a report renders it from these members.
type Failure struct {
	// Expected is the expectation, as in "status 204". It is empty if Actual is a sentence that includes it.
	Expected string `json:"expected"`
	// Actual is what was observed, as in "status 403".
	Actual string `json:"actual"`
	// Exchange is the id of the exchange that shows it.
	Exchange string `json:"exchange,omitempty"`
	// Line is that exchange in a line or two, redacted.
	Line string `json:"line,omitempty"`
	// More is further detail, in lines.
	More string `json:"more,omitempty"`
}

// Prose makes a failure of a text that does not separate expected and actual. A text that is too long for a summary is kept
// whole in More.
func Prose(s string) Failure {
	f := Failure{Actual: s}
	if utf8.RuneCountInString(text.OneLine(s)) > maxSummary {
		f.More = s
	}
	return f
}

// Summary is the failure in one line of at most 300 characters: "expected status 204, got status 403".
func (f Failure) Summary() string {
	const before, between = "expected ", ", got "
	expected, actual := text.OneLine(f.Expected), text.OneLine(f.Actual)
	switch {
	case expected == "":
		return text.Shorten(actual, maxSummary)
	case actual == "":
		return before + text.Shorten(expected, maxSummary-len(before))
	}
	// Two long parts get half the room each; a short one leaves the rest to the other.
	const room = maxSummary - len(before) - len(between)
	e, a := utf8.RuneCountInString(expected), utf8.RuneCountInString(actual)
	expected = text.Shorten(expected, max(room-a, room/2))
	actual = text.Shorten(actual, max(room-e, room-room/2))
	return before + expected + between + actual
}

// String is the failure in full: the summary, the exchange that shows it and the further detail, on lines of their own.
func (f Failure) String() string {
	var parts []string
	if s := f.Summary(); s != "" {
		parts = append(parts, s)
	}
	if f.Line != "" {
		parts = append(parts, "exchange "+strings.TrimSpace(f.Line))
	} else if f.Exchange != "" {
		parts = append(parts, "exchange "+f.Exchange)
	}
	if more := strings.TrimSpace(f.More); more != "" {
		parts = append(parts, more)
	}
	return strings.Join(parts, "\n")
}

// Details is the text of several failures, with a blank line between them. Its first line is the summary of the first.
func Details(failures []Failure) string {
	var parts []string
	for _, f := range failures {
		if s := f.String(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "\n\n")
}
