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

// Pacer keeps the requests of a credential within the rate limits that the org's answers announce, bucket by bucket.
type Pacer struct {
	mu      sync.Mutex
	buckets map[string]bucket
	waited  time.Duration
}

type bucket struct {
	remaining int
	reset     time.Time
}

// reserve is how many requests of a bucket are left to others.
const reserve = 1

// Bucket names the group of requests that share a limit: the path with its ids taken out. Okta's own grouping is
// coarser and not published whole, so a limit is learned once for each group here.
func Bucket(u *url.URL) string {
	parts := strings.Split(u.EscapedPath(), "/")
	for i, p := range parts {
		if len(p) >= 15 || strings.ContainsAny(p, "0123456789%") && p != "v1" && p != "oauth2" {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// Delay says how long a request has to wait for its bucket to be filled again; zero in the ordinary case.
func (p *Pacer) Delay(name string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.buckets[name]
	if !ok || b.remaining > reserve {
		return 0
	}
	return max(0, b.reset.Sub(now))
}

// RateLimit is what the headers of an answer announce: how many requests the bucket may take, how many of them are left, and
// when it is filled again. ok is false where they do not say.
func RateLimit(h http.Header) (limit, remaining int, reset time.Time, ok bool) {
	limit, err0 := strconv.Atoi(h.Get("X-Rate-Limit-Limit"))
	remaining, err1 := strconv.Atoi(h.Get("X-Rate-Limit-Remaining"))
	seconds, err2 := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64)
	if err0 != nil || err1 != nil || err2 != nil || limit <= 0 {
		return 0, 0, time.Time{}, false
	}
	return limit, remaining, time.Unix(seconds, 0), true
}

// Learn takes in what an answer announced about its bucket. Answers without the headers teach nothing.
func (p *Pacer) Learn(name string, h http.Header) {
	limit, remaining, reset, ok := RateLimit(h)
	// A bucket as small as the reserve would never be used at all.
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

// Wait sleeps for d or until ctx ends, and counts the time.
func (p *Pacer) Wait(ctx context.Context, d time.Duration) error {
	started := time.Now()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.waited += time.Since(started)
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

// Waited returns how long all requests together waited.
func (p *Pacer) Waited() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waited
}
