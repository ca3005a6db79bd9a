package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// Schema names the format that Writer writes and Read reads: JSON, one value a line. The first line is a header with the
// schema and the run, the last one counts the exchanges, which are between the two in their order. A file that holds a part
// of a run's exchanges has "part": true in its header: an exchange that it lacks may still have happened.
const Schema = "rolecheck.exchanges/v1"

// maxLine is the length of the longest line of an exchanges file, in bytes: two bodies of MaxBody, which JSON's escapes or
// base64 at most double, and the other members.
const maxLine = 6*MaxBody + 1<<20

type header struct {
	Schema string `json:"schema"`
	Run    string `json:"run,omitempty"`
	Part   bool   `json:"part,omitempty"`
}

type footer struct {
	Exchanges int `json:"exchanges"`
}

type wire struct {
	ID          string    `json:"id"`
	Phase       Phase     `json:"phase,omitempty"`
	Requirement string    `json:"requirement,omitempty"`
	Arranges    string    `json:"arranges,omitempty"`
	Credential  string    `json:"credential,omitempty"`
	Started     time.Time `json:"started,omitzero"`
	// Nanoseconds is the exchange's duration.
	Nanoseconds time.Duration `json:"nanoseconds,omitzero"`
	Request     wireMessage   `json:"request"`
	Response    *wireMessage  `json:"response,omitempty"`
	Error       string        `json:"error,omitempty"`
	// Unsent is true if there was no connection, so that the org cannot have received the request.
	Unsent bool   `json:"unsent,omitempty"`
	Source string `json:"source,omitempty"`
}

type wireMessage struct {
	Method  string      `json:"method,omitempty"`
	URL     string      `json:"url,omitempty"`
	Status  int         `json:"status,omitempty"`
	Headers http.Header `json:"headers,omitempty"`
	// Body is a payload that is text, and Base64 one that is not.
	Body      string `json:"body,omitempty"`
	Base64    []byte `json:"base64,omitempty"`
	Truncated bool   `json:"truncated,omitempty"`
	Omitted   bool   `json:"omitted,omitempty"`
}

func (w *wireMessage) setBody(b Body) {
	w.Truncated, w.Omitted = b.Truncated, b.Omitted
	if isText(b.Bytes) {
		w.Body = string(b.Bytes)
	} else {
		w.Base64 = b.Bytes
	}
}

func (w *wireMessage) body() Body {
	b := Body{Bytes: w.Base64, Truncated: w.Truncated, Omitted: w.Omitted}
	if len(b.Bytes) == 0 && w.Body != "" {
		b.Bytes = []byte(w.Body)
	}
	return b
}

// MarshalJSON writes the exchange in the form of an exchanges file.
func (x *Exchange) MarshalJSON() ([]byte, error) {
	w := wire{
		ID: x.ID, Phase: x.Phase, Requirement: x.Requirement, Arranges: x.Arranges, Credential: x.Credential, Started: x.Started, Nanoseconds: x.Duration,
		Error: x.Error, Unsent: x.Unsent, Source: x.Source,
	}
	w.Request = wireMessage{Method: x.Request.Method, Headers: x.Request.Header}
	if x.Request.URL != nil {
		w.Request.URL = x.Request.URL.String()
	}
	w.Request.setBody(x.Request.Body)
	if x.Response != nil {
		w.Response = &wireMessage{Status: x.Response.Status, Headers: x.Response.Header}
		w.Response.setBody(x.Response.Body)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(w); err != nil {
		return nil, fmt.Errorf("writing exchange %s: %w", x.ID, err)
	}
	return buf.Bytes(), nil
}

// UnmarshalJSON reads the form that MarshalJSON writes. The request's URL is never nil afterwards.
func (x *Exchange) UnmarshalJSON(b []byte) error {
	var w wire
	var kind *json.UnmarshalTypeError
	switch err := json.Unmarshal(b, &w); {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("its member %q cannot be of the JSON type %s", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("it is of the JSON type %s", kind.Value)
	case err != nil:
		return err
	}
	u, err := url.Parse(w.Request.URL)
	if err != nil {
		return fmt.Errorf("exchange %q: the request's URL: %w", w.ID, err)
	}
	*x = Exchange{
		ID: w.ID, Phase: w.Phase, Requirement: w.Requirement, Arranges: w.Arranges, Credential: w.Credential, Started: w.Started, Duration: w.Nanoseconds,
		Error: w.Error, Unsent: w.Unsent, Source: w.Source,
		Request: Request{Method: w.Request.Method, URL: u, Header: w.Request.Headers, Body: w.Request.body()},
	}
	if w.Response != nil {
		x.Response = &Response{Status: w.Response.Status, Header: w.Response.Headers, Body: w.Response.body()}
	}
	return nil
}

// Writer writes exchanges, one a line, between a header and a footer that counts them.
type Writer struct {
	w *bufio.Writer
	n int
}

// NewWriter writes the header of an exchanges file of a run. Part says that the file will not hold all its exchanges.
func NewWriter(w io.Writer, run string, part bool) (*Writer, error) {
	out := &Writer{w: bufio.NewWriter(w)}
	return out, out.line(header{Schema: Schema, Run: run, Part: part})
}

func (w *Writer) line(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := w.w.Write(b); err != nil {
		return err
	}
	return w.w.WriteByte('\n')
}

// Write adds one exchange.
func (w *Writer) Write(x *Exchange) error {
	b, err := x.MarshalJSON()
	if err != nil {
		return err
	}
	w.n++
	_, err = w.w.Write(b)
	return err
}

// Count is how many exchanges were written.
func (w *Writer) Count() int { return w.n }

// Close writes the footer and flushes; it does not close the writer below.
func (w *Writer) Close() error {
	if err := w.line(footer{Exchanges: w.n}); err != nil {
		return err
	}
	return w.w.Flush()
}

// ErrChanged is the error of an exchanges file without a footer, or with one that has another count.
var ErrChanged = errors.New("the file is not as rolecheck wrote it")

// footerLine is the last line of an exchanges file, with the count.
var footerLine = regexp.MustCompile(`^\{\s*"exchanges"\s*:\s*(-?\d+)\s*\}$`)

// Read calls visit with each exchange of an exchanges file, and returns the error of visit. It holds one line at a time. The
// error names the line that cannot be read; ErrChanged is returned after all exchanges before it were visited.
func Read(r io.Reader, visit func(*Exchange) error) error {
	_, err := ReadOn(r, maxLine, func(_ int, x *Exchange) error { return visit(x) }, func(line int, err error) error {
		return fmt.Errorf("line %d: %w", line, err)
	})
	return err
}

// ReadOn is Read for a file that may be damaged: it calls wrong with what is wrong with a line, and goes on behind it unless
// wrong returns an error. A line longer than limit, in bytes, cannot be read. Lines are counted from 1. Part reports whether
// the file holds a part of its run's exchanges.
func ReadOn(
	r io.Reader, limit int, visit func(line int, x *Exchange) error, wrong func(line int, err error) error,
) (part bool, err error) {
	in := &lines{r: bufio.NewReaderSize(r, 64<<10), limit: limit}
	var h header
	switch line, err := in.next(); {
	case errors.Is(err, io.EOF):
		return false, errors.New("not an exchanges file: it is empty")
	case err != nil:
		return false, fmt.Errorf("line 1: %w", err)
	case json.Unmarshal(line, &h) != nil || h.Schema != Schema:
		return false, fmt.Errorf("line 1: not an exchanges file: expected the header %q", Schema)
	}
	for count, ended := 0, false; err == nil; {
		x := &Exchange{}
		line, bad := in.next()
		switch {
		case errors.Is(bad, io.EOF) && ended:
			return h.Part, nil
		case errors.Is(bad, io.EOF):
			return h.Part, wrong(in.n, fmt.Errorf("%w: it was cut short before its footer", ErrChanged))
		case bad == nil && len(line) == 0:
			continue
		case bad == nil && ended:
			return h.Part, wrong(in.n, errors.New("there is more after the footer"))
		case bad == nil:
			if counted := footerLine.FindSubmatch(line); counted != nil {
				ended = true
				if string(counted[1]) != strconv.Itoa(count) {
					err = wrong(in.n, fmt.Errorf("%w: the footer counts %s exchanges, and there are %d", ErrChanged, counted[1], count))
				}
				continue
			}
			if bad = x.parse(line); bad != nil && in.atEnd() {
				return h.Part, wrong(in.n, fmt.Errorf("%w: its last line is neither an exchange nor the footer: %w", ErrChanged, bad))
			} else if bad != nil {
				bad = fmt.Errorf("not an exchange: %w", bad)
			}
		case !errors.Is(bad, errTooLong):
			return h.Part, fmt.Errorf("line %d: %w", in.n+1, bad)
		}
		count++
		if bad != nil {
			err = wrong(in.n, bad)
			continue
		}
		x.Part = h.Part
		err = visit(in.n, x)
	}
	return h.Part, err
}

// parse reads the exchange of a line.
func (x *Exchange) parse(line []byte) error {
	if err := x.UnmarshalJSON(line); err != nil {
		return err
	}
	if x.Request.Method == "" {
		return errors.New("it has no request")
	}
	return nil
}

// errTooLong is the error of a line that is longer than the limit. The lines behind it can be read.
var errTooLong = errors.New("which no exchange is")

// lines reads a text line by line.
type lines struct {
	r *bufio.Reader
	// limit is the length of the longest line, in bytes, and n the number of the last one that was read.
	limit, n int
	// long holds a line that is longer than the buffer of r.
	long []byte
}

// next returns the next line without white space around it, valid until the next call; io.EOF after the last one.
func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	size := len(line)
	if cap(l.long) > 1<<20 {
		l.long = nil
	}
	l.long = l.long[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		if size <= l.limit {
			l.long = append(l.long, line...)
		}
		line, err = l.r.ReadSlice('\n')
		size += len(line)
	}
	if err != nil && (size == 0 || !errors.Is(err, io.EOF)) {
		return nil, err
	}
	l.n++
	switch {
	case size > l.limit:
		return nil, fmt.Errorf("larger than %d bytes, %w", l.limit, errTooLong)
	case len(l.long) > 0:
		l.long = append(l.long, line...)
		line = l.long
	}
	return bytes.TrimSpace(line), nil
}

// atEnd reports whether nothing follows the last line that was read.
func (l *lines) atEnd() bool {
	_, err := l.r.Peek(1)
	return errors.Is(err, io.EOF)
}
