//go:build unix

package traffic

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// recorded returns n exchanges as a recording has them. Of the items in each answer so many are in no other one.
func recorded(b *testing.B, n, items, changed int) []*exchange.Exchange {
	xs := make([]*exchange.Exchange, n)
	for i := range xs {
		list := make([]string, items)
		for k := range list {
			salt := 0
			if k < changed {
				salt = i + 1
			}
			list[k] = strings.Replace(admin, "ra11", fmt.Sprintf("ra1%08d%09d", salt, k), 1)
		}
		x := said(b, fmt.Sprintf("GET /api/v1/users/00u%017d/roles", i), http.StatusOK, "["+strings.Join(list, ",")+"]")
		x.ID, x.Source = fmt.Sprint("f#", i), fmt.Sprint("f:", i)
		xs[i] = x
	}
	return xs
}

// spent is the processor time of this process so far, which does not depend on what else the machine does.
func spent(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkSession judges recorded exchanges, by the contract and by their order, and makes the report. It reports how
// many times as long that takes as encoding/json takes to decode their bodies (decodes/exchange, at most 3), both in
// processor time. Lists of 1KB and 24KB have no item in common, those of 24KBChanged all but one, and those of 1KBSame
// and 24KBSame are always the same.
func BenchmarkSession(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, c := range []struct {
		name           string
		items, changed int
	}{{"1KB", 4, 4}, {"24KB", 88, 88}, {"24KBChanged", 88, 1}, {"1KBSame", 4, 0}, {"24KBSame", 88, 0}} {
		b.Run(c.name, func(b *testing.B) {
			const n = 2000
			var judging, decoding time.Duration
			count := 0
			for b.Loop() {
				xs := recorded(b, n, c.items, c.changed)
				runtime.GC()
				start := spent(b)
				s := begin(b, func(o *Options) { o.Live = false })
				began := spent(b) - start
				for _, x := range xs {
					s.Observe(x)
				}
				r := end(b, s)
				// A session begins once, however much it judges.
				judging += spent(b) - start - began
				if r.Exchanges.Judged != n || len(r.Findings) > 0 {
					b.Fatal(r.Exchanges, r.Findings)
				}
				runtime.GC()
				start = spent(b)
				for _, x := range xs {
					var v any
					if err := json.Unmarshal(x.Response.Body.Bytes, &v); err != nil {
						b.Fatal(err)
					}
				}
				decoding += spent(b) - start
				count += n
			}
			b.ReportMetric(float64(judging)/float64(decoding), "decodes/exchange")
			b.ReportMetric(float64(judging.Microseconds())/float64(count), "µs/exchange")
		})
	}
}
