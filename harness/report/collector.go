package report

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

const (
	// maxEvidence is how many exchanges a row names, besides those of its failures; the counts in its detail speak of all.
	maxEvidence = 25
	// maxFailures is how many different failures one row lists.
	maxFailures = 5
	// maxFindings is how many findings of one requirement are kept with their words.
	maxFindings = 200
)

// Collector gathers judged exchanges one by one and keeps what a report says of them. Its memory depends on the size
// of the contract, not on the number of exchanges. It is safe for concurrent use.
type Collector struct {
	spec *spec.Spec

	mu       sync.Mutex
	tallies  map[string]*tally
	findings []Finding
	coverage map[pair]int
	counts   ExchangeCounts
	requests RequestCounts
	ids      recent
}

type pair struct {
	operation string
	status    int
}

// tally counts the exchanges by which one requirement was judged.
type tally struct {
	checked, broken int
	seen            []string
	breaking        []string
	// failures are the first different ones that broke it.
	failures []verdict.Failure
	// findings is how many findings were kept.
	findings int
	repro    string
}

// NewCollector returns an empty collector for the contract.
func NewCollector(s *spec.Spec) *Collector {
	return &Collector{spec: s, tallies: map[string]*tally{}, coverage: map[pair]int{}, ids: recent{of: map[string]string{}}}
}

// Add records one exchange and its judgement, and reports whether the report will name the exchange.
func (c *Collector) Add(x *exchange.Exchange, j contract.Judgement) (cited bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Total++
	c.requests.Total++
	if x.Request.Method != http.MethodGet && x.Request.Method != http.MethodHead {
		c.requests.Writes++
	}
	if x.Status() == http.StatusTooManyRequests {
		c.requests.Throttled++
	}
	if j.Operation == nil {
		c.counts.Outside++
		return false
	}
	c.counts.Judged++
	if x.Response != nil {
		c.coverage[pair{j.Operation.ID, x.Response.Status}]++
	}
	if f, repeated := c.ids.repeated(x, j); repeated {
		j.Findings = append(slices.Clip(j.Findings), f)
	}
	return c.addJudgement(x, j)
}

// AddJudgement records what the order of exchanges shows of one that was added, and reports whether the report will name
// it.
func (c *Collector) AddJudgement(x *exchange.Exchange, j contract.Judgement) (cited bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return j.Operation != nil && c.addJudgement(x, j)
}

func (c *Collector) addJudgement(x *exchange.Exchange, j contract.Judgement) (cited bool) {
	for _, rule := range j.Rules {
		t := c.tally(j.Operation.System, rule)
		t.checked++
		if len(t.seen) < maxEvidence {
			t.seen, cited = append(t.seen, x.ID), true
		}
	}
	counted := map[string]bool{}
	for _, f := range j.Findings {
		id := j.Operation.System + "." + f.Rule
		t := c.tally(j.Operation.System, f.Rule)
		// A finding that is weaker than its requirement is listed, and breaks nothing.
		r, known := c.spec.Requirement(id)
		breaks := !known || f.Level == r.Level || f.Level == spec.Must
		if breaks && !counted[f.Rule] {
			counted[f.Rule] = true
			t.broken++
			if len(t.breaking) < maxEvidence {
				t.breaking, cited = append(t.breaking, x.ID), true
			}
			if t.repro == "" {
				t.repro = x.Curl()
			}
		}
		if breaks && t.fail(failureOf(f), x) {
			cited = true
		}
		if t.findings == maxFindings {
			continue
		}
		t.findings++
		cited = true
		c.findings = append(c.findings, Finding{
			Requirement: id, Level: f.Level, Side: f.Side, Exchange: x.ID,
			Operation: j.Operation.ID, Pointer: f.Pointer, Detail: f.Detail,
		})
	}
	return cited
}

func (c *Collector) tally(system, rule string) *tally {
	id := system + "." + rule
	t := c.tallies[id]
	if t == nil {
		t = &tally{}
		c.tallies[id] = t
	}
	return t
}

// Verdict says what the exchanges show of a requirement that is judged on them.
func (c *Collector) Verdict(r spec.Requirement) verdict.Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := verdict.Verdict{Requirement: r, Outcome: verdict.Unobservable, Detail: "no exchange showed it"}
	t := c.tallies[r.ID]
	switch {
	case t == nil:
	case t.broken > 0:
		v.Outcome, v.Evidence, v.Repro, v.Failures = verdict.Fail, t.breaking, t.repro, slices.Clone(t.failures)
		v.Failures[len(v.Failures)-1].More = fmt.Sprintf("in %s of %d", text.Count(t.broken, "exchange"), max(t.checked, t.broken))
		v.Detail = verdict.Details(v.Failures)
	case t.checked > 0:
		v.Outcome, v.Evidence = verdict.Pass, t.seen
		v.Detail = "held in " + text.Count(t.checked, "exchange")
	}
	// Where the judge broke, no rule was checked, so that neither a pass nor silence means anything.
	if broken := c.tallies[r.System+"."+contract.JudgeError]; broken != nil && v.Outcome != verdict.Fail && r.Unobservable == "" {
		v.Outcome, v.Evidence = verdict.Error, broken.breaking
		var why []string
		for _, f := range broken.failures {
			why = append(why, f.Summary())
		}
		v.Detail = "rolecheck could not judge every exchange: " + strings.Join(why, "\n")
	}
	return v
}

// fail keeps a failure that is not among the others yet, while there is room, and reports whether it did.
func (t *tally) fail(f verdict.Failure, x *exchange.Exchange) bool {
	known := slices.ContainsFunc(t.failures, func(o verdict.Failure) bool { return o.Expected == f.Expected && o.Actual == f.Actual })
	if known || len(t.failures) == maxFailures {
		return false
	}
	f.Exchange, f.Line = x.ID, lineOf(x)
	t.failures = append(t.failures, f)
	if !slices.Contains(t.breaking, x.ID) {
		t.breaking = append(t.breaking, x.ID)
	}
	return true
}

// lineOf is an exchange in one line. Live traffic comes with its credentials, which are taken out; what its bodies say is
// for the file of exchanges alone.
func lineOf(x *exchange.Exchange) string {
	shown := &exchange.Exchange{ID: x.ID, Request: exchange.Request{Method: x.Request.Method, URL: x.Request.URL}, Error: x.Error}
	if x.Response != nil {
		shown.Response = &exchange.Response{Status: x.Response.Status}
	}
	redactor := exchange.NewRedactor(exchange.Credential(x.Request.Header.Get("Authorization")))
	redactor.Exchange(shown)
	return redactor.String(shown.Line())
}

// failureOf makes a failure of a finding: what was expected and what came, and where in the exchange.
func failureOf(f contract.Finding) verdict.Failure {
	switch {
	case f.Expected == "" && f.Pointer == "":
		return verdict.Failure{Actual: f.Detail}
	case f.Expected == "":
		return verdict.Failure{Actual: f.Pointer + ": " + f.Detail}
	case f.Pointer == "":
		return verdict.Failure{Expected: f.Expected, Actual: f.Actual}
	}
	return verdict.Failure{Expected: f.Expected + " at " + f.Pointer, Actual: f.Actual}
}

// Findings returns what was found, sorted.
func (c *Collector) Findings() []Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := append([]Finding{}, c.findings...)
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Requirement, b.Requirement), cmp.Compare(a.Operation, b.Operation),
			cmp.Compare(a.Exchange, b.Exchange), cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Detail, b.Detail))
	})
	return out
}

// Coverage returns every pair of operation and status that is documented or was seen. What the legacy page alone
// documents counts as seen.
func (c *Collector) Coverage() []Coverage {
	c.mu.Lock()
	defer c.mu.Unlock()
	pairs := map[pair]*Coverage{}
	for _, p := range c.spec.DocumentedPairs() {
		pairs[pair{p.Operation, p.Status}] = &Coverage{Operation: p.Operation, Status: p.Status, Documented: true}
	}
	for p, n := range c.coverage {
		if pairs[p] == nil {
			pairs[p] = &Coverage{Operation: p.operation, Status: p.status}
		}
		pairs[p].Exchanges = n
	}
	out := make([]Coverage, 0, len(pairs))
	for _, row := range pairs {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Status, b.Status))
	})
	return out
}

// Counts returns how many exchanges there were, and what they cost.
func (c *Collector) Counts() (ExchangeCounts, RequestCounts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts, c.requests
}

// Unreadable counts one exchange that was there and could not be read.
func (c *Collector) Unreadable() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Total++
	c.counts.Unreadable++
}
