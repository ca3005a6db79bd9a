package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// exchangesFile writes an exchanges file with n exchanges.
func exchangesFile(t testing.TB, n int, part bool) string {
	t.Helper()
	var b bytes.Buffer
	w, err := exchange.NewWriter(&b, "run", part)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		u, err := url.Parse(fmt.Sprintf("https://acme.okta.example/api/v1/users/u%d/roles", i))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&exchange.Exchange{
			ID: fmt.Sprintf("x%d", i), Phase: exchange.Act, Requirement: "user-roles.list.empty", Credential: "reader",
			Request:  exchange.Request{Method: "GET", URL: u, Header: http.Header{}},
			Response: &exchange.Response{Status: 200, Header: http.Header{}, Body: exchange.Body{Bytes: []byte("[]")}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExchanges(t *testing.T) {
	text := exchangesFile(t, 3, false)
	got := whole(t, text, formatExchanges)
	x := got[1]
	if x.ID != "sample#2" || x.Source != "sample:line 3" || x.Phase != exchange.Act || x.Requirement != "" || x.Credential != "reader" {
		t.Errorf("%+v", x)
	}
	if want := "GET | https://acme.okta.example/api/v1/users/u1/roles |  | OK | []"; line(x) != want {
		t.Errorf("got %s", line(x))
	}
	if x.Part {
		t.Error("the file holds all exchanges, and was read as a part")
	}
	sum, err := read(t.Context(), "sample", strings.NewReader(exchangesFile(t, 3, true)), nil, func(x *exchange.Exchange) error {
		if !x.Part {
			t.Errorf("%s does not say that it is of a part", x.ID)
		}
		return nil
	})
	if err != nil || !sum.Part || sum.Unreadable > 0 || sum.Exchanges != 3 {
		t.Errorf("a part: %+v, %v", sum, err)
	}
	lines := strings.SplitAfter(text, "\n")
	for name, c := range map[string]struct {
		text              string
		exchanges, broken int
	}{
		"no footer":              {strings.Join(lines[:4], ""), 3, 1},
		"cut within a line":      {text[:len(lines[0])+len(lines[1])+20], 1, 1},
		"an exchange is missing": {strings.Join(slices.Delete(slices.Clone(lines), 2, 3), ""), 2, 1},
		"a line of nonsense":     {strings.Replace(text, lines[2], "nonsense\n", 1), 2, 1},
		"a relative URL":         {strings.Replace(text, "https://acme.okta.example", "", 1), 2, 1},
		"no method":              {strings.Replace(text, "GET", "", 1), 2, 1},
		"an odd status":          {strings.Replace(text, "200", "20", 1), 2, 1},
		"more behind it":         {text + lines[1], 3, 1},
		"blank lines":            {text + "\r\n\r\n", 3, 0},
		"carriage returns":       {strings.ReplaceAll(text, "\n", "\r\n"), 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, sum, err := collect(t, c.text)
			if err != nil || len(got) != c.exchanges || sum.Unreadable != c.broken {
				t.Errorf("%v, %d exchanges, %+v", err, len(got), sum)
			}
		})
	}
}

func TestUnknownFormats(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                       "",
		"white space":                 " \r\n",
		"a mark alone":                bom,
		"text":                        "hello",
		"HTML":                        "<html></html>",
		"YAML of another kind":        "openapi: 3.0.3\npaths: {}\n",
		"YAML that speaks of it":      "title: interactions\n",
		"interactions of no kind":     "interactions: 12\n",
		"JSON of another kind":        `{"a":{"log":{"entries":[]}}}`,
		"JSON with another log":       `{"log":{"entries":{}}}`,
		"JSON list":                   `[{"request":{}}]`,
		"JSON that breaks off":        `{"log":{"version":`,
		"JSON with a number as name":  `{"a":1,2:3}`,
		"JSON with a name and no end": `{"` + strings.Repeat("a", 2*window),
		"a report":                    `{"schema":"rolecheck.report/v1"}`,
		"exchanges of a later schema": `{"schema":"rolecheck.exchanges/v9"}` + "\n",
		"gzip":                        string(zipped(t, har())),
		"zip":                         "PK\x03\x04...",
		"UTF-16":                      "\xff\xfe{\x00",
		"binary":                      "\x00\x01\x02\x03",
	} {
		t.Run(name, func(t *testing.T) {
			got, sum, err := collect(t, text)
			if !errors.Is(err, errUnknownFormat) || len(got) > 0 || !strings.HasPrefix(err.Error(), "sample: ") {
				t.Errorf("%v, %+v", err, sum)
			}
		})
	}
}

func TestReaderAndVisitorErrors(t *testing.T) {
	for name, text := range map[string]string{
		"HAR": har(harEntryOf(200, jsonType, harText(`[]`)), harEntryOf(200, jsonType, harText(`[]`))), "YAML": goVCR3, "exchanges": exchangesFile(t, 3, false),
		"flow": "{interactions: [{request: {method: GET, uri: 'https://a/'}, response: {status_code: 200}}]}",
	} {
		t.Run(name, func(t *testing.T) {
			failed := errors.New("disk on fire")
			r := io.MultiReader(strings.NewReader(text[:len(text)-5]), iotest.ErrReader(failed))
			if _, err := read(t.Context(), "sample", r, nil, func(*exchange.Exchange) error { return nil }); !errors.Is(err, failed) {
				t.Errorf("the reader's error became %v", err)
			}
			if _, err := read(t.Context(), "sample", strings.NewReader(text), nil, func(*exchange.Exchange) error { return failed }); !errors.Is(err, failed) {
				t.Errorf("the visitor's error became %v", err)
			}
		})
	}
	if _, err := ReadFile(t.Context(), "sample", filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
}

func TestStopsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err := read(ctx, "sample", strings.NewReader(goVCR3), nil, func(*exchange.Exchange) error {
		n++
		cancel()
		return nil
	})
	if n != 1 || err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("%d exchanges, %v", n, err)
	}
}

// TestNoCredentialGetsThrough reads recordings with credentials in every place, also where nothing but the request's
// header tells that it is one.
func TestNoCredentialGetsThrough(t *testing.T) {
	const token, session, password = "00SeCrEt-t0ken", "102s3ssion.value", "pa55 word"
	basic := "am9lOnBhNTUgd29yZA=="
	headers := func(name, value string) string { return `{"name":"` + name + `","value":"` + value + `"}` }
	entry := harEntryOf(200, jsonType, harText(`{"echo":"`+token+`","session":"`+session+`","password":"x","note":"`+password+`","basic":"`+basic+`"}`))
	entry = strings.Replace(entry, `{"name":"accept","value":"application/json"}`,
		headers("Authorization", "SSWS "+token)+","+headers("Cookie", "lang=english; sid="+session)+","+headers("Proxy-Authorization", "Basic  "+basic), 1)
	entry = strings.Replace(entry, "/roles", "/roles?access_token="+token, 1)
	for name, text := range map[string]string{
		"HAR":    har(entry, `{"request":{"method":"`+token+`","url":"https://[`+token+`"}}`, harEntryOf(200, "", harText(`"`+token+`"`))),
		"go-vcr": strings.Replace(strings.Replace(goVCR3, "headers:\n            Accept:\n                - application/json", "headers:\n            Authorization:\n                - Bearer "+token, 1), `{"id":"ra1"}`, `{"id":"`+token+`"}`, 1),
		"vcrpy":  "interactions:\n" + strings.Replace(vcrpyItem("'"+token+"'", "{string: "+token+"}", " {}"), "User-Agent: one value", "x-api-key: "+token, 1) + "version: 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, sum, err := collect(t, text)
			if err != nil || len(got) == 0 {
				t.Fatalf("%v, %+v", err, sum)
			}
			seen := fmt.Sprint(sum)
			for _, x := range got {
				b, err := x.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				seen += string(b)
			}
			for _, secret := range []string{token, session, password, basic} {
				if strings.Contains(seen, secret) {
					t.Errorf("%q got through: %s", secret, seen)
				}
			}
			if name == "HAR" && !strings.Contains(seen, "sample:entry 3") {
				t.Error("the last entry is missing")
			}
		})
	}
}

// TestPlaceholdersStay keeps what people put in place of a credential from taking bodies apart.
func TestPlaceholdersStay(t *testing.T) {
	s := newSecrets()
	for _, v := range []string{"SSWS access_token", "SSWS myAPIToken", "Bearer xxxxxxxxxxxxxxxx", "SSWS REDACTED", "SSWS ********", ""} {
		s.learn(http.Header{"Authorization": {v}})
	}
	s.learn(http.Header{"Cookie": {"userId=00uabcdefghijklmnopq; DT=x"}})
	if len(s.values) > 0 {
		t.Errorf("taken for credentials: %q", s.values)
	}
	for i := range 2 * maxSecrets {
		s.learn(http.Header{"Authorization": {fmt.Sprintf("Bearer 00-token-%d", i)}})
	}
	if len(s.values) != maxSecrets || len(s.known) != maxSecrets {
		t.Errorf("%d credentials are remembered", len(s.values))
	}
}

func TestProblemsAreBounded(t *testing.T) {
	bad := make([]string, 3*maxProblems)
	for i := range bad {
		bad[i] = "{}"
	}
	_, sum, err := collect(t, har(bad...))
	if err != nil || sum.Unreadable != len(bad) || len(sum.Problems) != maxProblems {
		t.Errorf("%v, %d problems, %d described", err, sum.Unreadable, len(sum.Problems))
	}
}

// generated is a recording with n entries that is written while it is read.
func generated(begin, entry, end string, n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, err := io.WriteString(w, begin)
		block := strings.Repeat(entry, 100)
		for i := 0; i < n && err == nil; i += 100 {
			_, err = io.WriteString(w, block)
		}
		if err == nil {
			_, err = io.WriteString(w, end)
		}
		_ = w.CloseWithError(err)
	}()
	return r
}

// TestMemoryDoesNotGrow reads short and long recordings, and compares the most memory that was in use.
func TestMemoryDoesNotGrow(t *testing.T) {
	lines := strings.SplitAfter(exchangesFile(t, 1, false), "\n")
	entry := `{"request":{"method":"GET","url":"https://a/b"},"response":{"status":204}}`
	for name, c := range map[string]struct{ begin, entry, end string }{
		"HAR":       {`{"log":{"entries":[` + entry, "," + entry, `]}}`},
		"exchanges": {lines[0], lines[1], ""},
	} {
		t.Run(name, func(t *testing.T) {
			short := peak(t, generated(c.begin, c.entry, c.end, 1000))
			long := peak(t, generated(c.begin, c.entry, c.end, 20_000))
			if long > 2*short+1<<20 {
				t.Errorf("1,000 entries took %d bytes at most, 20,000 entries %d", short, long)
			}
		})
	}
}

// peak reads a recording and returns the most memory that was in use at the times that were looked at.
func peak(t *testing.T, r io.Reader) uint64 {
	t.Helper()
	var most uint64
	n := 0
	look := func() {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
	}
	sum, err := read(t.Context(), "sample", r, nil, func(*exchange.Exchange) error {
		if n++; n%10_000 == 500 {
			look()
		}
		return nil
	})
	if err != nil || sum.Exchanges == 0 {
		t.Fatalf("%v, %+v", err, sum)
	}
	look()
	return most
}

// TestTooLargeEntry steps over an entry that is larger than what is held, in each format that is read as a stream.
func TestTooLargeEntry(t *testing.T) {
	const limit = 2 << 20
	filler := strings.Repeat("x", limit/100)
	lines := strings.SplitAfter(exchangesFile(t, 1, false), "\n")
	good := harEntryOf(200, jsonType, harText(`[]`))
	for name, c := range map[string]struct{ begin, end string }{
		"HAR":           {`{"log":{"entries":[` + good + `,{"a":"`, `"},` + good + `]}}`},
		"JSON cassette": {`{"interactions":[{"a":"`, `"},{"request":{"method":"GET","uri":"https://a/b"},"response":{"status_code":204}},{"request":{"method":"GET","uri":"https://a/b"},"response":{"status_code":204}}]}`},
		"exchanges":     {lines[0] + lines[1] + "x", "\n" + lines[1] + `{"exchanges":3}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			rd := &reading{ctx: t.Context(), visit: func(*exchange.Exchange) error { return nil }, maxEntry: limit, secrets: newSecrets()}
			sum, err := rd.run(generated(c.begin, filler, c.end, 200))
			if err != nil || sum.Exchanges != 2 || sum.Unreadable != 1 || !strings.Contains(sum.Problems[0].Reason, "larger than") {
				t.Errorf("%v, %+v", err, sum)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.har", "a.har", "in/c.yaml", "in/deep/d.json", ".git/x", "in/.hidden", "[odd].har",
		"report/report.json", "report/exchanges.jsonl", "report/earlier/one/exchanges.jsonl", "mine/earlier/e.har"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "in"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, c := range []struct {
		patterns, want []string
		err            string
	}{
		{patterns: []string{"a.har"}, want: []string{"a.har"}},
		{patterns: []string{"*.har", "./a.har", "in"}, want: []string{"[odd].har", "a.har", "b.har", "in/c.yaml", "in/deep/d.json"}},
		{patterns: []string{"[odd].har"}, want: []string{"[odd].har"}},
		{patterns: []string{"i?"}, want: []string{"in/c.yaml", "in/deep/d.json"}},
		{patterns: []string{"link"}, want: []string{"link/c.yaml", "link/deep/d.json"}},
		{patterns: []string{"report"}, want: []string{"report/exchanges.jsonl", "report/report.json"}},
		{patterns: []string{"report/*"}, want: []string{"report/exchanges.jsonl", "report/report.json"}},
		{patterns: []string{"report/earlier"}, want: []string{"report/earlier/one/exchanges.jsonl"}},
		{patterns: []string{"report/earlier/*"}, want: []string{"report/earlier/one/exchanges.jsonl"}},
		{patterns: []string{"mine"}, want: []string{"mine/earlier/e.har"}},
		{patterns: nil, want: nil},
		{patterns: []string{"a.har", "none.har"}, err: `"none.har" matches no file`},
		{patterns: []string{"*.none"}, err: `"*.none" matches no file`},
		{patterns: []string{"empty"}, err: `"empty" matches no file`},
		{patterns: []string{"["}, err: "syntax error"},
	} {
		got, err := Expand(c.patterns)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %v, expected %s", c.patterns, err, c.err)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", c.patterns, err, diff)
		}
	}
}

func TestNames(t *testing.T) {
	paths := []string{"a/x.har", "b/x.har", "b/y.har", "x.har", "/z/b/x.har", "only.har"}
	want := []string{"a/x.har", "b/x.har", "y.har", "x.har", "z/b/x.har", "only.har"}
	if diff := cmp.Diff(want, Names(paths)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a/x", "a/x"}, Names([]string{"a/x", "a/./x"})); diff != "" {
		t.Errorf("one file twice (-want +got):\n%s", diff)
	}
}
