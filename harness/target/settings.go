package target

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/spec/strict"
)

// Settings are what a run can be configured with.
type Settings struct {
	// URL is the org's base URL; empty where no target is named.
	URL string
	// Tokens are the credentials by name: admin, reader, outsider, throttled, scopeless.
	Tokens map[string]string
	// AuthorizationMode is SSWS or Bearer.
	AuthorizationMode string
	Flavour           string
	// Lacks are the features that the target declares not to have.
	Lacks []string
	// Consents are the features that stay untouched unless allowed.
	Consents []string
	Given    Given

	Out           string
	Level         spec.Level
	Only          []string
	LabelFilter   string
	Seed          int64
	DocumentsOnly bool
	Baseline      string

	RequestTimeout time.Duration
	// Settle is how long a change may take to show; zero leaves it to where the target is.
	Settle time.Duration
	// Patience is how long one request waits for a rate limit.
	Patience time.Duration
	// Timeout bounds the whole run, clean-up included; zero leaves it to who runs it.
	Timeout time.Duration

	// Yes consents to writing to an org that is not on loopback.
	Yes bool
	// ReadOnly leaves out whatever needs a write.
	ReadOnly bool
	// MaxRequests is how many requests may be sent in all; zero is no bound.
	MaxRequests int
	// FailFast ends the run with the first failure that fails the gate.
	FailFast bool
	// Keep leaves in the org what failed rows were judged by.
	Keep bool

	// emptyTarget names the place that sets the target, and to nothing; credentialFrom a place that sets a credential.
	emptyTarget, credentialFrom string
}

// Given are objects that exist already, for orgs in which rolecheck cannot or shall not make its own.
type Given struct {
	Users       strict.Texts `json:"users,omitempty" yaml:"users"`
	Groups      strict.Texts `json:"groups,omitempty" yaml:"groups"`
	Apps        []GivenApp   `json:"apps,omitempty" yaml:"apps"`
	CatalogApps strict.Texts `json:"catalogApps,omitempty" yaml:"catalog-apps"`
	Client      string       `json:"client,omitempty" yaml:"client"`
	CustomRole  string       `json:"customRole,omitempty" yaml:"custom-role"`
	ResourceSet string       `json:"resourceSet,omitempty" yaml:"resource-set"`
}

// GivenApp is an app instance with the key of the app it is an instance of.
type GivenApp struct {
	Name string `json:"name" yaml:"name"`
	ID   string `json:"id" yaml:"id"`
}

// Setting is one row of the table of settings.
type Setting struct {
	// Key is the name in rolecheck.yaml. With Flag set it is the flag's name as well.
	Key  string
	Flag bool
	// Env is the environment variable; empty where there is none.
	Env     string
	Default string
	Help    string
	// Placeholder is the value in help texts; a setting without one is a switch.
	Placeholder string
	// Secret settings are never flags, and rolecheck.yaml names the file that holds the value: its key there is
	// Key with "-file".
	Secret bool
	Set    func(*Settings, string) error
}

// Table lists every setting, in the order that documents print them.
var Table = []Setting{
	{Key: "target", Flag: true, Env: "OKTA_CLIENT_ORGURL", Placeholder: "URL",
		Help: "base URL of the org to judge", Set: free(func(s *Settings) *string { return &s.URL })},
	secret("admin", "OKTA_CLIENT_TOKEN", "credential with super admin rights"),
	{Key: "authorization-mode", Env: "OKTA_CLIENT_AUTHORIZATIONMODE", Default: "SSWS", Placeholder: "MODE",
		Help: "scheme of the Authorization header: SSWS or Bearer", Set: oneOf(func(s *Settings) *string { return &s.AuthorizationMode }, "SSWS", "Bearer")},
	secret("reader", "ROLECHECK_READER_TOKEN", "credential that may only read roles"),
	secret("outsider", "ROLECHECK_OUTSIDER_TOKEN", "credential without admin rights"),
	secret("throttled", "ROLECHECK_THROTTLED_TOKEN", "credential whose rate limit is exhausted"),
	secret("scopeless", "ROLECHECK_SCOPELESS_TOKEN", "OAuth 2.0 token without a scope for roles"),
	{Key: "flavour", Flag: true, Env: "ROLECHECK_FLAVOUR", Default: "documented", Placeholder: "NAME",
		Help: "which reference org to embed: documented or observed", Set: oneOf(func(s *Settings) *string { return &s.Flavour }, "documented", "observed")},
	{Key: "out", Flag: true, Env: "ROLECHECK_OUT", Placeholder: "DIR",
		Help: "folder for the report; each command has one of its own by default, the suites write none", Set: free(func(s *Settings) *string { return &s.Out })},
	{Key: "level", Flag: true, Env: "ROLECHECK_LEVEL", Default: "must", Placeholder: "LEVEL",
		Help: "lowest level whose failures fail the gate: must or should", Set: setLevel},
	{Key: "only", Flag: true, Env: "ROLECHECK_ONLY", Placeholder: "IDS",
		Help: "comma-separated requirements to run, by id", Set: setOnly},
	{Key: "label-filter", Flag: true, Env: "ROLECHECK_LABEL_FILTER", Placeholder: "QUERY",
		Help: "Ginkgo label query; labels are requirement ids, systems, operations and levels", Set: free(func(s *Settings) *string { return &s.LabelFilter })},
	{Key: "seed", Flag: true, Env: "ROLECHECK_SEED", Placeholder: "N",
		Help: "seed of the specs' order; from the clock by default", Set: setSeed},
	{Key: "documents-only", Flag: true, Env: "ROLECHECK_DOCUMENTS_ONLY", Default: "false",
		Help: "accept only what the documents say, not what real orgs are seen to do", Set: boolean(func(s *Settings) *bool { return &s.DocumentsOnly })},
	{Key: "baseline", Flag: true, Env: "ROLECHECK_BASELINE", Placeholder: "FILE",
		Help: "list of what is known to fail", Set: free(func(s *Settings) *string { return &s.Baseline })},
	{Key: "lacks", Flag: true, Env: "ROLECHECK_LACKS", Placeholder: "FEATURES",
		Help: "comma-separated features that the target does not have", Set: setFeatures(func(s *Settings) *[]string { return &s.Lacks })},
	{Key: "consents", Flag: true, Env: "ROLECHECK_CONSENTS", Placeholder: "FEATURES",
		Help: "comma-separated features that may be touched although they are not rolecheck's own", Set: setFeatures(func(s *Settings) *[]string { return &s.Consents })},
	{Key: "catalog-apps", Flag: true, Env: "ROLECHECK_CATALOG_APPS", Default: "facebook,salesforce", Placeholder: "KEYS",
		Help: "two keys of the org's app catalog", Set: list(func(s *Settings) *[]string { return (*[]string)(&s.Given.CatalogApps) })},
	{Key: "request-timeout", Flag: true, Env: "ROLECHECK_REQUEST_TIMEOUT", Default: "30s", Placeholder: "DURATION",
		Help: "deadline of one request", Set: duration(func(s *Settings) *time.Duration { return &s.RequestTimeout })},
	{Key: "settle", Flag: true, Env: "ROLECHECK_SETTLE", Placeholder: "DURATION",
		Help: "how long a change may take to show; 1s for an org on loopback, 10s elsewhere", Set: duration(func(s *Settings) *time.Duration { return &s.Settle })},
	{Key: "patience", Flag: true, Env: "ROLECHECK_PATIENCE", Default: "2m", Placeholder: "DURATION",
		Help: "how long one request may wait for a rate limit", Set: duration(func(s *Settings) *time.Duration { return &s.Patience })},
	{Key: "timeout", Flag: true, Env: "ROLECHECK_TIMEOUT", Placeholder: "DURATION",
		Help: "bound on the whole run, of which the last quarter, 5m at most, is for cleaning up; 2h for the command, and under ginkgo and go test what their own -timeout says", Set: duration(func(s *Settings) *time.Duration { return &s.Timeout })},
	{Key: "yes", Flag: true, Env: "ROLECHECK_YES", Default: "false",
		Help: "go on with the plan, without asking, where the org is not on loopback", Set: boolean(func(s *Settings) *bool { return &s.Yes })},
	{Key: "read-only", Flag: true, Env: "ROLECHECK_READ_ONLY", Default: "false",
		Help: "run only what needs no writing", Set: boolean(func(s *Settings) *bool { return &s.ReadOnly })},
	{Key: "max-requests", Flag: true, Env: "ROLECHECK_MAX_REQUESTS", Placeholder: "N",
		Help: "end in good order before more requests are sent, those for cleaning up included", Set: setMaxRequests},
	{Key: "fail-fast", Flag: true, Env: "ROLECHECK_FAIL_FAST", Default: "false",
		Help: "end with the first failure that fails the gate", Set: boolean(func(s *Settings) *bool { return &s.FailFast })},
	{Key: "keep", Flag: true, Env: "ROLECHECK_KEEP", Default: "false",
		Help: "leave in the org the objects of rows that failed, and say how to remove them", Set: boolean(func(s *Settings) *bool { return &s.Keep })},
}

func secret(name, env, help string) Setting {
	key := name + "-token"
	if name == "admin" {
		key = "token"
	}
	return Setting{Key: key, Env: env, Secret: true, Placeholder: "TOKEN", Help: help, Set: func(s *Settings, v string) error {
		if strings.ContainsAny(v, " \t\r\n") {
			return errors.New("a token holds no white space; give it without its scheme")
		}
		if s.Tokens == nil {
			s.Tokens = map[string]string{}
		}
		s.Tokens[name] = v
		return nil
	}}
}

// free sets a text that may be any.
func free(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, v string) error { *field(s) = v; return nil }
}

func oneOf(field func(*Settings) *string, values ...string) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		i := slices.IndexFunc(values, func(known string) bool { return strings.EqualFold(known, v) })
		if i < 0 {
			return fmt.Errorf("%q is none of %s", v, strings.Join(values, ", "))
		}
		*field(s) = values[i]
		return nil
	}
}

func list(field func(*Settings) *[]string) func(*Settings, string) error {
	return func(s *Settings, v string) error { *field(s) = split(v); return nil }
}

func split(v string) []string {
	var out []string
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func duration(field func(*Settings) *time.Duration) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d < 0 {
			return fmt.Errorf("%q is not a duration such as 30s or 2m", v)
		}
		*field(s) = d
		return nil
	}
}

func setLevel(s *Settings, v string) error {
	if l := spec.Level(v); l == spec.Must || l == spec.Should {
		s.Level = l
		return nil
	}
	return fmt.Errorf("%q is neither must nor should", v)
}

// setOnly refuses a selection of nothing, which would otherwise select everything.
func setOnly(s *Settings, v string) error {
	if s.Only = split(v); len(s.Only) == 0 {
		return errors.New("no requirement is named; leave it out to run them all")
	}
	return nil
}

func setSeed(s *Settings, v string) (err error) {
	if s.Seed, err = strconv.ParseInt(v, 10, 64); err != nil {
		return fmt.Errorf("%q is not a whole number", v)
	}
	return nil
}

func boolean(field func(*Settings) *bool) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		is, err := strconv.ParseBool(v)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", v)
		}
		*field(s) = is
		return nil
	}
}

func setMaxRequests(s *Settings, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a number of requests", v)
	}
	s.MaxRequests = n
	return nil
}

func setFeatures(field func(*Settings) *[]string) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		names := split(v)
		for _, name := range names {
			if err := checkFeature(name); err != nil {
				return err
			}
		}
		*field(s) = names
		return nil
	}
}

// checkFeature refuses a name that is none of the features that requirements can need.
func checkFeature(name string) error {
	var known []string
	for _, n := range spec.Needs {
		if n.Kind == spec.Feature {
			known = append(known, n.Name)
		}
	}
	if slices.Contains(known, name) {
		return nil
	}
	return fmt.Errorf("%q is no feature; the features are %s", name, strings.Join(known, ", "))
}

// take sets one setting to the value that a source gives, and notes what is said of the target.
func (s *Settings) take(row Setting, v, source string) error {
	switch {
	case row.Key == "target":
		s.emptyTarget = ""
		if v = strings.TrimSpace(v); v == "" {
			s.emptyTarget = source
		}
	case row.Secret && s.credentialFrom == "":
		s.credentialFrom = source
	}
	if row.Secret && v == "" {
		return nil
	}
	return row.Set(s, v)
}

// CheckVariables refuses the variables of an environment, each as NAME=value, that begin as the settings' own do and are
// none: one that was misspelt would otherwise be left out without a word.
func CheckVariables(environ []string) error {
	var known []string
	for _, row := range Table {
		known = append(known, row.Env)
	}
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		// The GitHub action has variables of its own.
		if strings.HasPrefix(name, "ROLECHECK_") && !strings.HasPrefix(name, "ROLECHECK_ACTION_") && !slices.Contains(known, name) {
			if name == "ROLECHECK_TARGET" || name == "ROLECHECK_URL" || name == "ROLECHECK_ORGURL" {
				return fmt.Errorf("the environment variable %s is no setting; the target is OKTA_CLIENT_ORGURL", name)
			}
			return fmt.Errorf("the environment variable %s is no setting%s", name, strict.Suggestion(name, known))
		}
	}
	return nil
}

// NameTarget reports whether anything is said of an org: a target or a credential, empty or not.
func (s *Settings) NameTarget() bool {
	return s.URL != "" || s.emptyTarget != "" || s.credentialFrom != ""
}

// CheckTarget says what is wrong with what the settings say of the target, before it is asked for anything: a target that
// was meant and is empty must never be replaced by another one.
func (s *Settings) CheckTarget() error {
	switch {
	case s.emptyTarget != "":
		return fmt.Errorf("%s is set, and empty: give it the base URL of the org, or leave it out", s.emptyTarget)
	case s.URL == "" && s.credentialFrom != "":
		return fmt.Errorf("%s is set, and no target is: give the base URL of the org by OKTA_CLIENT_ORGURL or --target", s.credentialFrom)
	case s.URL == "":
		return errors.New("no target: give the base URL of the org by OKTA_CLIENT_ORGURL or --target, and the credential by OKTA_CLIENT_TOKEN")
	}
	return nil
}

// OfReference returns the settings for the embedded reference org, whatever these say of a target.
func (s *Settings) OfReference() *Settings {
	out := *s
	out.URL, out.Tokens, out.emptyTarget, out.credentialFrom = "", nil, "", ""
	return &out
}

// Resolve merges the sources of settings, each over the one before: the defaults, the file at path (none where path is
// empty), the environment, and flags, whose values are given by key. The error says what is wrong, where, and what to do.
func Resolve(path string, env func(string) (string, bool), flags map[string]string) (*Settings, error) {
	s := &Settings{}
	for _, row := range Table {
		if row.Default == "" {
			continue
		}
		if err := row.Set(s, row.Default); err != nil {
			return nil, fmt.Errorf("default of %s: %w", row.Key, err)
		}
	}
	if path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the settings: %w", err)
		}
		if err := s.readYAML(path, b); err != nil {
			return nil, err
		}
	}
	for _, row := range Table {
		if row.Env == "" {
			continue
		}
		// An empty variable says nothing, but of the target: there it is a secret that somebody forgot to set.
		if v, ok := env(row.Env); ok && (v != "" || row.Key == "target" || row.Secret) {
			if err := s.take(row, v, "the environment variable "+row.Env); err != nil {
				return nil, fmt.Errorf("environment variable %s: %w", row.Env, err)
			}
		}
	}
	for _, row := range Table {
		if v, ok := flags[row.Key]; ok && row.Flag {
			if err := s.take(row, v, "--"+row.Key); err != nil {
				return nil, fmt.Errorf("--%s: %w", row.Key, err)
			}
		}
	}
	return s, nil
}
