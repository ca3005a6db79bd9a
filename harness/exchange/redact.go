package exchange

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Redacted stands where a credential was.
const Redacted = "REDACTED"

// Redactor takes credentials out of what is about to be written.
type Redactor struct {
	secrets [][]byte
}

// NewRedactor returns a Redactor that removes the given secrets wherever they occur, besides what it always removes:
// credentials in headers, in the query, and in members and form fields that are named like one.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{}
	for _, s := range secrets {
		// Anything shorter would be found inside ordinary words.
		if len(s) >= 6 {
			r.secrets = append(r.secrets, []byte(s))
		}
	}
	// A longer secret that contains a shorter one has to go first.
	slices.SortFunc(r.secrets, func(a, b []byte) int { return len(b) - len(a) })
	return r
}

var secretHeaders = map[string]bool{
	"Authorization": true, "Proxy-Authorization": true, "Cookie": true, "Set-Cookie": true, "X-Api-Key": true, "Dpop": true,
}

// secretNames are the members, form fields and query parameters whose value is a credential.
const secretNames = `access_token|refresh_token|id_token|client_secret|client_assertion|password|secret|api_token|apiToken|tokenValue|sessionToken|assertion|private_key|privateKey`

var (
	secretMember = regexp.MustCompile(`("(?:` + secretNames + `)"\s*:\s*)"(?:[^"\\]|\\.)*"`)
	secretField  = regexp.MustCompile(`((?:^|[&?])(?:` + secretNames + `)=)[^&\s"]+`)
	// secretScheme finds a whole credential that was put into a text, such as an Authorization header inside a body.
	secretScheme = regexp.MustCompile(`\b(SSWS|Bearer|DPoP|Basic) +[A-Za-z0-9._~+/=-]{8,}`)
)

// Header returns a copy of h without credentials. The scheme of an Authorization header stays.
func (r *Redactor) Header(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		kept := make([]string, len(values))
		for i, v := range values {
			switch {
			case !secretHeaders[http.CanonicalHeaderKey(name)]:
				kept[i] = r.String(v)
			default:
				kept[i] = Redacted
				if scheme, _, ok := strings.Cut(v, " "); ok && strings.HasSuffix(http.CanonicalHeaderKey(name), "Authorization") {
					kept[i] = scheme + " " + Redacted
				}
			}
		}
		out[name] = kept
	}
	return out
}

// URL returns a copy of u without credentials in its query or user part.
func (r *Redactor) URL(u *url.URL) *url.URL {
	if u == nil {
		return nil
	}
	c := *u
	if c.User != nil {
		c.User = url.User(Redacted)
	}
	c.RawQuery = r.String(secretField.ReplaceAllString(c.RawQuery, "${1}"+Redacted))
	return &c
}

// Bytes returns b without credentials; b itself where there are none.
func (r *Redactor) Bytes(b []byte) []byte {
	for _, s := range r.secrets {
		if bytes.Contains(b, s) {
			b = bytes.ReplaceAll(b, s, []byte(Redacted))
		}
	}
	// Most bodies hold none of these; looking first is cheaper than replacing.
	if secretMember.Match(b) {
		b = secretMember.ReplaceAll(b, []byte(`${1}"`+Redacted+`"`))
	}
	if bytes.IndexByte(b, '=') >= 0 && !bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		b = secretField.ReplaceAll(b, []byte("${1}"+Redacted))
	}
	if secretScheme.Match(b) {
		b = secretScheme.ReplaceAll(b, []byte("$1 "+Redacted))
	}
	return b
}

// String is Bytes for a text.
func (r *Redactor) String(s string) string {
	if s == "" {
		return s
	}
	return string(r.Bytes([]byte(s)))
}

// Exchange removes the credentials from x, in place.
func (r *Redactor) Exchange(x *Exchange) {
	x.Request.URL = r.URL(x.Request.URL)
	x.Request.Header = r.Header(x.Request.Header)
	x.Request.Body.Bytes = r.Bytes(x.Request.Body.Bytes)
	x.Error = r.String(x.Error)
	if x.Response != nil {
		x.Response.Header = r.Header(x.Response.Header)
		x.Response.Body.Bytes = r.Bytes(x.Response.Body.Bytes)
	}
}
