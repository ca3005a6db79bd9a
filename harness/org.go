package harness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Org is the org under test as the specs see it: they send requests to it and get exchanges back.
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

	mu      sync.Mutex
	senders map[string]*exchange.Sender
	observe func(*exchange.Exchange)
	// requirement is the one whose spec is running.
	requirement string
	// noted keeps a note from being repeated within a spec.
	noted map[string]bool
}

func newOrg(c Config) *Org {
	return &Org{
		Target:   c.Target,
		spec:     c.Spec,
		judge:    c.Judge,
		known:    c.Baseline,
		settings: c.Settings,
		log:      c.Log,
		client:   exchange.NewClient(),
		redactor: exchange.NewRedactor(c.Target.Secrets()...),
		senders:  map[string]*exchange.Sender{},
		noted:    map[string]bool{},
	}
}

// begin is called before each spec.
func (o *Org) begin(requirement string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requirement = requirement
	clear(o.noted)
}

// Sender returns the sender of the named credential. It panics when the target has no such credential: specs that need
// one say so in the catalogue and are left out without it.
func (o *Org) Sender(credential string) *exchange.Sender {
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

// record puts an exchange into the Ginkgo report, which carries it to wherever the report is folded.
func (o *Org) record(x *exchange.Exchange) {
	o.mu.Lock()
	x.Requirement = o.requirement
	observe := o.observe
	o.mu.Unlock()
	if observe != nil {
		observe(x)
	}
	entry(report.EntryExchange, x)
}

// Observe calls f with every exchange from now on.
func (o *Org) Observe(f func(*exchange.Exchange)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.observe = f
}

// Match returns the operation that an exchange called, with its path parameters; ok is false for calls outside of the
// contract.
func (o *Org) Match(x *exchange.Exchange) (op spec.Operation, params map[string]string, ok bool) {
	if x.Request.URL == nil {
		return op, nil, false
	}
	return o.spec.Match(x.Request.Method, x.Request.URL.EscapedPath())
}

func entry(name string, value any) {
	ginkgo.AddReportEntry(name, value, ginkgo.ReportEntryVisibilityNever)
}

// Leak tells the report of something that could not be removed.
func (o *Org) Leak(l report.Leak) { entry(report.EntryLeak, l) }

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

// Send sends a request and returns the exchange. A request that is meant to be valid and is not, is not sent; a target
// that cannot be reached any more blocks the spec.
func (o *Org) Send(ctx context.Context, r Request) *exchange.Exchange {
	if r.defect == "" {
		o.checkOwn(r)
	}
	x := o.Sender(r.credential).Send(ctx, r.message)
	if x.Response == nil && unreachable(x.Cause) {
		Block("the org cannot be reached any more: %s", x.Error)
	}
	if x.Status() == http.StatusTooManyRequests && r.credential != target.Throttled {
		Block("the org still answered 429 after the patience of %s: %s", o.settings.Patience, x.Line())
	}
	return x
}

// checkOwn judges a request of rolecheck's own, so that a mistake of ours is never held against the org.
func (o *Org) checkOwn(r Request) {
	u := *o.Target.URL
	u.Path, _ = url.PathUnescape(r.message.Path)
	u.RawPath, u.RawQuery = r.message.Path, r.message.Query.Encode()
	header := http.Header{}
	if len(r.message.Body) > 0 {
		header.Set("Content-Type", "application/json")
	}
	judged := o.judge.JudgeRequest(exchange.Request{
		Method: r.message.Method, URL: &u, Header: header, Body: exchange.Body{Bytes: r.message.Body},
	})
	for _, f := range judged.Findings {
		if f.Level == spec.Must {
			declare(verdict.Error, fmt.Sprintf("rolecheck's own request %s is not what the contract allows: %s %s", r, f.Pointer, f.Detail))
		}
	}
}

// unreachable reports whether no connection came about: then nothing was asked of the org.
func unreachable(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
}

// Need sends a request that sets up what a check stands on, such as the valid twin of a refusal. Any success will do;
// anything else blocks the spec, since the requirement it is about cannot be judged.
func (o *Org) Need(ctx context.Context, r Request) *exchange.Exchange {
	r.message.Phase = exchange.Arrange
	x := o.Send(ctx, r)
	if x.Status() < 200 || x.Status() > 299 {
		Block("could not arrange the check: %s", x.Line())
	}
	return x
}

// Settings are those of the run, which nothing changes.
func (o *Org) Settings() *target.Settings { return o.settings }

// DocumentsOnly reports whether only what the documents say is accepted.
func (o *Org) DocumentsOnly() bool { return o.settings.DocumentsOnly }

// Alone reports whether nobody else can change the org meanwhile, so that lists may be compared as a whole.
func (o *Org) Alone() bool { return o.Target.Kind == target.Reference && o.prefix == "" }

// Settle is how long a change may take to show: what the settings say, or else 1 s for an org on loopback and 10 s for
// any other.
func (o *Org) Settle() time.Duration {
	switch {
	case o.settings.Settle > 0:
		return o.settings.Settle
	case o.Target.Kind == target.Reference || o.Target.Loopback():
		return time.Second
	default:
		return 10 * time.Second
	}
}

// Eventually repeats a check until it holds, as long as changes may take to show.
func (o *Org) Eventually(ctx context.Context, check func(g gomega.Gomega)) {
	ginkgo.GinkgoHelper()
	limit := o.Settle()
	gomega.Eventually(ctx, check).WithTimeout(limit).WithPolling(limit / 20).Should(gomega.Succeed())
}

// Fail fails the spec. It goes by the level of the requirement as failed expectations do.
func (o *Org) Fail(message string) { o.fail(message, 1) }

// Cite names an exchange of an earlier spec as evidence of this one, for checks on what specs share.
func (o *Org) Cite(exchanges ...*exchange.Exchange) {
	for _, x := range exchanges {
		entry(report.EntryCite, x.ID)
	}
}

// Note adds a sentence to the verdict of the running spec.
func (o *Org) Note(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	o.mu.Lock()
	known := o.noted[note]
	o.noted[note] = true
	o.mu.Unlock()
	if !known {
		entry(report.EntryNote, note)
	}
}

// Accepts reports whether a status is one of success for the operation under the rules of this run, and what it rests on.
func (o *Org) Accepts(op spec.Operation, status int) (spec.Status, bool) {
	s, ok := op.Status(status)
	if !ok || !s.Success() || o.settings.DocumentsOnly && !s.Basis.InDocuments() {
		return s, false
	}
	return s, true
}
