// Package proxy overhears live traffic: it forwards what a client sends to an org and what the org answers, byte for
// byte and at once, and hands each exchange on to be judged beside the stream.
package proxy

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// Options configure a Proxy. Target and Observe are required.
type Options struct {
	// Target is the org's base URL.
	Target *url.URL
	// Observe gets every exchange as soon as the end of its answer is here. The client does not have that end yet: no
	// exchange can come before one whose answer its client knew. Bodies are as they were sent, up to the bound for
	// bodies, with codings and credentials. Many goroutines call it, and while it waits so does the client.
	Observe func(*exchange.Exchange)
	// Transport reaches the org; by default one that leaves bodies as they are.
	Transport http.RoundTripper
}

// Proxy is a reverse proxy for one org. Its zero value cannot be used; New makes one.
type Proxy struct {
	opts    Options
	reverse httputil.ReverseProxy

	mu sync.Mutex
	// underWay counts the requests that are being forwarded.
	underWay int
	idle     sync.Cond
	closed   bool
}

// newTransport returns a transport that leaves bodies as they are: nothing is decompressed on the way.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
		// As much as is copied at a time: most answers come with one look at the wire.
		ReadBufferSize: bufferSize,
	}
}

// flushAfter is how long a part of an answer may wait for more, where the answer's length is known; parts of a stream do
// not wait.
const flushAfter = 2 * time.Millisecond

// New returns a proxy. Close ends it.
func New(o Options) *Proxy {
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	p := &Proxy{opts: o}
	p.idle.L = &p.mu
	p.reverse = httputil.ReverseProxy{
		Rewrite:       p.rewrite,
		Transport:     o.Transport,
		BufferPool:    &buffers{},
		FlushInterval: flushAfter,
		// What breaks off is an exchange like any other, and reported as such.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return p
}

// Close waits until every exchange that is under way has been observed. Further requests are refused.
func (p *Proxy) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for p.underWay > 0 {
		p.idle.Wait()
	}
}

func (p *Proxy) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.underWay++
	return true
}

func (p *Proxy) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.underWay--; p.underWay == 0 {
		p.idle.Broadcast()
	}
}

// ServeHTTP forwards one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		refuse(w, http.StatusMethodNotAllowed, "it forwards to one org and opens no tunnels", "make its address the base URL of the org")
		return
	case !p.meant(r):
		refuse(w, http.StatusMisdirectedRequest, "it forwards to "+p.opts.Target.Host+" alone", "the request is for "+r.URL.Host)
		return
	case !p.begin():
		refuse(w, http.StatusServiceUnavailable, "it is about to end", "")
		return
	}
	defer p.end()
	o := p.overhear(w, r)
	// An answer that breaks off ends this function by a panic, and is an exchange like any other.
	defer o.end()
	reverse := p.reverse
	reverse.ModifyResponse, reverse.ErrorHandler = o.answer, o.noAnswer
	reverse.ServeHTTP(w, r)
}

// meant reports whether a request is for the org. A client that takes this for a proxy of all hosts sends requests for
// others as well, with the credentials of those.
func (p *Proxy) meant(r *http.Request) bool {
	if r.URL.Host == "" || strings.EqualFold(r.URL.Host, p.opts.Target.Host) {
		return true
	}
	own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	_, port, err := net.SplitHostPort(own.String())
	return err == nil && r.URL.Port() == port
}

// forwarding are the headers that ReverseProxy takes away, so that a proxy may set its own. This one sets none.
var forwarding = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	u := r.Out.URL
	// Only scheme and host change. The query goes on even where ReverseProxy cannot parse it.
	u.Scheme, u.Host = p.opts.Target.Scheme, p.opts.Target.Host
	u.RawQuery = r.In.URL.RawQuery
	if path, _, _ := strings.Cut(r.In.RequestURI, "?"); sentAs(path) && path != u.EscapedPath() {
		// A path that is not escaped as it should be is the org's to refuse.
		u.Opaque = path
	}
	r.Out.Host = ""
	// What another protocol says could not be judged.
	r.Out.Header.Del("Connection")
	r.Out.Header.Del("Upgrade")
	for _, name := range forwarding {
		if values, ok := r.In.Header[name]; ok {
			r.Out.Header[name] = values
		}
	}
}

// sentAs reports whether a request's target is a path that can be sent as it is. Behind two slashes a host would stand.
func sentAs(path string) bool { return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") }

// refuse answers for the proxy itself.
func refuse(w http.ResponseWriter, status int, what, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Error  string `json:"error"`
		Reason string `json:"reason,omitempty"`
	}{"rolecheck proxy: " + what, reason})
}

// buffers lends the buffers that bodies are copied by.
type buffers struct{ pool sync.Pool }

const bufferSize = 32 << 10

func (b *buffers) Get() []byte {
	if held, ok := b.pool.Get().(*[bufferSize]byte); ok {
		return held[:]
	}
	return make([]byte, bufferSize)
}

func (b *buffers) Put(buf []byte) { b.pool.Put((*[bufferSize]byte)(buf)) }

// target is the URL of a request as the org has it.
func (p *Proxy) target(u *url.URL) *url.URL {
	to := *u
	to.Scheme, to.Host = p.opts.Target.Scheme, p.opts.Target.Host
	return &to
}

// brokeOff says why an answer did not end.
func brokeOff(err error, aborted bool) string {
	switch {
	case aborted:
		return "the client went away before the end of the answer"
	case err != nil:
		return fmt.Sprintf("the answer broke off: %v", err)
	}
	return "the answer could not be passed on"
}
