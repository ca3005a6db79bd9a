package suites

import (
	"net/http"
	"slices"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

func answered(status int, body string, links ...string) *exchange.Exchange {
	return &exchange.Exchange{Response: &exchange.Response{
		Status: status, Header: http.Header{"Link": links}, Body: exchange.Body{Bytes: []byte(body)},
	}}
}

func TestTargetNames(t *testing.T) {
	for name, c := range map[string]struct {
		answer *exchange.Exchange
		want   []string
	}{
		"none":             {answered(200, `[]`), []string{}},
		"both kinds":       {answered(200, `[{"name":"slack"},{"id":"0oa1","name":"A label"}]`), []string{"0oa1", "slack"}},
		"twice":            {answered(200, `[{"id":"00g1"},{"id":"00g1"}]`), []string{"00g1", "00g1"}},
		"null":             {answered(200, `null`), nil},
		"an object":        {answered(200, `{}`), nil},
		"a list of ids":    {answered(200, `["00g1"]`), nil},
		"another status":   {answered(404, `[]`), nil},
		"no answer at all": {&exchange.Exchange{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := targetNames(c.answer)
			if !slices.Equal(got, c.want) || (got == nil) != (c.want == nil) {
				t.Errorf("targetNames = %#v, want %#v", got, c.want)
			}
		})
	}
}

func TestLinkOf(t *testing.T) {
	const self, next = `<https://a.example/x?after=1,2>; rel="self"`, `<https://a.example/x?after=3>; rel="next"`
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"a line each":         {[]string{self, next}, "https://a.example/x?after=3"},
		"in one line":         {[]string{self + ", " + next}, "https://a.example/x?after=3"},
		"the last page":       {[]string{self}, ""},
		"without brackets":    {[]string{`https://a.example/x?after=3; rel="next"`}, ""},
		"no header of links":  {nil, ""},
		"the relation alone":  {[]string{`rel="next"`}, ""},
		"with spaces between": {[]string{`<https://a.example/x> ;  rel="next"`}, "https://a.example/x"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := linkOf(answered(200, `[]`, c.lines...), "next")
			if got != c.want || ok != (c.want != "") {
				t.Errorf("linkOf = %q, %v, want %q", got, ok, c.want)
			}
		})
	}
}
