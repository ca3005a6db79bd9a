package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Change is the way in which something differs between two reports.
type Change string

// Worse and Better are about what both reports speak of; Appeared and Vanished things are spoken of by one of them
// alone. Changed things differ, and neither is the better one.
const (
	Worse    Change = "worse"
	Better   Change = "better"
	Appeared Change = "appeared"
	Vanished Change = "vanished"
	Changed  Change = "changed"
)

// changes are all changes, in the order in which they are listed.
var changes = []Change{Worse, Vanished, Changed, Appeared, Better}

// Comparison is how a new report differs from an old one.
type Comparison struct {
	Old          Compared            `json:"old"`
	New          Compared            `json:"new"`
	Requirements []RequirementChange `json:"requirements"`
	Pairs        []PairChange        `json:"pairs"`
	// Answers are the differences between the answers themselves; empty where one side has no exchanges.
	Answers []AnswerDifference `json:"answers"`
	// Worse says that a must got worse.
	Worse bool `json:"worse"`
}

// Compared is one of the two reports.
type Compared struct {
	Target    string `json:"target"`
	Run       string `json:"run"`
	Exit      int    `json:"exit"`
	Exchanges int    `json:"exchanges"`
}

// RequirementChange is a requirement whose outcome differs. An outcome is empty where the report has no row, or nobody
// looked.
type RequirementChange struct {
	Requirement string          `json:"requirement"`
	Level       spec.Level      `json:"level"`
	Change      Change          `json:"change"`
	Old         verdict.Outcome `json:"old"`
	New         verdict.Outcome `json:"new"`
	// Detail is what the new report says of it.
	Detail string `json:"detail"`
}

// PairChange is a pair of operation and status that fared differently.
type PairChange struct {
	Operation string `json:"operation"`
	Status    int    `json:"status"`
	Change    Change `json:"change"`
	// Old and New say how it fared: pass, finding or fail, and empty where it was not seen.
	Old string `json:"old"`
	New string `json:"new"`
	// OldExchanges and NewExchanges say how often it was seen.
	OldExchanges int `json:"oldExchanges"`
	NewExchanges int `json:"newExchanges"`
}

// Side is one of two reports to compare, with what its exchanges show.
type Side struct {
	report *Report
	// named are the exchanges that the report names, and answers the traits of all that there are.
	named     []*exchange.Exchange
	answers   map[string]map[int]*traits
	exchanges int
}

// OpenSide reads a report and the exchanges beside it. Where there are none, the answers cannot be compared.
func OpenSide(path string) (*Side, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	side, add, err := newSide(r)
	if err != nil {
		return nil, err
	}
	if err := eachExchange(path, add); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return side, nil
}

func newSide(r *Report) (*Side, func(*exchange.Exchange), error) {
	s, err := spec.Load()
	if err != nil {
		return nil, nil, err
	}
	side := &Side{report: r, answers: map[string]map[int]*traits{}}
	named := r.Named()
	return side, func(x *exchange.Exchange) {
		side.exchanges++
		if named[x.ID] {
			side.named = append(side.named, x)
		}
		side.add(OperationOf(s, x), x)
	}, nil
}

// Compare compares a new report with an old one. It is an error if one of them judged nothing: whatever the other says
// would then be no change.
func Compare(older, newer *Side) (*Comparison, error) {
	if err := errors.Join(older.judged("old"), newer.judged("new")); err != nil {
		return nil, err
	}
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	c := &Comparison{
		Old:          older.compared(),
		New:          newer.compared(),
		Requirements: compareRows(older.report, newer.report),
		Pairs:        comparePairs(older.report.Pairs(s, older.named), newer.report.Pairs(s, newer.named)),
		Answers:      compareAnswers(s, older.answers, newer.answers),
	}
	c.Worse = slices.ContainsFunc(c.Requirements, func(r RequirementChange) bool { return r.Change == Worse && r.Level == spec.Must })
	return c, nil
}

// judged is an error where no row of the report was judged.
func (s *Side) judged(which string) error {
	r := s.report
	switch {
	case len(r.Requirements) == 0:
		return fmt.Errorf("nothing to compare: the %s report (%s, run %s) has no rows", which, r.Who(), r.Run.ID)
	case !slices.ContainsFunc(r.Requirements, func(q Requirement) bool { return q.Outcome == verdict.Pass || q.Outcome == verdict.Fail }):
		return fmt.Errorf("nothing to compare: the %s report (%s, run %s) judged none of its %d rows", which, r.Who(), r.Run.ID, len(r.Requirements))
	}
	return nil
}

func (s *Side) compared() Compared {
	return Compared{Target: s.report.Who(), Run: s.report.Run.ID, Exit: s.report.Run.Exit, Exchanges: s.exchanges}
}

func compareRows(older, newer *Report) []RequirementChange {
	out := []RequirementChange{}
	otherwise := older.Mode != newer.Mode
	before, after := outcomes(older, otherwise), outcomes(newer, otherwise)
	add := func(q Requirement) {
		old, now := before[q.ID], after[q.ID]
		if old == now {
			return
		}
		out = append(out, RequirementChange{
			Requirement: q.ID, Level: q.Level, Change: changeOf(old, now), Old: old, New: now, Detail: q.Summary(),
		})
	}
	seen := map[string]bool{}
	for _, q := range newer.Requirements {
		seen[q.ID] = true
		add(q)
	}
	for _, q := range older.Requirements {
		if !seen[q.ID] {
			q.Detail, q.Failures = "", nil
			add(q)
		}
	}
	slices.SortFunc(out, func(a, b RequirementChange) int {
		return cmp.Or(slices.Index(changes, a.Change)-slices.Index(changes, b.Change), cmp.Compare(a.Requirement, b.Requirement))
	})
	return out
}

// outcomes has none for what was not selected: nobody looked. Between reports of different modes, such as a run against
// a mock and a recording of the real org, that goes for what one of them could not observe as well.
func outcomes(r *Report, otherwise bool) map[string]verdict.Outcome {
	out := map[string]verdict.Outcome{}
	for _, q := range r.Requirements {
		if q.Outcome == verdict.NotSelected || otherwise && q.Outcome == verdict.Unobservable {
			continue
		}
		out[q.ID] = q.Outcome
	}
	return out
}

func changeOf(old, now verdict.Outcome) Change {
	switch {
	case old == "":
		return Appeared
	case now == "":
		return Vanished
	case now == verdict.Fail, old == verdict.Pass:
		return Worse
	case now == verdict.Pass:
		return Better
	default:
		return Changed
	}
}

func comparePairs(older, newer []PairRow) []PairChange {
	out := []PairChange{}
	rows := map[pair][2]PairRow{}
	for i, side := range [][]PairRow{older, newer} {
		for _, c := range side {
			p := pair{c.Operation, c.Status}
			both := rows[p]
			both[i] = c
			rows[p] = both
		}
	}
	for p, both := range rows {
		old, now := both[0], both[1]
		change := PairChange{
			Operation: p.operation, Status: p.status, Old: fared(old), New: fared(now),
			OldExchanges: old.Exchanges, NewExchanges: now.Exchanges,
		}
		switch {
		case change.Old == change.New:
			continue
		case change.Old == "":
			change.Change = Appeared
		case change.New == "":
			change.Change = Vanished
		case now.State.Compare(old.State) <= 0:
			change.Change = Worse
		default:
			change.Change = Better
		}
		out = append(out, change)
	}
	slices.SortFunc(out, func(a, b PairChange) int {
		return cmp.Or(slices.Index(changes, a.Change)-slices.Index(changes, b.Change),
			pair{a.Operation, a.Status}.compare(pair{b.Operation, b.Status}))
	})
	return out
}

func fared(c PairRow) string {
	if c.Exchanges == 0 {
		return ""
	}
	return string(c.State)
}
