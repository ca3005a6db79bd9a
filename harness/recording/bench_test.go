package recording

import (
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// BenchmarkRead reads a recording of one format with answers of about 2 KB. One operation is one exchange.
func BenchmarkRead(b *testing.B) {
	answer := "[" + strings.Repeat(`{"id":"00gaaaaaaaaaaaaaaaaa","type":"OKTA_GROUP"},`, 40) + "{}]"
	lines := strings.SplitAfter(exchangesFile(b, 1, false), "\n")
	for _, c := range []struct{ name, begin, entry, end string }{
		{"HAR", `{"log":{"entries":[{}`, "," + harEntryOf(200, jsonType, harText(answer)), "]}}"},
		{"cassette", "interactions:\n", vcrpyItem("null", "\n      string: '"+answer+"'", " {}"), "version: 1\n"},
		{"exchanges", lines[0], strings.Replace(lines[1], `"body":"[]"`, `"body":`+jsonOf(answer), 1), ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.entry)))
			n := (b.N + 99) / 100 * 100
			sum, err := Read(b.Context(), "sample", generated(c.begin, c.entry, c.end, n), func(*exchange.Exchange) error { return nil })
			if err != nil || sum.Exchanges != n {
				b.Fatalf("%v, %+v", err, sum)
			}
		})
	}
}
