package recording

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// record makes a cassette with the real go-vcr, and returns its path.
func record(t *testing.T, handler http.HandlerFunc, requests ...func(base string) *http.Request) string {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	path := filepath.Join(t.TempDir(), "cassette")
	r, err := recorder.New(path, recorder.WithMode(recorder.ModeRecordOnly), recorder.WithSkipRequestLatency(true))
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range requests {
		res, err := r.GetDefaultClient().Do(request(server.URL))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	return path + ".yaml"
}

func TestGoVCRAsRecorded(t *testing.T) {
	path := record(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		case http.MethodPost:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, "{\"type\":\"A\",\n  \"text\":\"- 'quoted': #\\u00fc\"}\n")
		default:
			w.Header().Add("Link", `<https://acme.okta.example/a>; rel="self"`)
			w.Header().Add("Link", `<https://acme.okta.example/b>; rel="next"`)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped(t, `["`+r.URL.RawQuery+`"]`))
		}
	}, func(base string) *http.Request {
		r := httptest.NewRequest("POST", base+"/api/v1/users/u1/roles", strings.NewReader("{\n \"type\": \"A\"\n}"))
		r.RequestURI = ""
		r.Header.Set("Authorization", "SSWS 00abcdefghijkl")
		return r
	}, func(base string) *http.Request {
		r := httptest.NewRequest("GET", base+"/api/v1/users/u1/roles?limit=2", nil)
		r.RequestURI = ""
		// An explicit wish for gzip keeps the transport from unpacking, so that the cassette holds the packed bytes.
		r.Header.Set("Accept-Encoding", "gzip")
		return r
	}, func(base string) *http.Request {
		r := httptest.NewRequest("DELETE", base+"/api/v1/users/u1/roles/ra%2F1", nil)
		r.RequestURI = ""
		return r
	})
	var got []*exchange.Exchange
	sum, err := ReadFile(t.Context(), "c", path, func(x *exchange.Exchange) error {
		got = append(got, x)
		return nil
	})
	if err != nil || sum.Unreadable > 0 || sum.Format != formatGoVCR || len(got) != 3 {
		t.Fatalf("%v, %+v", err, sum)
	}
	for i, want := range []string{
		"POST | /api/v1/users/u1/roles | {\n \"type\": \"A\"\n} | Created | {\"type\":\"A\",\n  \"text\":\"- 'quoted': #\\u00fc\"}\n",
		`GET | /api/v1/users/u1/roles |  | OK | ["limit=2"]`,
		"DELETE | /api/v1/users/u1/roles/ra%2F1 |  | No Content | ",
	} {
		x := got[i]
		url := *x.Request.URL
		if x.Request.URL.Host == "" {
			t.Errorf("exchange %d has no host", i)
		}
		x.Request.URL.Scheme, x.Request.URL.Host, x.Request.URL.RawQuery = "", "", ""
		if g := line(x); g != want {
			t.Errorf("got  %s\nwant %s", g, want)
		}
		x.Request.URL = &url
	}
	if h := got[0].Request.Header.Get("Authorization"); h != "SSWS REDACTED" {
		t.Errorf("Authorization: %s", h)
	}
	if n := len(got[1].Response.Header.Values("Link")); n != 2 {
		t.Errorf("%d links, expected 2", n)
	}
	if got[0].Duration <= 0 {
		t.Error("the duration is not known")
	}
}

// goVCR1 is a cassette as the library's versions 1 and 2 write it: format 1, dashes at the margin.
const goVCR1 = `---
version: 1
interactions:
- request:
    body: ""
    form: {}
    headers:
      Accept:
      - application/json
    url: https://acme.okta.example/api/v1/users/u1/roles
    method: GET
  response:
    body: |
      [
      - not an item of the cassette
      ]
    headers:
      Content-Type:
      - application/json
      Link:
      - <https://acme.okta.example/a>; rel="self"
      - <https://acme.okta.example/b>; rel="next"
    status: 200 OK
    code: 200
    duration: ""
- request:
    body: '{"type":"A"}'
    form: {}
    headers: {}
    url: https://acme.okta.example/api/v1/users/u1/roles
    method: POST
  response:
    body: ""
    headers: {}
    status: 409 Conflict
    code: 409
    duration: 12.5ms
`

// goVCR3 is a cassette as the library's version 3 writes it: format 2, indented.
const goVCR3 = `---
version: 2
interactions:
    - id: 0
      request:
        proto: HTTP/1.1
        proto_major: 1
        proto_minor: 1
        content_length: 12
        transfer_encoding: []
        trailer: {}
        host: acme.okta.example
        remote_addr: ""
        request_uri: ""
        body: '{"type":"A"}'
        form: {}
        headers:
            Accept:
                - application/json
        url: https://acme.okta.example/api/v1/users/u1/roles?disableNotifications=true
        method: POST
      response:
        proto: HTTP/2.0
        proto_major: 2
        proto_minor: 0
        transfer_encoding: []
        trailer: {}
        content_length: -1
        uncompressed: true
        body: '{"id":"ra1"}'
        headers:
            Content-Type:
                - application/json
        status: 201 Created
        code: 201
        duration: 1.5s
    - id: 1
      request:
        content_length: 9
        body: ""
        headers: {}
        url: https://acme.okta.example/api/v1/users/u1/roles
        method: POST
      response:
        content_length: 17
        body: ""
        headers: {}
        status: 200 OK
        code: 200
        duration: 2000000
    - id: 2
      request:
        content_length: 0
        url: https://acme.okta.example/api/v1/users/u1/roles
        method: GET
      response:
        content_length: -1
        body: !!binary //4=
        headers: {}
        status: 200 OK
        code: 200
        duration: 0s
`

func TestGoVCRVersions(t *testing.T) {
	const url = "https://acme.okta.example/api/v1/users/u1/roles"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"1 and 2":                {goVCR1, []string{"GET | " + url + " |  | OK | [\n- not an item of the cassette\n]\n", "POST | " + url + ` | {"type":"A"} | Conflict | `}},
		"with a carriage return": {strings.ReplaceAll(goVCR1, "\n", "\r\n"), []string{"GET | " + url + " |  | OK | [\n- not an item of the cassette\n]\n", "POST | " + url + ` | {"type":"A"} | Conflict | `}},
		"with a byte order mark": {bom + goVCR1[4:], []string{"GET | " + url + " |  | OK | [\n- not an item of the cassette\n]\n", "POST | " + url + ` | {"type":"A"} | Conflict | `}},
		"3":                      {goVCR3, []string{"POST | " + url + `?disableNotifications=true | {"type":"A"} | Created | {"id":"ra1"}`, "POST | " + url + " | (omitted) | OK | (omitted)", "GET | " + url + " |  | OK | \xff\xfe"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := whole(t, c.text, formatGoVCR)
			if len(got) != len(c.want) {
				t.Fatalf("%d exchanges, expected %d", len(got), len(c.want))
			}
			for i, x := range got {
				if line(x) != c.want[i] {
					t.Errorf("got  %q\nwant %q", line(x), c.want[i])
				}
			}
		})
	}
	got := whole(t, goVCR3, formatGoVCR)
	if got[0].Duration != 1500*time.Millisecond || got[1].Duration != 2*time.Millisecond {
		t.Errorf("durations %s and %s", got[0].Duration, got[1].Duration)
	}
}

// vcrpyItem is an interaction as vcrpy writes it.
func vcrpyItem(requestBody, responseBody, headers string) string {
	return `- request:
    body: ` + requestBody + `
    headers:
      Accept:
      - application/json
      User-Agent: one value
    method: GET
    uri: https://acme.okta.example/api/v1/groups/g1/roles
  response:
    body: ` + responseBody + `
    headers:` + headers + `
    status:
      code: 200
      message: OK
`
}

func TestVCRpy(t *testing.T) {
	gz := base64.StdEncoding.EncodeToString(zipped(t, `["packed"]`))
	packed := "\n      Content-Encoding:\n      - gzip"
	for _, c := range []struct{ name, item, request, answer string }{
		{"text", vcrpyItem("null", "\n      string: '[1]'", " {}"), "", "[1]"},
		{"wrapped text", vcrpyItem("null", "\n      string: '[1,\n\n        2]'", " {}"), "", "[1,\n2]"},
		{"text on the next line", vcrpyItem(`'{"a": 1}'`, "{string: '[1]'}", " {}"), `{"a": 1}`, "[1]"},
		{"number", vcrpyItem("12", "{string: 1}", " {}"), "12", "1"},
		{"bytes", vcrpyItem("!!binary |\n      W10=", "\n      string: !!binary |\n        "+gz[:20]+"\n        "+gz[20:], packed), "[]", `["packed"]`},
		{"gzip stored decoded", vcrpyItem("null", "{string: '[1]'}", packed), "", "[1]"},
		{"base64", vcrpyItem("null", "{base64_string: WzFd}", " {}"), "", "[1]"},
		{"a Python 2 text", vcrpyItem("!!python/unicode '{}'", "{string: !!python/unicode '[1]'}", " {}"), "{}", "[1]"},
		{"a Python buffer", vcrpyItem("!!python/object/new:_io.BytesIO\n      state: !!python/tuple\n      - !!binary |\n        W10=\n      - 0\n      - null", "{string: ''}", " {}"), "[]", ""},
		{"left out", vcrpyItem("null", "{string: ''}", "\n      Content-Length: '7'"), "", "(omitted)"},
		{"not understood", vcrpyItem("[1]", "{text: x}", " {}"), "(omitted)", "(omitted)"},
		{"no body", vcrpyItem("[]", "null", " {}"), "", ""},
		{"of the httpx client", strings.Replace(vcrpyItem("''", "null", " {}"), "    body: null\n    headers: {}\n    status:\n      code: 200\n      message: OK\n", "    content: '[1]'\n    headers: {}\n    http_version: HTTP/1.1\n    status_code: 200\n", 1), "", "[1]"},
		{"shared parts", vcrpyItem("null", "\n      string: &a '[1]'", " {}") + strings.Replace(vcrpyItem("null", "\n      string: *a", " {}"), "      Accept:\n      - application/json\n", "", 1), "", "[1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, x := range whole(t, "interactions:\n"+c.item+"version: 1\n", formatVCRpy) {
				if got := show(x.Request.Body); got != c.request {
					t.Errorf("request: got %q, want %q", got, c.request)
				}
				if got := show(x.Response.Body); got != c.answer {
					t.Errorf("answer: got %q, want %q", got, c.answer)
				}
				if got := x.Request.Header.Get("User-Agent"); got != "one value" {
					t.Errorf("User-Agent: %q", got)
				}
			}
		})
	}
}

func TestVCRpyJSON(t *testing.T) {
	text := `{
    "version": 1,
    "interactions": [
        {
            "request": {"method": "POST", "uri": "https://acme.okta.example/a", "body": "{\"a\": \"\ud83d\ude00\"}", "headers": {"Accept": ["*/*"]}},
            "response": {"status": {"code": 201, "message": "Created"}, "headers": {"Content-Type": ["application/json"]}, "body": {"string": "{\"b\": 1}"}}
        },
        {"request": 1},
        {"request": {"method": "GET", "uri": "https://acme.okta.example/b", "body": null, "headers": {}}, "response": {"status": {"code": 204, "message": ""}, "headers": {}, "body": {"string": ""}}}
    ]
}
`
	got, sum, err := collect(t, text)
	if err != nil || sum.Format != formatVCRpy || len(got) != 2 || sum.Unreadable != 1 || sum.Problems[0].Place != "entry 2" {
		t.Fatalf("%v, %+v", err, sum)
	}
	if want := `POST | https://acme.okta.example/a | {"a": "😀"} | Created | {"b": 1}`; line(got[0]) != want {
		t.Errorf("got  %s\nwant %s", line(got[0]), want)
	}
	if got := whole(t, "---\n"+strings.Replace(text, "        {\"request\": 1},\n", "", 1), formatVCRpy); len(got) != 2 {
		t.Errorf("below a document mark: %d exchanges", len(got))
	}
}
