package traffic

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/folder"
)

// keeper writes the exchanges that the report names into the file beside it, while they come.
type keeper struct {
	dir    string
	file   *os.File
	writer *exchange.Writer
	err    error
}

// newKeeper makes the folder for the report and begins the file in it.
func newKeeper(dir, run string) (*keeper, error) {
	if err := folder.Prepare(dir); err != nil {
		return nil, err
	}
	k := &keeper{dir: dir}
	var err error
	if k.file, err = os.CreateTemp(dir, "."+report.FileExchanges+"-*"); err != nil {
		return nil, fmt.Errorf("beginning the file of exchanges: %w", err)
	}
	if k.writer, err = exchange.NewWriter(k.file, run, true); err != nil {
		return nil, fmt.Errorf("beginning the file of exchanges: %w", err)
	}
	return k, nil
}

func (k *keeper) keep(x *exchange.Exchange) {
	if k.err == nil {
		k.err = k.writer.Write(x)
	}
}

// place ends the file, and places it with the report and the views. It returns the exchanges that the views show.
func (k *keeper) place(r *report.Report) ([]*exchange.Exchange, error) {
	// Once the file is in its place there is nothing under this name.
	defer func() { _ = os.Remove(k.file.Name()) }()
	err := k.err
	if err == nil {
		err = errors.Join(k.writer.Close(), k.file.Sync())
	}
	if err = errors.Join(err, k.file.Close()); err != nil {
		return nil, fmt.Errorf("writing the file of exchanges: %w", err)
	}
	kept, err := k.kept()
	if err != nil {
		return nil, err
	}
	return kept, folder.Place(k.dir, r, k.file.Name(), kept)
}

const (
	// maxShown is how many exchanges the views get to show, and maxShownBytes how many bytes of bodies they hold
	// together; beyond that the file alone has them.
	maxShown      = 10_000
	maxShownBytes = 64 << 20
)

// kept reads back what the views show.
func (k *keeper) kept() ([]*exchange.Exchange, error) {
	f, err := os.Open(k.file.Name())
	if err != nil {
		return nil, fmt.Errorf("reading the exchanges back: %w", err)
	}
	defer func() { _ = f.Close() }()
	var out []*exchange.Exchange
	var bytes int64
	err = exchange.Read(f, func(x *exchange.Exchange) error {
		if bytes += sizeOf(x); len(out) == maxShown || bytes > maxShownBytes {
			return io.EOF
		}
		out = append(out, x)
		return nil
	})
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the exchanges back: %w", err)
	}
	return out, nil
}

// maxRedactors bounds how many credentials are remembered at a time.
const maxRedactors = 64

// redactors know the credentials that exchanges were made with, and so find them in bodies as well.
type redactors map[string]*exchange.Redactor

func (r redactors) of(x *exchange.Exchange) *exchange.Redactor {
	authorization := x.Request.Header.Get("Authorization")
	known := r[authorization]
	if known == nil {
		if len(r) >= maxRedactors {
			clear(r)
		}
		known = exchange.NewRedactor(exchange.Credential(authorization))
		r[authorization] = known
	}
	return known
}
