package recording

import (
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// BenchmarkRead reads a recording of one format with answers of about 2 KB, 1,000 to a file. One operation is one exchange.
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
			const each = 1000
			for n := 0; n < b.N; n += each {
				sum, err := read(b.Context(), "sample", generated(c.begin, c.entry, c.end, each), nil, func(*exchange.Exchange) error { return nil })
				if err != nil || sum.Exchanges != each {
					b.Fatalf("%v, %+v", err, sum)
				}
			}
		})
	}
}
