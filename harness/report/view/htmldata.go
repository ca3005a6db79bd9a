package view

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/spec"
)

// maxShownBody is how many bytes of one body the page holds; the exchanges file has the rest.
const maxShownBody = 64 << 10

// packedExchange is an exchange in the page.
type packedExchange struct {
	Exchange json.RawMessage `json:"x"`
	// Operation is that of the contract; empty outside of it.
	Operation string `json:"op,omitempty"`
	Curl      string `json:"curl"`
	// RequestSize and ResponseSize are the bytes of bodies that were cut for the page.
	RequestSize  int `json:"requestSize,omitempty"`
	ResponseSize int `json:"responseSize,omitempty"`
}

// packedFinding is a finding in the page, under its requirement.
type packedFinding struct {
	Exchange string        `json:"x"`
	Side     contract.Side `json:"side"`
	Pointer  string        `json:"p"`
	Detail   string        `json:"d"`
}

// pack returns what the page unfolds on demand, as base64 of gzip of JSON: the exchanges that the report names.
func pack(s *spec.Spec, r *report.Report, exchanges []*exchange.Exchange) (string, error) {
	data := struct {
		Exchanges []packedExchange           `json:"exchanges"`
		Findings  map[string][]packedFinding `json:"findings"`
	}{[]packedExchange{}, map[string][]packedFinding{}}
	named := r.Named()
	for _, x := range exchanges {
		if !named[x.ID] {
			continue
		}
		p := packedExchange{Operation: report.OperationOf(s, x), Curl: x.Curl()}
		shown := *x
		shown.Request.Body, p.RequestSize = cut(x.Request.Body)
		if x.Response != nil {
			response := *x.Response
			response.Body, p.ResponseSize = cut(response.Body)
			shown.Response = &response
		}
		var err error
		if p.Exchange, err = shown.MarshalJSON(); err != nil {
			return "", err
		}
		data.Exchanges = append(data.Exchanges, p)
	}
	for _, f := range r.Findings {
		data.Findings[f.Requirement] = append(data.Findings[f.Requirement], packedFinding{f.Exchange, f.Side, f.Pointer, f.Detail})
	}
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	enc := json.NewEncoder(zip)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return "", err
	}
	if err := zip.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(buf.Bytes()), nil
}

// cut shortens a body for the page, and returns its size if it did.
func cut(b exchange.Body) (exchange.Body, int) {
	size := len(b.Bytes)
	if size <= maxShownBody {
		return b, 0
	}
	b.Bytes = b.Bytes[:maxShownBody]
	if !utf8.Valid(b.Bytes) {
		// The cut may have gone through a character.
		for range utf8.UTFMax - 1 {
			if b.Bytes = b.Bytes[:len(b.Bytes)-1]; utf8.Valid(b.Bytes) {
				break
			}
		}
	}
	return b, size
}
