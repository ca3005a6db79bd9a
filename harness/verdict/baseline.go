package verdict

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Baseline lists the requirements that are known to fail, and the operations that a client is known to lack. They are still
// judged; the baseline keeps them from closing the gate, and is stale as soon as one of its entries is no longer true.
type Baseline struct {
	Entries []Entry
	// text is the file that the entries were read from, and lines are their first lines in it, counted from 1.
	text  []byte
	lines []int
}

// Entry is one requirement that is known to fail, or not to be supported by a client.
type Entry struct {
	Requirement string `json:"requirement" yaml:"requirement"`
	Reason      string `json:"reason" yaml:"reason"`
	Issue       string `json:"issue,omitempty" yaml:"issue"`
	Owner       string `json:"owner,omitempty" yaml:"owner"`
	// Expires is the last day on which the entry holds, as 2006-01-02; an entry without it does not expire.
	Expires string `json:"expires,omitempty" yaml:"expires"`
	// Failure is a part of the failure's detail, compared without regard to white space. Without it any failure matches.
	Failure string `json:"failure,omitempty" yaml:"failure"`
	// Unsupported lists the operations that the client lacks, separated by commas. An entry with it excuses no failure, and
	// holds as long as the client lacks these operations and no others.
	Unsupported string `json:"unsupported,omitempty" yaml:"unsupported"`
}

// Standing is the state of an entry after a run.
type Standing string

const (
	// Holds means that the requirement fails, or is unsupported, as the entry says.
	Holds Standing = "holds"
	// Open means that the run did not verify the requirement, so that nothing is known of the entry.
	Open Standing = "open"
	// Passes means that the requirement passed unexpectedly.
	Passes Standing = "passes"
	// Expired means that the entry's last day has passed.
	Expired Standing = "expired"
	// Differs means that the requirement fails in another way than the entry says, or fails instead of being unsupported,
	// or that the client lacks other operations.
	Differs Standing = "differs"
	// Unknown means that the catalogue has no such requirement.
	Unknown Standing = "unknown"
)

// Applied is an entry with its state after a run.
type Applied struct {
	Entry
	Standing Standing `json:"standing"`
}

// Stale reports whether the entry is no longer true.
func (a Applied) Stale() bool { return a.Standing != Holds && a.Standing != Open }

// Why says the standing as the end of a sentence about the requirement.
func (a Applied) Why() string {
	switch unsupported := strings.Join(a.unsupported(), ", "); {
	case a.Standing == Holds && unsupported != "":
		return "is unsupported as known"
	case a.Standing == Passes && unsupported != "":
		return "is known to be unsupported and passes"
	case a.Standing == Differs && unsupported != "":
		return "is not just unsupported for " + unsupported
	}
	switch a.Standing {
	case Holds:
		return "fails as known"
	case Open:
		return "was not verified in this run"
	case Passes:
		return "is known to fail and passes"
	case Expired:
		return "its entry expired after " + a.Expires
	case Differs:
		return "fails, but not with " + strings.Join(strings.Fields(a.Failure), " ")
	default:
		return "there is no such requirement"
	}
}

// unsupported are the operations that the client is known to lack, sorted.
func (e Entry) unsupported() []string {
	operations := strings.FieldsFunc(e.Unsupported, func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
	slices.Sort(operations)
	return slices.Compact(operations)
}

// describes reports whether the entry is true of a verdict.
func (e Entry) describes(v Verdict) bool {
	if e.Unsupported != "" {
		return v.Outcome == Unsupported && slices.Equal(slices.Sorted(slices.Values(v.Lacking)), e.unsupported())
	}
	return v.Outcome == Fail && contains(v.Detail, e.Failure)
}

// Apply excuses, in place, the verdicts that an entry holds for, and returns each entry with its standing on the given day,
// sorted by requirement. Known reports whether the catalogue has a requirement; it is asked about those without a verdict,
// which the mode of the run does not judge.
func (b *Baseline) Apply(verdicts []Verdict, today time.Time, known func(requirement string) bool) []Applied {
	out := []Applied{}
	if b == nil {
		return out
	}
	for _, e := range b.Entries {
		a := Applied{Entry: e, Standing: Open}
		i := slices.IndexFunc(verdicts, func(v Verdict) bool { return v.Requirement.ID == e.Requirement })
		expired := e.Expires != "" && today.UTC().Format(time.DateOnly) > e.Expires
		switch {
		case i < 0 && !known(e.Requirement):
			a.Standing = Unknown
		case i >= 0 && verdicts[i].Outcome == Pass:
			a.Standing = Passes
		case expired:
			a.Standing = Expired
		case i < 0:
		case e.describes(verdicts[i]):
			a.Standing = Holds
			verdicts[i].Excused = true
		case verdicts[i].Outcome == Fail, e.Unsupported != "" && verdicts[i].Outcome == Unsupported:
			a.Standing = Differs
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(x, y Applied) int { return strings.Compare(x.Requirement, y.Requirement) })
	return out
}

// Lists reports whether a requirement is known to fail.
func (b *Baseline) Lists(requirement string) bool {
	return b != nil && slices.ContainsFunc(b.Entries, func(e Entry) bool { return e.Requirement == requirement && e.Unsupported == "" })
}

// contains reports whether detail contains part, without regard to line breaks.
func contains(detail, part string) bool {
	return strings.Contains(strings.Join(strings.Fields(detail), " "), strings.Join(strings.Fields(part), " "))
}
