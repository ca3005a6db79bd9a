package sdk

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

const (
	// maxRequests is how many requests of one step get the answers of the step. Further ones are refused, so that a client
	// that retries without end comes to an end.
	maxRequests = 40
	// maxKept is how many requests of one step are kept at all.
	maxKept = 200
)

// canned is an answer of the stage's own, or the org's as the stage passed it on.
type canned struct {
	status int
	header http.Header
	body   []byte
}

// sighting is one request as the stage saw it.
type sighting struct {
	// Exchange is redacted; its judgement speaks of the request alone.
	Exchange
	// body is the request's as it came, and answer what it got.
	body   []byte
	answer canned
	// elsewhere says that it went to the other host.
	elsewhere bool
	// authorization is the header's value, and token says that the client's token was anywhere in the request.
	authorization string
	token         bool
	// early says that it came before the reset time of an earlier answer of the step.
	early bool
}

// stage is the server that the client takes for the org, with a second one under another host's name, to which the client has
// no reason to send anything.
type stage struct {
	org      http.Handler
	judge    *contract.Judge
	redactor *exchange.Redactor
	// url is the org's address for the client, and elsewhere the other host's.
	url, elsewhere string
	token          string
	close          func()

	mu       sync.Mutex
	step     *step
	seen     []*sighting
	resets   time.Time
	all      []Exchange
	agent    string
	requests int
}

// openStage listens on the loopback interface until it is closed.
func openStage(ctx context.Context, org http.Handler, token string, judge *contract.Judge, redactor *exchange.Redactor) (*stage, error) {
	s := &stage{org: org, token: token, judge: judge, redactor: redactor}
	front, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a server for the client: %w", err)
	}
	other, err := listen(ctx, "localhost:0")
	if err != nil {
		_ = front.Close()
		return nil, fmt.Errorf("opening a second host: %w", err)
	}
	s.url = "http://" + front.Addr().String()
	s.elsewhere = "http://localhost:" + strconv.Itoa(other.Addr().(*net.TCPAddr).Port)
	closeFront := serve(front, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, false) })
	closeOther := serve(other, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, true) })
	s.close = func() { closeFront(); closeOther() }
	return s, nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

func serve(l net.Listener, h http.HandlerFunc) (stop func()) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l)
	}()
	return func() { _ = srv.Close(); <-done }
}

// begin makes the stage answer for a step.
func (s *stage) begin(st *step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step, s.seen, s.resets, s.requests = st, nil, time.Time{}, 0
}

// end returns the requests of the step.
func (s *stage) end() []*sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.step, s.seen = nil, nil
	return seen
}

// exchanges returns all exchanges, and the User-Agent of the client.
func (s *stage) exchanges() ([]Exchange, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all, s.agent
}

func (s *stage) serve(w http.ResponseWriter, r *http.Request, elsewhere bool) {
	started := time.Now()
	body, err := io.ReadAll(io.LimitReader(r.Body, exchange.MaxBody))
	if err != nil {
		// The client closed the connection.
		return
	}
	// Requests are answered one after the other, so that their order is the order of the answers.
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := s.answer(r, body, elsewhere)
	s.keep(r, body, answer, started, elsewhere)
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body)
}

// answer decides what a request gets.
func (s *stage) answer(r *http.Request, body []byte, elsewhere bool) canned {
	s.requests++
	switch st := s.step; {
	case s.requests > maxRequests:
		return refusal(http.StatusBadRequest, "E0000001", "This step has had requests enough")
	case st != nil && st.reply != nil && (!elsewhere || st.atBoth):
		return st.reply(s.requests, r).completed(s.requests)
	case elsewhere:
		return refusal(http.StatusNotFound, "E0000007", "There is nothing at this host").completed(s.requests)
	}
	return pass(s.org, r, body)
}

// keep records a request with its answer.
func (s *stage) keep(r *http.Request, body []byte, answer canned, started time.Time, elsewhere bool) {
	if len(s.seen) >= maxKept {
		return
	}
	u := *r.URL
	u.Scheme, u.Host = "http", r.Host
	x := &exchange.Exchange{
		ID: fmt.Sprintf("c%d", len(s.all)+1), Phase: exchange.Observed, Started: started, Duration: time.Since(started),
		Request:  exchange.Request{Method: r.Method, URL: &u, Header: r.Header.Clone(), Body: exchange.Body{Bytes: body}},
		Response: &exchange.Response{Status: answer.status, Header: answer.header, Body: exchange.Body{Bytes: answer.body}},
	}
	seen := &sighting{
		body: body, answer: answer, elsewhere: elsewhere,
		authorization: r.Header.Get("Authorization"), token: s.carriesToken(r, body),
		early: started.Before(s.resets),
	}
	if answer.status == http.StatusTooManyRequests {
		if reset, err := strconv.ParseInt(answer.header.Get("X-Rate-Limit-Reset"), 10, 64); err == nil {
			s.resets = time.Unix(reset, 0)
		}
	}
	if !elsewhere {
		seen.Judgement = ofClient(s.judge.Judge(x))
	}
	s.redactor.Exchange(x)
	seen.Exchange.Exchange = x
	if s.agent == "" {
		s.agent = r.UserAgent()
	}
	s.seen = append(s.seen, seen)
	s.all = append(s.all, seen.Exchange)
}

// carriesToken reports whether the token is anywhere in the request.
func (s *stage) carriesToken(r *http.Request, body []byte) bool {
	var sent bytes.Buffer
	sent.WriteString(r.RequestURI + "\n")
	_ = r.Header.Write(&sent) // a buffer takes all
	sent.Write(body)
	return bytes.Contains(sent.Bytes(), []byte(s.token)) || bytes.Contains(sent.Bytes(), []byte(url.QueryEscape(s.token)))
}

// ofClient leaves of a judgement what speaks of the request.
func ofClient(j contract.Judgement) contract.Judgement {
	j.Status = nil
	j.Findings = slices.DeleteFunc(slices.Clone(j.Findings), func(f contract.Finding) bool { return f.Side != contract.Client })
	j.Rules = slices.DeleteFunc(slices.Clone(j.Rules), func(name string) bool { return !contract.OfClient(name) })
	return j
}

// completed adds the headers that every answer of an org has.
func (c canned) completed(n int) canned {
	h := http.Header{
		"X-Okta-Request-Id":      {fmt.Sprintf("stage-%d-%d", time.Now().UnixNano(), n)},
		"X-Rate-Limit-Limit":     {"600"},
		"X-Rate-Limit-Remaining": {"599"},
		"X-Rate-Limit-Reset":     {strconv.FormatInt(time.Now().Unix()+60, 10)},
	}
	if len(c.body) > 0 {
		h.Set("Content-Type", "application/json")
	}
	for name, values := range c.header {
		if values == nil {
			h.Del(name)
			continue
		}
		h[name] = values
	}
	c.header = h
	return c
}

// pass has the org answer, and returns the answer.
func pass(org http.Handler, r *http.Request, body []byte) canned {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	org.ServeHTTP(rec, r)
	return canned{status: rec.Code, header: rec.Result().Header, body: rec.Body.Bytes()}
}
