package verdict

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Baseline lists what is known to fail, and what a client is known to lack. All of it is still judged; the baseline keeps
// it from stopping the gate, and goes stale as soon as it says something that is no longer so.
type Baseline struct {
	Entries []Entry
	// text is the file that the entries were read from, and lines are their first lines in it, counted from 1.
	text  []byte
	lines []int
}

// Entry is one known failure, or one thing that a client is known to lack.
type Entry struct {
	Requirement string `json:"requirement" yaml:"requirement"`
	Reason      string `json:"reason" yaml:"reason"`
	Issue       string `json:"issue,omitempty" yaml:"issue"`
	Owner       string `json:"owner,omitempty" yaml:"owner"`
	// Expires is the last day on which the entry holds, as 2006-01-02; an entry without it does not expire.
	Expires string `json:"expires,omitempty" yaml:"expires"`
	// Failure is a part of what the failure must say; white space does not matter. Without it any failure will do.
	Failure string `json:"failure,omitempty" yaml:"failure"`
	// Unsupported are the operations for which the client has nothing, separated by commas. An entry with it excuses no
	// failure, and holds as long as the client lacks these operations and no others.
	Unsupported string `json:"unsupported,omitempty" yaml:"unsupported"`
}

// Standing is what a run makes of an entry.
type Standing string

const (
	// Holds means that the requirement fails, or is unsupported, as the entry says.
	Holds Standing = "holds"
	// Open means that the run did not verify the requirement, so that nothing is known of the entry.
	Open Standing = "open"
	// Passes means that the requirement passed unexpectedly.
	Passes Standing = "passes"
	// Expired means that the entry's last day is over.
	Expired Standing = "expired"
	// Differs means that the requirement fails in another way than the entry says, or fails where it was unsupported, or
	// lacks other operations.
	Differs Standing = "differs"
	// Unknown means that there is no requirement of that name.
	Unknown Standing = "unknown"
)

// Applied is an entry with what a run made of it.
type Applied struct {
	Entry
	Standing Standing `json:"standing"`
}

// Stale reports whether the entry says something that is no longer so.
func (a Applied) Stale() bool { return a.Standing != Holds && a.Standing != Open }

// Why says in words how the entry stands.
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

// describes reports whether a verdict is as the entry says.
func (e Entry) describes(v Verdict) bool {
	if e.Unsupported != "" {
		return v.Outcome == Unsupported && slices.Equal(slices.Sorted(slices.Values(v.Lacking)), e.unsupported())
	}
	return v.Outcome == Fail && contains(v.Detail, e.Failure)
}

// Apply excuses the verdicts that an entry holds for, and says how each entry stands on the given day. A
// requirement that has no verdict, because the mode of the run cannot judge it, is looked up with known.
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

// contains looks for a text regardless of where its lines are broken.
func contains(detail, part string) bool {
	return strings.Contains(strings.Join(strings.Fields(detail), " "), strings.Join(strings.Fields(part), " "))
}
