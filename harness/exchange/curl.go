package exchange

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TokenVariable names the environment variable that holds the credential of the given name.
func TokenVariable(credential string) string {
	if credential == "" || credential == "admin" {
		return "OKTA_CLIENT_TOKEN"
	}
	// The name may have been read from a file, and the shell expands the variable.
	return "ROLECHECK_" + strings.Map(upperLetter, credential) + "_TOKEN"
}

func upperLetter(c rune) rune {
	switch {
	case 'a' <= c && c <= 'z':
		return c - 'a' + 'A'
	case 'A' <= c && c <= 'Z':
		return c
	}
	return '_'
}

// Curl returns a curl command line that sends the request again, with the credential taken from its environment variable. It
// is safe to paste, whoever made the request, and contains no credential.
func (x *Exchange) Curl() string {
	redactor := NewRedactor(Credential(x.Request.Header.Get("Authorization")))
	safe := &Exchange{Credential: x.Credential, Request: x.Request}
	redactor.Exchange(safe)
	return safe.curl()
}

func (x *Exchange) curl() string {
	args := []string{"curl", "-i", "-X", ShellWord(x.Request.Method)}
	if x.Request.Method == http.MethodHead {
		// With -X HEAD, curl would wait for a body.
		args = []string{"curl", "-I"}
	}
	body := x.Request.Body.argument()
	args = append(args, x.headerArguments(body != "")...)
	if body != "" {
		args = append(args, body)
	}
	if x.Request.URL != nil {
		u := x.Request.URL.String()
		if strings.ContainsAny(u, "[]{}") {
			args = append(args, "--globoff")
		}
		if strings.Contains(u, "/.") {
			args = append(args, "--path-as-is")
		}
		args = append(args, quote(u))
	}
	return strings.Join(args, " ")
}

// ownHeaders are the headers that curl sets itself or must not repeat.
var ownHeaders = []string{"User-Agent", "Content-Length", "Transfer-Encoding", "Accept-Encoding", "Connection", "Host", "Cookie"}

func (x *Exchange) headerArguments(hasBody bool) []string {
	var args []string
	typed := false
	for _, name := range slices.Sorted(maps.Keys(x.Request.Header)) {
		canonical := http.CanonicalHeaderKey(name)
		typed = typed || canonical == "Content-Type"
		if slices.Contains(ownHeaders, canonical) {
			continue
		}
		for _, value := range x.Request.Header[name] {
			if canonical == "Authorization" {
				args = append(args, "-H", x.credentialArgument(value))
			} else {
				args = append(args, "-H", quote(name+": "+value))
			}
		}
	}
	if hasBody && !typed {
		// Otherwise curl would add a type of its own.
		args = append(args, "-H", "'Content-Type:'")
	}
	return args
}

// credentialArgument is in double quotes, so that the shell expands the variable.
func (x *Exchange) credentialArgument(value string) string {
	scheme, _, _ := strings.Cut(value, " ")
	if strings.Map(upperLetter, scheme) != strings.ToUpper(scheme) || scheme == "" || scheme == Redacted {
		scheme = ""
	} else {
		scheme += " "
	}
	return `"Authorization: ` + scheme + "$" + TokenVariable(x.Credential) + `"`
}

// maxArgument is the length of the longest argument, in bytes: a little less than Linux allows.
const maxArgument = 100 << 10

// argument is the option by which curl gets the body. A body that is incomplete or cannot be an argument is named as a file.
func (b Body) argument() string {
	text := string(b.Bytes)
	switch {
	case !b.Known():
		return "--data-binary @body-that-was-not-kept-whole"
	case text == "":
		return ""
	case len(text) > maxArgument || !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return fmt.Sprintf("--data-binary @body-of-%d-bytes", len(text))
	}
	// Unlike --data-binary, --data-raw reads no file where the body begins with @.
	return "--data-raw " + quote(text)
}

// ShellWord is a text as one word of a POSIX shell: quoted, unless it is letters, digits and signs without a meaning.
func ShellWord(s string) string {
	plain := func(c rune) bool {
		return c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) || strings.ContainsRune("/._-+:,@%", c)
	}
	if s == "" || strings.ContainsFunc(s, func(c rune) bool { return !plain(c) }) {
		return quote(s)
	}
	return s
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
