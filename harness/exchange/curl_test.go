package exchange

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCurl(t *testing.T) {
	request := func(method, raw string, h http.Header, body string) Request {
		return Request{Method: method, URL: parseURL(t, raw), Header: h, Body: Body{Bytes: []byte(body)}}
	}
	json := http.Header{"Content-Type": {"application/json"}, "Authorization": {"SSWS REDACTED"}, "User-Agent": {"rolecheck"}, "Accept": {"application/json"}}
	const u = "https://org.example/api/v1/users/1/roles"
	tests := map[string]struct {
		credential string
		request    Request
		want       string
	}{
		"of the admin": {"admin", request("POST", u, json, `{"type":"A"}`),
			`curl -i -X POST -H 'Accept: application/json' -H "Authorization: SSWS $OKTA_CLIENT_TOKEN" -H 'Content-Type: application/json' --data-raw '{"type":"A"}' '` + u + `'`},
		"of another":          {"reader", request("GET", u, http.Header{"Authorization": {"Bearer REDACTED"}}, ""), `curl -i -X GET -H "Authorization: Bearer $ROLECHECK_READER_TOKEN" '` + u + `'`},
		"of nobody":           {"nobody", request("GET", u, nil, ""), `curl -i -X GET '` + u + `'`},
		"no scheme":           {"admin", request("GET", u, http.Header{"Authorization": {"REDACTED"}}, ""), `curl -i -X GET -H "Authorization: $OKTA_CLIENT_TOKEN" '` + u + `'`},
		"a body of no type":   {"", request("POST", u, nil, "{}"), `curl -i -X POST -H 'Content-Type:' --data-raw '{}' '` + u + `'`},
		"several values":      {"", request("GET", u, http.Header{"x-two": {"a", "b"}}, ""), `curl -i -X GET -H 'x-two: a' -H 'x-two: b' '` + u + `'`},
		"quotes":              {"", request("GET", "http://h/it's", nil, ""), `curl -i -X GET 'http://h/it'\''s'`},
		"brackets and dots":   {"", request("GET", "http://h/../[a]", nil, ""), `curl -i -X GET --globoff --path-as-is 'http://h/../[a]'`},
		"HEAD":                {"", request("HEAD", u, nil, ""), `curl -I '` + u + `'`},
		"a binary body":       {"", request("POST", u, json, "\xff\x00"), `curl -i -X POST -H 'Accept: application/json' -H "Authorization: SSWS $OKTA_CLIENT_TOKEN" -H 'Content-Type: application/json' --data-binary @body-of-2-bytes '` + u + `'`},
		"what is not a token": {"", Request{Method: "GET"}, `curl -i -X GET`},
	}
	for name, test := range tests {
		x := &Exchange{Credential: test.credential, Request: test.request}
		if got := x.Curl(); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, test.want)
		}
	}
	for name, b := range map[string]Body{"truncated": {Bytes: []byte("ab"), Truncated: true}, "omitted": {Omitted: true}} {
		if got := (&Exchange{Request: Request{Method: "POST", Body: b}}).Curl(); !strings.Contains(got, "@body-that-was-not-kept-whole") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// TestCurlInAShell lets a shell take the command lines of hostile exchanges apart, with a curl that prints what it is
// given.
func TestCurlInAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	const evil = "a'b\"c`touch pwned`$(touch pwned)$HOME;touch pwned|&!\\\n#x"
	tests := map[string]struct {
		x    Exchange
		want []string
	}{
		"a body": {
			Exchange{Request: Request{Method: "POST", URL: parseURL(t, "http://h/"), Header: http.Header{"Content-Type": {"text/plain"}}, Body: Body{Bytes: []byte("@" + evil)}}},
			[]string{"-i", "-X", "POST", "-H", "Content-Type: text/plain", "--data-raw", "@" + evil, "http://h/"},
		},
		"a header": {
			Exchange{Request: Request{Method: "GET", URL: parseURL(t, "http://h/"), Header: http.Header{"X-" + evil: {evil}}}},
			[]string{"-i", "-X", "GET", "-H", "X-" + evil + ": " + evil, "http://h/"},
		},
		"a method": {
			Exchange{Request: Request{Method: evil, URL: parseURL(t, "http://h/")}},
			[]string{"-i", "-X", evil, "http://h/"},
		},
		"a scheme": {
			Exchange{Request: Request{Method: "GET", URL: parseURL(t, "http://h/"), Header: http.Header{"Authorization": {"$(touch${IFS}pwned) x", "`id` x", `"; x`}}}},
			[]string{"-i", "-X", "GET", "-H", "Authorization: tok en", "-H", "Authorization: tok en", "-H", "Authorization: tok en", "http://h/"},
		},
		"a credential": {
			Exchange{Credential: "$(touch pwned)\"`id`", Request: Request{Method: "GET", URL: parseURL(t, "http://h/"), Header: http.Header{"Authorization": {"SSWS x"}}}},
			[]string{"-i", "-X", "GET", "-H", "Authorization: SSWS ", "http://h/"},
		},
		"a URL": {
			Exchange{Request: Request{Method: "GET", URL: parseURL(t, "http://h/$(touch%20pwned)'?a=`b`")}},
			[]string{"-i", "-X", "GET", "http://h/$(touch%20pwned)'?a=`b`"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), sh, "-c", "curl() { printf '%s\\0' \"$@\"; }\n"+test.x.Curl())
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "OKTA_CLIENT_TOKEN=tok en")
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, test.x.Curl())
			}
			got := strings.Split(string(bytes.TrimSuffix(out, []byte{0})), "\x00")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s\n%s", diff, test.x.Curl())
			}
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Error("the shell ran what was in the exchange")
			}
		})
	}
}

func TestTokenVariable(t *testing.T) {
	for name, want := range map[string]string{
		"": "OKTA_CLIENT_TOKEN", "admin": "OKTA_CLIENT_TOKEN", "reader": "ROLECHECK_READER_TOKEN", "a;b": "ROLECHECK_A_B_TOKEN",
	} {
		if got := TokenVariable(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
}
