package target

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/rolecheck/rolecheck/spec/strict"
)

// FileName is the settings file that is read from the working directory when no other is named.
const FileName = "rolecheck.yaml"

// DefaultFile is FileName where it exists here, and empty elsewhere.
func DefaultFile() string {
	if _, err := os.Stat(FileName); err != nil {
		return ""
	}
	return FileName
}

// FileOfModule is FileName in the working directory, or else in the nearest folder above it as far up as the one with
// go.mod; empty where there is none. A test runs in its package's folder, and its settings lie where its reader is.
func FileOfModule() string {
	dir, err := os.Getwd()
	for err == nil {
		path := filepath.Join(dir, FileName)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		_, noModule := os.Stat(filepath.Join(dir, "go.mod"))
		if noModule == nil || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// settingsFile is what a settings file holds: the objects given, and settings by key.
type settingsFile struct {
	Given  Given                `yaml:"given"`
	Values map[string]yaml.Node `yaml:",inline" of:"settings"`
}

// readYAML reads a settings file into s. Relative paths within it start at its own folder. An empty file sets nothing.
func (s *Settings) readYAML(path string, b []byte) error {
	file := settingsFile{Given: s.Given}
	if err := strict.Load(path, b, &file); err != nil {
		if errors.Is(err, strict.ErrEmpty) {
			return nil
		}
		return err
	}
	s.Given = file.Given
	for _, ids := range []*strict.Texts{&s.Given.Users, &s.Given.Groups, &s.Given.CatalogApps} {
		*ids = split(strings.Join(*ids, ",")) // a text may be several, with commas
	}
	var errs []error
	for _, row := range Table {
		key := row.fileKey()
		node, ok := file.Values[key]
		if !ok {
			continue
		}
		delete(file.Values, key)
		if err := s.readRow(row, path, &node); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %s: %w", path, node.Line, key, err))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(file.Values)) {
		errs = append(errs, fmt.Errorf("%s:%d: %s: unknown setting%s", path, file.Values[key].Line, key, hint(key)))
	}
	return errors.Join(errs...)
}

// fileKey is the setting's key in a settings file.
func (row Setting) fileKey() string {
	if row.Secret {
		return row.Key + "-file"
	}
	return row.Key
}

func (s *Settings) readRow(row Setting, path string, node *yaml.Node) error {
	var values strict.Texts
	err := values.UnmarshalYAML(node)
	if err != nil {
		return err
	}
	v := strings.Join(values, ",")
	if row.Secret {
		if v, err = readSecret(filepath.Dir(path), v); err != nil {
			return err
		}
	}
	return s.take(row, v, row.fileKey()+" in "+path)
}

func hint(key string) string {
	names := []string{"given"}
	for _, row := range Table {
		if row.Secret && key == row.Key {
			return fmt.Sprintf(": a credential is not written here; name its file with %s, or set %s", row.fileKey(), row.Env)
		}
		names = append(names, row.fileKey())
	}
	return "; the settings are " + strings.Join(names, ", ")
}

// UnmarshalYAML reads an app, and refuses half of one.
func (a *GivenApp) UnmarshalYAML(n *yaml.Node) error {
	type fields GivenApp
	if err := strict.Node(n, (*fields)(a)); err != nil {
		return err
	}
	if a.Name == "" || a.ID == "" {
		return errors.New("an app needs both a name (the key of its catalog app) and an id")
	}
	return nil
}

func readSecret(dir, path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the credential: %w", err)
	}
	v := strings.TrimSpace(string(b))
	if v == "" {
		return "", fmt.Errorf("reading the credential: %s is empty", path)
	}
	return v, nil
}
