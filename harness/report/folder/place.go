package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
)

// Write writes report.json, exchanges.jsonl and the views that everybody gets into dir. A report that is there already is
// set aside, and r says where it went.
func Write(dir string, r *report.Report, exchanges []*exchange.Exchange) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder for the report: %w", err)
	}
	return staged(dir, func(stage string) error {
		err := writeFile(filepath.Join(stage, report.FileExchanges), func(w io.Writer) error {
			return writeExchanges(w, r.Run.ID, exchanges)
		})
		if err != nil {
			return err
		}
		return putInPlace(dir, stage, r, exchanges)
	})
}

// Place is Write for exchanges that were written while they came: to file, which lies in dir under another name and is
// moved. The views show those that are given.
func Place(dir string, r *report.Report, file string, shown []*exchange.Exchange) error {
	return staged(dir, func(stage string) error {
		if err := os.Rename(file, filepath.Join(stage, report.FileExchanges)); err != nil {
			return fmt.Errorf("writing the file of exchanges: %w", err)
		}
		return putInPlace(dir, stage, r, shown)
	})
}

// staged calls fill with a new folder below dir, which is gone afterwards.
func staged(dir string, fill func(stage string) error) error {
	stage, err := os.MkdirTemp(dir, ".report-*")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return errors.Join(fill(stage), os.RemoveAll(stage))
}

// putInPlace adds report.json and the views to the exchanges in the folder stage, and then puts all of it into dir. Every file
// is whole before the earlier report is touched, so that a full disk costs nobody a report. The folder is locked for as
// long as the files change places: those of two runs would mix otherwise.
func putInPlace(dir, stage string, r *report.Report, shown []*exchange.Exchange) error {
	b, err := r.JSON()
	if err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(stage, report.FileReport), b); err != nil {
		return err
	}
	for _, v := range view.All() {
		if !v.Default {
			continue
		}
		if err := render(stage, v, r, shown); err != nil {
			return err
		}
	}
	return locked(dir, func() error {
		var err error
		if r.Earlier, err = setAside(dir); err != nil {
			return err
		}
		always, _ := names()
		// report.json comes last: its presence says that the rest is there.
		slices.Reverse(always)
		for _, name := range always {
			if err := os.Rename(filepath.Join(stage, name), filepath.Join(dir, name)); err != nil {
				return fmt.Errorf("placing the report: %w", err)
			}
		}
		return nil
	})
}

// locked calls do while nobody else changes the files of the report in dir, be it a goroutine or a process. The lock is
// on the folder itself: it leaves no file behind, and ends with the process at the latest.
func locked(dir string, do func() error) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("locking the folder for the report: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := lock(f); err != nil {
		return fmt.Errorf("locking the folder for the report: %w", err)
	}
	return do()
}

// ErrAnotherRun says that a folder holds the report of another run, whose views would be replaced.
var ErrAnotherRun = errors.New("the folder holds the report of another run")

// ErrForeign says that a file that rolecheck did not write would be replaced.
var ErrForeign = errors.New("a file that rolecheck did not write is there")

// WriteViews renders views of a report into dir, each file whole or not at all. Where the report of another run is there,
// which may have come just now, its views stay, and the error is ErrAnotherRun; it is ErrForeign, and nothing is written,
// where one of the files is somebody else's.
func WriteViews(dir string, r *report.Report, exchanges []*exchange.Exchange, views []view.View) error {
	return locked(dir, func() error {
		switch there, err := report.Open(dir); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case there.Run.ID != r.Run.ID:
			return fmt.Errorf("%s: %w, %q", dir, ErrAnotherRun, there.Run.ID)
		}
		for _, v := range views {
			path := filepath.Join(dir, v.File)
			switch is, err := ours(path); {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				return fmt.Errorf("looking for an earlier view: %w", err)
			case !is:
				return fmt.Errorf("%s: %w", path, ErrForeign)
			}
		}
		for _, v := range views {
			if err := render(dir, v, r, exchanges); err != nil {
				return err
			}
		}
		return nil
	})
}

func render(dir string, v view.View, r *report.Report, exchanges []*exchange.Exchange) error {
	b, err := v.Render(r, exchanges)
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, v.File), b)
}
