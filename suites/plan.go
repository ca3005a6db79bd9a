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
)

// Plan says what a run is about to do, before it writes anything.
type Plan struct {
	Target *target.Target
	// Runs are the ids of the run, of which each process of a parallel one has its own.
	Runs []string
	// Requirements is how many requirements have a step of their own.
	Requirements int
	// Cost is what it takes on an org that answers as the reference org does, in one process.
	Cost Cost
	// Further is what the other processes of a parallel run take besides, at most: each makes the shared fixtures that it
	// needs.
	Further Cost
	Given   target.Given
	// Limits are what the org announced of its rate limits so far, by bucket.
	Limits map[string]Limit
	// Latency is how long the org's answers took so far, on average.
	Latency time.Duration
	// Ledgers are the files that list what is made, one a process; there is none for an org that does not outlive the run.
	Ledgers []string
	// Timeout bounds the run, clean-up included; zero where Ginkgo bounds it.
	Timeout     time.Duration
	MaxRequests int
	// ReadOnly says that nothing is written; what is read depends on what there is.
	ReadOnly bool
	// Asks is why somebody has to consent before anything is written; empty where nobody has to.
	Asks string
	// Problem is why the run will not be able to judge; empty where nothing is known.
	Problem string
}

// Limit is the rate limit of one bucket, in requests a minute, as an answer announced it.
type Limit struct{ Limit, Remaining int }

// newPlan puts together what is known before the run.
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

// limitsIn are the rate limits that answers announced.
func limitsIn(exchanges []*exchange.Exchange) map[string]Limit {
	out := map[string]Limit{}
	for _, x := range exchanges {
		if x.Response == nil {
			continue
		}
		if limit, remaining, _, ok := exchange.RateLimit(x.Response.Header); ok {
			out[limitedTogether(x.Request.URL.Path)] = Limit{limit, remaining}
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

// Takes is how long the run takes at the least: by the org's rate limits as far as they are known, and by how long its
// answers took.
func (p Plan) Takes() time.Duration {
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
	who := p.Target.URL.String()
	if p.Target.Kind == target.Reference {
		who = "the embedded reference org (" + p.Target.Flavour + " flavour)"
	}
	if p.ReadOnly {
		return fmt.Sprintf("judging %s by %s, with at least %d requests, all of them reads", who, counted(p.Requirements, "requirement"), p.Cost.Requests)
	}
	s := fmt.Sprintf("judging %s by %s, with about %d requests, %d of them writes", who, counted(p.Requirements, "requirement"), p.Cost.Requests, p.Cost.Writes)
	if p.Further.Requests > 0 {
		s += fmt.Sprintf("; in several processes up to %d requests and %d writes more", p.Further.Requests, p.Further.Writes)
	}
	return s
}

// String is the plan in full: one line for the reference org, in which nothing is anybody else's.
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
	row("sends", "to a bucket of the org's rate limits, and what the org says of its limit:")
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
	// The org may call itself anything.
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
	return "whoever has the credential in OKTA_CLIENT_TOKEN: the org did not say"
}

// wrapped breaks a text between words, so that it stands in the plan's second column.
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
		parts = append(parts, counted(p.Cost.Makes[kind], kind))
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

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// grants says which roles are given to whom.
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
	for _, g := range []struct {
		kind  string
		given []string
	}{{"user", p.Given.Users}, {"group", p.Given.Groups}, {"client app", client(p.Given)}} {
		switch {
		case !to[g.kind]:
		case len(g.given) > 0:
			whom = append(whom, fmt.Sprintf("the given %s %s, from which they are taken back", counted(len(g.given), g.kind)[2:], strings.Join(g.given, " ")))
		default:
			whom = append(whom, g.kind+"s that it makes")
		}
	}
	return fmt.Sprintf("%s (%s), to %s; to nobody else", counted(n, "role"), strings.Join(names, " "), strings.Join(whom, ", to "))
}

func client(g target.Given) []string {
	if g.Client == "" {
		return nil
	}
	return []string{g.Client}
}

func (p Plan) takes() string {
	var unknown []string
	for name := range p.Cost.Buckets {
		if _, ok := p.Limits[name]; !ok {
			unknown = append(unknown, name)
		}
	}
	d := p.Takes()
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
	return s + ", besides what it waits for changes to show"
}
