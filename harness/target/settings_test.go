package target

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/spec"
)

// row says for one row of the table which values to give and how to look at the setting.
type row struct {
	get func(*Settings) any
	// byDefault is what nobody said; file, env and flag are given, and want is what each of the three makes.
	byDefault       any
	file, env, flag string
	want            [3]any
}

func rowOf[T any](get func(*Settings) T, byDefault T, file, env, flag string, want ...T) row {
	r := row{get: func(s *Settings) any { return get(s) }, byDefault: byDefault, file: file, env: env, flag: flag}
	for i, w := range want {
		r.want[i] = w
	}
	return r
}

func textRow(get func(*Settings) string, file, env, flag string) row {
	return rowOf(get, "", file, env, flag, file, env, flag)
}

func tokenRow(name string) row {
	return rowOf(func(s *Settings) string { return s.Tokens[name] }, "", "of-the-file", "of-the-environment", "", "of-the-file", "of-the-environment")
}

var rows = map[string]row{
	"target":             textRow(func(s *Settings) string { return s.URL }, "https://a", "https://b", "https://c"),
	"token":              tokenRow(Admin),
	"reader-token":       tokenRow(Reader),
	"outsider-token":     tokenRow(Outsider),
	"throttled-token":    tokenRow(Throttled),
	"scopeless-token":    tokenRow(Scopeless),
	"authorization-mode": rowOf(func(s *Settings) string { return s.AuthorizationMode }, "SSWS", "bearer", "ssws", "", "Bearer", "SSWS"),
	"flavour":            rowOf(func(s *Settings) string { return s.Flavour }, "documented", "observed", "documented", "OBSERVED", "observed", "documented", "observed"),
	"out":                textRow(func(s *Settings) string { return s.Out }, "a", "b", "c"),
	"level":              rowOf(func(s *Settings) spec.Level { return s.Level }, spec.Must, "should", "must", "should", spec.Should, spec.Must, spec.Should),
	"only":               rowOf(func(s *Settings) []string { return s.Only }, nil, "[a, b]", "c, d,", "e", []string{"a", "b"}, []string{"c", "d"}, []string{"e"}),
	"label-filter":       textRow(func(s *Settings) string { return s.LabelFilter }, "a", "b", "c"),
	"seed":               rowOf(func(s *Settings) int64 { return s.Seed }, 0, "1", "2", "-3", 1, 2, -3),
	"documents-only":     boolRow(func(s *Settings) bool { return s.DocumentsOnly }),
	"baseline":           textRow(func(s *Settings) string { return s.Baseline }, "a", "b", "c"),
	"lacks": rowOf(func(s *Settings) []string { return s.Lacks }, nil,
		"[users, groups]", "apps", "expand", []string{"users", "groups"}, []string{"apps"}, []string{"expand"}),
	"consents": rowOf(func(s *Settings) []string { return s.Consents }, nil,
		"builtin-group-consent", "expand", "apps", []string{"builtin-group-consent"}, []string{"expand"}, []string{"apps"}),
	"catalog-apps": rowOf(func(s *Settings) []string { return s.Given.CatalogApps }, []string{"facebook", "salesforce"},
		"a,b", "c,d", "e,f", []string{"a", "b"}, []string{"c", "d"}, []string{"e", "f"}),
	"request-timeout": durationRow(func(s *Settings) time.Duration { return s.RequestTimeout }, 30*time.Second),
	"settle":          durationRow(func(s *Settings) time.Duration { return s.Settle }, 0),
	"patience":        durationRow(func(s *Settings) time.Duration { return s.Patience }, 2*time.Minute),
	"timeout":         durationRow(func(s *Settings) time.Duration { return s.Timeout }, 0),
	"yes":             boolRow(func(s *Settings) bool { return s.Yes }),
	"read-only":       boolRow(func(s *Settings) bool { return s.ReadOnly }),
	"max-requests":    rowOf(func(s *Settings) int { return s.MaxRequests }, 0, "1", "20", "300", 1, 20, 300),
	"fail-fast":       boolRow(func(s *Settings) bool { return s.FailFast }),
	"keep":            boolRow(func(s *Settings) bool { return s.Keep }),
}

func boolRow(get func(*Settings) bool) row {
	return rowOf(get, false, "true", "0", "true", true, false, true)
}

func durationRow(get func(*Settings) time.Duration, byDefault time.Duration) row {
	return rowOf(get, byDefault, "3s", "4m", "5h", 3*time.Second, 4*time.Minute, 5*time.Hour)
}

// resolve resolves a settings file of that text; there is none where it is empty.
func resolve(t *testing.T, text string, env, flags map[string]string) (*Settings, error) {
	t.Helper()
	path := ""
	if text != "" {
		path = filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Resolve(path, lookup(env), flags)
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func TestResolvePrecedence(t *testing.T) {
	if len(rows) != len(Table) {
		t.Errorf("%d rows are tried, the table has %d", len(rows), len(Table))
	}
	for _, setting := range Table {
		t.Run(setting.Key, func(t *testing.T) {
			r, ok := rows[setting.Key]
			if !ok {
				t.Fatal("is not tried")
			}
			file := setting.Key + ": " + r.file
			if setting.Secret {
				credential := filepath.Join(t.TempDir(), "credential")
				if err := os.WriteFile(credential, []byte(" "+r.file+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				file = setting.Key + "-file: " + credential
			}
			env := map[string]string{setting.Env: r.env}
			flags := map[string]string{setting.Key: r.flag}
			steps := []struct {
				name  string
				file  string
				env   map[string]string
				flags map[string]string
				want  any
			}{
				{"default", "", nil, nil, r.byDefault},
				{"an empty variable", "", map[string]string{setting.Env: ""}, nil, r.byDefault},
				{"file", file, nil, nil, r.want[0]},
				{"environment", "", env, nil, r.want[1]},
				{"environment over file", file, env, nil, r.want[1]},
			}
			if setting.Flag {
				steps = append(steps, steps[0], steps[0])
				steps[5].name, steps[5].flags, steps[5].want = "flag", flags, r.want[2]
				steps[6].name, steps[6].flags, steps[6].want = "flag over all", flags, r.want[2]
				steps[6].file, steps[6].env = file, env
			}
			for _, step := range steps {
				s, err := resolve(t, step.file, step.env, step.flags)
				if err != nil {
					t.Errorf("%s: %v", step.name, err)
					continue
				}
				if got := r.get(s); !reflect.DeepEqual(got, step.want) {
					t.Errorf("%s: got %v, want %v", step.name, got, step.want)
				}
			}
			if setting.Help == "" || setting.Env == "" {
				t.Error("has no help, or no environment variable")
			}
		})
	}
}

func TestFlagsAreNoWayForOtherSettings(t *testing.T) {
	s, err := resolve(t, "", nil, map[string]string{"token": "00secret", "authorization-mode": "Bearer"})
	if err != nil || s.Tokens[Admin] != "" || s.AuthorizationMode != "SSWS" {
		t.Errorf("got %+v (%v)", s, err)
	}
}

func TestResolveRefusals(t *testing.T) {
	const credential = "00a-Very-Secret-Token"
	tests := map[string]struct {
		file  string
		env   map[string]string
		flags map[string]string
		want  []string
	}{
		"an unknown key": {"target: https://a\ncolour: red\n", nil, nil,
			[]string{"rolecheck.yaml:2: colour: unknown setting; the settings are given, target, token-file, authorization-mode", "timeout"}},
		"a credential": {"token: " + credential, nil, nil,
			[]string{"rolecheck.yaml:1: token: ", "name its file with token-file, or set OKTA_CLIENT_TOKEN"}},
		"another credential": {"\nreader-token: " + credential, nil, nil,
			[]string{"rolecheck.yaml:2: reader-token: ", "reader-token-file", "ROLECHECK_READER_TOKEN"}},
		"no mapping":                   {"- a\n", nil, nil, []string{"rolecheck.yaml:1: expected a mapping"}},
		"no YAML":                      {"a: b\n  c: [\n", nil, nil, []string{"rolecheck.yaml:2: not YAML"}},
		"twice":                        {"level: must\nlevel: should\n", nil, nil, []string{`rolecheck.yaml:2: the key "level" is there already, at line 1`}},
		"two documents":                {"level: must\n---\nlevel: should\n", nil, nil, []string{"rolecheck.yaml:2: a second document begins here"}},
		"no value":                     {"out:\n", nil, nil, []string{"rolecheck.yaml:1: out: has no value"}},
		"null":                         {"target: null\n", nil, nil, []string{"rolecheck.yaml:1: target: has no value"}},
		"a mapping for a value":        {"out: {a: b}\n", nil, nil, []string{"rolecheck.yaml:1: out: expected text"}},
		"an alias":                     {"out: &a b\nbaseline: *a\n", nil, nil, []string{"rolecheck.yaml:2: baseline: expected text"}},
		"a list within a list":         {"only: [a, [b]]\n", nil, nil, []string{"rolecheck.yaml:1: only: expected text, or a list of texts"}},
		"a wrong value":                {"level: may\n", nil, nil, []string{`rolecheck.yaml:1: level: "may" is neither must nor should`}},
		"no value in a list":           {"only: [a, ~]\n", nil, nil, []string{"rolecheck.yaml:1: an item is empty"}},
		"no such credential file":      {"token-file: nowhere\n", nil, nil, []string{"rolecheck.yaml:1: token-file: reading the credential", "nowhere"}},
		"given what":                   {"given:\n  cars: [a]\n", nil, nil, []string{`rolecheck.yaml:2: unknown key "cars"; the keys are users, groups, apps`}},
		"a list of settings":           {"- x\n", nil, nil, []string{"rolecheck.yaml:1: expected a mapping of settings, not a list"}},
		"a text as settings":           {"x\n", nil, nil, []string{"rolecheck.yaml:1: expected a mapping of settings, not a single value"}},
		"an empty app given":           {"given:\n  apps:\n  -\n", nil, nil, []string{"rolecheck.yaml:3: an item is empty"}},
		"an empty user given":          {"given:\n  users: [a, ~]\n", nil, nil, []string{"rolecheck.yaml:2: an item is empty"}},
		"given nothing":                {"given: x\n", nil, nil, []string{"rolecheck.yaml:1: expected a mapping with the keys users"}},
		"given two clients":            {"given:\n  client: [a, b]\n", nil, nil, []string{"rolecheck.yaml:2: expected text, not a list"}},
		"given users of no name":       {"given:\n  users: [a, {b: c}]\n", nil, nil, []string{"rolecheck.yaml:2: expected text, or a list of texts"}},
		"given apps by id":             {"given:\n  apps: [a]\n", nil, nil, []string{"rolecheck.yaml:2: expected a mapping with the keys name, id"}},
		"given one app":                {"given:\n  apps: {name: a, id: b}\n", nil, nil, []string{"rolecheck.yaml:2: expected a list, not a mapping"}},
		"given half an app":            {"given:\n  apps:\n  - name: a\n", nil, nil, []string{"rolecheck.yaml:3: an app needs both"}},
		"given more than an app":       {"given:\n  apps:\n  - {name: a, id: b, label: c}\n", nil, nil, []string{`rolecheck.yaml:3: unknown key "label"; the keys are name, id`}},
		"an unknown feature":           {"lacks: [cars]\n", nil, nil, []string{`rolecheck.yaml:1: lacks: "cars" is no feature; the features are users, groups`}},
		"a credential as a feature":    {"", map[string]string{"ROLECHECK_LACKS": "reader"}, nil, []string{"environment variable ROLECHECK_LACKS", `"reader" is no feature`}},
		"white space in a credential":  {"", map[string]string{"OKTA_CLIENT_TOKEN": "SSWS " + credential}, nil, []string{"environment variable OKTA_CLIENT_TOKEN", "without its scheme"}},
		"no such mode":                 {"", map[string]string{"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey"}, nil, []string{`"PrivateKey" is none of SSWS, Bearer`}},
		"no number":                    {"", nil, map[string]string{"seed": "1.5"}, []string{`--seed: "1.5" is not a whole number`}},
		"no duration":                  {"", nil, map[string]string{"patience": "5"}, []string{`--patience: "5" is not a duration`}},
		"a time that runs backwards":   {"", nil, map[string]string{"timeout": "-1s"}, []string{"--timeout"}},
		"neither true nor false":       {"", nil, map[string]string{"documents-only": "maybe"}, []string{"--documents-only"}},
		"an empty flag with a meaning": {"", nil, map[string]string{"level": ""}, []string{"--level"}},
		"no request at all":            {"", nil, map[string]string{"max-requests": "0"}, []string{"--max-requests", "is not a number of requests"}},
		"half a request":               {"max-requests: 0.5\n", nil, nil, []string{"rolecheck.yaml:1: max-requests"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := resolve(t, test.file, test.env, test.flags)
			if err == nil {
				t.Fatal("is accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), credential) {
				t.Errorf("the error repeats the credential: %v", err)
			}
			if n := strings.Count(err.Error(), FileName+":"); n > 1 {
				t.Errorf("the error names %d places: %v", n, err)
			}
		})
	}
}

func TestResolveTellsAllThatIsWrong(t *testing.T) {
	_, err := resolve(t, "colour: red\nout:\nlevel: may\n", nil, nil)
	if err == nil || strings.Count(err.Error(), "\n") != 2 || !strings.Contains(err.Error(), "yaml:1: colour") ||
		!strings.Contains(err.Error(), "yaml:2: out") || !strings.Contains(err.Error(), "yaml:3: level") {
		t.Errorf("got %v", err)
	}
}

// TestCheckTarget shows that a target which was meant is never taken for none, and none never for one.
func TestCheckTarget(t *testing.T) {
	const org, token, reader = "OKTA_CLIENT_ORGURL", "OKTA_CLIENT_TOKEN", "ROLECHECK_READER_TOKEN"
	tests := map[string]struct {
		file       string
		env, flags map[string]string
		// want is what is complained of; empty where there is a target.
		want  string
		names bool
	}{
		"nothing":                           {"", nil, nil, "no target: give", false},
		"other settings":                    {"level: should\n", map[string]string{"ROLECHECK_LACKS": "apps"}, nil, "no target: give", false},
		"an empty variable":                 {"", map[string]string{org: ""}, nil, "environment variable OKTA_CLIENT_ORGURL is set, and empty", true},
		"a blank variable":                  {"", map[string]string{org: " \t"}, nil, "environment variable OKTA_CLIENT_ORGURL is set, and empty", true},
		"an empty variable over the file":   {"target: https://a\n", map[string]string{org: ""}, nil, "environment variable OKTA_CLIENT_ORGURL is set, and empty", true},
		"an empty variable below the flag":  {"", map[string]string{org: ""}, map[string]string{"target": "https://a"}, "", true},
		"an empty flag":                     {"", nil, map[string]string{"target": ""}, "--target is set, and empty", true},
		"an empty flag over the variable":   {"", map[string]string{org: "https://a"}, map[string]string{"target": ""}, "--target is set, and empty", true},
		"an empty target in the file":       {"target: \"\"\n", nil, nil, "rolecheck.yaml is set, and empty", true},
		"a token":                           {"", map[string]string{token: "00a"}, nil, "environment variable OKTA_CLIENT_TOKEN is set, and no target is", true},
		"an empty token":                    {"", map[string]string{token: ""}, nil, "environment variable OKTA_CLIENT_TOKEN is set, and no target is", true},
		"a reader's token":                  {"", map[string]string{reader: "00a"}, nil, "environment variable ROLECHECK_READER_TOKEN is set, and no target is", true},
		"a target":                          {"", map[string]string{org: "https://a"}, nil, "", true},
		"a target with a line's end behind": {"", map[string]string{org: "https://a\n", token: "00a"}, nil, "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := resolve(t, test.file, test.env, test.flags)
			if err != nil {
				t.Fatal(err)
			}
			err = s.CheckTarget()
			if test.want == "" && (err != nil || s.URL != "https://a") || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v with %q, want %q", err, s.URL, test.want)
			}
			if s.NameTarget() != test.names {
				t.Errorf("names a target: %t", s.NameTarget())
			}
			if of := s.OfReference(); of.NameTarget() {
				t.Errorf("the settings for the reference org name a target: %+v", of)
			}
		})
	}
}

func TestResolveFile(t *testing.T) {
	if _, err := Resolve(filepath.Join(t.TempDir(), "nowhere.yaml"), lookup(nil), nil); err == nil || !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("no such file: %v", err)
	}
	for name, text := range map[string]string{"nothing": "\n", "comments": "# nothing\n", "an empty document": "---\n", "null": "~\n"} {
		if s, err := resolve(t, text, nil, nil); err != nil || s.Level != spec.Must {
			t.Errorf("%s: got %+v, %v", name, s, err)
		}
	}
	dir := t.TempDir()
	for file, text := range map[string]string{"token": "00secret\n", "empty": " \n", FileName: "token-file: token\n", "b.yaml": "token-file: empty\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Resolve(filepath.Join(dir, FileName), lookup(nil), nil)
	if err != nil || s.Tokens[Admin] != "00secret" {
		t.Errorf("a path from the file's own folder: got %v, %v", s, err)
	}
	if _, err := Resolve(filepath.Join(dir, "b.yaml"), lookup(nil), nil); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an empty credential: %v", err)
	}
}

func TestResolveGiven(t *testing.T) {
	s, err := resolve(t, `
given:
  users: [00u1, 00u2]
  groups: 00g1
  apps:
  - {name: bookmark, id: 0oa1}
  - name: salesforce
    id: 0oa2
  catalog-apps: [a, b]
  client: 0oa3
  custom-role: cr01
  resource-set: iam1
`, map[string]string{"ROLECHECK_CATALOG_APPS": "c,d"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Given{
		Users: []string{"00u1", "00u2"}, Groups: []string{"00g1"},
		Apps:        []GivenApp{{Name: "bookmark", ID: "0oa1"}, {Name: "salesforce", ID: "0oa2"}},
		CatalogApps: []string{"c", "d"}, Client: "0oa3", CustomRole: "cr01", ResourceSet: "iam1",
	}
	if diff := cmp.Diff(want, s.Given); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if got := DefaultFile(); got != "" {
		t.Errorf("without a file: got %q", got)
	}
	if err := os.WriteFile(FileName, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := DefaultFile(); got != FileName {
		t.Errorf("with a file: got %q", got)
	}
}

// FuzzSettings shows that no settings file makes the reader panic, and that its errors name the file.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{
		"target: https://a\nonly: [a, b]\n", "given:\n  apps:\n  - {name: a, id: b}\n  users: &u [x]\n  groups: *u\n",
		"a: &a [*a]\n", "? [a]\n: b\n", "<<: {level: must}\n", "level: !!binary bXVzdA==\n", "---\n...\n---\n", "given: {apps: [[]]}", "%YAML 1.2\n---\nseed: 0x10\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "-file") {
			t.Skip("would read whatever file it names")
		}
		s := &Settings{}
		if err := s.readYAML("some.yaml", []byte(text)); err != nil && !strings.HasPrefix(err.Error(), "some.yaml") {
			t.Errorf("the error does not name the file: %v", err)
		}
		_ = fmt.Sprint(s.Given)
	})
}
