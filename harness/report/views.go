package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Names of the files that the views of a report are written to.
const (
	FileHTML      = "report.html"
	FileMarkdown  = "report.md"
	FileSARIF     = "report.sarif"
	FileBadge     = "badge.svg"
	FileBadgeJSON = "badge.json"
)

// View is one way of showing a report. It is made of the report and its exchanges alone, and comes out the same each
// time.
type View struct {
	// Name is what the view is asked for by.
	Name string
	// Help says in one line what it is for.
	Help string
	// Default views are made without being asked for.
	Default bool
	// Files are rendered one by one, by file name.
	Files map[string]func(*Report, []*exchange.Exchange) ([]byte, error)
}

type renderer = func(*Report, []*exchange.Exchange) ([]byte, error)

// AllViews lists every view there is.
func AllViews() []View {
	alone := func(render func(*Report) ([]byte, error)) renderer {
		return func(r *Report, _ []*exchange.Exchange) ([]byte, error) { return render(r) }
	}
	return []View{
		{"html", "one page with everything, for people", true, map[string]renderer{FileHTML: HTML}},
		{"markdown", "a summary for a pull request's comment or a job's summary", true, map[string]renderer{FileMarkdown: alone(Markdown)}},
		{"junit", "JUnit XML, for CI systems", true, map[string]renderer{FileJUnit: alone(JUnit)}},
		{"sarif", "SARIF 2.1.0, for code scanning", false, map[string]renderer{FileSARIF: alone(SARIF)}},
		{"badge", "a badge as SVG, and as JSON for shields.io", false, map[string]renderer{FileBadge: alone(Badge), FileBadgeJSON: alone(BadgeJSON)}},
	}
}

// Write renders the view of a report into files in dir, each whole or not at all, and returns their paths. The views of
// another run's report, which may have come there just now, are left as they are.
func (v View) Write(dir string, r *Report, exchanges []*exchange.Exchange) (paths []string, err error) {
	err = locked(dir, func() error {
		switch there, err := Open(dir); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case there.Run.ID != r.Run.ID:
			return fmt.Errorf("%s holds the report of another run, %q, whose views these would take the place of", dir, there.Run.ID)
		}
		paths, err = v.write(dir, r, exchanges)
		return err
	})
	return paths, err
}

// write is Write where nobody else writes.
func (v View) write(dir string, r *Report, exchanges []*exchange.Exchange) ([]string, error) {
	var paths []string
	for name, render := range v.Files {
		b, err := render(r, exchanges)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, name)
		if err := writeBytes(path, b); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths, nil
}

// Open reads the report at path, which is its file or the folder that holds it.
func Open(path string) (*Report, error) {
	path = file(path)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	r, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func file(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, FileReport)
	}
	return path
}

// OpenNamed reads those exchanges beside the report at path that the report names, which are all that its views show.
// Their number depends on the contract, not on the traffic. The error is fs.ErrNotExist where there is no such file.
func OpenNamed(path string, r *Report) ([]*exchange.Exchange, error) {
	var out []*exchange.Exchange
	named := r.named()
	err := eachExchange(path, func(x *exchange.Exchange) {
		if named[x.ID] {
			out = append(out, x)
		}
	})
	return out, err
}

// eachExchange visits the exchanges beside the report at path, of which it holds one at a time.
func eachExchange(path string, visit func(*exchange.Exchange)) (err error) {
	path = filepath.Join(filepath.Dir(file(path)), FileExchanges)
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading the exchanges: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := exchange.Read(f, func(x *exchange.Exchange) error { visit(x); return nil }); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// named are the ids of the exchanges that the report rests on.
func (r *Report) named() map[string]bool {
	out := map[string]bool{}
	for _, q := range r.Requirements {
		for _, id := range q.Evidence {
			out[id] = true
		}
	}
	for _, f := range r.Findings {
		out[f.Exchange] = true
	}
	return out
}

// state is what a view shows of a row, a pair or a whole run, in a word, a colour and a shape.
type state string

const (
	statePass    state = "pass"
	stateFail    state = "fail"
	stateFinding state = "finding"
	// stateOpen is what was to be verified and was not, stateAside what could not be verified here anyway.
	stateOpen  state = "open"
	stateAside state = "aside"
)

// states are all states, worst first.
var states = []state{stateFail, stateOpen, stateFinding, stateAside, statePass}

func worse(a, b state) state {
	if slices.Index(states, a) <= slices.Index(states, b) {
		return a
	}
	return b
}

// state is that of a row: failures that do not fail the gate are findings.
func (r *Report) state(q Requirement) state {
	switch q.Outcome {
	case verdict.Pass:
		return statePass
	case verdict.Unsupported:
		if q.verdict().Lacks() && !q.Expected {
			return stateOpen
		}
		return stateAside
	case verdict.Fail:
		if r.counts(q) {
			return stateFail
		}
		return stateFinding
	case verdict.Blocked, verdict.Error, verdict.NotRun, verdict.Untested:
		return stateOpen
	default:
		return stateAside
	}
}

// reason is why the baseline excuses a row, or nothing.
func (r *Report) reason(q Requirement) string {
	i := slices.IndexFunc(r.Baseline, func(a verdict.Applied) bool { return a.Requirement == q.ID })
	if !q.Expected || i < 0 {
		return ""
	}
	return "known: " + r.Baseline[i].Reason
}

// stale are the entries of the baseline that say something that is no longer so.
func (r *Report) stale() []verdict.Applied {
	return slices.DeleteFunc(slices.Clone(r.Baseline), func(a verdict.Applied) bool { return !a.Stale() })
}

// who names what was judged.
func (r *Report) who() string {
	switch {
	case r.Target.Kind == "reference":
		return strings.TrimSpace("the reference org, " + r.Target.Flavour + " flavour")
	case r.Target.URL != "":
		return r.Target.URL
	default:
		return "a " + string(r.Target.Kind)
	}
}

// operationOf finds the operation of the contract that an exchange was for, or the empty string.
func operationOf(s *spec.Spec, x *exchange.Exchange) string {
	if x.Request.URL == nil {
		return ""
	}
	op, _, ok := s.Match(x.Request.Method, x.Request.URL.EscapedPath())
	if !ok {
		return ""
	}
	return op.ID
}

// unverified groups the rows that say nothing of the target by their reason, since one cause usually stands behind many.
func (r *Report) unverified() []openGroup {
	var out []openGroup
	for _, q := range r.Requirements {
		s := r.state(q)
		if s != stateOpen && s != stateAside {
			continue
		}
		reason, hint, _ := strings.Cut(q.Detail, "\n")
		reason, hint = strings.TrimSpace(reason), strings.TrimSpace(hint)
		i := slices.IndexFunc(out, func(g openGroup) bool { return g.Outcome == q.Outcome && g.Reason == reason })
		if i < 0 {
			i = len(out)
			out = append(out, openGroup{State: s, Outcome: q.Outcome, Reason: reason})
		}
		out[i].IDs = append(out[i].IDs, q.ID)
		if hint != "" && len(out[i].Hints) < maxHints && !slices.Contains(out[i].Hints, hint) {
			out[i].Hints = append(out[i].Hints, hint)
		}
	}
	slices.SortStableFunc(out, func(a, b openGroup) int {
		return slices.Index(verdict.Outcomes, a.Outcome) - slices.Index(verdict.Outcomes, b.Outcome)
	})
	return out
}

// openGroup is what was not verified for one reason.
type openGroup struct {
	State   state
	Outcome verdict.Outcome
	Reason  string
	// Hints are what else some of the rows say, each once.
	Hints []string
	IDs   []string
}

// maxHints is how many hints of one group are told.
const maxHints = 3

// first names the first few rows of the group.
func (g openGroup) first() string {
	const most = 3
	if len(g.IDs) <= most+1 {
		return strings.Join(g.IDs, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(g.IDs[:most], ", "), len(g.IDs)-most)
}

// after has the group point at the problem that stands above where that gives its reason already.
func (g openGroup) after(problem string) openGroup {
	first, _, _ := strings.Cut(problem, "\n")
	if g.Reason == "" || strings.TrimSpace(first) != g.Reason {
		return g
	}
	g.Reason = "for the reason above"
	g.Hints = slices.DeleteFunc(slices.Clone(g.Hints), func(h string) bool { return strings.Contains(problem, h) })
	return g
}
