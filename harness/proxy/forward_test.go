package proxy

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// overheardBy is a proxy before an org, with what it overhears.
type overheardBy struct {
	*Proxy
	server *httptest.Server
	mu     sync.Mutex
	seen   []*exchange.Exchange
}

func before(t *testing.T, org string) *overheardBy {
	t.Helper()
	u, err := url.Parse(org)
	if err != nil {
		t.Fatal(err)
	}
	o := &overheardBy{}
	o.Proxy = New(Options{Target: u, Observe: func(x *exchange.Exchange) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.seen = append(o.seen, x)
	}})
	o.server = httptest.NewUnstartedServer(o.Proxy)
	o.server.Config.Protocols = new(http.Protocols)
	o.server.Config.Protocols.SetHTTP1(true)
	o.server.Config.Protocols.SetUnencryptedHTTP2(true)
	o.server.Start()
	t.Cleanup(o.server.Close)
	return o
}

// exchanges ends the proxy and returns what it overheard.
func (o *overheardBy) exchanges() []*exchange.Exchange {
	o.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen
}

// raw sends a request as text and returns the answer as text, so that nothing is put right on the way.
func raw(t *testing.T, server, request string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(server, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// echo tells of the request as it arrived.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	// This one speaks of the connection and not of the request.
	r.Header.Del("Connection")
	w.Header().Set("Content-Type", "text/plain")
	w.Header()["Date"] = nil
	w.Header().Set("X-Odd", "a,  b")
	_, _ = fmt.Fprintf(w, "%s %s\n%v\n%s", r.Method, r.RequestURI, r.Header, body)
}

func TestForwardsAsItCame(t *testing.T) {
	org := httptest.NewServer(http.HandlerFunc(echo))
	defer org.Close()
	o := before(t, org.URL)
	host := strings.TrimPrefix(org.URL, "http://")
	for name, request := range map[string]string{
		"a plain request":           "GET /api/v1/users/00u/roles HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n",
		"an escaped slash":          "GET /api/v1/iam/roles/a%2Fb%20c/permissions HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n",
		"a query nobody can parse":  "GET /x?a;b=%zz&&c HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n",
		"headers that proxies set":  "GET /x HTTP/1.1\r\nHost: " + host + "\r\nX-Forwarded-For: 1.2.3.4\r\nAuthorization: SSWS t\r\nConnection: close\r\n\r\n",
		"no user agent, a body":     "POST /x HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
		"a body in chunks":          "POST /x HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
		"the request of a 1.0 tool": "GET /x HTTP/1.0\r\nHost: " + host + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			direct, forwarded := raw(t, org.URL, request), raw(t, o.server.URL, request)
			if sorted(direct) != sorted(forwarded) {
				t.Errorf("the org said\n%s\nand by the proxy it says\n%s", direct, forwarded)
			}
		})
	}
	t.Run("a request in absolute form", func(t *testing.T) {
		answer := raw(t, o.server.URL, "GET "+org.URL+"/y?z=1 HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n")
		if !strings.Contains(answer, "GET /y?z=1\n") {
			t.Errorf("%s", answer)
		}
	})
	for name, request := range map[string]string{
		"a tunnel":    "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n",
		"another org": "GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			if answer := raw(t, o.server.URL, request); !strings.Contains(answer, "rolecheck proxy: ") || strings.Contains(answer, " 200 ") {
				t.Errorf("%s", answer)
			}
		})
	}
	if n := len(o.exchanges()); n != 8 {
		t.Errorf("%d exchanges were overheard, expected 8", n)
	}
}

// sorted puts the header lines of an answer in order, which net/http does not keep.
func sorted(answer string) string {
	head, body, _ := strings.Cut(answer, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n") + "\n\n" + body
}

func TestCodedAnswersStayCoded(t *testing.T) {
	var coded bytes.Buffer
	z := gzip.NewWriter(&coded)
	_, _ = io.WriteString(z, "[]")
	_ = z.Close()
	org := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(coded.Bytes())
	}))
	defer org.Close()
	o := before(t, org.URL)
	answer := raw(t, o.server.URL, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if !strings.HasSuffix(answer, coded.String()) {
		t.Errorf("the client got %q", answer)
	}
	x := o.exchanges()[0]
	if body := exchange.UndoCodings(x.Response.Body, x.Response.Header); string(body.Bytes) != "[]" {
		t.Errorf("%q was overheard", body.Bytes)
	}
}

// A stream comes part by part, and what is larger than the bound comes whole.
func TestStreamsAndLargeBodies(t *testing.T) {
	const large = exchange.MaxBody + 1000
	gate := make(chan struct{})
	org := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			_, _ = io.Copy(w, io.LimitReader(zeroes{}, large))
			return
		}
		_, _ = io.WriteString(w, "first\n")
		w.(http.Flusher).Flush()
		<-gate
		_, _ = io.WriteString(w, "second\n")
	}))
	defer org.Close()
	o := before(t, org.URL)
	res, err := http.Get(o.server.URL + "/stream") //nolint:noctx // the server's own end bounds it
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(res.Body)
	if line, err := lines.ReadString('\n'); line != "first\n" || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	close(gate)
	if line, _ := lines.ReadString('\n'); line != "second\n" {
		t.Errorf("%q", line)
	}
	_ = res.Body.Close()

	res, err = http.Get(o.server.URL + "/large") //nolint:noctx // as above
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if n != large || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	for _, x := range o.exchanges() {
		if x.Request.URL.Path == "/large" && (len(x.Response.Body.Bytes) != exchange.MaxBody || !x.Response.Body.Truncated) {
			t.Errorf("%d bytes were kept, truncated: %t", len(x.Response.Body.Bytes), x.Response.Body.Truncated)
		}
	}
}

type zeroes struct{}

func (zeroes) Read(b []byte) (int, error) { return len(b), nil }

func TestOrgsThatFail(t *testing.T) {
	dying := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "the beginning")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer dying.Close()
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()

	o := before(t, dead.URL)
	res, err := http.Get(o.server.URL) //nolint:noctx // it ends at once
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadGateway || !strings.Contains(string(body), "the org gave no answer") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if x := o.exchanges()[0]; x.Response != nil || !strings.Contains(x.Error, "no answer") {
		t.Errorf("%+v", x)
	}

	o = before(t, dying.URL)
	res, err = http.Get(o.server.URL) //nolint:noctx // it ends at once
	if err == nil {
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	if err == nil {
		t.Error("the client was told that the answer is whole")
	}
	if x := o.exchanges()[0]; x.Response == nil || x.Error == "" || !x.Response.Body.Truncated || string(x.Response.Body.Bytes) != "the beginning" {
		t.Errorf("%+v", x)
	}
}

func TestClientsThatGoAway(t *testing.T) {
	arrived, over := make(chan struct{}), make(chan struct{})
	org := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(over)
	}))
	defer org.Close()
	o := before(t, org.URL)
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-arrived
		cancel()
	}()
	if res, err := http.DefaultClient.Do(req); !errors.Is(err, context.Canceled) {
		_ = res.Body.Close()
		t.Errorf("%v", err)
	}
	<-over
	if x := o.exchanges()[0]; x.Response != nil || !strings.Contains(x.Error, "the client went away") {
		t.Errorf("%+v", x)
	}
}

func TestHTTP2WithoutTLS(t *testing.T) {
	org := httptest.NewServer(http.HandlerFunc(echo))
	defer org.Close()
	o := before(t, org.URL)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			res, err := (&http.Client{Transport: transport}).Get(fmt.Sprintf("%s/%d", o.server.URL, i)) //nolint:noctx // it ends at once
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = res.Body.Close() }()
			body, _ := io.ReadAll(res.Body)
			if res.ProtoMajor != 2 || !strings.HasPrefix(string(body), fmt.Sprintf("GET /%d\n", i)) {
				t.Errorf("%s %s", res.Proto, body)
			}
		})
	}
	all.Wait()
	if n := len(o.exchanges()); n != 50 {
		t.Errorf("%d exchanges were overheard, expected 50", n)
	}
}
