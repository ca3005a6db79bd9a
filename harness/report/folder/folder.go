// Package folder keeps a report in a folder: report.json, the exchanges and the views, each file whole or not there at
// all. A report that is there already is moved to a folder below it. It knows the views, which the report itself does not.
package folder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/text"
)

// earlierReports is the folder, within that of a report, to which the reports are moved that were there before.
const earlierReports = "earlier"

// names are those of the files in a report's folder: the ones that every report has, and those of views on demand.
func names() (always, onDemand []string) {
	always = []string{report.FileReport, report.FileExchanges}
	for _, v := range view.All() {
		if v.Default {
			always = append(always, v.File)
		} else {
			onDemand = append(onDemand, v.File)
		}
	}
	return always, onDemand
}

// Prepare makes the folder for a report and shows that the report can be written there, before anything is asked of the
// target. An earlier report will make room; somebody else's file under one of its names will not.
func Prepare(dir string) error {
	if err := Make(dir); err != nil {
		return err
	}
	// Another run may be placing its report just now.
	return locked(dir, func() error { return makesRoom(dir) })
}

// makesRoom shows that whatever has the name of one of the report's files in dir can make room for it.
func makesRoom(dir string) error {
	always, _ := names()
	there := false
	for _, name := range always {
		path := filepath.Join(dir, name)
		switch is, err := ours(path); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("the folder for the report cannot be read: %w", err)
		case !is:
			return fmt.Errorf("%s is no file of rolecheck's, and the report would take its place: move it, or name another folder", path)
		default:
			there = true
		}
	}
	if !there {
		return nil
	}
	earlier := filepath.Join(dir, earlierReports)
	if err := Make(earlier); err != nil {
		return fmt.Errorf("an earlier report could not be moved: %w", err)
	}
	// It goes again where it is empty.
	_ = os.Remove(earlier)
	return nil
}

// Make makes a folder that only its owner can read, and shows that it can be written.
func Make(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the folder for the report cannot be made: %w", err)
	}
	f, err := os.CreateTemp(dir, ".rolecheck-*")
	if err != nil {
		return fmt.Errorf("the folder for the report cannot be written: %w", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// ours reports whether a file that has a name of ours is one that rolecheck wrote: all of them say so near their
// beginning.
func ours(path string) (bool, error) {
	const beginning = 64 << 10
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, beginning))
	return bytes.Contains(b, []byte("rolecheck")), err
}

// setAside makes room for a report in dir, which is locked: it moves the files of an earlier one to a folder of their own
// below dir, which it returns. Without an earlier report that is empty. Files that rolecheck did not write stay where they
// are.
func setAside(dir string) (string, error) {
	always, onDemand := names()
	var found []string
	there := false
	for i, name := range append(always, onDemand...) {
		is, err := ours(filepath.Join(dir, name))
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("looking for an earlier report: %w", err)
		case is:
			found = append(found, name)
			there = there || i < len(always)
		}
	}
	if !there {
		return "", nil
	}
	aside, err := makeAside(dir)
	if err != nil {
		return "", fmt.Errorf("making room for the report: %w", err)
	}
	moved := false
	for _, name := range found {
		err := os.Rename(filepath.Join(dir, name), filepath.Join(aside, name))
		moved = moved || err == nil
		// Where a folder cannot be locked, another run may have moved it just now.
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("making room for the report: %w", err)
		}
	}
	if !moved {
		return "", os.Remove(aside)
	}
	return aside, nil
}

// makeAside makes a new folder for the report in dir. Its name is the time at which the run began, or else the present one,
// and the run's id.
func makeAside(dir string) (string, error) {
	var head struct {
		Run struct {
			ID      string    `json:"id"`
			Started time.Time `json:"started"`
		} `json:"run"`
	}
	b, err := os.ReadFile(filepath.Join(dir, report.FileReport))
	if err != nil || json.Unmarshal(b, &head) != nil || head.Run.Started.IsZero() {
		head.Run.Started = time.Now()
	}
	safe := strings.Map(func(c rune) rune {
		if c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '-' {
			return -1
		}
		return c
	}, head.Run.ID)
	if safe == "" {
		safe = "unknown"
	}
	parent := filepath.Join(dir, earlierReports)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	aside := filepath.Join(parent, head.Run.Started.UTC().Format("20060102T150405Z")+"-"+text.Shorten(safe, 40))
	for n := 1; ; n++ {
		path := aside
		if n > 1 {
			path = fmt.Sprintf("%s-%d", aside, n)
		}
		if err := os.Mkdir(path, 0o700); !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
}

// Holds reports whether the file at path lies in the folder dir itself, by whatever way it is named.
func Holds(dir, path string) bool {
	folder, err := os.Stat(dir)
	if err != nil {
		return false
	}
	names := []string{path}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		names = append(names, real)
	}
	return slices.ContainsFunc(names, func(name string) bool {
		parent, err := os.Stat(filepath.Dir(name))
		return err == nil && os.SameFile(folder, parent)
	})
}

// Replaces reports whether a report in dir would take the place of the file at path.
func Replaces(dir, path string) bool {
	always, onDemand := names()
	return slices.Contains(append(always, onDemand...), filepath.Base(path)) && Holds(dir, path)
}
