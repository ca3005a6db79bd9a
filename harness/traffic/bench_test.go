package traffic

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// recorded are n exchanges as a recording has them. Each is another one, with another body, unless they are the same.
func recorded(b *testing.B, n, items int, same bool) []*exchange.Exchange {
	xs := make([]*exchange.Exchange, n)
	for i := range xs {
		salt := i
		if same {
			salt = 0
		}
		list := make([]string, items)
		for k := range list {
			list[k] = strings.Replace(admin, "ra11", fmt.Sprintf("ra1%08d%09d", salt, k), 1)
		}
		x := said(b, fmt.Sprintf("GET /api/v1/users/00u%017d/roles", i), http.StatusOK, "["+strings.Join(list, ",")+"]")
		x.ID, x.Source = fmt.Sprint("f#", i), fmt.Sprint("f:", i)
		xs[i] = x
	}
	return xs
}

// BenchmarkSession judges recorded exchanges, with what their order shows and with the report. It says how many times as
// long that takes as encoding/json takes to decode their bodies, both on one processor.
func BenchmarkSession(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, c := range []struct {
		name  string
		items int
		same  bool
	}{{"1KB", 4, false}, {"24KB", 88, false}, {"1KBSame", 4, true}, {"24KBSame", 88, true}} {
		b.Run(c.name, func(b *testing.B) {
			const n = 2000
			var judging, decoding time.Duration
			count := 0
			for b.Loop() {
				xs := recorded(b, n, c.items, c.same)
				start := time.Now()
				s := begin(b, func(o *Options) { o.Live = false })
				began := time.Since(start)
				for _, x := range xs {
					s.Observe(x)
				}
				r := end(b, s)
				// A session begins once, however much it judges.
				judging += time.Since(start) - began
				if r.Exchanges.Judged != n || len(r.Findings) > 0 {
					b.Fatal(r.Exchanges, r.Findings)
				}
				start = time.Now()
				for _, x := range xs {
					var v any
					if err := json.Unmarshal(x.Response.Body.Bytes, &v); err != nil {
						b.Fatal(err)
					}
				}
				decoding += time.Since(start)
				count += n
			}
			b.ReportMetric(float64(judging)/float64(decoding), "decodes/exchange")
			b.ReportMetric(float64(judging.Microseconds())/float64(count), "µs/exchange")
		})
	}
}
