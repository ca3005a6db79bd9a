// Package proxy overhears live traffic: it forwards what a client sends to an org and what the org answers, byte for
// byte and at once, and hands each exchange on to be judged beside the stream.
package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// Options configure a Proxy. Target and Observe are required.
type Options struct {
	// Target is the org's base URL.
	Target *url.URL
	// Observe gets every exchange, one after the other in the order in which they ended, credentials included: who
	// keeps it has to redact it.
	Observe func(*exchange.Exchange)
	// Queue is how many exchanges may wait for Observe; 1024 by default. Traffic is slowed down beyond it, so that none
	// goes unseen.
	Queue int
	// QueueBytes is how many bytes the bodies of waiting exchanges may hold; 64 MiB by default.
	QueueBytes int64
	// Transport reaches the org; NewTransport's by default.
	Transport http.RoundTripper
}

// Proxy is a reverse proxy for one org. Its zero value cannot be used; New makes one.
type Proxy struct {
	opts    Options
	reverse httputil.ReverseProxy
	queue   chan *overheard
	// room is what is left of QueueBytes.
	room   *budget
	done   chan struct{}
	slowed atomic.Int64
	count  int
}

// NewTransport returns a transport that leaves bodies as they are: nothing is decompressed on the way.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
	}
}

// New starts a proxy. Close ends it.
func New(o Options) *Proxy {
	if o.Queue == 0 {
		o.Queue = 1024
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = 64 << 20
	}
	if o.Transport == nil {
		o.Transport = NewTransport()
	}
	p := &Proxy{opts: o, queue: make(chan *overheard, o.Queue), room: newBudget(o.QueueBytes), done: make(chan struct{})}
	p.reverse = httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		ModifyResponse: overhearResponse,
		ErrorHandler:   deadOrg,
		Transport:      o.Transport,
		BufferPool:     &buffers{},
		// A stream is passed on as it comes.
		FlushInterval: -1,
		ErrorLog:      nil,
	}
	go p.observe()
	return p
}

// Slowed says how many exchanges had to wait because those before them were not judged yet.
func (p *Proxy) Slowed() int64 { return p.slowed.Load() }

// Close waits until every exchange has been observed. No request may be served any more when it is called.
func (p *Proxy) Close() {
	close(p.queue)
	<-p.done
}

func (p *Proxy) observe() {
	defer close(p.done)
	for o := range p.queue {
		p.count++
		x := o.exchange(p.opts.Target)
		x.ID = "x" + strconv.Itoa(p.count)
		p.opts.Observe(x)
		p.room.give(o.size())
	}
}

// overheard is one exchange while it goes by.
type overheard struct {
	method   string
	url      url.URL
	header   http.Header
	request  tape
	status   int
	answer   http.Header
	response tape
	problem  error
	started  time.Time
	took     time.Duration
}

type contextKey struct{}

// ServeHTTP forwards one request. The client has its answer before anybody looks at it.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o := &overheard{method: r.Method, url: *r.URL, header: r.Header.Clone(), started: time.Now()}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &listener{ReadCloser: r.Body, tape: &o.request}
	}
	// An answer that breaks off ends this function by a panic, and is an exchange like any other.
	defer func() {
		o.took = time.Since(o.started)
		p.enqueue(o)
	}()
	p.reverse.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, o)))
}

func (p *Proxy) enqueue(o *overheard) {
	waited := p.room.take(o.size())
	select {
	case p.queue <- o:
	default:
		waited = true
		p.queue <- o
	}
	if waited {
		p.slowed.Add(1)
	}
}

func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	// Only scheme and host change: the path goes on as it was escaped, and so does the query, which ReverseProxy would
	// otherwise clean of what it cannot parse.
	r.Out.URL.Scheme, r.Out.URL.Host = p.opts.Target.Scheme, p.opts.Target.Host
	r.Out.URL.RawQuery = r.In.URL.RawQuery
	r.Out.Host = ""
	if _, named := r.In.Header["User-Agent"]; !named {
		// An absent header stays absent.
		r.Out.Header.Set("User-Agent", "")
	}
}

func overhearResponse(res *http.Response) error {
	o, ok := res.Request.Context().Value(contextKey{}).(*overheard)
	if !ok {
		return errors.New("an answer to no request of ours")
	}
	o.status, o.answer = res.StatusCode, res.Header.Clone()
	if res.Body != nil && res.Body != http.NoBody {
		// A body that ends where it should says so by EOF.
		o.response.open = true
		res.Body = &listener{ReadCloser: res.Body, tape: &o.response}
	}
	return nil
}

// deadOrg answers for an org that cannot be reached or that gave no answer.
func deadOrg(w http.ResponseWriter, r *http.Request, err error) {
	if o, ok := r.Context().Value(contextKey{}).(*overheard); ok {
		o.problem = err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadGateway)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"error":  "rolecheck proxy: the org gave no answer",
		"reason": err.Error(),
	})
}

// size is what the exchange's bodies take up.
func (o *overheard) size() int64 { return int64(len(o.request.bytes) + len(o.response.bytes)) }

func (o *overheard) exchange(target *url.URL) *exchange.Exchange {
	u := o.url
	u.Scheme, u.Host = target.Scheme, target.Host
	x := &exchange.Exchange{
		Phase:    exchange.Observed,
		Started:  o.started,
		Duration: o.took,
		Request: exchange.Request{
			Method: o.method, URL: &u, Header: o.header,
			Body: exchange.UndoCodings(exchange.Body{Bytes: o.request.bytes, Truncated: o.request.cut}, o.header),
		},
	}
	switch {
	case o.problem != nil:
		x.Error, x.Cause = fmt.Sprintf("the org gave no answer: %v", o.problem), o.problem
	case o.status == 0:
		x.Error = "the client went away before the org answered"
	default:
		body := exchange.Body{Bytes: o.response.bytes, Truncated: o.response.cut || o.response.open}
		x.Response = &exchange.Response{Status: o.status, Header: o.answer, Body: exchange.UndoCodings(body, o.answer)}
	}
	return x
}

// tape keeps what goes by, up to the bound.
type tape struct {
	bytes []byte
	// cut says that there was more than is kept; open that the end never came.
	cut, open bool
}

// listener is a body that is overheard while somebody else reads it.
type listener struct {
	io.ReadCloser
	tape *tape
}

func (l *listener) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b)
	keep := min(n, exchange.MaxBody-len(l.tape.bytes))
	l.tape.bytes = append(l.tape.bytes, b[:keep]...)
	l.tape.cut = l.tape.cut || keep < n
	if errors.Is(err, io.EOF) {
		l.tape.open = false
	}
	return n, err
}

// buffers lends the buffers that bodies are copied by.
type buffers struct{ pool sync.Pool }

const bufferSize = 32 << 10

func (b *buffers) Get() []byte {
	if held, ok := b.pool.Get().(*bytes.Buffer); ok {
		return held.Bytes()
	}
	return make([]byte, bufferSize)
}

func (b *buffers) Put(buf []byte) { b.pool.Put(bytes.NewBuffer(buf)) }

// budget is a number of bytes that is shared out.
type budget struct {
	mu   sync.Mutex
	free sync.Cond
	left int64
	all  int64
}

func newBudget(n int64) *budget {
	b := &budget{left: n, all: n}
	b.free.L = &b.mu
	return b
}

// take takes n bytes, or all there are for more than that, and reports whether it had to wait for them.
func (b *budget) take(n int64) (waited bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.left < min(n, b.all) {
		waited = true
		b.free.Wait()
	}
	b.left -= min(n, b.all)
	return waited
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += min(n, b.all)
	b.free.Broadcast()
}
