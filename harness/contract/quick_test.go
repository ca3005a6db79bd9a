package contract

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// ways are a judge that takes the quick look first and one that does not.
var ways = sync.OnceValues(func() ([2]*Judge, error) {
	quick, err := load(Options{Quick: true})
	if err != nil {
		return [2]*Judge{}, err
	}
	thorough, err := load(Options{})
	return [2]*Judge{quick, thorough}, err
})

// sameEitherWay judges an answer both ways, twice, since what was seen once may be remembered.
func sameEitherWay(t *testing.T, request, body string) {
	t.Helper()
	both, err := ways()
	if err != nil {
		t.Fatal(err)
	}
	method, path, _ := strings.Cut(request, " ")
	u, err := url.Parse("https://org.example" + path)
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange.Exchange{
		Request: exchange.Request{Method: method, URL: u, Header: http.Header{}},
		Response: &exchange.Response{
			Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: exchange.Body{Bytes: []byte(body)},
		},
	}
	want := both[1].Judge(x)
	for range 3 {
		got := both[0].Judge(x)
		if !reflect.DeepEqual(got.Findings, want.Findings) || !sameSet(got.Rules, want.Rules) {
			t.Fatalf("%s answered with %s (-thorough +quick):\n%s%s", request, body, cmp.Diff(want.Findings, got.Findings), cmp.Diff(want.Rules, got.Rules))
		}
	}
}

func sameSet(a, b []string) bool {
	in := map[string]bool{}
	for _, s := range a {
		in[s] = true
	}
	for _, s := range b {
		if !in[s] {
			return false
		}
	}
	return len(a) == len(b)
}

var quickSamples = map[string][]string{
	userRole:    {standard, custom},
	userRoles:   {"[" + standard + "," + custom + "]", "[]"},
	groups:      {`[{"id":"00g1","objectClass":["okta:user_group"],"type":"OKTA_GROUP","profile":{"name":"a","description":null},"created":"2026-03-01T10:00:00.000Z"}]`},
	permissions: {`{"permissions":[{"label":"okta.users.read","created":"2026-03-01T10:00:00.000Z","conditions":{"include":{"a":["b"]}},"_links":{"self":{"href":"https://x"}}}]}`},
	assignees:   {`{"value":[{"id":"00u1","orn":"orn:okta:directory:o:users:00u1","_links":{"self":{"href":"https://x"}}}],"_links":{}}`},
}

// The quick look and the thorough way say the same of every answer, however it is damaged.
func TestQuickSaysTheSame(t *testing.T) {
	values := []string{`null`, `true`, `7`, `-1.5e3`, `"x"`, `""`, `[]`, `{}`, `[null]`, `"2026-02-31T10:00:00.000Z"`, `"CUSTOM"`, `"\u0000"`, `{"a":1,"a":2}`}
	for request, bodies := range quickSamples {
		for _, body := range bodies {
			sameEitherWay(t, request, body)
			for i := range body {
				sameEitherWay(t, request, body[:i])
				sameEitherWay(t, request, body[:i]+body[i+1:])
				if body[i] != ':' {
					continue
				}
				// Another value in this member's place, and the member left out.
				end := i + 1 + strings.IndexAny(body[i+1:]+",", ",}]")
				for _, v := range values {
					sameEitherWay(t, request, body[:i+1]+v+body[end:])
				}
				if start := strings.LastIndexAny(body[:i], ",{"); start >= 0 {
					sameEitherWay(t, request, body[:start+1]+strings.TrimPrefix(body[end:], ","))
				}
			}
			sameEitherWay(t, request, body+" ")
			sameEitherWay(t, request, body+body)
			sameEitherWay(t, request, "\ufeff"+body)
		}
	}
}

func FuzzQuickSaysTheSame(f *testing.F) {
	for request, bodies := range quickSamples {
		for _, body := range bodies {
			f.Add(request, body)
		}
	}
	f.Fuzz(func(t *testing.T, request, body string) {
		if _, known := quickSamples[request]; known {
			sameEitherWay(t, request, body)
		}
	})
}
