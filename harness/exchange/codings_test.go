package exchange

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// pack runs text through an encoder.
func pack(t testing.TB, encoder func(io.Writer) io.WriteCloser, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := encoder(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipper(w io.Writer) io.WriteCloser  { return gzip.NewWriter(w) }
func zlibber(w io.Writer) io.WriteCloser  { return zlib.NewWriter(w) }
func brotlier(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }
func flater(w io.Writer) io.WriteCloser {
	f, _ := flate.NewWriter(w, flate.DefaultCompression)
	return f
}

func TestUndoCodings(t *testing.T) {
	const text = `[{"id":"a","label":"Überblick"}]`
	gz := pack(t, gzipper, text)
	for _, c := range []struct {
		name, coding string
		bytes        []byte
		want         string
	}{
		{"gzip", "gzip", gz, text},
		{"gzip by its old name", "X-GZIP", gz, text},
		{"zlib", "deflate", pack(t, zlibber, text), text},
		{"bare deflate", "deflate", pack(t, flater, text), text},
		{"brotli", "br", pack(t, brotlier, text), text},
		{"one within the other", "br, gzip", pack(t, gzipper, string(pack(t, brotlier, text))), text},
		{"gzip, stored decoded", "gzip", []byte(text), text},
		{"brotli, stored decoded", "br", []byte(text), text},
		{"deflate, stored decoded", "deflate", []byte(text), text},
		{"gzip that is none", "gzip", []byte("\x00\x01"), "\x00\x01"},
		{"none", "identity", []byte(text), text},
		{"gzip that broke off", "gzip", pack(t, gzipper, strings.Repeat(text, 9))[:60], " (truncated)"},
		{"gzip that broke off at once", "gzip", gz[:5], "(omitted)"},
		{"brotli that is none", "br", []byte{0xff, 0xfe, 0x00}, "(omitted)"},
		{"zlib that broke off", "deflate", pack(t, zlibber, text)[:2], "(omitted)"},
		{"unknown", "zstd", []byte{0x28, 0xb5, 0x2f, 0xfd}, "(omitted)"},
		{"unknown, stored decoded", "zstd", []byte(text), text},
		{"not said", "", gz, text},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{"Content-Type": {"application/json"}, "Content-Length": {"99"}}
			if c.coding != "" {
				h.Set("Content-Encoding", c.coding)
			}
			got := show(UndoCodings(Body{Bytes: c.bytes}, h))
			if !strings.HasSuffix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.coding != "identity" && (h.Get("Content-Encoding") != "" || h.Get("Content-Length") != "") {
				t.Errorf("the headers still speak of the coded payload: %v", h)
			}
		})
	}
}

// TestGzipBomb reads a small body that unpacks to much more than is kept.
func TestGzipBomb(t *testing.T) {
	bomb := pack(t, gzipper, strings.Repeat(" ", 2*MaxBody))
	h := http.Header{"Content-Encoding": {"gzip"}}
	b := UndoCodings(Body{Bytes: bomb}, h)
	if len(b.Bytes) != MaxBody || !b.Truncated {
		t.Errorf("%d bytes, truncated: %t", len(b.Bytes), b.Truncated)
	}
}

func TestReadable(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "a\r\n\t": true, "\x00": false, "\xff": false, "\x7f": false,
		strings.Repeat("€", 300): true, strings.Repeat("x", 600) + "\x00": true,
	} {
		if got := readable([]byte(text)); got != want {
			t.Errorf("%.20q: %t", text, got)
		}
	}
}

// show is the beginning of a body with what is known of the rest.
func show(b Body) string {
	s := string(b.Bytes[:min(100, len(b.Bytes))])
	switch {
	case b.Truncated:
		s += " (truncated)"
	case b.Omitted:
		s += "(omitted)"
	}
	return s
}
