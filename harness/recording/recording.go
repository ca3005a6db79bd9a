// Package recording reads traffic that others recorded, as exchanges to be judged.
//
// A recording is read as a stream: one entry is held at a time, so that memory does not grow with the file. A cassette in
// YAML alone is parsed as a whole, up to 64 MiB. What cannot be read is reported with its place, and reading goes on behind
// it where it can.
package recording

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// Format is a kind of recording.
type Format string

const (
	// formatHAR is the HTTP Archive, version 1.2 and its neighbours.
	formatHAR Format = "HAR"
	// formatGoVCR is a cassette of go-vcr, versions 1 to 4 of the library.
	formatGoVCR Format = "go-vcr cassette"
	// formatVCRpy is a cassette of vcrpy, as YAML or JSON.
	formatVCRpy Format = "vcrpy cassette"
	// formatExchanges is a file that rolecheck wrote itself.
	formatExchanges Format = "rolecheck exchanges"
)

// errUnknownFormat says that a file is no recording of a known format.
var errUnknownFormat = errors.New("not a recording of a known format (HAR, go-vcr or vcrpy cassette, rolecheck's exchanges.jsonl)")

// maxEntry is the most bytes that one entry of a recording may take; a longer one is unreadable.
const maxEntry = 6*exchange.MaxBody + 1<<20

// maxYAML is the most bytes of a cassette in YAML, which is held as a whole: a hundred times the largest ones seen.
const maxYAML = 64 << 20

// maxProblems bounds the problems that a Summary describes; further ones are only counted.
const maxProblems = 100

// Problem is something in a recording that could not be read.
type Problem struct {
	// File is the recording's name, Place the entry or line in it, and Reason what is wrong there.
	File, Place, Reason string
}

// String is the problem in one line.
func (p Problem) String() string { return p.File + ": " + p.Place + ": " + p.Reason }

// Summary says what a recording held.
type Summary struct {
	Name   string
	Format Format
	// Exchanges counts what was delivered.
	Exchanges int
	// Unreadable counts the problems; Problems describes the first hundred.
	Unreadable int
	Problems   []Problem
	// Part says that the recording holds only a part of the exchanges that there were, by its own word.
	Part bool
}

// ReadFile reads a recording of any known format, recognised by its content, and calls visit with each exchange in the
// order of the file. The name is used in the exchanges' ids, so distinct recordings need distinct names. Credentials are
// removed before visit sees an exchange, and so is every later repetition of a credential that a request of the recording
// was sent with. The bodies that Playwright keeps in files of their own, beside the HAR, are read too.
//
// What cannot be read is in the summary. The error is for what ends the reading: an unknown format, a
// cassette that is not YAML from its first entry on or too large, a file that cannot be read, a context that ends, or visit's
// own error. Of a file that was cut short, everything complete is delivered. A cassette of go-vcr that breaks off between two interactions looks whole, for the format has no end mark.
func ReadFile(ctx context.Context, name, path string, visit func(*exchange.Exchange) error) (Summary, error) {
	f, err := os.Open(path)
	if err != nil {
		return Summary{Name: name}, fmt.Errorf("opening the recording: %w", err)
	}
	defer func() { _ = f.Close() }()
	// A root, so that no recording can name a file outside of its own folder.
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return Summary{Name: name}, fmt.Errorf("opening the recording's folder: %w", err)
	}
	defer func() { _ = dir.Close() }()
	return read(ctx, name, f, dir, visit)
}

func read(ctx context.Context, name string, r io.Reader, dir *os.Root, visit func(*exchange.Exchange) error) (Summary, error) {
	rd := &reading{ctx: ctx, visit: visit, dir: dir, maxEntry: maxEntry, maxYAML: maxYAML, secrets: newSecrets(), sum: Summary{Name: name}}
	return rd.run(r)
}

// window is how far ahead the format is looked for.
const window = 64 << 10

// reading is one recording being read.
type reading struct {
	ctx     context.Context
	visit   func(*exchange.Exchange) error
	dir     *os.Root
	secrets *secrets
	// maxEntry is the most bytes that an entry may take, and maxYAML those of a cassette in YAML.
	maxEntry int
	maxYAML  int64
	sum      Summary
	// broken says that the end of a YAML cassette could not be parsed.
	broken bool
	// entries counts what was met so far, readable or not.
	entries int
}

func (rd *reading) run(r io.Reader) (Summary, error) {
	err := rd.any(bufio.NewReaderSize(r, window))
	if err != nil {
		err = fmt.Errorf("%s: %w", rd.sum.Name, err)
	}
	return rd.sum, err
}

// any detects the format and reads the recording in it.
func (rd *reading) any(r *bufio.Reader) error {
	head, err := r.Peek(window)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if reason := foreign(head); reason != "" {
		return fmt.Errorf("%w: %s", errUnknownFormat, reason)
	}
	if bytes.HasPrefix(head, []byte(bom)) {
		_, _ = r.Discard(len(bom))
		head = head[len(bom):]
	}
	// A cassette may be JSON below a YAML document mark, for JSON is YAML too.
	body := bytes.TrimLeft(head, " \t\r\n")
	if rest, ok := bytes.CutPrefix(body, []byte("---")); ok {
		if rest = bytes.TrimLeft(rest, " \t\r\n"); len(rest) > 0 && rest[0] == '{' {
			body = rest
		}
	}
	if len(body) == 0 {
		return fmt.Errorf("%w: the file is empty", errUnknownFormat)
	}
	if !startsJSON(body) {
		return rd.yaml(r, head)
	}
	_, _ = r.Discard(len(head) - len(body))
	if schema := schemaOf(body); schema == exchange.Schema {
		return rd.exchanges(r)
	} else if schema != "" {
		return fmt.Errorf("%w: its schema is %q", errUnknownFormat, schema)
	}
	return rd.json(r)
}

const bom = "\ufeff"

// foreign recognises what a recording is often wrapped in, to say so.
func foreign(head []byte) string {
	for _, magic := range []struct{ prefix, reason string }{
		{"\x1f\x8b", "it is compressed with gzip; unpack it first"},
		{"PK\x03\x04", "it is a zip archive; unpack it first"},
		{"\xff\xfe", "it is UTF-16; convert it to UTF-8 first"},
		{"\xfe\xff", "it is UTF-16; convert it to UTF-8 first"},
	} {
		if bytes.HasPrefix(head, []byte(magic.prefix)) {
			return magic.reason
		}
	}
	return ""
}

// startsJSON reports whether the text begins as a JSON object does, and not as a YAML mapping in flow style.
func startsJSON(body []byte) bool {
	if body[0] != '{' {
		return false
	}
	rest := bytes.TrimLeft(body[1:], " \t\r\n")
	return len(rest) == 0 || rest[0] == '"' || rest[0] == '}'
}

// schemaOf returns the schema that the first line names, if that line is a JSON object of its own.
func schemaOf(body []byte) string {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	var h struct {
		Schema string `json:"schema"`
	}
	if json.Unmarshal(line, &h) != nil {
		return ""
	}
	return h.Schema
}

// place names the entry that is being read.
func (rd *reading) place() string { return "entry " + strconv.Itoa(rd.entries) }

// deliver hands over the exchange of the current entry.
func (rd *reading) deliver(place string, x *exchange.Exchange) error {
	if err := context.Cause(rd.ctx); err != nil {
		return err
	}
	x.ID = rd.sum.Name + "#" + strconv.Itoa(rd.entries)
	switch x.Phase {
	case exchange.Arrange, exchange.Act, exchange.Cleanup:
		// rolecheck sent it, and now and then on purpose what no client should.
	default:
		x.Phase = exchange.Observed
	}
	x.Source = rd.sum.Name + ":" + place
	rd.secrets.learn(x.Request.Header)
	rd.secrets.redactor.Exchange(x)
	rd.sum.Exchanges++
	return rd.visit(x)
}

// result delivers the exchange that the current entry was read to, or notes why it could not be read.
func (rd *reading) result(x *exchange.Exchange, err error) error {
	if err != nil {
		rd.problem(rd.place(), err.Error())
		return nil
	}
	return rd.deliver(rd.place(), x)
}

// problem notes what could not be read.
func (rd *reading) problem(place, reason string) {
	rd.sum.Unreadable++
	if len(rd.sum.Problems) < maxProblems {
		reason = rd.secrets.redactor.String(reason)
		rd.sum.Problems = append(rd.sum.Problems, Problem{File: rd.sum.Name, Place: place, Reason: reason})
	}
}

// checkStatus refuses what is no status code, such as the first digits of one that was cut off.
func checkStatus(code int) error {
	if code < 100 || code > 599 {
		return fmt.Errorf("%d is no HTTP status code", code)
	}
	return nil
}

// canHaveBody reports whether an answer to method with the status may carry a payload at all.
func canHaveBody(method string, status int) bool {
	return method != http.MethodHead && status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// announcesBody reports whether the headers announce a payload.
func announcesBody(h http.Header) bool {
	n, err := strconv.ParseInt(strings.TrimSpace(h.Get("Content-Length")), 10, 64)
	return err == nil && n > 0
}
