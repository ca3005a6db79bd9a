package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
)

func TestServeTellsThatItLags(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for lag, says := range map[time.Duration]string{0: "", 500 * time.Millisecond: "\n# a change takes 500ms to show in reads\n"} {
		var out strings.Builder
		if err := serve(ctx, &out, "", mockorg.Options{Lag: lag}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); strings.Contains(got, "#") != (says != "") || !strings.HasSuffix(got, says) {
			t.Errorf("a lag of %s: %q", lag, got)
		}
	}
}
