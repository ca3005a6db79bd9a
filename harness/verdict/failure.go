package verdict

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSummary is how many characters a summary has at most.
const maxSummary = 300

// Failure is one thing that was expected and did not come. Every view of a report makes its words from it.
type Failure struct {
	// Expected is what the requirement wants, as in "status 204". It is empty where nobody said it apart from Actual.
	Expected string `json:"expected"`
	// Actual is what came, as in "status 403".
	Actual string `json:"actual"`
	// Exchange is the id of the exchange that shows it.
	Exchange string `json:"exchange,omitempty"`
	// Line is that exchange in a line or two, redacted.
	Line string `json:"line,omitempty"`
	// More is further detail, in lines.
	More string `json:"more,omitempty"`
}

// Prose makes a failure of a text that does not tell apart what was expected and what came. A text that is too long for
// a summary is kept whole besides.
func Prose(text string) Failure {
	f := Failure{Actual: text}
	if utf8.RuneCountInString(folded(text)) > maxSummary {
		f.More = text
	}
	return f
}

// Summary says the failure in one line of bounded length: "expected status 204, got status 403".
func (f Failure) Summary() string {
	const before, between = "expected ", ", got "
	expected, actual := folded(f.Expected), folded(f.Actual)
	switch {
	case expected == "":
		return cut(actual, maxSummary)
	case actual == "":
		return before + cut(expected, maxSummary-len(before))
	}
	// Of two long parts each keeps its half; a short one leaves the other its room.
	const room = maxSummary - len(before) - len(between)
	e, a := utf8.RuneCountInString(expected), utf8.RuneCountInString(actual)
	expected = cut(expected, max(room-a, room/2))
	actual = cut(actual, max(room-e, room-room/2))
	return before + expected + between + actual
}

// String is the failure in full: the summary, the exchange that shows it, and what more there is to say, each on lines
// of their own.
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

// Details is the text of several failures, with a blank line between them. Its first line is the first one's summary.
func Details(failures []Failure) string {
	var parts []string
	for _, f := range failures {
		if s := f.String(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "\n\n")
}

// folded puts a text on one line. What could steer a terminal or turn the direction of reading counts as white space.
func folded(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.C, unicode.Z) {
			return ' '
		}
		return c
	}, s)), " ")
}

// cut shortens a text to a number of characters.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:max(most-1, 0)]) + "…"
}
