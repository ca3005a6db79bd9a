package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// Names of the files that every report has. Its views lie beside them.
const (
	FileReport    = "report.json"
	FileExchanges = "exchanges.jsonl"
)

// Parse reads a report.json. A newer format is refused, and so is anything else.
func Parse(b []byte) (*Report, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("not a report: %w", err)
	}
	if head.Schema != Schema {
		return nil, fmt.Errorf("not a report of the format %s (its schema is %q); use the rolecheck that wrote it", Schema, head.Schema)
	}
	r := &Report{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("not a whole report: %w", err)
	}
	return r, nil
}

// Open reads the report at path, which is its file or the folder that holds it.
func Open(path string) (*Report, error) {
	path = file(path)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	r, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func file(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, FileReport)
	}
	return path
}

// OpenNamed reads those exchanges beside the report at path that the report names, which are all that its views show.
// Their number depends on the contract, not on the traffic. The error is fs.ErrNotExist where there is no such file.
func OpenNamed(path string, r *Report) ([]*exchange.Exchange, error) {
	var out []*exchange.Exchange
	named := r.Named()
	err := eachExchange(path, func(x *exchange.Exchange) {
		if named[x.ID] {
			out = append(out, x)
		}
	})
	return out, err
}

// eachExchange visits the exchanges beside the report at path, of which it holds one at a time.
func eachExchange(path string, visit func(*exchange.Exchange)) (err error) {
	path = filepath.Join(filepath.Dir(file(path)), FileExchanges)
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading the exchanges: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := exchange.Read(f, func(x *exchange.Exchange) error { visit(x); return nil }); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Named are the ids of the exchanges that the report's rows and findings name.
func (r *Report) Named() map[string]bool {
	out := map[string]bool{}
	for _, q := range r.Requirements {
		for _, id := range q.Evidence {
			out[id] = true
		}
	}
	for _, f := range r.Findings {
		out[f.Exchange] = true
	}
	return out
}

// OperationOf is the id of the contract's operation that an exchange called, or the empty string.
func OperationOf(s *spec.Spec, x *exchange.Exchange) string {
	if x.Request.URL == nil {
		return ""
	}
	op, _, _ := s.Match(x.Request.Method, x.Request.URL.EscapedPath())
	return op.ID
}
