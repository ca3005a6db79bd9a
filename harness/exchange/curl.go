package exchange

import (
	"net/http"
	"slices"
	"strings"
)

// TokenVariable names the environment variable that holds the credential of the given name.
func TokenVariable(credential string) string {
	if credential == "" || credential == "admin" {
		return "OKTA_CLIENT_TOKEN"
	}
	return "ROLECHECK_" + strings.ToUpper(credential) + "_TOKEN"
}

// Curl is the command line that sends the request again, with the credential taken from its environment variable.
func (x *Exchange) Curl() string {
	var b strings.Builder
	b.WriteString("curl -i -X " + x.Request.Method)
	names := make([]string, 0, len(x.Request.Header))
	for name := range x.Request.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := x.Request.Header.Get(name)
		switch http.CanonicalHeaderKey(name) {
		case "User-Agent", "Content-Length", "Accept-Encoding", "Connection", "Cookie":
			continue
		case "Authorization":
			scheme, _, _ := strings.Cut(value, " ")
			// In double quotes, so that the shell puts the token in.
			b.WriteString(` -H "Authorization: ` + scheme + ` $` + TokenVariable(x.Credential) + `"`)
			continue
		}
		b.WriteString(" -H " + quote(name+": "+value))
	}
	if len(x.Request.Body.Bytes) > 0 {
		b.WriteString(" --data-binary " + quote(string(x.Request.Body.Bytes)))
	}
	if x.Request.URL != nil {
		b.WriteString(" " + quote(x.Request.URL.String()))
	}
	return b.String()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
