package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
)

// TestServeWarns shows what is printed beside the address and the tokens, as comments of the shell.
func TestServeWarns(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, test := range []struct {
		addr string
		lag  time.Duration
		says string
	}{
		{"", 0, ""},
		{"", 500 * time.Millisecond, "# a change takes 500ms to show in reads\n"},
		{"0.0.0.0:0", 0, "is not loopback: whoever reaches it can use the org\n"},
	} {
		var out strings.Builder
		if err := serve(ctx, &out, test.addr, mockorg.Options{Lag: test.lag}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); strings.Contains(got, "#") != (test.says != "") || !strings.HasSuffix(got, test.says) {
			t.Errorf("%+v: %q", test, got)
		}
	}
}
