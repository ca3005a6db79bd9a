package strict_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/spec/strict"
)

type file struct {
	Name  string            `yaml:"name"`
	Words []string          `yaml:"words"`
	Items []strict.At[item] `yaml:"items"`
	Pair  struct {
		Left string `yaml:"left"`
	} `yaml:"pair"`
}

type item struct {
	ID string `yaml:"id"`
}

func TestLoad(t *testing.T) {
	var got file
	if err := strict.Load("f", []byte("name: 12\nwords: [a, yes]\nitems:\n  - id: 2030-12-31\n  - {id: x}\n"), &got); err != nil {
		t.Fatal(err)
	}
	want := file{Name: "12", Words: []string{"a", "yes"}, Items: []strict.At[item]{{Value: item{"2030-12-31"}, Line: 4}, {Value: item{"x"}, Line: 5}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"an unknown key":        {"nam: x\n", `f:1: unknown key "nam"; the keys are name, words, items, pair`},
		"one of an item":        {"items:\n- {id: x}\n- {ID: y}\n", `f:3: unknown key "ID"; the keys are id`},
		"a key twice":           {"name: x\nname: y\n", `f:2: the key "name" is there already, at line 1`},
		"one of a struct":       {"pair: {right: x}\n", `f:1: unknown key "right"; the keys are left`},
		"no mapping":            {"- x\n", "f:1: expected a mapping with the keys name, words, items, pair, not a list"},
		"an item of no mapping": {"items: [x]\n", "f:1: expected a mapping with the keys id, not a single value"},
		"no list":               {"words: \"`x`\\n into y\"\n", "f:1: expected a list, not a single value"},
		"no text":               {"name: {a: b}\n", "f:1: expected text, not a mapping"},
		"all that is wrong": {"name: []\nwords:\n- {}\nother: x\n",
			"f:1: expected text, not a list\nf:3: expected text, not a mapping\nf:4: unknown key \"other\"; the keys are name, words, items, pair"},
		"an empty item":           {"items:\n  - {id: x}\n  -\n", "f:3: an item is empty"},
		"an empty text":           {"words: [a, ~]\n", "f:1: an item is empty"},
		"an alias of nothing":     {"name: &n\nwords:\n- *n\n", "f:3: an item is empty"},
		"an empty item and more":  {"items:\n-\n- {ID: x}\n", "f:3: unknown key \"ID\"; the keys are id\nf:2: an item is empty"},
		"merged into itself":      {"pair: &p\n  <<: *p\n  left: x\n", "f:2: the mapping is merged into itself"},
		"one item into itself":    {"items:\n- &p\n  <<: *p\n  id: x\n", "f:3: the mapping is merged into itself"},
		"a text merged":           {"items:\n- <<: x\n", "f:2: map merge requires map or sequence of maps as the value"},
		"an anchor within itself": {"words: &w [*w]\n", "f:1: expected text, not a list"},
		"no YAML":                 {"name: x\nwords: [\n", "f:3: not YAML: did not find expected node content"},
		"a control":               {"name: \x01\n", "f:1: not YAML: control characters are not allowed (value: 1)"},
		"two documents":           {"name: x\n---\nname: y\n", "f:2: a second document begins here; a file holds one"},
		"a second broken":         {"name: x\n---\n[\n", "f:4: not YAML: did not find expected node content"},
		"nothing":                 {"# nothing\n", "f: the file is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			err := strict.Load("f", []byte(test.text), &file{})
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if errors.Is(err, strict.ErrEmpty) != (name == "nothing") {
				t.Errorf("%v is taken for the error of an empty file, or the other way round", err)
			}
		})
	}
}

// A mapping that may have any key says what it is of.
func TestLoadAnyKey(t *testing.T) {
	var got struct {
		Known string            `yaml:"known"`
		Any   map[string]string `yaml:",inline" of:"colours"`
	}
	if err := strict.Load("f", []byte("known: x\nred: y\n"), &got); err != nil || got.Any["red"] != "y" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := strict.Load("f", []byte("[x]\n"), &got); err == nil || err.Error() != "f:1: expected a mapping of colours, not a list" {
		t.Errorf("got %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("name: x\nwords: [a]\nitems:\n- {id: x}\n")
	f.Add("a: &a [*a]\n<<: {name: x}\n--- !!binary x\n? - a\n")
	f.Fuzz(func(t *testing.T, text string) {
		if err := strict.Load("f", []byte(text), &file{}); err != nil && !strings.HasPrefix(err.Error(), "f:") {
			t.Errorf("the error does not name the file: %v", err)
		}
	})
}
