package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// Names of the files in a report's folder.
const (
	FileReport    = "report.json"
	FileExchanges = "exchanges.jsonl"
	FileJUnit     = "junit.xml"
)

// JSON is the report as report.json has it.
func (r *Report) JSON() ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return buf.Bytes(), nil
}

func writeBytes(path string, b []byte) error {
	return WriteFile(path, func(w io.Writer) error { _, err := w.Write(b); return err })
}

func writeExchanges(w io.Writer, run string, exchanges []*exchange.Exchange) error {
	out, err := exchange.NewWriter(w, run, false)
	if err != nil {
		return err
	}
	for _, x := range exchanges {
		if err := out.Write(x); err != nil {
			return err
		}
	}
	return out.Close()
}

// WriteFile writes a file that only its owner can read, and puts it in its place once it is whole.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	// A name must never stand for a file whose content a crash took.
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

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
