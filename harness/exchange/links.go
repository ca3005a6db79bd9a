package exchange

import (
	"net/http"
	"strings"
)

// Link is a link of a header Link: where it leads, and its relation in lower case, empty where it has none.
type Link struct{ URL, Rel string }

// Links are the links of the header Link in order, as RFC 8288 writes them. A link of several relations is one of each. What
// is no link is left out.
func Links(h http.Header) []Link {
	var links []Link
	for _, line := range h.Values("Link") {
		for line != "" {
			_, rest, _ := strings.Cut(line, "<")
			url, rest, whole := strings.Cut(rest, ">")
			if !whole {
				break
			}
			var rels []string
			rels, line = relations(rest)
			for _, rel := range rels {
				links = append(links, Link{url, rel})
			}
		}
	}
	return links
}

// relations reads the parameters of a link, and returns what follows the comma after them. A link without a relation has the
// empty one; of several parameters rel the first counts.
func relations(s string) (rels []string, rest string) {
	for more := true; more; {
		i := strings.IndexAny(s, ";,=")
		if i < 0 {
			s = ""
			break
		}
		name, sign := strings.TrimSpace(s[:i]), s[i]
		s = s[i+1:]
		if sign == '=' {
			var value string
			value, s = parameterValue(s)
			if rels == nil && strings.EqualFold(name, "rel") {
				rels = strings.Fields(strings.ToLower(value))
			}
		}
		more = sign != ','
	}
	if len(rels) == 0 {
		rels = []string{""}
	}
	return rels, s
}

// parameterValue reads the value of a parameter, bare or quoted, and returns what follows it.
func parameterValue(s string) (value, rest string) {
	s = strings.TrimLeft(s, " \t")
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ";,")
		if end < 0 {
			end = len(s)
		}
		return strings.TrimRight(s[:end], " \t"), s[end:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] == '"' {
			return b.String(), s[i+1:]
		}
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}
