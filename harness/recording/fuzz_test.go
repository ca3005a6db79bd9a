package recording

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// fuzzRead reads whatever it is given, and holds what is true of every reading.
func fuzzRead(f *testing.F, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
		f.Add([]byte(s[:len(s)/2]))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		sum, err := read(t.Context(), "fuzz", bytes.NewReader(b), nil, func(x *exchange.Exchange) error {
			n++
			if x.Request.Method == "" || !x.Request.URL.IsAbs() || !strings.HasPrefix(x.ID, "fuzz#") || x.Phase == "" {
				t.Errorf("not an exchange: %+v", x)
			}
			if x.Response != nil {
				if err := checkStatus(x.Response.Status); err != nil {
					t.Error(err)
				}
				if len(x.Response.Body.Bytes) > exchange.MaxBody {
					t.Errorf("a body of %d bytes", len(x.Response.Body.Bytes))
				}
			}
			if _, err := x.MarshalJSON(); err != nil {
				t.Error(err)
			}
			return nil
		})
		if sum.Exchanges != n || sum.Unreadable < len(sum.Problems) || err != nil && n > 0 {
			t.Errorf("%v, %d exchanges, %+v", err, n, sum)
		}
	})
}

func FuzzHAR(f *testing.F) {
	fuzzRead(f,
		har(harEntryOf(200, jsonType, harText(`[1]`)), harEntryOf(200, `{"name":"content-encoding","value":"br"}`, `{"size":3,"text":"WzFd","encoding":"base64"}`)),
		har(posted(`{"mimeType":"application/json","params":[{"name":"a","value":"b"}],"_file":"x"}`, 3), harEntryOf(0, "", `{}`)))
}

func FuzzGoVCR(f *testing.F) { fuzzRead(f, goVCR1, goVCR3) }

func FuzzVCRpy(f *testing.F) {
	item := vcrpyItem("!!binary |\n      W10=", "\n      string: &a '[1]'", " {}")
	fuzzRead(f,
		"interactions:\n"+item+vcrpyItem("*a", "{base64_string: WzFd}", " {a: [b]}")+"version: 1\n",
		`{"version": 1, "interactions": [{"request": {"method": "GET", "uri": "https://a/b", "body": null, "headers": {}},`+
			` "response": {"status": {"code": 200}, "headers": {"Content-Encoding": "gzip"}, "body": {"string": "x"}}}]}`,
		"{interactions: [{request: {method: GET, uri: 'https://a/'}, response: {status_code: 200, content: x}}]}")
}

func FuzzExchanges(f *testing.F) { fuzzRead(f, exchangesFile(f, 2, false)) }
