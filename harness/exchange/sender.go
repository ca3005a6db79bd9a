package exchange

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// Message is a request that is about to be sent, relative to the org's base URL.
type Message struct {
	Method string
	// Path is escaped and begins with a slash.
	Path  string
	Query url.Values
	// Header is sent besides the sender's own.
	Header http.Header
	Body   []byte
	Phase  Phase
}

// Options configure a Sender. Base is required.
type Options struct {
	// Base is the org's URL, without a path.
	Base *url.URL
	// Authorization is the value of that header; without it requests go out unauthenticated.
	Authorization string
	// Credential names whose credential that is.
	Credential string
	// Client sends the requests; NewClient's by default.
	Client *http.Client
	// Deadline bounds one request with its answer; 30 s by default.
	Deadline time.Duration
	// Patience is how long one request may wait for a rate limit in all. Zero takes a 429 as the answer.
	Patience time.Duration
	// Redactor cleans every exchange; one without secrets of its own by default.
	Redactor *Redactor
	// NextID names an exchange; x1, x2 … by default.
	NextID func() string
	// Record sees every exchange, redacted, once it has ended, and may complete it.
	Record func(*Exchange)
	// UserAgent is sent with every request.
	UserAgent string
	// Log tells of waits.
	Log *slog.Logger
}

// Sender sends messages to one org with one credential. It is safe for concurrent use.
type Sender struct {
	opts  Options
	pacer Pacer
	count atomic.Int64
}

// NewClient returns the client that senders use: it keeps connections, follows no redirect (a redirect is an answer
// to be judged, and a credential must not travel to another host), and honours the proxy variables.
func NewClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 1 << 20,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// NewSender returns a sender for the options.
func NewSender(o Options) *Sender {
	s := &Sender{}
	if o.Client == nil {
		o.Client = NewClient()
	}
	if o.Deadline == 0 {
		o.Deadline = 30 * time.Second
	}
	if o.Redactor == nil {
		o.Redactor = NewRedactor()
	}
	if o.NextID == nil {
		o.NextID = func() string { return "x" + strconv.FormatInt(s.count.Add(1), 10) }
	}
	if o.Record == nil {
		o.Record = func(*Exchange) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s.opts = o
	return s
}

// Waited returns how long this sender's requests waited for rate limits.
func (s *Sender) Waited() time.Duration { return s.pacer.Waited() }

// Send sends m and returns the exchange, which holds an Error in place of a Response when no answer came. A 429 is
// waited out as far as the sender's patience goes; every try is an exchange of its own, and the last one is returned.
func (s *Sender) Send(ctx context.Context, m Message) *Exchange {
	left, pause := s.opts.Patience, time.Second
	for {
		req, u, err := s.request(ctx, m)
		if err != nil {
			return s.failed(m, u, err)
		}
		name := Bucket(u)
		if d := s.pacer.Delay(name, time.Now()); d > 0 && d <= left {
			s.opts.Log.Info("waiting for the org's rate limit", "path", name, "seconds", int(d.Seconds()+1))
			if err := s.pacer.Wait(ctx, d); err != nil {
				return s.failed(m, u, fmt.Errorf("not sent, while waiting for the org's rate limit: %w", err))
			}
			left -= d
		}
		x := s.once(ctx, req, m)
		if x.Response != nil {
			s.pacer.Learn(name, x.Response.Header)
		}
		if x.Status() != http.StatusTooManyRequests {
			return x
		}
		// However wrong an announcement is, waiting must not turn into hammering.
		d := max(pause, retryAfter(x.Response.Header, time.Now()))
		if d > left {
			return x
		}
		pause *= 2
		s.opts.Log.Info("the org answered 429; waiting for its rate limit", "path", name, "seconds", int(d.Seconds()+1))
		if err := s.pacer.Wait(ctx, d); err != nil {
			return x
		}
		left -= d
	}
}

// retryAfter is how long a refusal asks to wait; zero or less where it does not say, or says what has passed.
func retryAfter(h http.Header, now time.Time) time.Duration {
	after := h.Get("Retry-After")
	if s, err := strconv.Atoi(after); err == nil {
		return time.Duration(max(0, min(s, 1<<20))) * time.Second
	}
	if at, err := http.ParseTime(after); err == nil {
		return at.Sub(now)
	}
	if reset, err := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64); err == nil {
		return time.Unix(reset, 0).Sub(now)
	}
	return 0
}

func (s *Sender) request(ctx context.Context, m Message) (*http.Request, *url.URL, error) {
	u := *s.opts.Base
	path, err := url.PathUnescape(m.Path)
	if err != nil {
		return nil, &u, fmt.Errorf("the path %q is not escaped as a URL's: %w", m.Path, err)
	}
	u.Path, u.RawPath = path, m.Path
	u.RawQuery = m.Query.Encode()
	req, err := http.NewRequestWithContext(ctx, m.Method, u.String(), bytes.NewReader(m.Body))
	if err != nil {
		return nil, &u, err
	}
	req.Header.Set("Accept", "application/json")
	if len(m.Body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if s.opts.UserAgent != "" {
		req.Header.Set("User-Agent", s.opts.UserAgent)
	}
	if s.opts.Authorization != "" {
		req.Header.Set("Authorization", s.opts.Authorization)
	}
	for name, values := range m.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, &u, nil
}

func (s *Sender) once(ctx context.Context, req *http.Request, m Message) *Exchange {
	ctx, cancel := context.WithTimeoutCause(ctx, s.opts.Deadline, errDeadline(s.opts.Deadline))
	defer cancel()
	x := s.begin(m, req.URL)
	x.Request.Header = req.Header
	var err error
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	x.Response, err = s.roundTrip(req.WithContext(ctx))
	x.Unsent = x.Response == nil && !connected.Load()
	x.Duration = time.Since(x.Started)
	if err != nil {
		x.Cause = explain(ctx, err)
		x.Error = x.Cause.Error()
	}
	s.end(x)
	return x
}

func (s *Sender) begin(m Message, u *url.URL) *Exchange {
	return &Exchange{
		ID:         s.opts.NextID(),
		Phase:      m.Phase,
		Credential: s.opts.Credential,
		Started:    time.Now(),
		Request:    Request{Method: m.Method, URL: u, Header: http.Header{}, Body: Body{Bytes: m.Body}},
	}
}

func (s *Sender) end(x *Exchange) {
	s.opts.Redactor.Exchange(x)
	s.opts.Record(x)
}

func (s *Sender) failed(m Message, u *url.URL, err error) *Exchange {
	x := s.begin(m, u)
	x.Error, x.Cause, x.Unsent = err.Error(), err, true
	s.end(x)
	return x
}

// roundTrip sends a request and takes in the answer up to the bound. A body that breaks off is an error, with what came
// kept.
func (s *Sender) roundTrip(req *http.Request) (*Response, error) {
	res, err := s.opts.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	out := &Response{Status: res.StatusCode, Header: res.Header}
	if res.StatusCode == http.StatusSwitchingProtocols {
		// What follows is no body, has no end, and no deadline reaches it.
		return out, nil
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, MaxBody+1))
	if len(b) > MaxBody {
		b, out.Body.Truncated = b[:MaxBody], true
	}
	out.Body.Bytes = b
	if err != nil {
		out.Body.Truncated = true
		return out, fmt.Errorf("reading the answer's body: %w", err)
	}
	return out, nil
}

type errDeadline time.Duration

func (e errDeadline) Error() string {
	return fmt.Sprintf("no complete answer within %s", time.Duration(e))
}

// explain is why a request failed, in words that do not repeat the URL, which the exchange has already.
func explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if ue := (*url.Error)(nil); errors.As(err, &ue) {
		return ue.Err
	}
	return err
}
