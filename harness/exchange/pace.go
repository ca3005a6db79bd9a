package exchange

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// pacer keeps the requests of a credential within the rate limits that the org's answers announce, bucket by bucket. It is
// safe for concurrent use.
type pacer struct {
	mu      sync.Mutex
	buckets map[string]bucket
	total   time.Duration
}

type bucket struct {
	remaining int
	reset     time.Time
}

// reserve is how many requests of a bucket are left for other clients.
const reserve = 1

// bucketOf names the group of requests that share a limit: the path with its ids replaced by *. Okta's own grouping is
// coarser and not fully published, so that a limit is learned once for each group here.
func bucketOf(u *url.URL) string {
	parts := strings.Split(u.EscapedPath(), "/")
	for i, p := range parts {
		if len(p) >= 15 || strings.ContainsAny(p, "0123456789%") && p != "v1" && p != "oauth2" {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// delay is how long a request has to wait for the reset of its bucket; zero if the bucket has requests left.
func (p *pacer) delay(name string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.buckets[name]
	if !ok || b.remaining > reserve {
		return 0
	}
	return max(0, b.reset.Sub(now))
}

// RateLimit reads the rate-limit headers of an answer: how many requests its bucket allows a minute, how many of them are
// left, and when the bucket is reset. Without the three headers ok is false.
func RateLimit(h http.Header) (limit, remaining int, reset time.Time, ok bool) {
	limit, err0 := strconv.Atoi(h.Get("X-Rate-Limit-Limit"))
	remaining, err1 := strconv.Atoi(h.Get("X-Rate-Limit-Remaining"))
	seconds, err2 := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64)
	if err0 != nil || err1 != nil || err2 != nil || limit <= 0 {
		return 0, 0, time.Time{}, false
	}
	return limit, remaining, time.Unix(seconds, 0), true
}

// learn records the rate limit that an answer announces for its bucket. An answer without the headers changes nothing.
func (p *pacer) learn(name string, h http.Header) {
	limit, remaining, reset, ok := RateLimit(h)
	// A bucket as small as the reserve could never be used.
	if !ok || limit <= reserve {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.buckets == nil {
		p.buckets = map[string]bucket{}
	}
	p.buckets[name] = bucket{remaining: remaining, reset: reset}
}

// wait sleeps for d and adds it to the total. Its error is the cause of ctx, if that ends first.
func (p *pacer) wait(ctx context.Context, d time.Duration) error {
	started := time.Now()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.total += time.Since(started)
	}()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// waited is how long all requests together waited.
func (p *pacer) waited() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}
