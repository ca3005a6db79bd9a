package folder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// WriteFile writes a file that only its owner can read, and puts it in its place once it is whole.
func WriteFile(path string, b []byte) error {
	return writeFile(path, func(w io.Writer) error { _, err := w.Write(b); return err })
}

// writeFile is WriteFile for what is written bit by bit.
func writeFile(path string, write func(io.Writer) error) (err error) {
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
