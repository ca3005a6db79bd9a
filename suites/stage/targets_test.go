package stage

import (
	"net/http"
	"slices"
	"testing"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

func answered(status int, body string, links ...string) *harness.Answer {
	return &harness.Answer{Exchange: &exchange.Exchange{Response: &exchange.Response{
		Status: status, Header: http.Header{"Link": links}, Body: exchange.Body{Bytes: []byte(body)},
	}}}
}

func TestTargets(t *testing.T) {
	for name, c := range map[string]struct {
		answer *harness.Answer
		want   []string
	}{
		"none":             {answered(200, `[]`), []string{}},
		"both kinds":       {answered(200, `[{"name":"slack"},{"id":"0oa1","name":"A label"}]`), []string{"0oa1", "slack"}},
		"twice":            {answered(200, `[{"id":"00g1"},{"id":"00g1"}]`), []string{"00g1", "00g1"}},
		"null":             {answered(200, `null`), nil},
		"an object":        {answered(200, `{}`), nil},
		"a list of ids":    {answered(200, `["00g1"]`), nil},
		"another status":   {answered(404, `[]`), nil},
		"no answer at all": {&harness.Answer{Exchange: &exchange.Exchange{}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := Targets(c.answer)
			if !slices.Equal(got, c.want) || (got == nil) != (c.want == nil) {
				t.Errorf("Targets = %#v, want %#v", got, c.want)
			}
		})
	}
}

func TestLinkTo(t *testing.T) {
	const self, next = `<https://a.example/x?after=1,2>; rel="self"`, `<https://a.example/x?after=3>; rel="next"`
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"a line each":            {[]string{self, next}, "https://a.example/x?after=3"},
		"in one line":            {[]string{self + ", " + next}, "https://a.example/x?after=3"},
		"the last page":          {[]string{self}, ""},
		"without brackets":       {[]string{`https://a.example/x?after=3; rel="next"`}, ""},
		"no header of links":     {nil, ""},
		"the relation alone":     {[]string{`rel="next"`}, ""},
		"bare, in another order": {[]string{`<https://a.example/x>; title="a, b"; Rel=next`}, "https://a.example/x"},
		"with spaces between":    {[]string{`<https://a.example/x> ;  rel="next"`}, "https://a.example/x"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := LinkTo(answered(200, `[]`, c.lines...), "next"); got != c.want {
				t.Errorf("LinkTo = %q, want %q", got, c.want)
			}
		})
	}
	if got := LinkTo(&harness.Answer{Exchange: &exchange.Exchange{}}, "next"); got != "" {
		t.Errorf("LinkTo of no answer = %q, want none", got)
	}
}

func TestMatchersOfTargets(t *testing.T) {
	empty, two := answered(200, `[]`), answered(200, `[{"id":"00g1"},{"id":"00g2"}]`)
	missing := answered(404, `{"errorCode":"E0000007"}`)
	for name, c := range map[string]struct {
		answer  *harness.Answer
		matches bool
		matcher interface{ Match(any) (bool, error) }
	}{
		"no targets in an empty list":      {empty, true, HaveNoTargets()},
		"no targets without a list":        {missing, true, HaveNoTargets()},
		"no targets in a list of two":      {two, false, HaveNoTargets()},
		"no targets when it breaks":        {answered(500, `[]`), false, HaveNoTargets()},
		"no targets in an object":          {answered(200, `{}`), false, HaveNoTargets()},
		"one at most in an empty list":     {empty, true, HaveAtMostTargets(1)},
		"one at most in a list of two":     {two, false, HaveAtMostTargets(1)},
		"one at most without a list":       {missing, false, HaveAtMostTargets(1)},
		"unknown as documented":            {missing, true, BeRefusedAsUnknownTarget()},
		"unknown in the older form":        {answered(405, `{"errorCode":"E0000022"}`), true, BeRefusedAsUnknownTarget()},
		"unknown with the other's code":    {answered(405, `{"errorCode":"E0000007"}`), false, BeRefusedAsUnknownTarget()},
		"unknown without a code":           {answered(404, ``), false, BeRefusedAsUnknownTarget()},
		"unknown and taken":                {answered(204, ``), false, BeRefusedAsUnknownTarget()},
		"both on two pages":                {empty, true, HaveTargetsOn([]*harness.Answer{answered(200, `[{"id":"00g2"}]`), answered(200, `[{"id":"00g1"}]`), empty}, "00g1", "00g2")},
		"one on both pages":                {two, false, HaveTargetsOn([]*harness.Answer{two, two}, "00g1", "00g2")},
		"a page that is missing":           {two, false, HaveTargetsOn([]*harness.Answer{two, missing}, "00g1", "00g2")},
		"just these, in whatever order":    {two, true, HaveTargets("00g2", "00g1")},
		"just these, with one too many":    {two, false, HaveTargets("00g1")},
		"one that is there":                {two, true, IncludeTarget("00g1")},
		"one that is there twice":          {answered(200, `[{"id":"00g1"},{"id":"00g1"}]`), false, IncludeTarget("00g1")},
		"the lack of one that is not":      {two, true, LackTarget("00g3")},
		"the lack of one that is there":    {two, false, LackTarget("00g1")},
		"the lack of one without any list": {missing, false, LackTarget("00g1")},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := c.matcher.Match(c.answer); err != nil || got != c.matches {
				t.Errorf("matches %v, %v; want %v", got, err, c.matches)
			}
		})
	}
}

func TestEach(t *testing.T) {
	for name, c := range map[string]struct {
		values  any
		is      func(any) bool
		matches bool
	}{
		"strings":               {[]any{"a", "b"}, Is[string], true},
		"a string and none":     {[]any{"a", nil}, Is[string], false},
		"an object":             {[]any{map[string]any{}}, Is[map[string]any], true},
		"an array as an object": {[]any{[]any{}}, Is[map[string]any], false},
		"nothing":               {[]any{nil}, IsAbsent, true},
		"something":             {[]any{""}, IsAbsent, false},
		"no list":               {nil, IsAbsent, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := Each("so", c.is).Match(c.values); err != nil || got != c.matches {
				t.Errorf("matches %v, %v; want %v", got, err, c.matches)
			}
		})
	}
}
