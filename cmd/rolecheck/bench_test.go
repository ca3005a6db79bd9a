package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/suites"
)

// BenchmarkRun measures a complete run on the reference org, and beside it a bare client that sends the same requests
// to the same kind of org. The ratio of the two is what judging, reporting and Ginkgo cost.
func BenchmarkRun(b *testing.B) {
	// As the command does.
	debug.SetGCPercent(gcPercent)
	var run, bare time.Duration
	for b.Loop() {
		started := time.Now()
		result := complete(b)
		run += time.Since(started)

		server, err := mockorg.Listen(b.Context(), "127.0.0.1:0", mockorg.Options{})
		if err != nil {
			b.Fatal(err)
		}
		started = time.Now()
		replay(b, server, result)
		bare += time.Since(started)
		server.Close()
	}
	b.ReportMetric(float64(run)/float64(bare), "times-bare")
	b.ReportMetric(float64(bare.Milliseconds())/float64(b.N), "bare-ms/op")
}

func complete(b *testing.B) *suites.Result {
	b.Helper()
	s, err := target.Resolve("", func(string) (string, bool) { return "", false }, map[string]string{"seed": "1"})
	if err != nil {
		b.Fatal(err)
	}
	result, err := suites.Execute(b.Context(), suites.Options{Settings: s, Reference: s.URL == "", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return result
}

// replay sends the requests of a run again. The ids in them are those of the first org, so that many are answered by
// 404: a bare client gains by that, if anybody does.
func replay(b *testing.B, server *mockorg.Server, result *suites.Result) {
	b.Helper()
	client := &http.Client{}
	for _, x := range result.Exchanges {
		req, err := http.NewRequestWithContext(b.Context(), x.Request.Method, server.URL+x.Request.URL.RequestURI(), bytes.NewReader(x.Request.Body.Bytes))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "SSWS "+server.Org.Credentials().Admin)
		req.Header.Set("Content-Type", "application/json")
		res, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
}
