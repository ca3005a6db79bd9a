package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// samples are exchanges like those that traffic is made of.
func samples(t testing.TB) map[string]*exchange.Exchange {
	recorded := func(request string, status int, body string) *exchange.Exchange {
		x := answered(t, request, status, body)
		x.Phase, x.Source = exchange.Observed, "cassette.yaml#1"
		return x
	}
	list := func(item string, n int) string {
		items := make([]string, n)
		for i := range items {
			items[i] = strings.ReplaceAll(item, "r1", fmt.Sprintf("ra1%017d", i))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return map[string]*exchange.Exchange{
		"List1KB":    recorded(userRoles, http.StatusOK, list(standard, 4)),
		"List24KB":   recorded(userRoles, http.StatusOK, list(standard, 80)),
		"Groups24KB": recorded(groups, http.StatusOK, list(group, 28)),
		"Error":      recorded(userRoles, http.StatusNotFound, notFound),
		"NoContent":  recorded(unassign, http.StatusNoContent, ""),
	}
}

const group = `{"id":"r1","created":"2026-03-01T10:00:00.000Z","lastUpdated":"2026-03-01T10:00:00.000Z",` +
	`"lastMembershipUpdated":"2026-03-01T10:00:00.000Z","objectClass":["okta:user_group"],"type":"OKTA_GROUP",` +
	`"profile":{"name":"rolecheck","description":null},"_links":{"logo":[` +
	`{"name":"medium","href":"https://org.example/img/logos/groups/okta-medium.png","type":"image/png"},` +
	`{"name":"large","href":"https://org.example/img/logos/groups/okta-large.png","type":"image/png"}],` +
	`"users":{"href":"https://org.example/api/v1/groups/r1/users"},"apps":{"href":"https://org.example/api/v1/groups/r1/apps"}}}`

var sampleNames = []string{"List1KB", "List24KB", "Groups24KB", "Error", "NoContent"}

// BenchmarkJudge judges bodies of which the judge remembers none. It reports how many times as long that takes as encoding/json
// takes to decode the same body (decodes/op, at most 3), both measured in turns.
func BenchmarkJudge(b *testing.B) {
	j := *newJudge(b, Options{})
	j.fitting = newFitting()
	xs := samples(b)
	for _, name := range sampleNames {
		b.Run(name, func(b *testing.B) {
			x := xs[name]
			body := x.Response.Body.Bytes
			var judging, decoding time.Duration
			b.ReportAllocs()
			for b.Loop() {
				j.fitting.young, j.fitting.old = nil, nil
				start := time.Now()
				if got := j.Judge(x); len(got.Findings) > 0 {
					b.Fatal(got.Findings)
				}
				judging += time.Since(start)
				if len(body) == 0 {
					continue
				}
				start = time.Now()
				var v any
				if err := json.Unmarshal(body, &v); err != nil {
					b.Fatal(err)
				}
				decoding += time.Since(start)
			}
			b.ReportMetric(float64(judging.Nanoseconds())/float64(b.N)/1e3, "µs/judgement")
			if decoding > 0 {
				b.ReportMetric(float64(judging)/float64(decoding), "decodes/op")
			}
		})
	}
}

// BenchmarkDecode is the part of BenchmarkJudge that reads the body.
func BenchmarkDecode(b *testing.B) {
	body := samples(b)["List24KB"].Response.Body.Bytes
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if d := decode(body); !d.complete {
			b.Fatal(d.flaws)
		}
	}
}
