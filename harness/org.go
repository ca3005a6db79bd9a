package harness

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Org is the org under test in one run. All that the run remembers is here: the running step, the shared fixtures,
// and how long changes took to show.
type Org struct {
	Target *target.Target

	spec     *spec.Spec
	judge    *contract.Judge
	known    *verdict.Baseline
	settings *target.Settings
	log      *slog.Logger
	client   *http.Client
	redactor *exchange.Redactor
	prefix   string
	count    atomic.Int64

	// selected are the requirements that the run is to judge.
	selected []spec.Requirement
	// consented says that somebody agreed to write to whatever org this is.
	consented bool
	// end is when the run has to end, and deadline when judging has to, so that cleaning up has its time; both are zero where
	// nothing bounds the run.
	end, deadline time.Time
	// taken is how many nanoseconds the answers took so far.
	taken atomic.Int64
	// owed is how many requests it takes at most to clean up what there is now.
	owed func() int
	// keep records an exchange for the report.
	keep func(*exchange.Exchange)

	mu      sync.Mutex
	senders map[string]*exchange.Sender
	observe func(*exchange.Exchange)
	foresee func(exchange.Message) error
	purpose purpose
	// stopped is why nothing more is judged; nil while there is no reason.
	stopped *ended
	// failed says that a row failed.
	failed bool

	// frame is the part of a scene that is going on; nil outside of scenes.
	frame *frame
	// shared are the fixtures that are made once, by name; uses says who named them.
	shared map[string]shared
	uses   map[string][]string
	// cleanups undo what was done, in the order in which it was done.
	cleanups []cleanup
	waits    map[string]*wait
	// firsts are the first answers of each kind that blocked an arrangement, in one line each.
	firsts map[string]string
	// unknown lists the requirements that steps name and the catalogue lacks; they stop the suite at its start.
	unknown []string
}

// purpose says what exchanges are made for: the step of a requirement, or an arrangement.
type purpose struct{ requirement, arranges string }

// key is the purpose in the account of costs.
func (p purpose) key() string {
	if p.requirement != "" {
		return p.requirement
	}
	return p.arranges
}

func newOrg(c Config) *Org {
	o := &Org{
		selected:  c.Selected,
		consented: c.Consented,
		owed:      func() int { return 0 },
		keep:      func(x *exchange.Exchange) { entry(entryExchange, x) },
		Target:    c.Target,
		spec:      c.Spec,
		judge:     c.Judge,
		known:     c.Baseline,
		settings:  c.Settings,
		log:       c.Log,
		client:    exchange.NewClient(),
		redactor:  exchange.NewRedactor(c.Target.Secrets()...),
		senders:   map[string]*exchange.Sender{},
		shared:    map[string]shared{},
		uses:      map[string][]string{},
		waits:     map[string]*wait{},
		firsts:    map[string]string{},
	}
	if total, this := Processes(); total > 1 {
		o.prefix = fmt.Sprintf("p%d", this)
	}
	o.count.Store(int64(len(c.Look.Exchanges)))
	return o
}

// during carries out f with exchanges counted for a purpose.
func (o *Org) during(p purpose, f func()) {
	o.mu.Lock()
	before := o.purpose
	o.purpose = p
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		o.purpose = before
		o.mu.Unlock()
	}()
	f()
}

// Arranging carries out f with what it sends counted for the shared fixture of that name.
func (o *Org) Arranging(name string, f func()) { o.during(purpose{arranges: name}, f) }

// Log is for what goes wrong beside the specs.
func (o *Org) Log() *slog.Logger { return o.log }

// sender is the sender behind Sender, which knows no bounds.
func (o *Org) sender(credential string) *exchange.Sender {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s, ok := o.senders[credential]; ok {
		return s
	}
	authorization, ok := o.Target.Authorization(credential)
	if !ok {
		panic(fmt.Sprintf("harness: the target has no credential %q", credential))
	}
	patience := o.settings.Patience
	if credential == target.Throttled {
		// Its refusal is the answer that is asked for.
		patience = 0
	}
	s := exchange.NewSender(exchange.Options{
		Base:          o.Target.URL,
		Authorization: authorization,
		Credential:    credential,
		Client:        o.client,
		Deadline:      o.settings.RequestTimeout,
		Patience:      patience,
		Redactor:      o.redactor,
		NextID:        o.nextID,
		Record:        o.record,
		UserAgent:     "rolecheck",
		Log:           o.log,
	})
	o.senders[credential] = s
	return s
}

func (o *Org) nextID() string { return fmt.Sprintf("%sx%04d", o.prefix, o.count.Add(1)) }

// record puts an exchange into the Ginkgo report, which carries it to wherever the report is made.
func (o *Org) record(x *exchange.Exchange) {
	o.mu.Lock()
	o.taken.Add(int64(x.Duration))
	x.Requirement, x.Arranges = o.purpose.requirement, o.purpose.arranges
	observe := o.observe
	if o.frame != nil && x.Phase != exchange.Cleanup {
		o.frame.sent = append(o.frame.sent, x.ID)
	}
	o.mu.Unlock()
	if observe != nil {
		observe(x)
	}
	o.keep(x)
	if o.Target.Kind == target.Org && !o.consented && o.Target.Loopback() {
		if host := linksElsewhere(x, o.Target.URL); host != "" {
			o.Stop(fmt.Sprintf("the answers of %s link to %s, so that it may stand before a real org: look at the plan, and give --yes (ROLECHECK_YES) to write to it; %s",
				o.Target.URL.Host, host, firstLine(x)))
		}
	}
}

// Observe calls f with every exchange from now on.
func (o *Org) Observe(f func(*exchange.Exchange)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.observe = f
}

// Foresee calls f with every message from now on before it is sent, but for those that clean up. Its error keeps the message
// from being sent, and blocks the step.
func (o *Org) Foresee(f func(exchange.Message) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.foresee = f
}

// announce calls the function of Foresee with a message that is about to be sent.
func (o *Org) announce(m exchange.Message) {
	o.mu.Lock()
	foresee := o.foresee
	o.mu.Unlock()
	if foresee == nil {
		return
	}
	if err := foresee(m); err != nil {
		panic(ended{outcome: verdict.Blocked, reason: err.Error()})
	}
}

// Match returns the operation that an exchange called, with its path parameters; ok is false for calls outside of the
// contract.
func (o *Org) Match(x *exchange.Exchange) (op spec.Operation, params map[string]string, ok bool) {
	if x.Request.URL == nil {
		return op, nil, false
	}
	return o.spec.Match(x.Request.Method, x.Request.URL.EscapedPath())
}

// MatchMessage is Match for what is about to be sent.
func (o *Org) MatchMessage(m exchange.Message) (op spec.Operation, params map[string]string, ok bool) {
	return o.spec.Match(m.Method, m.Path)
}

func entry(name string, value any) {
	ginkgo.AddReportEntry(name, value, ginkgo.ReportEntryVisibilityNever)
}

// Leak reports something that could not be removed.
func (o *Org) Leak(l report.Leak) { entry(entryLeak, l) }

// waited returns how long all senders waited for rate limits.
func (o *Org) waited() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	var d time.Duration
	for _, s := range o.senders {
		d += s.Waited()
	}
	return d
}

// DocumentsOnly reports whether only what the documents say is accepted.
func (o *Org) DocumentsOnly() bool { return o.settings.DocumentsOnly }

// Alone reports whether nobody else can change the org meanwhile, so that lists may be compared as a whole.
func (o *Org) Alone() bool { return o.Target.Kind == target.Reference && o.prefix == "" }

// Settle is how long a change may take to show.
func (o *Org) Settle() time.Duration { return o.Target.Settle(o.settings) }

// accepts reports whether a status is one of success for the operation under the rules of this run, and by which source.
func (o *Org) accepts(op spec.Operation, status int) (spec.Status, bool) {
	s, ok := op.Status(status)
	if !ok || !s.Success() || o.settings.DocumentsOnly && !s.Basis.InDocuments() {
		return s, false
	}
	return s, true
}

// cleanup undoes something that was done for a purpose.
type cleanup struct {
	container *Container
	purpose   purpose
	undo      func(ctx context.Context, keep bool)
}

// cleanUp undoes what a container did, last things first; for nil, whatever is left to undo.
func (o *Org) cleanUp(ctx context.Context, c *Container) {
	o.mu.Lock()
	var due, rest []cleanup
	for _, x := range o.cleanups {
		if c == nil || x.container == c {
			due = append(due, x)
		} else {
			rest = append(rest, x)
		}
	}
	o.cleanups = rest
	o.mu.Unlock()
	for i := len(due) - 1; i >= 0; i-- {
		// The reference org ends with the run, and with it whatever is kept there.
		keep := o.settings.Keep && o.failed && o.Target.Kind != target.Reference
		if owner := due[i].container; owner != nil {
			keep = keep && owner.failed
		}
		o.during(due[i].purpose, func() { due[i].undo(ctx, keep) })
	}
}
