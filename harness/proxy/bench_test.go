package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/proxy"
	"github.com/rolecheck/rolecheck/harness/traffic"
	"github.com/rolecheck/rolecheck/spec"
)

// assignmentsOf are n role assignments, all with ids of their own.
func assignmentsOf(n int, salt uint64) []byte {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"id":"ra1%017d","label":"Group Administrator","type":"USER_ADMIN","status":"ACTIVE",`+
			`"created":"2026-03-01T10:00:00.000Z","lastUpdated":"2026-03-01T10:00:00.000Z","assignmentType":"USER",`+
			`"_links":{"assignee":{"href":"https://org.example/api/v1/users/00u1aaaaaaaaaaaaaaaa"}}}`, salt*1000+uint64(i))
	}
	return []byte("[" + strings.Join(items, ",") + "]")
}

// polledOrg answers every request with a list of n assignments, of which the first so many differ each time.
func polledOrg(b *testing.B, n, different int) *httptest.Server {
	same := assignmentsOf(n, 0)
	const ids = 17
	var count atomic.Uint64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		k, body := count.Add(1), same
		if different > 0 {
			// Making another body must not cost the org more than that.
			body = bytes.Clone(same)
			first, item := bytes.Index(body, []byte("ra1"))+3, len(same)/n
			for i := range different {
				copy(body[first+i*item:], fmt.Sprintf("%0*d", ids, k*1000+uint64(i)))
			}
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		h.Set("X-Okta-Request-Id", "req"+strconv.FormatUint(k, 10))
		h.Set("X-Rate-Limit-Limit", "600000")
		h.Set("X-Rate-Limit-Remaining", "599999")
		h.Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Unix()+30, 10))
		_, _ = w.Write(body)
	}))
	b.Cleanup(server.Close)
	return server
}

const polling = "GET /api/v1/users/00u1aaaaaaaaaaaaaaaa/roles HTTP/1.1\r\nHost: org.example\r\n" +
	"Authorization: SSWS 00abcdefghijklmnopqrstuvwxyz0123456789ABCD\r\nAccept: application/json\r\nUser-Agent: load\r\n\r\n"

// poll sends n requests over each of the connections, and returns how long each took. It does as little besides as it
// can: client and proxies share the processors.
func poll(b *testing.B, addr string, connections, n int) []time.Duration {
	b.Helper()
	took := make([][]time.Duration, connections)
	var g errgroup.Group
	for i := range connections {
		g.Go(func() error {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			r := bufio.NewReaderSize(c, 64<<10)
			took[i] = make([]time.Duration, 0, n)
			for range n {
				start := time.Now()
				if _, err := io.WriteString(c, polling); err != nil {
					return err
				}
				if err := discard(r); err != nil {
					return err
				}
				took[i] = append(took[i], time.Since(start))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return slices.Concat(took...)
}

// discard reads one answer.
func discard(r *bufio.Reader) error {
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case len(line) == 2:
			_, err := r.Discard(length)
			return err
		}
		if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(n))); err != nil {
				return err
			}
		}
	}
}

// bareProxy is what the proxy is measured by. Without room for idle connections it would dial for most requests.
func bareProxy(b *testing.B, org *url.URL) *httptest.Server {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(org) },
		Transport: transport,
	})
	b.Cleanup(server.Close)
	return server
}

// judging is a proxy whose exchanges are judged, and what ends it once all are.
func judging(b *testing.B, s *spec.Spec, org *url.URL) (addr string, end func()) {
	judge, err := contract.New(s, contract.Options{})
	if err != nil {
		b.Fatal(err)
	}
	session, err := traffic.New(traffic.Options{Spec: s, Judge: judge, Live: true})
	if err != nil {
		b.Fatal(err)
	}
	p := proxy.New(proxy.Options{Target: org, Observe: session.Observe})
	server := httptest.NewServer(p)
	return server.Listener.Addr().String(), func() {
		p.Close()
		r, _, err := session.Close()
		server.Close()
		if err != nil || r.Exchanges.Judged == 0 || len(r.Findings) > 0 {
			b.Fatal(err, r.Exchanges, r.Findings)
		}
	}
}

// BenchmarkProxy compares the proxy with a bare httputil.ReverseProxy, in turns. It reports the proxy's throughput as a
// part of the bare one's (of-bare: with 16 connections at least 0.7 where bodies repeat, and 0.45 where they all differ),
// until the last exchange was judged, and its median latency as a multiple of the bare one's (latencies: with one
// connection at most 1.3). All bodies differ where one item of them does, and have nothing in common where all do.
func BenchmarkProxy(b *testing.B) {
	// As the command does, for both.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	s, err := spec.Load()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name                  string
		items, connections, n int
		different             int
	}{
		{"1KB", 4, 16, 400, 0},
		{"24KB", 88, 16, 400, 0},
		{"1KBAllDifferent", 4, 16, 400, 1},
		{"24KBAllDifferent", 88, 16, 400, 1},
		{"1KBNothingInCommon", 4, 16, 400, 4},
		{"24KBNothingInCommon", 88, 16, 400, 88},
		{"1KBOneConnection", 4, 1, 2000, 0},
		{"24KBOneConnection", 88, 1, 2000, 0},
		{"1KBOneConnectionAllDifferent", 4, 1, 2000, 1},
		{"24KBOneConnectionAllDifferent", 88, 1, 2000, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			server := polledOrg(b, c.items, c.different)
			org, err := url.Parse(server.URL)
			if err != nil {
				b.Fatal(err)
			}
			bare := bareProxy(b, org)
			var times [2]time.Duration
			var each [2][]time.Duration
			for b.Loop() {
				start := time.Now()
				each[0] = append(each[0], poll(b, bare.Listener.Addr().String(), c.connections, c.n)...)
				times[0] += time.Since(start)
				addr, end := judging(b, s, org)
				start = time.Now()
				each[1] = append(each[1], poll(b, addr, c.connections, c.n)...)
				end()
				times[1] += time.Since(start)
			}
			b.ReportMetric(float64(times[0])/float64(times[1]), "of-bare")
			b.ReportMetric(float64(median(each[1]))/float64(median(each[0])), "latencies")
		})
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
