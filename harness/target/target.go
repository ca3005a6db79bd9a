// Package target is the org under test: where it is, with which credentials it is asked, and what it is declared to
// have. The settings of a run are read here, since most of them say just that.
package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/spec"
)

// Kind says what is judged.
type Kind string

const (
	// Reference is the reference org that is part of rolecheck. It can pass, and that is no claim about anything else.
	Reference Kind = "reference"
	// Org is an org that somebody else runs.
	Org Kind = "org"
	// Recording is traffic that was written down earlier.
	Recording Kind = "recording"
	// Client is a client program, judged by what it sends and by what it understands.
	Client Kind = "client"
)

// Names of the credentials.
const (
	Admin     = "admin"
	Reader    = "reader"
	Outsider  = "outsider"
	Throttled = "throttled"
	Scopeless = "scopeless"
	// Nobody sends no credential at all.
	Nobody = "nobody"
	// Forged is a credential that the org never issued.
	Forged = "forged"
)

// Target is an org under test.
type Target struct {
	Kind Kind
	URL  *url.URL
	// Flavour is the reference org's, and empty for others.
	Flavour string
	// Identity says who was judged, as far as the org said: its version or name, and the user behind the credential.
	Identity map[string]string

	tokens   map[string]string
	scheme   string
	lacks    []string
	consents []string
}

// New returns the target of the settings. The URL has to be one that every request path can be put behind.
func New(s *Settings) (*Target, error) {
	if err := s.CheckTarget(); err != nil {
		return nil, err
	}
	u, err := ParseURL(s.URL)
	if err != nil {
		return nil, err
	}
	if s.Tokens[Admin] == "" {
		return nil, fmt.Errorf("no credential for %s: set OKTA_CLIENT_TOKEN, or token-file in %s", u.Host, FileName)
	}
	return &Target{
		Kind: Org, URL: u, Identity: map[string]string{}, tokens: s.Tokens, scheme: s.AuthorizationMode,
		lacks: s.Lacks, consents: s.Consents,
	}, nil
}

// NewReference returns the target for the reference org at the URL, with its own credentials. Nothing in it is anybody
// else's, so that no consent is needed but for what costs much.
func NewReference(raw string, s *Settings, tokens map[string]string) (*Target, error) {
	u, err := ParseURL(raw)
	if err != nil {
		return nil, err
	}
	t := &Target{
		Kind: Reference, URL: u, Flavour: s.Flavour, Identity: map[string]string{}, tokens: tokens, scheme: "SSWS",
		lacks: s.Lacks, consents: append([]string{"builtin-group-consent"}, s.Consents...),
	}
	return t, nil
}

// Loopback reports whether the target is on this machine, as far as its URL tells.
func (t *Target) Loopback() bool { return IsLoopback(t.URL) }

// IsLoopback reports whether a URL leads to this machine: to an address of 127.0.0.0/8, to ::1 or to localhost. Other names
// are not resolved.
func IsLoopback(u *url.URL) bool {
	host := strings.TrimSuffix(u.Hostname(), ".")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// Settle is how long a change may take to show: what the settings say, or else 1 s for an org on loopback and 10 s for any
// other.
func (t *Target) Settle(s *Settings) time.Duration {
	switch {
	case s.Settle > 0:
		return s.Settle
	case t.Kind == Reference || t.Loopback():
		return time.Second
	default:
		return 10 * time.Second
	}
}

// ParseURL reads a base URL: http or https, a host, and nothing behind it. Its errors repeat nothing that could be a
// credential.
func ParseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the target %q is not a base URL: give scheme and host, such as https://example.okta.com", shown(raw))
	}
	if u.User != nil {
		return nil, fmt.Errorf("the target %s carries a credential: give it by OKTA_CLIENT_TOKEN instead", u.Host)
	}
	if strings.Trim(u.EscapedPath(), "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("the target %q has something behind its host: give %s://%s alone, the paths of the API are added",
			shown(raw), u.Scheme, u.Host)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// shown is a text that should have been a base URL, without what may be a credential.
func shown(raw string) string {
	if scheme, rest, ok := strings.Cut(raw, "//"); ok && strings.Contains(rest, "@") {
		raw = scheme + "//…" + rest[strings.LastIndex(rest, "@"):]
	}
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		raw = raw[:i+1] + "…"
	}
	return raw
}

// Authorization is the header value of the named credential, and whether the target has that credential.
func (t *Target) Authorization(name string) (string, bool) {
	switch name {
	case Nobody:
		return "", true
	case Forged:
		return t.scheme + " rolecheck-never-issued-0000000000000000000000", true
	case Scopeless:
		// A scope is a matter of OAuth 2.0 alone.
		return "Bearer " + t.tokens[name], t.tokens[name] != ""
	default:
		return t.scheme + " " + t.tokens[name], t.tokens[name] != ""
	}
}

// Secrets are the credentials, for redaction.
func (t *Target) Secrets() []string {
	return slices.Collect(maps.Values(t.tokens))
}

// Missing says why a requirement with these needs cannot be judged here: lacking is the first feature that the target
// declares not to have, and reason tells of a credential or a consent that was not given. Both are empty when nothing
// stands in the way.
func (t *Target) Missing(needs []string) (lacking, reason string) {
	for _, need := range needs {
		n, ok := spec.NeedNamed(need)
		switch {
		case !ok:
		case n.Kind == spec.Credential:
			if _, has := t.Authorization(n.Name); !has && reason == "" {
				reason = fmt.Sprintf("needs a second credential: set %s (%s)", exchange.TokenVariable(n.Name), n.Meaning)
			}
		case slices.Contains(t.lacks, n.Name):
			if lacking == "" {
				lacking = n.Name
			}
		case n.Consent && !slices.Contains(t.consents, n.Name) && reason == "":
			reason = fmt.Sprintf("needs consent: add %s to the setting consents (%s)", n.Name, n.Meaning)
		}
	}
	return lacking, reason
}

// Has reports whether the target has all the needs.
func (t *Target) Has(needs []string) bool {
	lacking, reason := t.Missing(needs)
	return lacking == "" && reason == ""
}

// Features tells for each feature whether the target is taken to have it.
func (t *Target) Features() map[string]bool {
	out := map[string]bool{}
	for _, n := range spec.Needs {
		if n.Kind == spec.Feature {
			out[n.Name] = !slices.Contains(t.lacks, n.Name)
		}
	}
	return out
}

// Explain puts a failure to reach the target into words that say what to do. It goes by the failure's text, which is all
// that an exchange holds of it.
func Explain(u *url.URL, err error) error {
	err = unwrapURL(err)
	text := err.Error()
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case has("server gave HTTP response to HTTPS client"):
		return fmt.Errorf("TLS with %s failed: it speaks plain HTTP; give the target as http://%s", u.Host, u.Host)
	case has("x509:", "tls:"):
		return fmt.Errorf("TLS with %s failed: %w; check the certificate, or the scheme of the target", u.Host, err)
	case has("proxyconnect"):
		return fmt.Errorf("the proxy before %s cannot be reached: %w; check HTTP_PROXY and HTTPS_PROXY", u.Host, err)
	case has("lookup ", "no such host"):
		return fmt.Errorf("no such host: %s cannot be resolved (%w); check the target's name and the network", u.Hostname(), err)
	case has("dial "):
		return fmt.Errorf("%s cannot be reached: %w; check that it is running and that the port is right", u.Host, err)
	default:
		return fmt.Errorf("%s gave no answer: %w", u.Host, err)
	}
}

// Refused reports whether a status says that the credential itself was not accepted.
func Refused(status int) bool { return status == http.StatusUnauthorized }

// Identify records who answered, from the answer to a question about the credential's own user.
func (t *Target) Identify(x *exchange.Exchange) {
	var me struct {
		ID      string `json:"id"`
		Profile struct {
			Login string `json:"login"`
		} `json:"profile"`
	}
	if x.Response == nil {
		return
	}
	if json.Unmarshal(x.Response.Body.Bytes, &me) == nil && me.ID != "" && text.Excerpt(me.ID, MaxLine) == me.ID {
		t.Identity["user"] = me.ID
		t.Identity["login"] = text.Excerpt(me.Profile.Login, MaxLine)
	}
	if server := x.Response.Header.Get("Server"); server != "" {
		t.Identity["server"] = text.Excerpt(server, MaxLine)
	}
}

// MaxLine is the most characters that are shown of a text in which an org describes itself.
const MaxLine = 120

// unwrapURL takes off the method and the URL that net/http puts before an error.
func unwrapURL(err error) error {
	if ue := (*url.Error)(nil); errors.As(err, &ue) {
		return ue.Err
	}
	return err
}
