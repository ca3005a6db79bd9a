// Package history judges what the order of exchanges shows: whether an org keeps what it accepted.
//
// A Tracker sees exchanges that nobody planned, so it knows only what they happened to show. It takes that for what was
// true when the answer came, and judges a later answer by it; what it was not shown is unknown, and what is unknown
// never fails. Somebody else may have changed the org in between: findings that this could explain are of level should.
// A change may take a while to show: Settle says how long, and what is read until then contradicts nothing.
package history

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// The rules that are judged here, by their name in the catalogue without its system.
const (
	assignedListed   = "history-assigned-listed"
	removedGone      = "history-removed-gone"
	duplicateRefused = "history-duplicate-refused"
	targetsAsPut     = "history-targets-as-put"
	lastTargetStays  = "history-last-target-stays"
	appTargetKinds   = "history-app-target-kinds"
	pagesDisjoint    = "history-pages-disjoint"
	permissionsAsPut = "history-permissions-as-put"
)

// Memory is bounded: beyond these numbers, what was not touched for longest is forgotten, and so is unknown again.
const (
	maxPrincipals  = 1024
	maxCustomRoles = 256
	maxWalks       = 32
	maxNames       = 2048
	// maxKnown bounds what is remembered of one principal, role or walk. One with more is forgotten altogether.
	maxKnown = 2000
)

// Tracker remembers what exchanges showed of an org's state, for each org (by host), principal and role. Its memory is
// bounded: of 1024 principals and 256 custom roles, those that were used last. It is not safe for concurrent use:
// exchanges have to be observed one by one, in the order in which they happened.
type Tracker struct {
	spec *spec.Spec
	// settle is how long a change may take to show.
	settle     time.Duration
	principals lru[key, *principal]
	roles      lru[key, *customRole]
	walks      lru[string, *walk]
	// orgs are the clocks of all role assignments of an org.
	orgs lru[string, *clock]
	// others are the clocks of writes to something of a kind, where it is not known what was written to.
	others lru[key, *clock]
	// apps are the names of the apps that instances belong to, and labels the ids of custom roles by their label.
	apps   lru[key, string]
	labels lru[key, string]
}

// key names something within an org. An id is unique among those of its kind.
type key struct {
	org  string
	kind kind
	id   string
}

type kind string

const (
	user   = kind(spec.User)
	group  = kind(spec.Group)
	client = kind(spec.Client)
	custom = kind(spec.CustomRole)
	app    = kind("app")
)

// New returns a Tracker that knows nothing yet.
func New(s *spec.Spec, options ...Option) *Tracker {
	t := &Tracker{
		spec:       s,
		principals: newLRU[key, *principal](maxPrincipals),
		roles:      newLRU[key, *customRole](maxCustomRoles),
		walks:      newLRU[string, *walk](maxWalks),
		orgs:       newLRU[string, *clock](maxWalks),
		apps:       newLRU[key, string](maxNames),
		labels:     newLRU[key, string](maxNames),
		others:     newLRU[key, *clock](maxNames),
	}
	for _, option := range options {
		option(t)
	}
	return t
}

// Observe judges the next exchange by the earlier ones, and remembers what it shows. It returns what the answer
// contradicts, with the rules that it was really judged by: one that is named and has no finding was met. Exchanges
// outside the described operations are of use too: one may show that a user or an app was removed.
//
// Where the exchanges' times are known, an exchange that began before an earlier write to the same principal had ended
// is not judged, two such writes make the principal unknown, and what was read during a write is forgotten with it. Where
// they are not known, the order of the exchanges is taken for that of the events.
//
// An exchange from a file that holds a part of them (Exchange.Part) is passed over: what is missing beside it may be what
// explains it.
//
// Answer is the decoded body of the answer (contract.Judgement.Answer); where it is nil the body is decoded here.
func (t *Tracker) Observe(x *exchange.Exchange, answer *contract.Document) contract.Judgement {
	if x.Request.URL == nil || x.Part {
		return contract.Judgement{}
	}
	c := &call{x: x, org: orgOf(x.Request.URL), answer: answer}
	path := x.Request.URL.EscapedPath()
	op, parameters, ok := t.spec.Match(x.Request.Method, path)
	if !ok {
		t.outside(c, path)
		return contract.Judgement{}
	}
	c.op, c.parameters = &op, parameters
	verb, object, holder := op.Action.Verb, op.Action.Object, op.HolderIn(parameters)
	switch {
	case object == spec.Assignee:
		t.assignees(c)
	case principalActs[object][verb] != nil:
		t.withPrincipal(c, kind(op.Action.Of), holder, principalActs[object][verb])
	case object == spec.Permission && permissionActs[verb] != nil:
		t.withCustomRole(c, holder, permissionActs[verb])
	}
	return contract.Judgement{Operation: &op, Parameters: parameters, Findings: c.findings, Rules: c.checked}
}

// orgOf names the org that a URL belongs to. An org answers at its admin host as well.
func orgOf(u *url.URL) string {
	first, rest, dotted := strings.Cut(strings.ToLower(u.Host), ".")
	if !dotted {
		return first
	}
	return strings.TrimSuffix(first, "-admin") + "." + rest
}

// call is one exchange of a described operation, with what was found in it.
type call struct {
	x          *exchange.Exchange
	org        string
	op         *spec.Operation
	parameters map[string]string
	// answer is the answer's body, decoded; nil where it was not decoded yet.
	answer   *contract.Document
	findings []contract.Finding
	checked  []string
	// unsettled reads may show what was there before the last write.
	unsettled bool
}

// check notes that the exchange is judged by a rule.
func (c *call) check(rule string) {
	if !slices.Contains(c.checked, rule) {
		c.checked = append(c.checked, rule)
	}
}

// report adds a finding of level should, the level of what somebody else could explain.
func (c *call) report(rule, expected, actual string) {
	c.reportLevel(spec.Should, rule, expected, actual)
}

func (c *call) reportLevel(level spec.Level, rule, expected, actual string) {
	c.check(rule)
	c.findings = append(c.findings, contract.NewFinding(contract.Finding{
		Rule: rule, Level: level, Side: contract.Org, Operation: c.op.ID, Expected: expected, Actual: actual,
	}))
}

// status is the answer's status, as what came.
func (c *call) status() string { return fmt.Sprintf("status %d", c.x.Status()) }

// outcome says whether a write was accepted.
type outcome int

const (
	// unclear writes may have had an effect or not: no answer came, or one that does not say.
	unclear outcome = iota
	accepted
	refused
)

func (c *call) outcome() outcome {
	switch status := c.x.Status(); {
	case status >= 200 && status < 300:
		return accepted
	case status >= 400 && status < 500:
		return refused
	}
	return unclear
}

func (c *call) writes() bool { return c.x.Request.Method != http.MethodGet }

// clock has the times of the exchanges about one thing, to see whether they overlapped and whether it changed.
type clock struct {
	// written and seen are when the last write and the last read that counted ended.
	written, seen time.Time
	changes       int
}

// overlaps reports whether the exchange began before an earlier write had ended, as far as the times are known.
func (k *clock) overlaps(x *exchange.Exchange) bool {
	return !x.Started.IsZero() && x.Started.Before(k.written)
}

// write notes a write.
func (k *clock) write(x *exchange.Exchange) {
	k.changes++
	k.written = later(k.written, x)
}

// read notes a read.
func (k *clock) read(x *exchange.Exchange) { k.seen = later(k.seen, x) }

// readDuring reports whether an answer that was learned from came while the exchange was under way.
func (k *clock) readDuring(x *exchange.Exchange) bool {
	return !x.Started.IsZero() && x.Started.Before(k.seen)
}

// later is the later of a time and the exchange's end, where that is known.
func later(t time.Time, x *exchange.Exchange) time.Time {
	if end := x.Started.Add(x.Duration); !x.Started.IsZero() && end.After(t) {
		return end
	}
	return t
}

// fact says whether a resource is known to exist, and from which exchange.
type fact struct {
	present bool
	// by is the exchange that made it so; empty where it was merely seen.
	by string
}
