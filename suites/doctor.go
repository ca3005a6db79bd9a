package suites

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/suites/stage"
)

// State is the result of one check of a Diagnosis.
type State string

const (
	// Good needs no action.
	Good State = "ok"
	// Warning makes a run judge fewer requirements than it could, or take longer.
	Warning State = "warn"
	// Bad prevents a run from verifying any requirement.
	Bad State = "bad"
)

// Check is the result of one check, of the org or of a credential.
type Check struct {
	Name  string
	State State
	// Says is the finding, and Do what to do about it; Do is empty if no action is needed.
	Says, Do string
}

// Diagnosis says whether an org can be judged with the credentials that are set.
type Diagnosis struct {
	Checks []Check
	// Requests is how many requests were sent, all of them reads.
	Requests int
}

// Healthy reports whether no check is Bad.
func (d Diagnosis) Healthy() bool {
	return !slices.ContainsFunc(d.Checks, func(c Check) bool { return c.State == Bad })
}

// Diagnose checks the org and the credentials of o.Settings, which must not be nil, by at most 15 reads, and writes nothing.
// Invalid settings are an error.
func Diagnose(ctx context.Context, o Options) (Diagnosis, error) {
	settings := *o.Settings
	// A limit that is used up is reported and not waited for, and no report is written.
	settings.Patience, settings.ReadOnly, settings.Yes, settings.Out = 0, false, true, ""
	o.Settings = &settings
	r, err := prepare(ctx, o, false)
	if err != nil {
		return Diagnosis{}, err
	}
	defer r.stop()
	d := &doctor{run: r, seen: slices.Clone(r.look.Exchanges)}
	d.reach(ctx)
	if d.isAnOrg() {
		d.rights(ctx)
		d.others(ctx)
		left := d.neighbours(ctx)
		d.allowed()
		d.limits()
		d.clock()
		d.leftovers(left)
	}
	return Diagnosis{d.checks, len(d.seen)}, nil
}

type doctor struct {
	*run
	checks []Check
	seen   []*exchange.Exchange
}

func (d *doctor) note(s State, name, do, format string, args ...any) {
	d.checks = append(d.checks, Check{name, s, fmt.Sprintf(format, args...), do})
}

// Send sends with the admin's credential.
func (d *doctor) Send(ctx context.Context, m exchange.Message) *exchange.Exchange {
	return d.as(ctx, target.Admin, m)
}

func (d *doctor) as(ctx context.Context, credential string, m exchange.Message) *exchange.Exchange {
	authorization, _ := d.target.Authorization(credential)
	x := exchange.NewSender(exchange.Options{
		Base: d.target.URL, Authorization: authorization, Credential: credential, Deadline: d.Settings.RequestTimeout,
		Redactor: exchange.NewRedactor(d.target.Secrets()...), UserAgent: "rolecheck",
	}).Send(ctx, m)
	d.seen = append(d.seen, x)
	return x
}

// reach checks that the org answers, and its certificate.
func (d *doctor) reach(ctx context.Context) {
	first := d.seen[0]
	if first.Response == nil {
		d.note(Bad, "reach", "check the target's address, the network and the proxy variables", "%s", d.look.Problem)
		return
	}
	d.note(Good, "reach", "", "%s answered after %d ms", d.target.URL, first.Duration.Milliseconds())
	if d.target.URL.Scheme != "https" {
		if !d.target.Loopback() {
			d.note(Warning, "TLS", "give the target as https://"+d.target.URL.Host, "the credential travels unencrypted")
		}
		return
	}
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: &tls.Config{MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(d.target.URL.Hostname(), cmp.Or(d.target.URL.Port(), "443")))
	if err != nil {
		d.note(Good, "TLS", "", "it works through a proxy, so that the certificate cannot be checked")
		return
	}
	defer func() { _ = conn.Close() }()
	state := conn.(*tls.Conn).ConnectionState()
	until := state.PeerCertificates[0].NotAfter
	if left := time.Until(until); left < 14*24*time.Hour {
		d.note(Warning, "TLS", "have the certificate renewed", "%s; the certificate ends on %s", tls.VersionName(state.Version), until.Format(time.DateOnly))
		return
	}
	d.note(Good, "TLS", "", "%s, with a certificate until %s", tls.VersionName(state.Version), until.Format(time.DateOnly))
}

// isAnOrg checks that an Okta org answers, and reports whether the other checks can be made.
func (d *doctor) isAnOrg() bool {
	if d.look.Problem == "" {
		d.note(Good, "org", "", "it answers as an Okta org does")
		if d.look.Elsewhere != "" {
			d.note(Warning, "consent", "give --yes (ROLECHECK_YES) once that is where it should write",
				"its answers link to %s, so that it may stand before a real org", d.look.Elsewhere)
		} else if d.plan.Asks != "" {
			d.note(Good, "consent", "", "%s, so that a run asks before it writes, or takes --yes", d.plan.Asks)
		}
		return true
	}
	if d.seen[0].Response != nil {
		says, do, _ := strings.Cut(d.look.Problem, "\n")
		d.note(Bad, "org", do, "%s", says)
	}
	return false
}

// path is the path of the roles of the admin's own user, or of an unknown user if the org does not identify the admin.
func (d *doctor) path() string {
	return stage.Users.Of(cmp.Or(d.target.Identity["user"], stage.Users.Unknown)).List().Message().Path
}

// rights checks whose the admin's credential is, and whether that user is a super admin.
func (d *doctor) rights(ctx context.Context) {
	const do = "use a token of a super admin: a run makes users, groups, apps and custom roles, and gives roles"
	user := d.target.Identity["user"]
	if user == "" {
		d.note(Warning, "admin", "answer GET /api/v1/users/me, so that reports say who was judged", "the org does not say whose OKTA_CLIENT_TOKEN is")
		return
	}
	who := cmp.Or(d.target.Identity["login"], user)
	x := d.Send(ctx, exchange.Message{Method: http.MethodGet, Path: d.path(), Phase: exchange.Look})
	var roles []struct{ Type string }
	switch {
	case x.Status() == http.StatusForbidden:
		d.note(Warning, "admin", do, "OKTA_CLIENT_TOKEN is %s's, who may not read roles (403)", who)
	case x.Status() != http.StatusOK || json.Unmarshal(x.Response.Body.Bytes, &roles) != nil:
		d.note(Warning, "admin", "see whether the org answers GET "+d.path(), "OKTA_CLIENT_TOKEN is %s's, whose roles cannot be read: %s", who, answer(x))
	default:
		var types []string
		for _, r := range roles {
			types = append(types, r.Type)
		}
		if !slices.Contains(types, "SUPER_ADMIN") {
			d.note(Warning, "admin", do, "OKTA_CLIENT_TOKEN is %s's, who is no super admin: %s", who, cmp.Or(strings.Join(types, " "), "no role at all"))
			return
		}
		d.note(Good, "admin", "", "OKTA_CLIENT_TOKEN is %s's, a super admin", who)
	}
}

// answer describes an answer: its path and status, or the error.
func answer(x *exchange.Exchange) string {
	if x.Response == nil {
		return x.Error
	}
	return fmt.Sprintf("%s got %d", x.Request.URL.EscapedPath(), x.Status())
}

// others checks that each credential besides the admin's has the rights that its name stands for.
func (d *doctor) others(ctx context.Context) {
	for _, c := range []struct {
		name, should string
		fits         func(*exchange.Exchange) bool
	}{
		{target.Reader, "may read roles", func(x *exchange.Exchange) bool {
			return x.Status() == http.StatusOK || x.Status() == http.StatusNotFound
		}},
		{target.Outsider, "may not read roles, and gets 403", func(x *exchange.Exchange) bool { return x.Status() == http.StatusForbidden }},
		{target.Throttled, "gets 429 within a few requests", throttles},
		{target.Scopeless, "has no scope for roles, and gets 403", func(x *exchange.Exchange) bool { return x.Status() == http.StatusForbidden }},
	} {
		variable := exchange.TokenVariable(c.name)
		authorization, has := d.target.Authorization(c.name)
		admin, _ := d.target.Authorization(target.Admin)
		switch {
		case !has:
			d.note(Warning, c.name, fmt.Sprintf("set %s to a credential that %s", variable, c.should), "%s", d.costs(c.name))
			continue
		case authorization == admin:
			d.note(Warning, c.name, fmt.Sprintf("set %s to another credential, one that %s", variable, c.should), "it is the same credential as OKTA_CLIENT_TOKEN")
			continue
		}
		x := d.as(ctx, c.name, exchange.Message{Method: http.MethodGet, Path: d.path(), Phase: exchange.Look})
		if !c.fits(x) {
			d.note(Warning, c.name, fmt.Sprintf("set %s to a credential that %s", variable, c.should), "with it %s", answer(x))
			continue
		}
		d.note(Good, c.name, "", "it %s", c.should)
	}
}

// throttles reports whether at most fewRequests use up a credential's rate limit.
func throttles(x *exchange.Exchange) bool {
	if x.Status() == http.StatusTooManyRequests {
		return true
	}
	l, ok := limitsIn([]*exchange.Exchange{x})[Bucket(x.Request.URL.Path)]
	return ok && l.Remaining <= fewRequests
}

// fewRequests is how many requests a throttled credential may have left at most.
const fewRequests = 10

// costs says how many requirements cannot be observed without a credential or a feature.
func (d *doctor) costs(need string) string {
	n := 0
	for _, q := range d.spec.Requirements {
		if slices.Contains(q.Needs, need) {
			n++
		}
	}
	return fmt.Sprintf("without it %s cannot be observed", text.Count(n, "requirement"))
}

// features are the features, by kind of object, that a target without such objects is declared to lack.
var features = map[fixtures.Kind]string{
	fixtures.KindUser: "users", fixtures.KindGroup: "groups", fixtures.KindApp: "apps", fixtures.KindCustomRole: "custom-roles",
	fixtures.KindResourceSet: "resource-sets", fixtures.KindGroupRule: "group-rules",
}

// neighbours checks that the kinds of objects that a run makes can be listed, and returns those that earlier runs left.
func (d *doctor) neighbours(ctx context.Context) []fixtures.Object {
	var left []fixtures.Object
	for _, n := range fixtures.Neighbours(ctx, d) {
		left = append(left, n.Left...)
		name, feature := string(n.Kind)+"s", features[n.Kind]
		lacking, _ := d.target.Missing([]string{feature})
		switch status := n.Exchange.Status(); {
		case lacking != "":
			d.note(Good, name, "", "the target is declared to lack them")
		case n.Lists:
			d.note(Good, name, "", "they can be listed")
		case status == http.StatusForbidden:
			d.note(Warning, name, "give the admin the rights, or name existing ones under given in "+target.FileName, "the credential may not list them (403)")
		case status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented:
			d.note(Warning, name, fmt.Sprintf("if it cannot make them either, declare lacks: %s, or name existing ones under given in %s; %s", feature, target.FileName, d.costs(feature)),
				"the org does not list them (%d)", status)
		default:
			d.note(Warning, name, "look at the org's answer", "they cannot be listed: %s", answer(n.Exchange))
		}
	}
	return left
}

// allowed checks that the org has answered the admin with anything but 403.
func (d *doctor) allowed() {
	for _, x := range d.seen {
		if x.Credential == target.Admin && x.Response != nil && x.Status() != http.StatusForbidden {
			return
		}
	}
	d.note(Bad, "rights", "use a token of a super admin", "every request with OKTA_CLIENT_TOKEN is answered with 403")
}

// limits checks whether the announced rate limits allow the run's requests without waiting.
func (d *doctor) limits() {
	known := limitsIn(d.seen)
	if len(known) == 0 {
		d.note(Good, "limits", "", "the org announces none")
		return
	}
	var low []string
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if l, n := known[name], d.plan.Cost.Buckets[name].Requests; n > l.Remaining {
			low = append(low, fmt.Sprintf("%s has %d of %d a minute left, and the run sends %d", name, l.Remaining, l.Limit, n))
		}
	}
	if len(low) > 0 {
		d.plan.Limits = known
		d.note(Good, "limits", "", "%s; the run waits for them, and so takes %s", strings.Join(low, "; "), d.plan.takes())
		return
	}
	d.note(Good, "limits", "", "there is room for the whole run in the %d that were announced", len(known))
}

// maxSkew is how far the org's clock may be off.
const maxSkew = 5 * time.Second

// clock checks the org's clock against this machine's: waits for limits, and judgements of times, need them to agree.
func (d *doctor) clock() {
	x := d.seen[len(d.seen)-1]
	if x.Response == nil {
		return
	}
	at, err := http.ParseTime(x.Response.Header.Get("Date"))
	if err != nil {
		d.note(Good, "clock", "", "the org's answers have no Date")
		return
	}
	// The Date header has whole seconds.
	skew := at.Sub(x.Started.Add(x.Duration / 2)).Truncate(time.Second)
	if skew.Abs() > maxSkew {
		d.note(Warning, "clock", "set this machine's clock, or the org's", "the org's clock is off by %s: waiting for its limits, and judging its times, goes wrong", skew)
		return
	}
	d.note(Good, "clock", "", "it agrees with the org's to %s", maxSkew)
}

// leftovers lists the objects that earlier runs left, by run.
func (d *doctor) leftovers(left []fixtures.Object) {
	if len(left) == 0 {
		d.note(Good, "leftovers", "", "nothing named rolecheck-<run>-<n> is listed")
		return
	}
	byRun := map[string][]string{}
	for _, o := range left {
		byRun[o.Run()] = append(byRun[o.Run()], fmt.Sprintf("%s %s (%s)", o.Kind, o.ID, o.Name))
	}
	for _, id := range slices.Sorted(maps.Keys(byRun)) {
		objects := byRun[id]
		more := ""
		if n := len(objects) - 5; n > 0 {
			objects, more = objects[:5], fmt.Sprintf(" and %d more", n)
		}
		d.note(Warning, "leftovers", fmt.Sprintf("if that run is over: rolecheck sweep with its ledger, rolecheck-%s.ledger.jsonl, or remove them by hand", id),
			"the run %s has left, or still uses, %s%s", id, strings.Join(objects, ", "), more)
	}
}
