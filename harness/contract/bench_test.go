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

// BenchmarkJudge says besides how many times as long judging takes as encoding/json takes to decode the same body.
func BenchmarkJudge(b *testing.B) {
	j := newJudge(b, Options{})
	xs := samples(b)
	for _, name := range sampleNames {
		b.Run(name, func(b *testing.B) {
			x := xs[name]
			b.SetBytes(int64(len(x.Response.Body.Bytes)))
			b.ReportAllocs()
			for b.Loop() {
				if got := j.Judge(x); len(got.Findings) > 0 {
					b.Fatal(got.Findings)
				}
			}
			if decoded := decoding(b, x.Response.Body.Bytes, b.N); decoded > 0 {
				b.ReportMetric(float64(b.Elapsed())/float64(decoded), "decodes/op")
			}
		})
	}
}

// decoding returns how long encoding/json takes for n times the body.
func decoding(b *testing.B, body []byte, n int) time.Duration {
	if len(body) == 0 {
		return 0
	}
	b.StopTimer()
	start := time.Now()
	for range n {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

// BenchmarkDecodeOnly is the measure for BenchmarkJudge: what encoding/json takes for the same body.
func BenchmarkDecodeOnly(b *testing.B) {
	xs := samples(b)
	for _, name := range sampleNames {
		body := xs[name].Response.Body.Bytes
		if len(body) == 0 {
			continue
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := json.Unmarshal(body, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecodeOwn is the part of BenchmarkJudge that reads the body.
func BenchmarkDecodeOwn(b *testing.B) {
	body := samples(b)["List24KB"].Response.Body.Bytes
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if d := decode(body); !d.whole {
			b.Fatal(d.flaws)
		}
	}
}
