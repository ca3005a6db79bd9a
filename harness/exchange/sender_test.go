package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSend(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Got-Body", string(body))
		for _, name := range []string{"Authorization", "Content-Type", "Accept", "User-Agent", "X-Extra"} {
			w.Header().Set("X-Got-"+name, r.Header.Get(name))
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"1"}`)
	})
	var recorded []*Exchange
	s := NewSender(Options{
		Base: base, Authorization: "SSWS verysecrettoken", Credential: "admin", UserAgent: "rolecheck",
		Redactor: NewRedactor("verysecrettoken"), Record: func(x *Exchange) { recorded = append(recorded, x) },
	})
	m := Message{
		Method: http.MethodPost, Path: "/api/v1/users/1/roles", Query: url.Values{"q": {"a b"}},
		Header: http.Header{"x-extra": {"yes"}}, Body: []byte(`{"type":"A"}`), Phase: Act,
	}
	x := s.Send(t.Context(), m)
	if x.Error != "" || x.Status() != http.StatusCreated || string(x.Response.Body.Bytes) != `{"id":"1"}` {
		t.Fatalf("got %s %s", x.Line(), x.Error)
	}
	for name, want := range map[string]string{
		"Body": `{"type":"A"}`, "Content-Type": "application/json", "Accept": "application/json", "User-Agent": "rolecheck",
		"X-Extra": "yes", "Authorization": "SSWS " + Redacted,
	} {
		if got := x.Response.Header.Get("X-Got-" + name); got != want {
			t.Errorf("the server got %s %q, want %q", name, got, want)
		}
	}
	if got := x.Request.Header.Get("Authorization"); got != "SSWS "+Redacted {
		t.Errorf("the exchange holds Authorization %q", got)
	}
	if x.ID != "x1" || x.Phase != Act || x.Credential != "admin" || x.Started.IsZero() || x.Request.URL.RequestURI() != "/api/v1/users/1/roles?q=a+b" {
		t.Errorf("got %+v", x)
	}
	if s.Send(t.Context(), m).ID != "x2" || len(recorded) != 2 || recorded[0] != x {
		t.Errorf("recorded %d exchanges", len(recorded))
	}
}

func TestSendPaths(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) })
	s := NewSender(Options{Base: base})
	tests := map[string]struct {
		path  string
		query url.Values
		want  string
	}{
		"plain":               {"/api/v1/groups", nil, "/api/v1/groups"},
		"an escaped slash":    {"/api/v1/iam/roles/a%2Fb", nil, "/api/v1/iam/roles/a%2Fb"},
		"an escaped space":    {"/roles/a%20b", nil, "/roles/a%20b"},
		"a raw space":         {"/roles/a b", nil, "/roles/a%20b"},
		"an escaped percent":  {"/roles/100%25", nil, "/roles/100%25"},
		"needlessly escaped":  {"/roles/%41", nil, "/roles/%41"},
		"an at sign":          {"/users/a@b.example", nil, "/users/a@b.example"},
		"dots":                {"/users/../roles", nil, "/users/../roles"},
		"beyond ASCII":        {"/roles/%C3%A9", nil, "/roles/%C3%A9"},
		"a question mark":     {"/roles/what%3F", nil, "/roles/what%3F"},
		"with a query":        {"/users", url.Values{"after": {"a/b&c"}, "limit": {"2"}}, "/users?after=a%2Fb%26c&limit=2"},
		"an empty last piece": {"/roles/", nil, "/roles/"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			x := s.Send(t.Context(), Message{Method: http.MethodGet, Path: test.path, Query: test.query})
			if x.Response == nil || string(x.Response.Body.Bytes) != test.want {
				t.Errorf("the server got %s, want %s", x.Line(), test.want)
			}
			if got := x.Request.URL.RequestURI(); got != test.want {
				t.Errorf("the exchange holds %s, want %s", got, test.want)
			}
		})
	}
}

func TestSendWhatCannotBeSent(t *testing.T) {
	s := NewSender(Options{Base: parseURL(t, "http://127.0.0.1:1")})
	for name, m := range map[string]Message{
		"a broken escape": {Method: http.MethodGet, Path: "/roles/%zz"},
		"no method":       {Method: "GE T", Path: "/roles"},
	} {
		if x := s.Send(t.Context(), m); x.Response != nil || x.Error == "" || x.ID == "" {
			t.Errorf("%s: got %s", name, x.Line())
		}
	}
}

func TestSendDeadline(t *testing.T) {
	begun := make(chan struct{})
	tests := map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			close(begun)
			<-r.Context().Done()
		},
	}
	for name, handle := range tests {
		t.Run(name, func(t *testing.T) {
			s := NewSender(Options{Base: serve(t, handle), Deadline: 50 * time.Millisecond})
			x := s.Send(t.Context(), Message{Method: http.MethodGet, Path: "/"})
			if want := "no complete answer within 50ms"; x.Error != want {
				t.Errorf("got %q, want %q", x.Error, want)
			}
			if x.Response != nil && (!x.Response.Body.Truncated || x.Response.Body.Known()) {
				t.Errorf("half an answer passes for a whole one: %s", x.Line())
			}
		})
	}
	select {
	case <-begun:
	default:
		t.Error("no answer was begun")
	}
}

func TestSendBound(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := MaxBody
		if r.URL.Path == "/more" {
			n++
		}
		_, _ = w.Write(bytes.Repeat([]byte{'x'}, n))
	})
	s := NewSender(Options{Base: base})
	for path, truncated := range map[string]bool{"/just": false, "/more": true} {
		x := s.Send(t.Context(), Message{Method: http.MethodGet, Path: path})
		if x.Error != "" || len(x.Response.Body.Bytes) != MaxBody || x.Response.Body.Truncated != truncated {
			t.Errorf("%s: got %d bytes, truncated %t, error %q", path, len(x.Response.Body.Bytes), x.Response.Body.Truncated, x.Error)
		}
	}
}

func TestSendFollowsNoRedirect(t *testing.T) {
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the redirect was followed, with the credential %q", r.Header.Get("Authorization"))
	})
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.String()+"/stolen", http.StatusTemporaryRedirect)
	})
	s := NewSender(Options{Base: base, Authorization: "SSWS token"})
	x := s.Send(t.Context(), Message{Method: http.MethodGet, Path: "/"})
	if x.Status() != http.StatusTemporaryRedirect || x.Response.Header.Get("Location") != elsewhere.String()+"/stolen" {
		t.Errorf("got %s", x.Line())
	}
}

// raw listens for one connection after another and answers each with the same bytes. With hold, it then waits for the
// other side to go.
func raw(t *testing.T, answer string, hold bool) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				// The request's first bytes are enough to know that it is there.
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, answer)
				if hold {
					_, _ = io.Copy(io.Discard, c)
				}
			}()
		}
	}()
	return parseURL(t, "http://"+l.Addr().String())
}

func TestSendBrokenAnswers(t *testing.T) {
	tests := map[string]struct {
		answer    string
		hold      bool
		status    int
		body      string
		truncated bool
		problem   string
	}{
		"closed at once":     {"", false, 0, "", false, "EOF"},
		"no HTTP":            {"hello\r\n\r\n", false, 0, "", false, "malformed HTTP"},
		"closed in the body": {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":", false, 200, `{"id":`, true, "reading the answer's body"},
		"broken chunks":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz", false, 200, "abc", true, "reading the answer's body"},
		"until closed":       {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall", false, 200, "all", false, ""},
		"another protocol":   {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nnoise", true, 101, "", false, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := NewSender(Options{Base: raw(t, test.answer, test.hold)})
			x := s.Send(t.Context(), Message{Method: http.MethodPost, Path: "/", Body: []byte("{}")})
			if x.Status() != test.status || !strings.Contains(x.Error, test.problem) || (x.Error == "") != (test.problem == "") {
				t.Fatalf("got %s, error %q", x.Line(), x.Error)
			}
			if x.Response == nil {
				return
			}
			if b := x.Response.Body; string(b.Bytes) != test.body || b.Truncated != test.truncated {
				t.Errorf("got the body %q, truncated %t", b.Bytes, b.Truncated)
			}
		})
	}
}

func TestSendCancelled(t *testing.T) {
	arrived := make(chan struct{})
	base := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-arrived
		cancel(errors.New("the run was stopped"))
	}()
	x := NewSender(Options{Base: base}).Send(ctx, Message{Method: http.MethodGet, Path: "/"})
	if x.Response != nil || x.Error != "the run was stopped" {
		t.Errorf("got %s", x.Line())
	}
}

// TestUnsent tells what never left this machine from what may have arrived.
func TestUnsent(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	held := make(chan struct{})
	defer close(held)
	slow := serve(t, func(http.ResponseWriter, *http.Request) { <-held })
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := map[string]struct {
		base *url.URL
		path string
		ctx  context.Context
		want bool
	}{
		"nobody listens":       {parseURL(t, gone.URL), "/", t.Context(), true},
		"no TLS there":         {parseURL(t, strings.Replace(slow.String(), "http:", "https:", 1)), "/", t.Context(), true},
		"a path that is none":  {slow, "/%zz", t.Context(), true},
		"a run that has ended": {slow, "/", ended, true},
		"no answer in time":    {slow, "/", t.Context(), false},
		"closed":               {serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "/", t.Context(), false},
		"an answer":            {serve(t, http.NotFound), "/", t.Context(), false},
	}
	for name, test := range tests {
		x := NewSender(Options{Base: test.base, Deadline: 200 * time.Millisecond}).Send(test.ctx, Message{Method: http.MethodPost, Path: test.path})
		if x.Unsent != test.want {
			t.Errorf("%s: unsent is %t: %s", name, x.Unsent, x.Line())
		}
	}
}

func TestNewClientGoesThroughTheProxyBeyondLoopback(t *testing.T) {
	proxy := NewClient().Transport.(*http.Transport).Proxy
	for raw, want := range map[string]bool{
		"http://127.0.0.1:8080/": false, "http://localhost/": false, "http://[::1]:9/": false, "https://org.example/": true,
	} {
		via, err := proxy(&http.Request{URL: parseURL(t, raw)})
		if err != nil || (via != nil) != want {
			t.Errorf("%s goes through the proxy %v (%v), want one: %t", raw, via, err, want)
		}
	}
}

func TestLine(t *testing.T) {
	at := func(status int, body string) *Exchange {
		return &Exchange{
			ID: "x7", Request: Request{Method: "GET", URL: &url.URL{Scheme: "http", Host: "h", Path: "/a b", RawQuery: "q=1"}},
			Response: &Response{Status: status, Body: Body{Bytes: []byte(body)}},
		}
	}
	broken := at(200, "ab")
	broken.Error = "reading the answer's body: unexpected EOF"
	long := strings.Repeat("é", maxShown)
	tests := map[string]struct {
		x    *Exchange
		want string
	}{
		"no body":        {at(204, ""), "x7 GET /a%20b?q=1: 204"},
		"a body":         {at(200, "{}"), "x7 GET /a%20b?q=1: 200\n{}"},
		"binary":         {at(200, "\xff{"), "x7 GET /a%20b?q=1: 200\n?{"},
		"long":           {at(200, long), fmt.Sprintf("x7 GET /a%%20b?q=1: 200\n%s… (%d bytes)", long[:maxShown], len(long))},
		"no answer":      {&Exchange{ID: "x8", Request: Request{Method: "GET"}, Error: "EOF"}, "x8 GET: EOF"},
		"half an answer": {broken, "x7 GET /a%20b?q=1: 200 (reading the answer's body: unexpected EOF)\nab"},
	}
	for name, test := range tests {
		if got := test.x.String(); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, test.want)
		}
	}
}
