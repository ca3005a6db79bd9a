package exchange

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// answering is a transport that answers without a network, so that its waits pass in the bubble's own time.
type answering func(r *http.Request, n int) (status int, header http.Header)

// sent is a request with the time since the first one.
type sent struct {
	path string
	at   time.Duration
}

type fakeOrg struct {
	answer answering
	began  time.Time
	sent   []sent
}

func (o *fakeOrg) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.began.IsZero() {
		o.began = time.Now()
	}
	o.sent = append(o.sent, sent{r.URL.Path, time.Since(o.began)})
	status, header := o.answer(r, len(o.sent))
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

func (o *fakeOrg) sender(t *testing.T, patience time.Duration) *Sender {
	return NewSender(Options{
		Base: parseURL(t, "http://org.example"), Client: &http.Client{Transport: o}, Patience: patience,
	})
}

// limits are the headers of a bucket that is renewed after a while.
func limits(limit, remaining int, after time.Duration) http.Header {
	return http.Header{
		"X-Rate-Limit-Limit":     {strconv.Itoa(limit)},
		"X-Rate-Limit-Remaining": {strconv.Itoa(remaining)},
		"X-Rate-Limit-Reset":     {strconv.FormatInt(time.Now().Add(after).Unix(), 10)},
	}
}

func TestSendWaitsOut429(t *testing.T) {
	refuseFirst := func(refusals int, header func() http.Header) answering {
		return func(_ *http.Request, n int) (int, http.Header) {
			if n <= refusals {
				return http.StatusTooManyRequests, header()
			}
			return http.StatusOK, nil
		}
	}
	nothing := func() http.Header { return nil }
	tests := map[string]struct {
		refusals int
		header   func() http.Header
		patience time.Duration
		want     int
		at       []time.Duration
	}{
		"the announced reset": {1, func() http.Header { return limits(10, 0, 7*time.Second) }, time.Minute, 200, seconds(0, 7)},
		"Retry-After":         {1, func() http.Header { return http.Header{"Retry-After": {"5"}} }, time.Minute, 200, seconds(0, 5)},
		"Retry-After as a date": {1, func() http.Header {
			return http.Header{"Retry-After": {time.Now().Add(4 * time.Second).UTC().Format(http.TimeFormat)}}
		}, time.Minute, 200, seconds(0, 4)},
		"Retry-After in the past":      {2, func() http.Header { return http.Header{"Retry-After": {"-9223372036854775808"}} }, time.Minute, 200, seconds(0, 1, 3)},
		"no announcement":              {3, nothing, time.Minute, 200, seconds(0, 1, 3, 7)},
		"a reset long past":            {3, func() http.Header { return limits(10, 0, -time.Hour) }, time.Minute, 200, seconds(0, 1, 3, 7)},
		"no patience":                  {1, nothing, 0, 429, seconds(0)},
		"a reset beyond the patience":  {1, func() http.Header { return limits(10, 0, time.Hour) }, time.Minute, 429, seconds(0)},
		"refused until patience ended": {1000, nothing, time.Minute, 429, seconds(0, 1, 3, 7, 15, 31)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				org := &fakeOrg{answer: refuseFirst(test.refusals, test.header)}
				s := org.sender(t, test.patience)
				x := s.Send(t.Context(), Message{Method: http.MethodGet, Path: "/"})
				if x.Status() != test.want {
					t.Errorf("got %s, want %d", x.Line(), test.want)
				}
				var at []time.Duration
				for _, r := range org.sent {
					at = append(at, r.at)
				}
				equalTimes(t, at, test.at)
				if got, want := s.Waited(), test.at[len(test.at)-1]; got != want {
					t.Errorf("waited %s, want %s", got, want)
				}
			})
		})
	}
}

func TestSendPacesByBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		org := &fakeOrg{answer: func(r *http.Request, _ int) (int, http.Header) {
			switch r.URL.Path {
			case "/api/v1/users/00u1/roles":
				return 200, limits(600, reserve, 20*time.Second)
			case "/api/v1/tiny":
				// A bucket that the reserve would use up is left alone.
				return 200, limits(reserve, 0, 20*time.Second)
			case "/api/v1/wrong":
				h := limits(600, 0, 20*time.Second)
				h.Set("X-Rate-Limit-Remaining", "none")
				return 200, h
			}
			return 200, limits(600, 500, 20*time.Second)
		}}
		s := org.sender(t, time.Minute)
		for _, path := range []string{
			"/api/v1/users/00u1/roles", "/api/v1/groups", "/api/v1/groups", "/api/v1/tiny", "/api/v1/tiny", "/api/v1/wrong", "/api/v1/wrong",
			"/api/v1/users/00u2/roles", "/api/v1/users/00u3/roles",
		} {
			s.Send(t.Context(), Message{Method: http.MethodGet, Path: path})
		}
		var at []time.Duration
		for _, r := range org.sent {
			at = append(at, r.at)
		}
		equalTimes(t, at, seconds(0, 0, 0, 0, 0, 0, 0, 20, 20))
	})
}

func TestSendDoesNotWaitBeyondPatience(t *testing.T) {
	for name, patience := range map[string]time.Duration{"none": 0, "too little": 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			org := &fakeOrg{answer: func(*http.Request, int) (int, http.Header) { return 200, limits(600, 0, 20*time.Second) }}
			s := org.sender(t, patience)
			for range 3 {
				s.Send(t.Context(), Message{Method: http.MethodGet, Path: "/"})
			}
			if len(org.sent) != 3 || s.Waited() != 0 {
				t.Errorf("%s: %d requests, waited %s", name, len(org.sent), s.Waited())
			}
		})
	}
}

func TestSendCancelledWhileWaiting(t *testing.T) {
	stopped := errors.New("the run was stopped")
	t.Run("for a 429", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			org := &fakeOrg{answer: func(*http.Request, int) (int, http.Header) { return 429, limits(10, 0, 30*time.Second) }}
			s := org.sender(t, time.Minute)
			x := s.Send(cancelAfter(t, 3*time.Second, stopped), Message{Method: http.MethodGet, Path: "/"})
			if x.Status() != 429 || len(org.sent) != 1 {
				t.Errorf("got %s after %d requests", x.Line(), len(org.sent))
			}
			if s.Waited() != 3*time.Second {
				t.Errorf("waited %s", s.Waited())
			}
		})
	})
	t.Run("before sending", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			org := &fakeOrg{answer: func(*http.Request, int) (int, http.Header) { return 200, limits(10, 0, 30*time.Second) }}
			s := org.sender(t, time.Minute)
			s.Send(t.Context(), Message{Method: http.MethodGet, Path: "/"})
			x := s.Send(cancelAfter(t, 3*time.Second, stopped), Message{Method: http.MethodGet, Path: "/"})
			if x.Response != nil || !strings.HasSuffix(x.Error, stopped.Error()) || !strings.HasPrefix(x.Error, "not sent") || len(org.sent) != 1 {
				t.Errorf("got %s after %d requests", x.Line(), len(org.sent))
			}
		})
	})
}

func cancelAfter(t *testing.T, d time.Duration, cause error) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(d, func() { cancel(cause) })
	return ctx
}

func TestBucket(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v1/users": "/api/v1/users",
		"/api/v1/users/00u1a2b3c4d5e6f7g8h9/roles":                                "/api/v1/users/*/roles",
		"/api/v1/users/00uabcdefghijklmnopq/roles/IFIFAX2BIRGUSTQ/targets/groups": "/api/v1/users/*/roles/*/targets/groups",
		"/oauth2/v1/clients/0oa1/roles":                                           "/oauth2/v1/clients/*/roles",
		"/api/v1/iam/roles/a%20b/permissions":                                     "/api/v1/iam/roles/*/permissions",
		"/api/v1/iam/resource-sets":                                               "/api/v1/iam/resource-sets",
	} {
		if got := bucketOf(parseURL(t, "http://h"+path)); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func seconds(all ...int) []time.Duration {
	out := make([]time.Duration, len(all))
	for i, s := range all {
		out[i] = time.Duration(s) * time.Second
	}
	return out
}

func equalTimes(t *testing.T, got, want []time.Duration) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("requests went out at %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("requests went out at %v, want %v", got, want)
		}
	}
}
