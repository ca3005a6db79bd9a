package contract

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	requestIDName      = "X-Okta-Request-Id"
	rateLimitLimit     = "X-Rate-Limit-Limit"
	rateLimitRemaining = "X-Rate-Limit-Remaining"
	rateLimitReset     = "X-Rate-Limit-Reset"
)

var rateLimitNames = [...]string{rateLimitLimit, rateLimitRemaining, rateLimitReset}

const (
	// resetWindow is how far from the answer a rate limit may reset: windows last a minute, and clocks differ.
	resetWindow = 3 * time.Minute
	// resetSkew is allowed besides where the answer has no date, so that two machines' clocks are compared.
	resetSkew = 10 * time.Minute
)

// announced reports whether a message says that its body is JSON.
func announced(h http.Header) bool {
	value, _ := header(h, "Content-Type")
	media, _, _ := strings.Cut(value, ";")
	return strings.EqualFold(strings.TrimSpace(media), applicationJSON)
}

// mediaType judges the Content-Type of a message that has a body.
func (c *collector) mediaType(r rule, h http.Header, recorded bool) {
	value, ok := header(h, "Content-Type")
	switch {
	case !ok && recorded:
		return
	case !ok:
		c.report(r, "Content-Type", applicationJSON, "no header")
		return
	case value == applicationJSON:
		c.check(r)
		return
	}
	c.check(r)
	media, parameters, err := mime.ParseMediaType(value)
	switch charset := parameters["charset"]; {
	case err != nil:
		c.report(r, "Content-Type", applicationJSON, "no media type")
	case media != applicationJSON:
		c.report(r, "Content-Type", applicationJSON, short(media))
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		c.report(r, "Content-Type", "the charset utf-8", short(charset))
	}
}

// short cuts a word from a foreign header.
func short(s string) string { return string(appendName(nil, s)) }

func (c *collector) requestID(a answer) {
	value, ok := header(a.Header, requestIDName)
	if !ok && a.recorded {
		return
	}
	c.check(requestID)
	if strings.TrimSpace(value) == "" {
		c.report(requestID, requestIDName, "the header with a value", "none")
	}
}

func (c *collector) rateLimit(a answer) {
	var numbers [len(rateLimitNames)]int64
	present, sound := 0, true
	for _, name := range rateLimitNames {
		if _, ok := header(a.Header, name); ok {
			present++
		}
	}
	// A refused credential has no rate limit.
	if present == 0 && (a.recorded || a.Status == http.StatusUnauthorized) {
		return
	}
	c.check(rateLimitHeaders)
	for i, name := range rateLimitNames {
		value, ok := header(a.Header, name)
		if !ok {
			c.report(rateLimitHeaders, name, "the header", "none")
			sound = false
			continue
		}
		if numbers[i], ok = wholeNumber(value); !ok {
			c.report(rateLimitHeaders, name, "a whole number", "something else")
			sound = false
		}
	}
	if !sound {
		return
	}
	if limit, left := numbers[0], numbers[1]; left > limit {
		c.report(rateLimitHeaders, rateLimitRemaining, fmt.Sprintf("at most the limit of %d", limit), strconv.FormatInt(left, 10))
	}
	c.reset(a, numbers[2])
}

// reset judges when a rate limit resets, as far as it is known when the answer came.
func (c *collector) reset(a answer, seconds int64) {
	window := resetWindow
	date, _ := header(a.Header, "Date")
	came, err := http.ParseTime(date)
	if err != nil {
		if a.x.Started.IsZero() {
			return
		}
		came = a.x.Started.Add(a.x.Duration)
		window += resetSkew
	}
	if off := time.Unix(seconds, 0).Sub(came); off > window || off < -window {
		c.report(rateLimitHeaders, rateLimitReset,
			"epoch seconds within a few minutes of the answer", strconv.FormatInt(seconds, 10))
	}
}

// wholeNumber reads a header that holds a number and nothing else.
func wholeNumber(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
