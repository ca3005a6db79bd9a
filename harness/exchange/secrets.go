package exchange

import (
	"bytes"
	"regexp"
	"strings"
)

// secretNames are the names of members, form fields and query parameters whose value is a credential, in lower case and
// without _ and -.
var secretNames = map[string]bool{
	"token": true, "accesstoken": true, "refreshtoken": true, "idtoken": true, "apitoken": true, "sessiontoken": true,
	"statetoken": true, "recoverytoken": true, "activationtoken": true, "registrationaccesstoken": true, "devicetoken": true,
	"tokenvalue": true, "password": true, "newpassword": true, "oldpassword": true, "passcode": true, "secret": true,
	"clientsecret": true, "sharedsecret": true, "devicesecret": true, "assertion": true, "clientassertion": true,
	"privatekey": true, "apikey": true, "authorization": true, "cookie": true, "setcookie": true,
}

// maxName is the length of the longest name that is compared, in bytes with _ and -; secret names are shorter.
const maxName = 40

// isSecret reports whether a name is one of the secret names, whatever its case and with or without _ and -.
func isSecret(name []byte) bool {
	var plain [maxName]byte
	n := 0
	for _, c := range name {
		switch {
		case c == '_' || c == '-':
			continue
		case n == maxName:
			return false
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		plain[n], n = c, n+1
	}
	return secretNames[string(plain[:n])]
}

// nameBefore is the name that ends before i; empty if there is none.
func nameBefore(b []byte, i int) []byte {
	from := i
	for from > 0 && i-from <= maxName && isNameByte(b[from-1]) {
		from--
	}
	return b[from:i]
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '-'
}

// fields replaces the values of secret form fields and query parameters within any text.
func fields(b []byte) []byte {
	var out splice
	for i := 0; ; i++ {
		equals := bytes.IndexByte(b[i:], '=')
		if equals < 0 {
			return out.end(b)
		}
		i += equals
		name := nameBefore(b, i)
		if !isSecret(name) || !startsField(b[:i-len(name)]) {
			continue
		}
		end := i + 1
		for end < len(b) && strings.IndexByte(endsOfField, b[end]) < 0 {
			end++
		}
		// Two = are a comparison.
		if end > i+1 && b[i+1] != '=' {
			out.replace(b, i+1, end, Redacted)
			i = end - 1
		}
	}
}

const endsOfField = "&; \t\r\n\"'<>\\"

// startsField reports whether a field's name may follow a text. JSON may escape the & between two fields.
func startsField(before []byte) bool {
	if len(before) == 0 {
		return true
	}
	last := before[len(before)-1]
	return last < '0' || last > '9' || bytes.HasSuffix(before, []byte(`\u0026`))
}

// A credential may be in a query, where a space is + or %20.
var secretScheme = regexp.MustCompile(`(?i)\b(?:SSWS|Bearer|DPoP|Basic)(?: +|\+|%20)([A-Za-z0-9._~+/-]{8,}=*)`)

// plainWord is what may follow a scheme without being a credential: a word of a sentence, or a challenge's parameter.
var plainWord = regexp.MustCompile(`^[A-Za-z][a-z_]*[.=]?$`)

// credentials replaces credentials with a scheme in a text, such as an Authorization header that a body repeats.
func credentials(b []byte) []byte {
	if !holdsScheme(b) {
		return b
	}
	var out splice
	for _, m := range secretScheme.FindAllSubmatchIndex(b, -1) {
		if !plainWord.Match(b[m[2]:m[3]]) {
			out.replace(b, m[2], m[3], Redacted)
		}
	}
	return out.end(b)
}

// holdsScheme reports whether b has a scheme and a space, + or % after it. It is quick: it examines few bytes of most texts.
func holdsScheme(b []byte) bool {
	for _, mark := range []byte(" +%") {
		for i := 0; ; i++ {
			next := bytes.IndexByte(b[i:], mark)
			if next < 0 {
				break
			}
			i += next
			for _, s := range schemes {
				if i >= len(s) && strings.EqualFold(string(b[i-len(s):i]), s) {
					return true
				}
			}
		}
	}
	return false
}

// splice builds a text with some parts replaced.
type splice struct {
	out  []byte
	last int
}

// replace replaces b[from:to], which is after all earlier replacements.
func (s *splice) replace(b []byte, from, to int, with string) {
	s.out = append(append(s.out, b[s.last:from]...), with...)
	s.last = to
}

// end returns the new text; b itself if nothing was replaced.
func (s *splice) end(b []byte) []byte {
	if s.out == nil {
		return b
	}
	return append(s.out, b[s.last:]...)
}
