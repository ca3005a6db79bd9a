package target

import (
	"errors"
	"fmt"
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

// readYAML takes in a settings file. Relative paths within it start at its own folder.
func (s *Settings) readYAML(path string, b []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return fmt.Errorf("%s: not YAML: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return nil
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
			return row.Set(s, v)
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

// eachKey visits a mapping's entries and puts file, line and key before what visit complains of.
func eachKey(path string, node *yaml.Node, visit func(string, *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: expected a mapping of settings", path, node.Line)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if seen[key.Value] {
			return fmt.Errorf("%s:%d: %s: given twice", path, key.Line, key.Value)
		}
		seen[key.Value] = true
		if err := visit(key.Value, value); err != nil {
			return fmt.Errorf("%s:%d: %s: %w", path, key.Line, key.Value, err)
		}
	}
	return nil
}

// plain is a scalar's text, or a list of scalars with commas between them.
func plain(node *yaml.Node) (string, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		return node.Value, nil
	case yaml.SequenceNode:
		values := make([]string, 0, len(node.Content))
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode {
				return "", errors.New("expected a list of plain values")
			}
			values = append(values, item.Value)
		}
		return strings.Join(values, ","), nil
	default:
		return "", errors.New("expected a plain value")
	}
}

func readSecret(dir, path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the credential: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

func (s *Settings) readGiven(path string, node *yaml.Node) error {
	texts := map[string]*string{"client": &s.Given.Client, "custom-role": &s.Given.CustomRole, "resource-set": &s.Given.ResourceSet}
	lists := map[string]*[]string{"users": &s.Given.Users, "groups": &s.Given.Groups, "catalog-apps": &s.Given.CatalogApps}
	return eachKey(path, node, func(key string, value *yaml.Node) error {
		v, err := plain(value)
		switch {
		case key == "apps":
			return s.readApps(path, value)
		case err != nil:
			return err
		case texts[key] != nil:
			*texts[key] = v
		case lists[key] != nil:
			*lists[key] = split(v)
		default:
			return errors.New("unknown kind of object; the kinds are users, groups, apps, catalog-apps, client, custom-role, resource-set")
		}
		return nil
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
				app.Name, err = plain(value)
			case "id":
				app.ID, err = plain(value)
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
