package suites

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/suites/stage"
)

// Plan says what a run will do, before it writes anything.
type Plan struct {
	Target *target.Target
	// Runs are the run ids, one for each process of a parallel run.
	Runs []string
	// Requirements is how many requirements have a step of their own.
	Requirements int
	// Cost is the cost in one process, on an org that answers as the reference org does.
	Cost Cost
	// Further is the additional cost of the other processes of a parallel run, at most: each makes the shared fixtures that
	// it needs.
	Further Cost
	// Given are the existing principals that the settings name for role assignments.
	Given target.Given
	// Limits are the rate limits that the org has announced so far, by bucket.
	Limits map[string]Limit
	// Latency is how long the org's answers have taken so far, on average.
	Latency time.Duration
	// Ledgers are the paths of the ledgers, one for each process; none for the reference org.
	Ledgers []string
	// Timeout bounds the run, clean-up included; zero if Ginkgo bounds it.
	Timeout time.Duration
	// MaxRequests is the number of requests after which the run stops; zero is no limit.
	MaxRequests int
	// ReadOnly reports that nothing is written. Which reads are sent depends on the objects in the org.
	ReadOnly bool
	// Asks is why a write needs consent; empty if it needs none.
	Asks string
	// Problem is why the run would not be able to judge; empty if nothing is known to prevent it.
	Problem string
}

// Limit is the rate limit of one bucket, in requests a minute, as an answer announced it.
type Limit struct{ Limit, Remaining int }

// newPlan makes the plan of a run that is prepared.
func newPlan(r *run, cost Cost) Plan {
	t, look := r.target, r.look
	p := Plan{
		Target: t, Runs: r.ids, Requirements: len(r.selected), Cost: cost, Given: r.Settings.Given, Limits: limitsIn(look.Exchanges),
		Latency: latencyOf(look.Exchanges), Timeout: r.Settings.Timeout, MaxRequests: r.Settings.MaxRequests, ReadOnly: r.Settings.ReadOnly,
		Problem: look.Problem,
	}
	for _, id := range r.ids {
		if path := r.ledgerPath(id); path != "" {
			p.Ledgers = append(p.Ledgers, path)
		}
	}
	if len(p.Given.Users) > 0 {
		delete(p.Cost.Makes, "user")
	}
	if len(p.Given.Groups) > 0 {
		delete(p.Cost.Makes, "group")
	}
	switch {
	case t.Kind == target.Reference, cost.Writes == 0:
	case look.Elsewhere != "":
		p.Asks = fmt.Sprintf("the answers of %s link to %s, so that it may stand before a real org", t.URL.Host, look.Elsewhere)
	case !t.Loopback():
		p.Asks = t.URL.Host + " is not on loopback"
	}
	return p
}

// limitsIn are the rate limits that answers announced, by bucket.
func limitsIn(exchanges []*exchange.Exchange) map[string]Limit {
	out := map[string]Limit{}
	for _, x := range exchanges {
		if x.Response == nil {
			continue
		}
		if limit, remaining, _, ok := exchange.RateLimit(x.Response.Header); ok {
			out[Bucket(x.Request.URL.Path)] = Limit{limit, remaining}
		}
	}
	return out
}

func latencyOf(exchanges []*exchange.Exchange) time.Duration {
	var sum time.Duration
	for _, x := range exchanges {
		sum += x.Duration
	}
	return sum / time.Duration(max(1, len(exchanges)))
}

// shortest is how long the run takes at least, by the known rate limits and by the latency of the org's answers.
func (p Plan) shortest() time.Duration {
	takes := time.Duration(p.Cost.Requests) * p.Latency
	for name, n := range p.Cost.Buckets {
		if l := p.Limits[name]; l.Limit > 0 && n.Requests > l.Limit {
			takes = max(takes, time.Duration(n.Requests-l.Limit)*time.Minute/time.Duration(l.Limit))
		}
	}
	return takes
}

// Line is the plan in one line.
func (p Plan) Line() string {
	org := p.Target.URL.String()
	if p.Target.Kind == target.Reference {
		org = "the embedded reference org (" + p.Target.Flavour + " flavour)"
	}
	if p.ReadOnly {
		return fmt.Sprintf("judging %s by %s, with at least %d requests, all of them reads", org, text.Count(p.Requirements, "requirement"), p.Cost.Requests)
	}
	s := fmt.Sprintf("judging %s by %s, with about %d requests, %d of them writes", org, text.Count(p.Requirements, "requirement"), p.Cost.Requests, p.Cost.Writes)
	if p.Further.Requests > 0 {
		s += fmt.Sprintf("; in several processes up to %d requests and %d writes more", p.Further.Requests, p.Further.Writes)
	}
	return s
}

// String is the plan in full; for the reference org, which holds no one's data, only Line.
func (p Plan) String() string {
	if p.Target.Kind == target.Reference {
		return p.Line()
	}
	if p.Problem != "" {
		return text.Printable(fmt.Sprintf("the plan: nothing can be judged, so that nothing will be written\n%s", p.Problem))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the plan: %s", p.Line())
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "\n  %-8s %s", name, wrapped(fmt.Sprintf(format, args...)))
	}
	row("as", "%s", p.who())
	row("makes", "%s", p.makes())
	row("grants", "%s", p.grants())
	row("sends", "by rate-limit bucket, with the limit that the org announces:")
	for _, name := range slices.Sorted(maps.Keys(p.Cost.Buckets)) {
		n := p.Cost.Buckets[name]
		limit := "no limit seen yet"
		if l, ok := p.Limits[name]; ok {
			limit = fmt.Sprintf("%d a minute, %d left", l.Limit, l.Remaining)
		}
		fmt.Fprintf(&b, "\n           %-27s %4d requests, %3d writes; %s", name, n.Requests, n.Writes, limit)
	}
	row("takes", "%s", p.takes())
	if len(p.Ledgers) > 0 && p.Cost.Writes > 0 {
		row("ledger", "%s, by which rolecheck sweep removes what a killed run leaves", strings.Join(p.Ledgers, " and "))
	}
	if p.MaxRequests > 0 {
		row("stops", "before it sends more than %d requests", p.MaxRequests)
	}
	if p.Timeout > 0 {
		end := harness.CleanUpTime(p.Timeout)
		row("stops", "judging after %s, so that of the %s that it may take %s are left for cleaning up", p.Timeout-end, p.Timeout, end)
	}
	if p.Asks != "" {
		row("asks", "for consent, since %s", p.Asks)
	}
	// The org's names may contain control characters.
	return text.Printable(b.String())
}

func (p Plan) who() string {
	id := p.Target.Identity
	switch {
	case id["login"] != "":
		return fmt.Sprintf("%s (user %s), whose credential is in OKTA_CLIENT_TOKEN", id["login"], id["user"])
	case id["user"] != "":
		return fmt.Sprintf("user %s, whose credential is in OKTA_CLIENT_TOKEN", id["user"])
	}
	return "an unknown user: the org does not identify the user of OKTA_CLIENT_TOKEN"
}

// wrapped breaks a text into lines, indented to the plan's second column.
func wrapped(s string) string {
	const width = 100
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(s) {
		switch n := len(word); {
		case column == 0:
		case column+1+n > width:
			b.WriteString("\n           ")
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

func (p Plan) makes() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(p.Cost.Makes)) {
		parts = append(parts, text.Count(p.Cost.Makes[kind], kind))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	names := make([]string, len(p.Runs))
	for i, id := range p.Runs {
		names[i] = "rolecheck-" + id + "-<n>"
	}
	return fmt.Sprintf("%s; each is named %s and removed again", strings.Join(parts, ", "), strings.Join(names, " or "))
}

// grants says which roles are assigned to which principals.
func (p Plan) grants() string {
	to, types, n := map[string]bool{}, map[string]bool{}, 0
	for grant, times := range p.Cost.Grants {
		typ, who, _ := strings.Cut(grant, " to a ")
		to[who], types[typ] = true, true
		n += times
	}
	if n == 0 {
		return "no role"
	}
	names := slices.Sorted(maps.Keys(types))
	var whom []string
	for _, k := range stage.Kinds {
		kind, given := string(k.Holder), k.Given(p.Given)
		switch {
		case !to[kind]:
		case len(given) > 0:
			_, noun, _ := strings.Cut(text.Count(len(given), kind), " ")
			whom = append(whom, fmt.Sprintf("the given %s %s, from which they are taken back", noun, strings.Join(given, " ")))
		default:
			whom = append(whom, kind+"s that it makes")
		}
	}
	return fmt.Sprintf("%s (%s), to %s; to nobody else", text.Count(n, "role"), strings.Join(names, " "), strings.Join(whom, ", to "))
}

func (p Plan) takes() string {
	var unknown []string
	for name := range p.Cost.Buckets {
		if _, ok := p.Limits[name]; !ok {
			unknown = append(unknown, name)
		}
	}
	d := p.shortest()
	s := "less than a minute"
	if d >= time.Minute {
		s = fmt.Sprintf("about %d min", int(cmp.Or(d.Round(time.Minute), time.Minute).Minutes()))
	}
	switch {
	case len(p.Limits) == 0:
		s += ", if the org has no rate limits: it announced none"
	case len(unknown) > 0:
		s += " at the limits that are known; the run keeps within the others as it learns them"
	default:
		s += " at the org's own limits"
	}
	return s + ", plus the waits for changes to show"
}
