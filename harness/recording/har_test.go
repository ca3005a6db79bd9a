package recording

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

func TestHAR(t *testing.T) {
	got := whole(t, har(harEntryOf(200, jsonType+`,{"name":"set-cookie","value":"sid=1\nDT=2"},{"name":"Link","value":"<a>; rel=\"self\""}`, harText(`[]`)),
		strings.Replace(harEntryOf(204, "", `{"size":0,"mimeType":"x-unknown"}`), `"GET"`, `"DELETE"`, 1)), formatHAR)
	if len(got) != 2 {
		t.Fatalf("%d exchanges, expected 2", len(got))
	}
	x := got[0]
	if want := time.Date(2026, 2, 2, 11, 26, 55, 123e6, time.UTC); !x.Started.Equal(want) || x.Duration != 12500*time.Microsecond {
		t.Errorf("started %s, took %s", x.Started, x.Duration)
	}
	if x.ID != "sample#1" || x.Phase != exchange.Observed || x.Source != "sample:entry 1" || got[1].Source != "sample:entry 2" {
		t.Errorf("%q %q %q", x.ID, x.Phase, x.Source)
	}
	if len(x.Request.Header) != 1 || x.Request.Header.Get("Accept") == "" {
		t.Errorf("request headers: %v", x.Request.Header)
	}
	if n := len(x.Response.Header.Values("Set-Cookie")); n != 2 {
		t.Errorf("%d cookies were set, expected 2", n)
	}
	if x.Response.Header.Get("Link") != `<a>; rel="self"` {
		t.Errorf("Link: %s", x.Response.Header.Get("Link"))
	}
	if got, want := line(got[1]), "DELETE | https://acme.okta.example/api/v1/users/u1/roles |  | No Content | "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHARBodies(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", 50) + `"}`
	for _, c := range []struct {
		name, entry, request, answer string
	}{
		{"text", harEntryOf(200, jsonType, harText(`[1]`)), "", "[1]"},
		{"empty text", harEntryOf(200, jsonType, harText(``)), "", ""},
		{"base64", harEntryOf(200, jsonType, `{"size":3,"text":"WzFd","encoding":"base64"}`), "", "[1]"},
		{"base64 in lines and without padding", harEntryOf(200, jsonType, `{"size":4,"text":"WzE\nyXQ","encoding":"base64"}`), "", "[12]"},
		{"text left out", harEntryOf(200, jsonType, `{"size":12,"mimeType":"application/json"}`), "", "(omitted)"},
		{"size unknown", harEntryOf(200, jsonType, `{"size":-1,"mimeType":"application/json"}`), "", "(omitted)"},
		{"no size at all", harEntryOf(200, jsonType, `{}`), "", "(omitted)"},
		{"nothing, by its length", harEntryOf(200, jsonType+`,{"name":"Content-Length","value":"0"}`, `{"size":0}`), "", ""},
		{"something, by its length", harEntryOf(200, jsonType+`,{"name":"Content-Length","value":"9"}`, `{"size":0,"text":""}`), "", "(omitted)"},
		{"nothing, by both sizes", strings.Replace(harEntryOf(200, jsonType, `{"size":0}`), `"bodySize":-1`, `"bodySize":0`, 1), "", ""},
		{"empty text of some size", harEntryOf(200, jsonType, `{"size":12,"text":""}`), "", "(omitted)"},
		{"cut by the browser", harEntryOf(200, jsonType, `{"size":`+jsonOf(len(long))+`,"mimeType":"application/json","text":`+jsonOf(long[:20])+`}`), "", long[:20] + " (truncated)"},
		{"size of another count", harEntryOf(200, jsonType, `{"size":99,"mimeType":"application/json","text":"[1]"}`), "", "[1]"},
		{"no content", harEntryOf(204, "", `{"size":-1}`), "", ""},
		{"a file that is not there", harEntryOf(200, jsonType, `{"_file":"x.json"}`), "", "(omitted)"},

		{"posted text", posted(`{"mimeType":"application/json","text":"{\"type\":\"A\"}"}`, 12), `{"type":"A"}`, "[]"},
		{"posted fields", posted(`{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a","value":"1 2"},{"name":"b","value":"3"}]}`, 9), "a=1+2&b=3", "[]"},
		{"posted and left out", posted(`null`, 12), "(omitted)", "[]"},
		{"posted, text left out", posted(`{"mimeType":"application/json","text":""}`, 12), "(omitted)", "[]"},
		{"posted nothing", posted(`null`, 0), "", "[]"},
		{"posted binary", posted(`{"text":"AAEC","encoding":"base64"}`, 3), "\x00\x01\x02", "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := one(t, har(c.entry), formatHAR)
			if got := show(x.Request.Body); got != c.request {
				t.Errorf("request: got %q, want %q", got, c.request)
			}
			if got := show(x.Response.Body); got != c.answer {
				t.Errorf("answer: got %q, want %q", got, c.answer)
			}
		})
	}
}

// posted is an entry with a POST that sends the payload.
func posted(postData string, size int) string {
	e := strings.Replace(harEntryOf(200, jsonType, harText(`[]`)), `"GET"`, `"POST"`, 1)
	return strings.Replace(e, `"bodySize":0`, `"bodySize":`+jsonOf(size)+`,"postData":`+postData, 1)
}

func TestHARWithoutAnswer(t *testing.T) {
	x := one(t, har(strings.Replace(harEntryOf(0, "", `{"size":0}`), `"status":0`, `"status":0,"_error":"net::ERR_ABORTED"`, 1)), formatHAR)
	if x.Response != nil || x.Error != "net::ERR_ABORTED" {
		t.Errorf("response %v, error %q", x.Response, x.Error)
	}
	x = one(t, har(strings.Replace(harEntryOf(200, "", harText(`[1,`)), `"status":200`, `"status":200,"_error":"net::ERR_FAILED"`, 1)), formatHAR)
	if x.Error != "net::ERR_FAILED" || show(x.Response.Body) != "[1, (truncated)" {
		t.Errorf("an answer that broke off: %q, error %q", show(x.Response.Body), x.Error)
	}
}

func TestHARUnreadableEntries(t *testing.T) {
	good := harEntryOf(200, jsonType, harText(`[]`))
	for _, c := range []struct{ name, entry, reason string }{
		{"wrong type", `{"request":[]}`, "not a HAR entry"},
		{"not even JSON", `{"request":{nonsense}}`, "not a HAR entry"},
		{"a number", `7`, "not a HAR entry"},
		{"empty", `{}`, "the request has no URL"},
		{"relative URL", strings.Replace(good, "https://acme.okta.example", "", 1), "not absolute"},
		{"bad URL", strings.Replace(good, "acme.okta.example/", "acme:port/", 1), "the request's URL"},
		{"no method", strings.Replace(good, `"GET"`, `""`, 1), "no method"},
		{"no response", strings.Replace(good, `"response":`, `"answer":`, 1), "no response"},
		{"odd status", strings.Replace(good, `"status":200`, `"status":20`, 1), "20 is no HTTP status code"},
		{"not base64", harEntryOf(200, "", `{"text":"%","encoding":"base64"}`), "not base64"},
		{"unknown encoding", harEntryOf(200, "", `{"text":"x","encoding":"rot13"}`), `"rot13"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, sum, err := collect(t, har(good, c.entry, good))
			if err != nil || len(got) != 2 || sum.Unreadable != 1 {
				t.Fatalf("%v, %d exchanges, %+v", err, len(got), sum)
			}
			if p := sum.Problems[0]; p.File != "sample" || p.Place != "entry 2" || !strings.Contains(p.Reason, c.reason) {
				t.Errorf("the problem is %q", p)
			}
			if got[1].ID != "sample#3" {
				t.Errorf("the entry behind it has the id %s", got[1].ID)
			}
		})
	}
}

func TestHARBroken(t *testing.T) {
	good := harEntryOf(200, jsonType, harText(`[]`))
	text := har(good, good)
	for name, c := range map[string]struct {
		text      string
		exchanges int
		cut       bool
	}{
		"between entries":      {text[:strings.LastIndex(text, good)], 1, true},
		"within an entry":      {text[:strings.LastIndex(text, `"cache"`)], 1, true},
		"behind the entries":   {text[:strings.LastIndex(text, `"comment"`)], 2, true},
		"no comma":             {strings.Replace(text, good+",", good+";", 1), 1, false},
		"more behind it":       {text + "\n" + text, 2, false},
		"white space behind":   {text + "\r\n\r\n", 2, false},
		"a member is no value": {strings.Replace(text, `"comment":"{["`, `"comment":`, 1), 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, sum, err := collect(t, c.text)
			if err != nil || len(got) != c.exchanges || strings.Contains(fmt.Sprint(sum.Problems), "cut short") != c.cut {
				t.Errorf("%v, %d exchanges, %+v", err, len(got), sum)
			}
			if sum.Unreadable == 0 != (name == "white space behind") {
				t.Errorf("%+v", sum)
			}
		})
	}
}

// TestHARAttached reads the bodies that Playwright keeps beside the HAR, and none from elsewhere.
func TestHARAttached(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("outside.json", `["outside"]`)
	write("in/body.json", `["attached"]`)
	write("in/sample.har", har(harEntryOf(200, jsonType, `{"size":12,"_file":"body.json"}`), harEntryOf(200, jsonType, `{"size":12,"_file":"../outside.json"}`)))
	var got []string
	sum, err := ReadFile(t.Context(), "sample", filepath.Join(dir, "in", "sample.har"), func(x *exchange.Exchange) error {
		got = append(got, show(x.Response.Body))
		return nil
	})
	if err != nil || sum.Unreadable > 0 || strings.Join(got, " ") != `["attached"] (omitted)` {
		t.Errorf("%v, %+v, %q", err, sum, got)
	}
}

func TestUnbase64(t *testing.T) {
	for n := range 20 {
		want := strings.Repeat("é", n)
		got, err := unbase64(base64.StdEncoding.EncodeToString([]byte(want)))
		if err != nil || string(got) != want {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestLargeBodyIsCut(t *testing.T) {
	x := one(t, har(harEntryOf(200, jsonType, harText(strings.Repeat("1", exchange.MaxBody+1)))), formatHAR)
	if len(x.Response.Body.Bytes) != exchange.MaxBody || !x.Response.Body.Truncated {
		t.Errorf("%d bytes, truncated: %t", len(x.Response.Body.Bytes), x.Response.Body.Truncated)
	}
}
