package exchange

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
)

// UndoCodings decodes a body by the Content-Encoding of its headers, if the body is still encoded: many recorders keep the
// decoded body with the headers of the encoded one. Like net/http's client it removes Content-Encoding and Content-Length
// from the headers. A body in an unknown coding comes back as Omitted.
func UndoCodings(b Body, h http.Header) Body {
	codings := contentCodings(h)
	// A recorder that keeps few headers may have dropped Content-Encoding; JSON never begins like gzip.
	if len(codings) == 0 && isGzip(b.Bytes) && strings.Contains(h.Get("Content-Type"), "json") {
		codings = []string{"gzip"}
	}
	if len(codings) == 0 {
		return b
	}
	for _, coding := range slices.Backward(codings) {
		b = undo(coding, b)
	}
	h.Del("Content-Encoding")
	h.Del("Content-Length")
	return b
}

func contentCodings(h http.Header) []string {
	var out []string
	for _, line := range h.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			coding = strings.ToLower(strings.TrimSpace(coding))
			if coding != "" && coding != "identity" {
				out = append(out, coding)
			}
		}
	}
	return out
}

func isGzip(b []byte) bool { return bytes.HasPrefix(b, []byte{0x1f, 0x8b}) }

// isZlib reports whether b begins with the two bytes of a zlib header.
func isZlib(b []byte) bool {
	return len(b) > 2 && b[0]&0x0f == 8 && (uint(b[0])<<8|uint(b[1]))%31 == 0
}

// undo decodes one coding, if the bytes look encoded.
func undo(coding string, b Body) Body {
	if readable(b.Bytes) {
		return b
	}
	in := bytes.NewReader(b.Bytes)
	var r io.Reader
	switch coding {
	case "gzip", "x-gzip":
		if !isGzip(b.Bytes) {
			return b
		}
		z, err := gzip.NewReader(in)
		if err != nil {
			return Body{Omitted: true}
		}
		r = z
	case "deflate":
		// In HTTP deflate means the zlib format, but some servers send the bare deflate data.
		r = flate.NewReader(in)
		if isZlib(b.Bytes) {
			z, err := zlib.NewReader(in)
			if err != nil {
				return Body{Omitted: true}
			}
			r = z
		}
	case "br":
		r = brotli.NewReader(in)
	default:
		return Body{Omitted: true}
	}
	return inflate(r, b.Truncated)
}

// inflate reads a decoded body up to MaxBody. A stream that breaks off yields the body up to there, as Truncated.
func inflate(r io.Reader, truncated bool) Body {
	out, err := io.ReadAll(io.LimitReader(r, MaxBody+1))
	if err != nil && len(out) == 0 {
		return Body{Omitted: true}
	}
	body := Bounded(out)
	body.Truncated = body.Truncated || truncated || err != nil
	return body
}

// isText reports whether b is UTF-8 with no control characters but tabs and line breaks.
func isText(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f
	})
}

// readable reports whether b is text. The first bytes decide, since an encoded stream has other bytes from its beginning.
func readable(b []byte) bool {
	const enough = 512
	if len(b) > enough {
		b = b[:enough]
		// The cut may have split a character.
		for i := 0; i < utf8.UTFMax && len(b) > 0 && !utf8.Valid(b); i++ {
			b = b[:len(b)-1]
		}
	}
	return isText(b)
}

// Bounded returns b as a body, cut to MaxBody bytes.
func Bounded(b []byte) Body {
	if len(b) > MaxBody {
		return Body{Bytes: b[:MaxBody], Truncated: true}
	}
	return Body{Bytes: b}
}
