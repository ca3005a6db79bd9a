package recording

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// collect reads a recording from memory.
func collect(t *testing.T, text string) ([]*exchange.Exchange, Summary, error) {
	t.Helper()
	var got []*exchange.Exchange
	sum, err := read(t.Context(), "sample", strings.NewReader(text), nil, func(x *exchange.Exchange) error {
		got = append(got, x)
		return nil
	})
	if sum.Exchanges != len(got) {
		t.Errorf("the summary counts %d exchanges, %d were delivered", sum.Exchanges, len(got))
	}
	return got, sum, err
}

// whole reads a recording that nothing is wrong with.
func whole(t *testing.T, text string, format Format) []*exchange.Exchange {
	t.Helper()
	got, sum, err := collect(t, text)
	if err != nil || sum.Unreadable > 0 || format != "" && sum.Format != format {
		t.Fatalf("%v, %+v", err, sum)
	}
	return got
}

// one reads a recording of one exchange.
func one(t *testing.T, text string, format Format) *exchange.Exchange {
	t.Helper()
	got := whole(t, text, format)
	if len(got) != 1 {
		t.Fatalf("%d exchanges, expected one", len(got))
	}
	return got[0]
}

// line is an exchange in short, to compare with.
func line(x *exchange.Exchange) string {
	parts := []string{x.Request.Method, x.Request.URL.String(), show(x.Request.Body)}
	if x.Response == nil {
		return strings.Join(append(parts, "none", x.Error), " | ")
	}
	return strings.Join(append(parts, http.StatusText(x.Response.Status), show(x.Response.Body)), " | ")
}

func show(b exchange.Body) string {
	s := string(b.Bytes)
	if len(s) > 100 {
		s = s[:100]
	}
	if b.Truncated {
		s += " (truncated)"
	}
	if b.Omitted {
		s += "(omitted)"
	}
	return s
}

// har is a HAR with the entries.
func har(entries ...string) string {
	return `{"log":{"version":"1.2","creator":{"name":"test","version":"1"},"pages":[{"id":"p1","title":"]}"}],"entries":[` +
		strings.Join(entries, ",") + `],"comment":"{["}}`
}

// harEntryOf is an entry with a GET that is answered with the content.
func harEntryOf(status int, headers, content string) string {
	return `{"startedDateTime":"2026-02-02T11:26:55.123Z","time":12.5,"request":{"method":"GET","url":"https://acme.okta.example/api/v1/users/u1/roles",` +
		`"httpVersion":"HTTP/2","cookies":[],"headers":[{"name":":authority","value":"acme.okta.example"},{"name":"accept","value":"application/json"}],` +
		`"queryString":[],"headersSize":-1,"bodySize":0},"response":{"status":` + jsonOf(status) + `,"statusText":"","httpVersion":"HTTP/2","cookies":[],"headers":[` +
		headers + `],"content":` + content + `,"redirectURL":"","headersSize":-1,"bodySize":-1},"cache":{},"timings":{"send":1,"wait":11,"receive":0.5}}`
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// harText is content that is kept as text.
func harText(text string) string {
	return `{"size":` + jsonOf(len(text)) + `,"mimeType":"application/json","text":` + jsonOf(text) + `}`
}

const jsonType = `{"name":"content-type","value":"application/json"}`

// zipped is text as gzip has it.
func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
