package exchange

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  []Link
	}{
		"none":                 {nil, nil},
		"several in a line":    {[]string{`<a>; rel="self", <b>; rel="next"`}, []Link{{"a", "self"}, {"b", "next"}}},
		"a line each":          {[]string{`<a>; rel="self"`, `<b>; rel="next"`}, []Link{{"a", "self"}, {"b", "next"}}},
		"bare":                 {[]string{`<a>;rel=self,<b>;rel=next`}, []Link{{"a", "self"}, {"b", "next"}}},
		"several relations":    {[]string{`<a>; rel="self  first"`}, []Link{{"a", "self"}, {"a", "first"}}},
		"parameters around":    {[]string{`<a>; title="x"; rel=next; type=text/html, <b>; x; rel="self";`}, []Link{{"a", "next"}, {"b", "self"}}},
		"signs within":         {[]string{`<a?x=1,2;3>; title="; rel=self, <c>; rel=\"x\""; rel="next"`}, []Link{{"a?x=1,2;3", "next"}}},
		"in capitals":          {[]string{`<a>; REL="Next"`}, []Link{{"a", "next"}}},
		"spaces":               {[]string{" <a>\t; rel = \"next\" , , <b> ;rel = self "}, []Link{{"a", "next"}, {"b", "self"}}},
		"the first rel counts": {[]string{`<a>; rel=next; rel=self`}, []Link{{"a", "next"}}},
		"no relation":          {[]string{`<a>, <b>; rev=next, <c>; rel, <d>; rel=""`}, []Link{{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}},
		"another parameter":    {[]string{`<a>; xrel=next; rel-x=next`}, []Link{{"a", ""}}},
		"an empty URL":         {[]string{`<>; rel=next`}, []Link{{"", "next"}}},
		"a quote left open":    {[]string{`<a>; rel="next, <b>; rel=self`, `<c>; rel="self\`}, []Link{{"a", "next,"}, {"a", "<b>;"}, {"a", "rel=self"}, {"c", `self\`}}},
		"what is no link":      {[]string{``, `a; rel=next`, `; rel=next`, `<`, `<b; rel=next`, `x, <c>; rel=self`}, []Link{{"c", "self"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Links(http.Header{"Link": c.lines}); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// FuzzLinks looks for a header that cannot be read, and for a link that is read otherwise than it is written.
func FuzzLinks(f *testing.F) {
	f.Add(`<a>; rel="self", <b>; title="x,\";"; rel=next`, "https://org.example/x?after=1,2;3", "next")
	f.Add(`<`, "", "self first")
	f.Fuzz(func(t *testing.T, line, url, rel string) {
		for _, l := range Links(http.Header{"Link": {line}}) {
			if !strings.Contains(line, "<"+l.URL+">") {
				t.Errorf("%q has no link to %q", line, l.URL)
			}
			if strings.ContainsAny(l.Rel, " \t\n") {
				t.Errorf("%q is several relations", l.Rel)
			}
		}
		if strings.Contains(url, ">") {
			return
		}
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(rel)
		got := Links(http.Header{"Link": {`<` + url + `>; title="` + quoted + `"; rel="` + quoted + `", <last>; rel=last`}})
		var want []Link
		for _, r := range strings.Fields(strings.ToLower(rel)) {
			want = append(want, Link{url, r})
		}
		if want == nil {
			want = []Link{{url, ""}}
		}
		if want = append(want, Link{"last", "last"}); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}
