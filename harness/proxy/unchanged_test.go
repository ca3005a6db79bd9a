package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// TestUnchanged compares what is said on both sides of the proxy, word by word.
func TestUnchanged(t *testing.T) {
	const plain = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\nDate: Sun, 01 Mar 2026 10:00:00 GMT\r\nConnection: close\r\n\r\n[]"
	get := func(target string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: proxy.example\r\nConnection: close\r\n\r\n"
	}
	with := func(headers string) string {
		return "GET / HTTP/1.1\r\nHost: proxy.example\r\nConnection: close\r\n" + headers + "\r\n"
	}
	for name, c := range map[string]struct{ request, answer string }{
		"plain":                  {get("/api/v1/users/u1/roles"), plain},
		"an escaped slash":       {get("/api/v1/iam/roles/a%2Fb/permissions"), plain},
		"escapes of all kinds":   {get("/%41%2f%2F%7e~%20+%E2%82%AC/"), plain},
		"what should be escaped": {get(`/a|b<c>"d^e{f}`), plain},
		"empty segments":         {get("/api//v1///"), plain},
		"slashes at the front":   {get("//api/v1"), plain},
		"dots":                   {get("/api/../v1/./x"), plain},
		"a query of all kinds":   {get("/x?a=1&a=2&&b&c=&=d&limit=2&after=a/b+c%20d"), plain},
		"a query with semicolon": {get("/x?a;b=1;c"), plain},
		"a broken query":         {get("/x?a=%zz&b=%"), plain},
		"an empty query":         {get("/x?"), plain},
		"two question marks":     {get("/x??a=b?c"), plain},
		"no header but Host":     {with(""), plain},
		"forwarding headers":     {with("X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: a\r\nX-Forwarded-Proto: https\r\nForwarded: for=b\r\nVia: c\r\n"), plain},
		"a credential":           {with("Authorization: SSWS 00abcdef\r\nCookie: sid=1; b=2\r\n"), plain},
		"codings":                {with("Accept-Encoding: gzip, br;q=0.1\r\nAccept: */*\r\nUser-Agent: x/1 (y)\r\n"), plain},
		"a header twice":         {with("X-Two: a\r\nX-Two: b, c\r\nX-Empty: \r\n"), plain},
		"a body": {"POST /api/v1/users/u1/roles HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n" +
			`{"type" : "A" }`, plain},
		"an unknown method": {"PROPFIND /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", plain},
		"a gzip body": {with("Accept-Encoding: gzip\r\n"),
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\nContent-Type: application/json\r\nDate: x\r\nConnection: close\r\n\r\n\x1f\x8b\x08\x00no"},
		"an answer without date and type": {get("/x"), "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>hi</html>"},
		"an answer without a body":        {get("/x"), "HTTP/1.1 204 No Content\r\nDate: x\r\nX-Okta-Request-Id: r1\r\nConnection: close\r\n\r\n"},
		"links of the org": {get("/x"), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: x\r\nLink: <https://org.example/x?after=1>; rel=\"next\"\r\n" +
			"Link: <https://org.example/x>; rel=\"self\"\r\nConnection: close\r\n\r\n"},
		"cookies":    {get("/x"), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: x\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; Secure\r\nConnection: close\r\n\r\n"},
		"a redirect": {get("/x"), "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nDate: x\r\nLocation: https://elsewhere.example/\r\nConnection: close\r\n\r\n"},
		"a refusal": {get("/x"), "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\nContent-Type: text/html;charset=x\r\nDate: x\r\nRetry-After: 3\r\nServer: s\r\n" +
			"X-Rate-Limit-Reset: 1\r\nConnection: close\r\n\r\n{}"},
		"an answer to HEAD": {"HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: application/json\r\nDate: x\r\nConnection: close\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			org, asked := rawOrg(t, c.answer)
			u, end := between(t, org)
			gotAnswer, gotBody := lines(t, say(t, u.Host, c.request))
			wantAnswer, wantBody := lines(t, c.answer)
			if diff := cmp.Diff(wantAnswer, gotAnswer); diff != "" || gotBody != wantBody {
				t.Errorf("the answer: %s\nbody %q, want %q", diff, gotBody, wantBody)
			}
			gotRequest, gotBody := lines(t, <-asked)
			wantRequest, wantBody := lines(t, c.request)
			if diff := cmp.Diff(wantRequest, gotRequest); diff != "" || gotBody != wantBody {
				t.Errorf("the request: %s\nbody %q, want %q", diff, gotBody, wantBody)
			}
			x := end().one(t)
			if _, host, _ := strings.Cut(x.Request.URL.String(), "//"); !strings.HasPrefix(host, org.Host+"/") || x.Error != "" {
				t.Errorf("the exchange is with %s, error %q", x.Request.URL, x.Error)
			}
			if got := string(x.Request.Body.Bytes); got != wantBody {
				t.Errorf("the exchange holds the body %q", got)
			}
		})
	}
}

func TestExchange(t *testing.T) {
	org := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Got", fmt.Sprintf("%d %s", r.ContentLength, b))
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"1"}`)
	}))
	for name, c := range map[string]struct {
		body io.Reader
		got  string
	}{
		"a known length": {strings.NewReader(`{"type":"A"}`), `12 {"type":"A"}`},
		"chunks":         {io.MultiReader(strings.NewReader(`{"type"`), strings.NewReader(`:"A"}`)), `-1 {"type":"A"}`},
	} {
		t.Run(name, func(t *testing.T) {
			u, end := between(t, org)
			res, err := client(t).Post(u.String()+"/api/v1/users/a%2Fb/roles?x=1", "application/json", c.body)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if got := res.Header.Get("X-Got"); got != c.got {
				t.Errorf("the org got %s", got)
			}
			x := end().one(t)
			if x.Phase != exchange.Observed || x.Started.IsZero() || x.Duration <= 0 || x.Error != "" || x.Request.Method != http.MethodPost ||
				x.Request.URL.String() != org.String()+"/api/v1/users/a%2Fb/roles?x=1" || x.Request.Header.Get("Content-Type") != "application/json" ||
				string(x.Request.Body.Bytes) != `{"type":"A"}` || !x.Request.Body.Known() {
				t.Errorf("got %s, %+v", x.Line(), x.Request)
			}
			if x.Status() != http.StatusCreated || x.Response.Header.Get("X-Got") != c.got || string(x.Response.Body.Bytes) != `{"id":"1"}` || !x.Response.Body.Known() {
				t.Errorf("got %+v", x.Response)
			}
		})
	}
}

func TestAbsoluteForm(t *testing.T) {
	org := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) }))
	u, end := between(t, org)
	c := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(u)}}
	defer c.CloseIdleConnections()
	ask := func(target string) (int, string) {
		t.Helper()
		res, err := c.Get(target)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	// Go's client asks no proxy for loopback addresses, so that these requests have to be written by hand.
	for _, host := range []string{org.Host, u.Host} {
		answer := say(t, u.Host, "GET http://"+host+"/a%2Fb?x HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 200 ") || !strings.HasSuffix(answer, "/a%2Fb?x") {
			t.Errorf("%s: got %q", host, answer)
		}
	}
	if code, body := ask("http://elsewhere.example/secret"); code != http.StatusMisdirectedRequest || !strings.Contains(body, "elsewhere.example") {
		t.Errorf("got %d %s", code, body)
	}
	for _, x := range end().exchanges() {
		if x.Request.URL.String() != org.String()+"/a%2Fb?x" {
			t.Errorf("got %s", x.Request.URL)
		}
	}
	if got := len(end().exchanges()); got != 2 {
		t.Errorf("%d exchanges", got)
	}
}

func TestConnectIsRefused(t *testing.T) {
	u, end := between(t, &url.URL{Scheme: "http", Host: "127.0.0.1:1"})
	answer := say(t, u.Host, "CONNECT org.example:443 HTTP/1.1\r\nHost: org.example:443\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 405 ") || !strings.Contains(answer, "base URL") {
		t.Errorf("got %q", answer)
	}
	if n := len(end().exchanges()); n != 0 {
		t.Errorf("%d exchanges", n)
	}
}

func TestUpgrades(t *testing.T) {
	org, asked := rawOrg(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nnoise")
	u, end := between(t, org)
	answer := say(t, u.Host, "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 502 ") {
		t.Errorf("got %q", answer)
	}
	if request := <-asked; strings.Contains(request, "Upgrade") {
		t.Errorf("the org was asked %q", request)
	}
	if x := end().one(t); x.Response != nil || !strings.Contains(x.Error, "another protocol") {
		t.Errorf("got %s", x.Line())
	}
}

func TestInformationalAnswers(t *testing.T) {
	org, _ := rawOrg(t, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Type: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
	u, end := between(t, org)
	answer := say(t, u.Host, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	want := "HTTP/1.1 103 Early Hints\r\nContent-Type: x\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"
	if answer != want {
		t.Errorf("got %q", answer)
	}
	if x := end().one(t); x.Status() != http.StatusOK {
		t.Errorf("got %s", x.Line())
	}
}
