//go:build unix

package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// writeExchanges writes a recording of n exchanges with answers of about 1 KB, no two the same. It is made of text, so
// that writing it takes much less than reading it.
func writeExchanges(w io.Writer, n int) error {
	const line = `{"id":"x%d","phase":"observed","request":{"method":"GET","url":"https://org.example/api/v1/users/00u%017d/roles",` +
		`"headers":{"Authorization":["SSWS REDACTED"],"Accept":["application/json"]}},"response":{"status":200,"headers":` +
		`{"Content-Type":["application/json"],"X-Okta-Request-Id":["r%d"]},"body":"[%s]"}}`
	item := strings.ReplaceAll(`{"id":"ra1aaaaaaaaaa%07d","label":"Super Administrator","type":"SUPER_ADMIN","status":"ACTIVE",`+
		`"created":"2026-03-01T10:00:00.000Z","lastUpdated":"2026-03-01T10:00:00.000Z","assignmentType":"USER",`+
		`"_links":{"assignee":{"href":"https://org.example/api/v1/users/00u"}}}`, `"`, `\"`)
	out := bufio.NewWriterSize(w, 1<<20)
	fmt.Fprintf(out, "{\"schema\":%q}\n", exchange.Schema)
	// Everything but the numbers is the same in each line.
	sample := fmt.Sprintf(line, 1, 1, 1, strings.Join([]string{item, item, item, item}, ","))
	parts := strings.Split(strings.ReplaceAll(sample, "00u00000000000000001", "00u00000000%09d"), "%09d")
	first, rest := parts[0], strings.Split(parts[1], "%07d")
	var number []byte
	for i := range n {
		number = fmt.Appendf(number[:0], "%09d", i)
		_, _ = out.WriteString(first)
		_, _ = out.Write(number)
		for k, part := range rest {
			if k > 0 {
				_, _ = out.Write(number[2:])
			}
			_, _ = out.WriteString(part)
		}
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "{\"exchanges\":%d}\n", n)
	return out.Flush()
}

// large is how many exchanges the large recording has. It is no variable of the environment, since the command refuses those
// that name none of its settings.
var large = flag.Int("exchanges", 10_000, "how many exchanges the large recording has")

// BenchmarkLargeRecording has the command judge a recording that is written while it is read. It reports how much memory
// the command took at most (MB-at-most, which does not grow with the recording), and how many processors it used. With
// -args -exchanges 1000000 it takes a minute or two.
func BenchmarkLargeRecording(b *testing.B) {
	command := filepath.Join(b.TempDir(), "rolecheck")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", command, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	n := *large
	var used syscall.Rusage
	var busy, took time.Duration
	for b.Loop() {
		start := time.Now()
		c := judgeLarge(b, command, n)
		took += time.Since(start)
		used = *c.SysUsage().(*syscall.Rusage)
		busy += c.UserTime() + c.SystemTime()
	}
	b.ReportMetric(float64(used.Maxrss)/1024, "MB-at-most")
	b.ReportMetric(float64(busy)/float64(took), "processors")
	b.ReportMetric(float64(took.Microseconds())/float64(b.N*n), "µs/exchange")
}

// judgeLarge writes n exchanges into a pipe that the command reads, and returns how the command ended.
func judgeLarge(b *testing.B, command string, n int) *os.ProcessState {
	dir := b.TempDir()
	pipe := filepath.Join(dir, "exchanges.jsonl")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		b.Skip("there are no named pipes:", err)
	}
	var said bytes.Buffer
	c := exec.CommandContext(b.Context(), command, "judge", "--out", filepath.Join(dir, "report"), pipe)
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	if err := writeExchanges(w, n); err != nil {
		b.Errorf("writing: %v", err)
	}
	if err := w.Close(); err != nil {
		b.Error(err)
	}
	if err := c.Wait(); err != nil || !strings.Contains(said.String(), fmt.Sprintf("%d exchanges, %d of them of the contract's operations, 0 unreadable", n, n)) {
		b.Fatalf("%v\n%s", err, &said)
	}
	return c.ProcessState
}
