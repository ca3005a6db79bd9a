package folder

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteFileIsWholeOrNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	beside := func() int {
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	full := errors.New("no space left")
	err := writeFile(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return full
	})
	if !errors.Is(err, full) || !strings.Contains(err.Error(), "file") {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "before" || beside() != 1 {
		t.Errorf("got %q beside %d files", b, beside())
	}
	if err := WriteFile(path, []byte("after")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if b, _ := os.ReadFile(path); err != nil || string(b) != "after" || info.Mode().Perm() != 0o600 {
		t.Errorf("got %q, %v, %v", b, info.Mode(), err)
	}
	if err := WriteFile(filepath.Join(path, "below"), nil); err == nil {
		t.Error("a file below a file is written")
	}
}
