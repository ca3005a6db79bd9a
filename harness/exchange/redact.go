package exchange

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Redacted replaces a credential.
const Redacted = "REDACTED"

// Redactor removes credentials from exchanges and texts before they are written.
type Redactor struct {
	secrets [][]byte
}

// NewRedactor returns a Redactor that removes the given secrets wherever they occur. Every Redactor also removes credentials
// in headers and in the query, the values of members and form fields with a secret's name, and credentials with their
// scheme within a text.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{}
	for _, s := range secrets {
		// Anything shorter would be found inside ordinary words.
		if len(s) < 6 {
			continue
		}
		forms := []string{s, url.QueryEscape(s), url.PathEscape(s)}
		for _, form := range slices.Compact(forms) {
			r.secrets = append(r.secrets, []byte(form))
		}
	}
	// A longer secret that contains a shorter one has to go first.
	slices.SortStableFunc(r.secrets, func(a, b []byte) int { return len(b) - len(a) })
	return r
}

var secretHeaders = map[string]bool{
	"Authorization": true, "Proxy-Authorization": true, "Cookie": true, "Set-Cookie": true,
	"X-Api-Key": true, "X-Auth-Token": true, "Dpop": true,
}

// schemes are the authentication schemes of an Authorization header.
var schemes = []string{"SSWS", "Bearer", "DPoP", "Basic", "Digest"}

// Header returns a copy of h without credentials. The scheme of an Authorization header stays.
func (r *Redactor) Header(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		kept := make([]string, len(values))
		for i, v := range values {
			kept[i] = r.headerValue(http.CanonicalHeaderKey(name), v)
		}
		out[name] = kept
	}
	return out
}

func (r *Redactor) headerValue(name, v string) string {
	switch {
	case !secretHeaders[name]:
		return r.String(v)
	case strings.TrimSpace(v) == "":
		// That the header has no credential is worth seeing.
		return v
	case strings.HasSuffix(name, "Authorization"):
		// An unknown first word may be the credential itself.
		scheme, _, ok := strings.Cut(strings.TrimSpace(v), " ")
		if ok && slices.ContainsFunc(schemes, func(s string) bool { return strings.EqualFold(s, scheme) }) {
			return scheme + " " + Redacted
		}
	}
	return Redacted
}

// URL returns a copy of u without credentials.
func (r *Redactor) URL(u *url.URL) *url.URL {
	if u == nil {
		return nil
	}
	c := *u
	if c.User != nil {
		c.User = url.User(Redacted)
	}
	c.RawQuery = r.String(c.RawQuery)
	c.Fragment, c.RawFragment = r.String(c.Fragment), r.String(c.RawFragment)
	// Of a path only known secrets are removed: its ids may look like credentials.
	c.Path, c.RawPath = string(r.known([]byte(c.Path))), string(r.known([]byte(c.RawPath)))
	return &c
}

// Bytes returns b without credentials; b itself where there are none.
func (r *Redactor) Bytes(b []byte) []byte {
	return credentials(fields(members(r.known(b))))
}

// known removes the secrets given to NewRedactor.
func (r *Redactor) known(b []byte) []byte {
	for _, s := range r.secrets {
		if bytes.Contains(b, s) {
			b = bytes.ReplaceAll(b, s, []byte(Redacted))
		}
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

// Credential is the credential in an Authorization header: the value without its scheme.
func Credential(authorization string) string {
	scheme, credential, ok := strings.Cut(strings.TrimSpace(authorization), " ")
	if !ok {
		return scheme
	}
	return strings.TrimSpace(credential)
}
