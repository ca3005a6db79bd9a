package proxy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/proxy"
)

// TestStreams has an org that goes on only after the client has what was sent so far.
func TestStreams(t *testing.T) {
	for name, length := range map[string]string{"chunks": "", "a known length": "9"} {
		t.Run(name, func(t *testing.T) {
			more := make(chan struct{})
			org := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if length != "" {
					w.Header().Set("Content-Length", length)
				}
				w.WriteHeader(http.StatusOK)
				for _, part := range []string{"", "one", "two", "six"} {
					_, _ = io.WriteString(w, part)
					w.(http.Flusher).Flush()
					<-more
				}
			}))
			u, end := between(t, org)
			// The headers come before anything of the body.
			res, err := client(t).Get(u.String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			part := make([]byte, 3)
			for _, want := range []string{"one", "two", "six"} {
				more <- struct{}{}
				if _, err := io.ReadFull(res.Body, part); err != nil || string(part) != want {
					t.Fatalf("got %q, %v", part, err)
				}
			}
			more <- struct{}{}
			if n, err := res.Body.Read(part); n > 0 || !errors.Is(err, io.EOF) {
				t.Errorf("%d more bytes, %v", n, err)
			}
			if x := end().one(t); string(x.Response.Body.Bytes) != "onetwosix" || !x.Response.Body.Known() {
				t.Errorf("got %+v", x.Response.Body)
			}
		})
	}
}

// TestLarge lets more pass than is kept, in both directions.
func TestLarge(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), exchange.MaxBody/16+1)
	org := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(b, large) {
			t.Errorf("the org got %d bytes, %v", len(b), err)
		}
		_, _ = w.Write(large)
	}))
	u, end := between(t, org)
	res, err := client(t).Post(u.String(), "text/plain", bytes.NewReader(large))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if b, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(b, large) {
		t.Errorf("the client got %d bytes, %v", len(b), err)
	}
	x := end().one(t)
	for name, b := range map[string]exchange.Body{"request": x.Request.Body, "answer": x.Response.Body} {
		if !b.Truncated || !bytes.Equal(b.Bytes, large[:exchange.MaxBody]) {
			t.Errorf("of the %s %d bytes are kept, truncated: %t", name, len(b.Bytes), b.Truncated)
		}
	}
}

func TestHTTP2WithoutTLS(t *testing.T) {
	org := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s", r.RequestURI, b)
	}))
	u, end := between(t, org)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	const n = 20
	var g sync.WaitGroup
	for i := range n {
		g.Go(func() {
			path := fmt.Sprintf("/a%%2Fb?n=%d", i)
			res, err := (&http.Client{Transport: transport}).Post(u.String()+path, "text/plain", strings.NewReader("body"))
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = res.Body.Close() }()
			if b, err := io.ReadAll(res.Body); res.ProtoMajor != 2 || string(b) != path+" body" || err != nil {
				t.Errorf("got %q by %s, %v", b, res.Proto, err)
			}
		})
	}
	g.Wait()
	for _, x := range end().exchanges() {
		if got, want := string(x.Response.Body.Bytes), x.Request.URL.RequestURI()+" body"; got != want || x.Error != "" {
			t.Errorf("got %q, want %q; %s", got, want, x.Error)
		}
	}
	if got := len(end().exchanges()); got != n {
		t.Errorf("%d exchanges", got)
	}
}

func TestDeadOrg(t *testing.T) {
	for name, org := range map[string]func() *url.URL{
		"nobody listens": func() *url.URL {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			return &url.URL{Scheme: "http", Host: l.Addr().String()}
		},
		"closed at once": func() *url.URL { u, _ := rawOrg(t, ""); return u },
		"no HTTP":        func() *url.URL { u, _ := rawOrg(t, "hello\r\n\r\n"); return u },
	} {
		t.Run(name, func(t *testing.T) {
			u, end := between(t, org())
			res, err := client(t).Post(u.String()+"/x?token=abc", "application/json", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			var body struct{ Error, Reason string }
			if err := json.NewDecoder(res.Body).Decode(&body); err != nil || res.StatusCode != http.StatusBadGateway ||
				res.Header.Get("Content-Type") != "application/json" || !strings.Contains(body.Error, "gave no answer") || body.Reason == "" {
				t.Errorf("got %s %v %+v, %v", res.Status, res.Header, body, err)
			}
			if strings.Contains(body.Reason, "token") {
				t.Errorf("the reason repeats the request: %s", body.Reason)
			}
			x := end().one(t)
			if x.Response != nil || !strings.Contains(x.Error, "the org gave no answer") || x.Cause == nil {
				t.Errorf("got %s, %v", x.Line(), x.Cause)
			}
		})
	}
}

// TestOrgDiesWithinTheBody shows the client that the answer is not whole.
func TestOrgDiesWithinTheBody(t *testing.T) {
	for name, answer := range map[string]string{
		"a known length": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{\"id\":",
		"chunks":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n[{\"id\":\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			org, _ := rawOrg(t, answer)
			u, end := between(t, org)
			res, err := client(t).Get(u.String())
			if err == nil {
				_, err = io.ReadAll(res.Body)
				_ = res.Body.Close()
			}
			if err == nil {
				t.Error("the client takes the answer for a whole one")
			}
			x := end().one(t)
			if x.Status() != http.StatusOK || !x.Response.Body.Truncated || string(x.Response.Body.Bytes) != `[{"id":` || !strings.Contains(x.Error, "broke off") {
				t.Errorf("got %s, %+v", x.Line(), x.Response)
			}
		})
	}
}

func TestAbortedClients(t *testing.T) {
	arrived := make(chan struct{})
	org := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/answered" {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		}
		arrived <- struct{}{}
		// The org learns that the client went away.
		<-r.Context().Done()
	}))
	for path, want := range map[string]string{"/waiting": "before the org answered", "/answered": "before the end of the answer"} {
		t.Run(path, func(t *testing.T) {
			u, end := between(t, org)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-arrived
				if path == "/waiting" {
					cancel()
				}
			}()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := client(t).Do(req)
			if err == nil {
				_, err = io.ReadFull(res.Body, make([]byte, 4))
				cancel()
				_ = res.Body.Close()
			}
			if (err == nil) != (path == "/answered") {
				t.Fatal(err)
			}
			// Close waits for the handlers, so that none is left behind.
			if x := end().one(t); !strings.Contains(x.Error, want) {
				t.Errorf("got %s", x.Line())
			}
		})
	}
}

// TestUnreadRequest has an org that answers before it was sent all of the request.
func TestUnreadRequest(t *testing.T) {
	org := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	for _, size := range []int{100, 1 << 20, 4 << 20} {
		u, end := between(t, org)
		// Whether the client gets to read the answer depends on how much it has still to send.
		if res, err := client(t).Post(u.String(), "text/plain", bytes.NewReader(make([]byte, size))); err == nil {
			_ = res.Body.Close()
		}
		x := end().one(t)
		if b := x.Request.Body; b.Truncated != (len(b.Bytes) < size) {
			t.Errorf("%d of %d bytes are kept, truncated: %t", len(b.Bytes), size, b.Truncated)
		}
	}
}

// TestConcurrently has many clients, each of which gets its own answers.
func TestConcurrently(t *testing.T) {
	org := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(append(b, strings.Repeat(r.URL.Path, 100)...))
	}))
	u, end := between(t, org)
	const clients, requests = 16, 25
	var g sync.WaitGroup
	for i := range clients {
		g.Go(func() {
			c := client(t)
			for k := range requests {
				path := fmt.Sprintf("/%d/%d", i, k)
				res, err := c.Post(u.String()+path, "text/plain", strings.NewReader("sent to "+path))
				if err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if want := "sent to " + path + strings.Repeat(path, 100); err != nil || string(b) != want {
					t.Errorf("got %.40q, %v", b, err)
				}
			}
		})
	}
	g.Wait()
	all := end().exchanges()
	last := map[string]int{}
	for _, x := range all {
		path := x.Request.URL.Path
		if string(x.Request.Body.Bytes) != "sent to "+path || string(x.Response.Body.Bytes) != "sent to "+path+strings.Repeat(path, 100) || x.Error != "" {
			t.Errorf("%s: %q %q %s", path, x.Request.Body.Bytes, x.Response.Body.Bytes, x.Error)
		}
		var i, k int
		if _, err := fmt.Sscanf(path, "/%d/%d", &i, &k); err != nil {
			t.Fatal(err)
		}
		if client := fmt.Sprint(i); last[client] != k {
			t.Errorf("%s comes after %d others of its client", path, last[client])
		} else {
			last[client]++
		}
	}
	if len(all) != clients*requests {
		t.Errorf("%d exchanges", len(all))
	}
}

// TestNobodyKnowsBefore shows that an exchange is handed on before its client has the end of the answer, and that the
// client waits where that waits.
func TestNobodyKnowsBefore(t *testing.T) {
	for name, body := range map[string]string{"a body": strings.Repeat("x", 100_000), "a short body": "[]", "no body": ""} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, known length %t", name, known), func(t *testing.T) {
				org := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if known {
						w.Header().Set("Content-Length", strconv.Itoa(len(body)))
					} else {
						w.(http.Flusher).Flush()
					}
					_, _ = io.WriteString(w, body)
				}))
				observed, judged := make(chan struct{}), make(chan struct{})
				p := proxy.New(proxy.Options{Target: org, Observe: func(*exchange.Exchange) {
					close(observed)
					<-judged
				}})
				defer p.Close()
				u := serve(t, p)
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					res, err := client(t).Get(u.String())
					if err != nil {
						t.Error(err)
						return
					}
					defer func() { _ = res.Body.Close() }()
					b, err := io.ReadAll(res.Body)
					select {
					case <-judged:
					default:
						// Where there is no body, the headers are all there is to know, and may have come.
						if !known || body != "" {
							t.Error("the client had its answer before the exchange was handed on")
						}
					}
					if err != nil || string(b) != body {
						t.Errorf("got %d bytes, %v", len(b), err)
					}
				}()
				<-observed
				close(judged)
				<-ended
			})
		}
	}
}

func TestClose(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	org := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	o := &overheard{}
	p := proxy.New(proxy.Options{Target: org, Observe: o.observe})
	u := serve(t, p)
	var g sync.WaitGroup
	g.Go(func() {
		res, err := client(t).Get(u.String() + "/first")
		if err != nil {
			t.Error(err)
			return
		}
		_ = res.Body.Close()
	})
	<-arrived
	closed := make(chan struct{})
	g.Go(func() {
		p.Close()
		first := func(x *exchange.Exchange) bool { return x.Request.URL.Path == "/first" }
		if !slices.ContainsFunc(o.exchanges(), first) {
			t.Error("Close did not wait for what was under way")
		}
		close(closed)
	})
	// That Close has begun shows by a refusal.
	for deadline := time.Now().Add(time.Minute); ; {
		w := httptest.NewRecorder()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		if w.Code == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("requests are still served")
		}
	}
	select {
	case <-closed:
		t.Error("Close did not wait for what was under way")
	default:
	}
	close(release)
	g.Wait()
}
