package target

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckVariables(t *testing.T) {
	for environ, want := range map[string]string{
		"":                                   "",
		"OKTA_CLIENT_ORGURL=x":               "",
		"OKTA_ORG_NAME=of-another-tool":      "",
		"ROLECHECK_LEVEL=should":             "",
		"ROLECHECK_ACTION_COMMAND=run":       "",
		"ROLECHECK_LEVL=should":              `did you mean "ROLECHECK_LEVEL"`,
		"ROLECHECK_TARGET=https://a":         "the target is OKTA_CLIENT_ORGURL",
		"HOME=/root ROLECHECK_SOMETHING=a=b": "ROLECHECK_SOMETHING is no setting",
	} {
		err := CheckVariables(strings.Fields(environ))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", environ, err, want)
		}
	}
}

func TestFileOfModule(t *testing.T) {
	root := t.TempDir()
	below := filepath.Join(root, "internal", "contract")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(path string) {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(below)
	write(filepath.Join(root, "internal", "go.mod"))
	write(filepath.Join(root, FileName))
	if got := FileOfModule(); got != "" {
		t.Errorf("beyond the module: %q", got)
	}
	above, here := filepath.Join(root, "internal", FileName), filepath.Join(below, FileName)
	for _, want := range []string{above, here} {
		write(want)
		if got, _ := filepath.EvalSymlinks(FileOfModule()); got != want {
			if resolved, _ := filepath.EvalSymlinks(want); got != resolved {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
}
