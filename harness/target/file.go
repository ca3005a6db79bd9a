package target

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
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

// readYAML takes in a settings file. Relative paths within it start at its own folder.
func (s *Settings) readYAML(path string, b []byte) error {
	var doc, more yaml.Node
	in := yaml.NewDecoder(bytes.NewReader(b))
	switch err := in.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("%s: not YAML: %w", path, err)
	case len(doc.Content) == 0, doc.Content[0].ShortTag() == "!!null":
		return nil
	case !errors.Is(in.Decode(&more), io.EOF):
		return fmt.Errorf("%s: there is more than one document", path)
	}
	return eachKey(path, doc.Content[0], func(key string, value *yaml.Node) error {
		if key == "given" {
			return s.readGiven(path, value)
		}
		for _, row := range Table {
			name := row.Key
			if row.Secret {
				name += "-file"
			}
			if name != key {
				continue
			}
			v, err := plain(value)
			if err != nil {
				return err
			}
			if row.Secret {
				if v, err = readSecret(filepath.Dir(path), v); err != nil {
					return err
				}
			}
			return s.take(row, v, name+" in "+path)
		}
		return errors.New("unknown setting" + hint(key))
	})
}

func hint(key string) string {
	for _, row := range Table {
		if row.Secret && key == row.Key {
			return fmt.Sprintf(": a credential is not written here; name its file with %s-file, or set %s", row.Key, row.Env)
		}
	}
	names := []string{"given"}
	for _, row := range Table {
		if row.Secret {
			names = append(names, row.Key+"-file")
		} else {
			names = append(names, row.Key)
		}
	}
	return "; the settings are " + strings.Join(names, ", ")
}

// placedError names file, line and key already.
type placedError struct{ error }

func (e placedError) Unwrap() error { return e.error }

// eachKey visits a mapping's entries and puts file, line and key before what visit complains of.
func eachKey(path string, node *yaml.Node, visit func(string, *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return placedError{fmt.Errorf("%s:%d: expected a mapping of settings", path, node.Line)}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		var err error
		if seen[key.Value] {
			err = errors.New("given twice")
		} else {
			err = visit(key.Value, value)
		}
		seen[key.Value] = true
		if placed := (placedError{}); errors.As(err, &placed) {
			return placed
		}
		if err != nil {
			return placedError{fmt.Errorf("%s:%d: %s: %w", path, key.Line, key.Value, err)}
		}
	}
	return nil
}

// scalar is a value's text.
func scalar(node *yaml.Node) (string, error) {
	switch {
	case node.Kind != yaml.ScalarNode:
		return "", errors.New("expected a plain value")
	case node.ShortTag() == "!!null":
		return "", errors.New("has no value; leave the line out instead")
	}
	return node.Value, nil
}

// plain is a scalar's text, or a list of scalars with commas between them.
func plain(node *yaml.Node) (string, error) {
	if node.Kind != yaml.SequenceNode {
		return scalar(node)
	}
	values := make([]string, len(node.Content))
	for i, item := range node.Content {
		v, err := scalar(item)
		if err != nil {
			return "", fmt.Errorf("item %d of the list: %w", i+1, err)
		}
		values[i] = v
	}
	return strings.Join(values, ","), nil
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

func (s *Settings) readGiven(path string, node *yaml.Node) error {
	texts := map[string]*string{"client": &s.Given.Client, "custom-role": &s.Given.CustomRole, "resource-set": &s.Given.ResourceSet}
	lists := map[string]*[]string{"users": &s.Given.Users, "groups": &s.Given.Groups, "catalog-apps": &s.Given.CatalogApps}
	return eachKey(path, node, func(key string, value *yaml.Node) (err error) {
		switch {
		case key == "apps":
			return s.readApps(path, value)
		case texts[key] != nil:
			*texts[key], err = scalar(value)
			return err
		case lists[key] != nil:
			v, err := plain(value)
			*lists[key] = split(v)
			return err
		}
		return errors.New("unknown kind of object; the kinds are users, groups, apps, catalog-apps, client, custom-role, resource-set")
	})
}

func (s *Settings) readApps(path string, node *yaml.Node) error {
	if node.Kind != yaml.SequenceNode {
		return errors.New("expected a list of {name, id}")
	}
	for _, item := range node.Content {
		var app GivenApp
		err := eachKey(path, item, func(key string, value *yaml.Node) (err error) {
			switch key {
			case "name":
				app.Name, err = scalar(value)
			case "id":
				app.ID, err = scalar(value)
			default:
				err = errors.New("unknown; an app has a name (the key of its catalog app) and an id")
			}
			return err
		})
		if err != nil {
			return err
		}
		if app.Name == "" || app.ID == "" {
			return fmt.Errorf("the app at line %d needs both a name (the key of its catalog app) and an id", item.Line)
		}
		s.Given.Apps = append(s.Given.Apps, app)
	}
	return nil
}
