package recording

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// harEntry has the members of a HAR's entry that are used. Members that begin with an underscore are additions of single programs.
type harEntry struct {
	StartedDateTime string `json:"startedDateTime"`
	// Time is in milliseconds, negative where unknown.
	Time    float64 `json:"time"`
	Request struct {
		Method   string      `json:"method"`
		URL      string      `json:"url"`
		Headers  harHeaders  `json:"headers"`
		PostData *harPayload `json:"postData"`
		BodySize *float64    `json:"bodySize"`
	} `json:"request"`
	Response *struct {
		Status   int        `json:"status"`
		Headers  harHeaders `json:"headers"`
		Content  harPayload `json:"content"`
		BodySize *float64   `json:"bodySize"`
		Error    string     `json:"_error"`
	} `json:"response"`
}

type harHeaders []struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// harPayload is a request's postData or a response's content.
type harPayload struct {
	Size     *float64 `json:"size"`
	MimeType string   `json:"mimeType"`
	Text     *string  `json:"text"`
	Encoding string   `json:"encoding"`
	// Params are the fields of a form, where a program notes them in place of the text.
	Params []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"params"`
	// File is where Playwright keeps a body apart.
	File string `json:"_file"`
}

func (rd *reading) harEntry(raw []byte) error {
	var e harEntry
	if err := json.Unmarshal(raw, &e); err != nil {
		return rd.result(nil, fmt.Errorf("not a HAR entry: %w", err))
	}
	return rd.result(rd.harExchange(&e))
}

func (rd *reading) harExchange(e *harEntry) (*exchange.Exchange, error) {
	u, err := absolute(e.Request.URL)
	if err != nil {
		return nil, err
	}
	if e.Request.Method == "" {
		return nil, errors.New("the request has no method")
	}
	x := &exchange.Exchange{Request: exchange.Request{Method: e.Request.Method, URL: u, Header: e.Request.Headers.header()}}
	// An entry without a readable time is still an exchange.
	if t, err := time.Parse(time.RFC3339Nano, e.StartedDateTime); err == nil {
		x.Started = t
	}
	if e.Time > 0 && e.Time < float64(24*time.Hour/time.Millisecond) {
		x.Duration = time.Duration(e.Time * float64(time.Millisecond))
	}
	if x.Request.Body, err = rd.harRequestBody(e, x.Request.Header); err != nil {
		return nil, err
	}
	switch {
	case e.Response == nil:
		return nil, errors.New("the entry has no response")
	// Browsers note a request that was blocked, aborted or failed like this.
	case e.Response.Status == 0:
		x.Error = cmp.Or(e.Response.Error, "the recording holds no answer")
		return x, nil
	}
	if err := checkStatus(e.Response.Status); err != nil {
		return nil, err
	}
	x.Response = &exchange.Response{Status: e.Response.Status, Header: e.Response.Headers.header()}
	x.Response.Body, err = rd.harResponseBody(e, x.Response.Header)
	// With a status, an error means that the answer broke off.
	if e.Response.Error != "" {
		x.Error, x.Response.Body.Truncated = e.Response.Error, true
	}
	return x, err
}

func (hs harHeaders) header() http.Header {
	out := make(http.Header, len(hs))
	for _, h := range hs {
		// HTTP/2 pseudo headers are noted beside the real ones.
		if h.Name == "" || strings.HasPrefix(h.Name, ":") {
			continue
		}
		// Some browsers join the lines of one header.
		for line := range strings.SplitSeq(h.Value, "\n") {
			out.Add(h.Name, strings.TrimSuffix(line, "\r"))
		}
	}
	return out
}

func (rd *reading) harRequestBody(e *harEntry, h http.Header) (exchange.Body, error) {
	p := e.Request.PostData
	announced := announcesBody(h) || e.Request.BodySize != nil && *e.Request.BodySize > 0
	if p == nil {
		return exchange.Body{Omitted: announced}, nil
	}
	if p.Text != nil && *p.Text == "" && len(p.Params) > 0 || p.Text == nil && p.File == "" && len(p.Params) > 0 {
		form := url.Values{}
		for _, f := range p.Params {
			form.Add(f.Name, f.Value)
		}
		return exchange.Body{Bytes: []byte(form.Encode())}, nil
	}
	body, ok, err := rd.harPayload(p)
	if err != nil {
		return body, fmt.Errorf("the request's body: %w", err)
	}
	if !ok || len(body.Bytes) == 0 && announced {
		return exchange.Body{Omitted: announced || p.File != ""}, nil
	}
	return exchange.UndoCodings(body, h), nil
}

func (rd *reading) harResponseBody(e *harEntry, h http.Header) (exchange.Body, error) {
	p := &e.Response.Content
	body, ok, err := rd.harPayload(p)
	if err != nil {
		return body, fmt.Errorf("the answer's body: %w", err)
	}
	if len(body.Bytes) == 0 && !body.Truncated {
		return exchange.Body{Omitted: canHaveBody(e.Request.Method, e.Response.Status) && harLeftOut(e, ok, h)}, nil
	}
	body = exchange.UndoCodings(body, h)
	// Firefox cuts bodies at a limit of its own and says so only by the size.
	if p.Size != nil && float64(len(body.Bytes)) < *p.Size && p.Encoding == "" && strings.Contains(p.MimeType, "json") && !json.Valid(body.Bytes) {
		body.Truncated = true
	}
	return body, nil
}

// harLeftOut decides what an empty content means: that the answer had none, or that it was not kept.
func harLeftOut(e *harEntry, text bool, h http.Header) bool {
	size, bodySize := e.Response.Content.Size, e.Response.BodySize
	switch {
	case e.Response.Content.File != "" && !text:
		return true
	case size != nil && *size > 0, bodySize != nil && *bodySize > 0, announcesBody(h):
		return true
	case text || h.Get("Content-Length") != "":
		return false
	}
	// Without a text, only a size that is known to be nothing says that there was nothing.
	return size == nil || *size < 0 || bodySize == nil || *bodySize < 0
}

// harPayload returns the payload as it was noted, and whether it was.
func (rd *reading) harPayload(p *harPayload) (exchange.Body, bool, error) {
	if p.File != "" {
		return rd.attached(p.File)
	}
	if p.Text == nil {
		return exchange.Body{}, false, nil
	}
	if p.Encoding != "" && !strings.EqualFold(p.Encoding, "base64") {
		return exchange.Body{}, false, fmt.Errorf("the encoding %q is not known", p.Encoding)
	}
	b := []byte(*p.Text)
	if p.Encoding != "" {
		var err error
		if b, err = unbase64(*p.Text); err != nil {
			return exchange.Body{}, false, err
		}
	}
	return exchange.Bounded(b), true, nil
}

// attached reads a body that is kept beside the recording. Where it is not there, nothing is known of it.
func (rd *reading) attached(name string) (exchange.Body, bool, error) {
	if rd.dir == nil {
		return exchange.Body{}, false, nil
	}
	f, err := rd.dir.Open(name)
	if err != nil {
		return exchange.Body{}, false, nil
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, exchange.MaxBody+1))
	if err != nil {
		return exchange.Body{}, false, fmt.Errorf("reading %s: %w", name, err)
	}
	return exchange.Bounded(b), true, nil
}

// unbase64 decodes base64 with or without line breaks and padding.
func unbase64(s string) ([]byte, error) {
	clean := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == ' ' || r == '\t' || r == '=' {
			return -1
		}
		return r
	}, s)
	b, err := base64.RawStdEncoding.DecodeString(clean)
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	return b, nil
}

// absolute parses a request's URL, which has to name its host.
func absolute(s string) (*url.URL, error) {
	if s == "" {
		return nil, errors.New("the request has no URL")
	}
	u, err := url.Parse(s)
	if err != nil {
		// The error's own text repeats the URL, and with it a credential that may be in its query.
		if ue := (*url.Error)(nil); errors.As(err, &ue) {
			err = ue.Err
		}
		return nil, fmt.Errorf("the request's URL: %w", err)
	}
	if !u.IsAbs() {
		return nil, errors.New("the request's URL is not absolute")
	}
	return u, nil
}
