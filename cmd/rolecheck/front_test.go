package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
)

// front stands before a reference org and counts what reaches it.
type front struct {
	*mockorg.Server
	// URL is where the front is.
	URL string

	mu    sync.Mutex
	calls []string
}

func (f *front) requests(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, call := range f.calls {
		if method == "" && !strings.HasPrefix(call, "GET ") || method != "" && strings.HasPrefix(call, method) {
			n++
		}
	}
	return n
}

// sent is how many requests reached the org.
func (f *front) sent() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func (f *front) writes() int { return f.requests("") }

// before puts a handler before the reference org of the test's environment; it gets the org to hand requests on.
func before(t *testing.T, handler func(org http.Handler) http.HandlerFunc) *front {
	t.Helper()
	f := &front{Server: served(t)}
	handle := handler(f.Org)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.calls = append(f.calls, r.Method+" "+r.URL.Path)
		f.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	f.URL = server.URL
	t.Setenv("OKTA_CLIENT_ORGURL", server.URL)
	return f
}

func handOn(org http.Handler) http.HandlerFunc { return org.ServeHTTP }

// slowly answers after a while.
func slowly(d time.Duration) func(http.Handler) http.HandlerFunc {
	return func(org http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(d)
			org.ServeHTTP(w, r)
		}
	}
}

// linking has answers to one call say that they come from a real org.
func linking(call string) func(http.Handler) http.HandlerFunc {
	return func(org http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method+" "+r.URL.Path == call {
				w.Header().Add("Link", `<https://corp.okta.com/api/v1/users>; rel="self"`)
			}
			org.ServeHTTP(w, r)
		}
	}
}

// unchanged fails where the org holds something else than before.
func (f *front) unchanged(t *testing.T, census map[string]int) {
	t.Helper()
	if after := f.Org.Census(); !maps.Equal(after, census) {
		t.Errorf("the org held %v before and holds %v after", census, after)
	}
}

// altered lets change alter each answer of the reference org before it is sent.
func altered(change func(r *http.Request, h http.Header)) func(http.Handler) http.HandlerFunc {
	return func(org http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { org.ServeHTTP(&changedWriter{w, r, change, false}, r) }
	}
}

type changedWriter struct {
	http.ResponseWriter
	r      *http.Request
	change func(*http.Request, http.Header)
	done   bool
}

func (w *changedWriter) WriteHeader(status int) {
	if !w.done {
		w.done = true
		w.change(w.r, w.Header())
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *changedWriter) Write(b []byte) (int, error) {
	if !w.done {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// only answers what one path is asked, and says of all else that there is no such route.
func only(path string) func(http.Handler) http.HandlerFunc {
	return func(org http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, path) {
				org.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(http.StatusNotFound)
		}
	}
}

// refusing has calls to one path be forbidden.
func refusing(path string) func(http.Handler) http.HandlerFunc {
	return instead(path, http.StatusForbidden)
}

// breaking has calls to one path break.
func breaking(path string) func(http.Handler) http.HandlerFunc {
	return instead(path, http.StatusInternalServerError)
}

func instead(path string, status int) func(http.Handler) http.HandlerFunc {
	return func(org http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				w.WriteHeader(status)
				return
			}
			org.ServeHTTP(w, r)
		}
	}
}
