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

// Message is a request to send, relative to the org's base URL.
type Message struct {
	Method string
	// Path is escaped and begins with a slash.
	Path  string
	Query url.Values
	// Header is sent in addition to the sender's own headers, which it may replace.
	Header http.Header
	Body   []byte
	Phase  Phase
}

// Options configure a Sender. Base is required.
type Options struct {
	// Base is the org's URL, without a path.
	Base *url.URL
	// Authorization is the value of the Authorization header; requests without it are unauthenticated.
	Authorization string
	// Credential names the credential in Authorization, such as admin.
	Credential string
	// Client sends the requests; NewClient's by default.
	Client *http.Client
	// Deadline bounds the time of one request with its answer; 30 s by default.
	Deadline time.Duration
	// Patience is how long one request may wait for rate limits in all. With zero, a 429 is returned like any answer.
	Patience time.Duration
	// Redactor redacts every exchange; by default one without known secrets.
	Redactor *Redactor
	// NextID returns the id of the next exchange; x1, x2 … by default.
	NextID func() string
	// Record is called with every exchange, redacted, once it has ended. It may fill in members, such as Requirement.
	Record func(*Exchange)
	// UserAgent is sent with every request.
	UserAgent string
	// Log gets the waits for rate limits; by default they are not logged.
	Log *slog.Logger
}

// Sender sends messages to one org with one credential. It is safe for concurrent use.
type Sender struct {
	opts  Options
	pacer pacer
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
func (s *Sender) Waited() time.Duration { return s.pacer.waited() }

// Send sends m and returns the exchange, which has an Error in place of a Response if there was no answer. After a 429 it
// waits and sends again, within the sender's patience; every attempt is an exchange of its own, and the last is returned.
func (s *Sender) Send(ctx context.Context, m Message) *Exchange {
	left, pause := s.opts.Patience, time.Second
	for {
		req, u, err := s.request(ctx, m)
		if err != nil {
			return s.failed(m, u, err)
		}
		name := bucketOf(u)
		if d := s.pacer.delay(name, time.Now()); d > 0 && d <= left {
			s.opts.Log.Info("waiting for the org's rate limit", "path", name, "seconds", int(d.Seconds()+1))
			if err := s.pacer.wait(ctx, d); err != nil {
				return s.failed(m, u, fmt.Errorf("not sent, while waiting for the org's rate limit: %w", err))
			}
			left -= d
		}
		x := s.once(ctx, req, m)
		if x.Response != nil {
			s.pacer.learn(name, x.Response.Header)
		}
		if x.Status() != http.StatusTooManyRequests {
			return x
		}
		// Whatever the answer announces, the pause at least doubles.
		d := max(pause, retryAfter(x.Response.Header, time.Now()))
		if d > left {
			return x
		}
		pause *= 2
		s.opts.Log.Info("the org answered 429; waiting for its rate limit", "path", name, "seconds", int(d.Seconds()+1))
		if err := s.pacer.wait(ctx, d); err != nil {
			return x
		}
		left -= d
	}
}

// retryAfter is how long a refusal asks to wait; zero or less if it does not say, or names a time that has passed.
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

// roundTrip sends a request and reads the answer's body up to MaxBody. A body that breaks off is an error, returned together
// with the answer up to there.
func (s *Sender) roundTrip(req *http.Request) (*Response, error) {
	res, err := s.opts.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	out := &Response{Status: res.StatusCode, Header: res.Header}
	if res.StatusCode == http.StatusSwitchingProtocols {
		// The connection has no body any more, has no end, and is not bound by the deadline.
		return out, nil
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, MaxBody+1))
	out.Body = Bounded(b)
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

// explain is why a request failed, without the URL, which the exchange has already.
func explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if ue := (*url.Error)(nil); errors.As(err, &ue) {
		return ue.Err
	}
	return err
}
