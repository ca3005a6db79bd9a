package proxy_test

import (
	"bytes"
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

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/proxy"
)

// overheard collects exchanges.
type overheard struct {
	mu  sync.Mutex
	all []*exchange.Exchange
}

func (o *overheard) observe(x *exchange.Exchange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, x)
}

func (o *overheard) exchanges() []*exchange.Exchange {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all)
}

// one is the only exchange there was.
func (o *overheard) one(t *testing.T) *exchange.Exchange {
	t.Helper()
	all := o.exchanges()
	if len(all) != 1 {
		t.Fatalf("%d exchanges, expected one", len(all))
	}
	return all[0]
}

// serve serves a handler by HTTP/1.1 and by HTTP/2 without TLS.
func serve(t testing.TB, h http.Handler) *url.URL {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// between puts a proxy before an org, and returns its address with a function that ends it and tells what it overheard.
func between(t testing.TB, org *url.URL) (*url.URL, func() *overheard) {
	t.Helper()
	o := &overheard{}
	p := proxy.New(proxy.Options{Target: org, Observe: o.observe})
	u := serve(t, p)
	return u, func() *overheard {
		p.Close()
		return o
	}
}

// client is one that adds nothing by itself and forgets its connections.
func client(t testing.TB) *http.Client {
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// rawOrg answers each connection's first request with the same bytes, and notes what it was asked.
func rawOrg(t testing.TB, answer string) (*url.URL, <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	asked := make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				asked <- message(c)
				_, _ = io.WriteString(c, answer)
			}()
		}
	}()
	return &url.URL{Scheme: "http", Host: l.Addr().String()}, asked
}

// message reads a head, and the body that the tests announce with it.
func message(c io.Reader) string {
	var b []byte
	one := make([]byte, 1)
	want := -1
	for len(b) != want {
		if _, err := io.ReadFull(c, one); err != nil {
			return string(b)
		}
		b = append(b, one[0])
		if want < 0 && bytes.HasSuffix(b, []byte("\r\n\r\n")) {
			want = len(b)
			_, rest, announced := strings.Cut(string(b), "Content-Length: ")
			if announced {
				var n int
				_, _ = fmt.Sscanf(rest, "%d", &n)
				want += n
			}
		}
	}
	return string(b)
}

// say sends bytes and returns all that comes back until the other side closes.
func say(t testing.TB, addr, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lines are the lines of a message's head, sorted, with those left out that belong to one connection alone.
func lines(t *testing.T, message string) ([]string, string) {
	t.Helper()
	head, body, ok := strings.Cut(message, "\r\n\r\n")
	if !ok {
		t.Fatalf("no message: %q", message)
	}
	var out []string
	for i, line := range strings.Split(head, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		if i == 0 || !slices.Contains([]string{"Host", "Connection"}, name) {
			out = append(out, line)
		}
	}
	slices.Sort(out[1:])
	return out, body
}
