package recording

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// maxSecrets bounds the credentials of a recording that are remembered; the oldest are forgotten first.
const maxSecrets = 64

// secrets remembers the credentials that a recording's requests were sent with, so that they can be removed from
// wherever else they occur.
type secrets struct {
	values   []string
	known    map[string]bool
	redactor *exchange.Redactor
}

func newSecrets() *secrets {
	return &secrets{known: map[string]bool{}, redactor: exchange.NewRedactor()}
}

// learn remembers the credentials among a request's headers.
func (s *secrets) learn(h http.Header) {
	for _, v := range slices.Concat(h.Values("Authorization"), h.Values("Proxy-Authorization")) {
		s.add(exchange.Credential(v))
		basic := http.Request{Header: http.Header{"Authorization": {strings.Join(strings.Fields(v), " ")}}}
		if _, password, ok := basic.BasicAuth(); ok {
			s.add(password)
		}
	}
	for _, name := range []string{"X-Api-Key", "X-Auth-Token", "Dpop"} {
		for _, v := range h.Values(name) {
			s.add(v)
		}
	}
	for _, line := range h.Values("Cookie") {
		for c := range strings.SplitSeq(line, ";") {
			// Other cookies hold ids and names, which the judge has to see.
			if name, value, ok := strings.Cut(c, "="); ok && secretCookie.MatchString(name) {
				s.add(strings.Trim(value, `" `))
			}
		}
	}
}

// secretCookie matches the names of cookies that hold a session.
var secretCookie = regexp.MustCompile(`(?i)sess|sid$|token|auth|jwt|^ *idx`)

// placeholder finds what people put in place of a credential. A short plain word is one too: to remove it everywhere
// would take the members of bodies apart, such as access_token.
var placeholder = regexp.MustCompile(`^[A-Za-z_]{0,12}$|^[*xX.-]+$`)

func (s *secrets) add(v string) {
	if placeholder.MatchString(v) || strings.Contains(v, exchange.Redacted) || s.known[v] {
		return
	}
	if len(s.values) == maxSecrets {
		delete(s.known, s.values[0])
		s.values = s.values[1:]
	}
	s.known[v] = true
	s.values = append(s.values, v)
	s.redactor = exchange.NewRedactor(s.values...)
}
