package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// A client that says of everything that it has nothing is not verified, whatever a baseline says.
func TestSDKThatSupportsNothing(t *testing.T) {
	program := filepath.Join(t.TempDir(), "client")
	if err := os.WriteFile(program, []byte(`#!/bin/sh
while read -r line; do
	n=${line#*'"step":'}
	echo "{\"step\":${n%%[,\}]*},\"unsupported\":\"it has nothing\"}"
done
`), 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "report")
	code, stdout, stderr := rolecheck(t, "sdk", "--out", dir, "--", program)
	if code != verdict.ExitUnverified || !strings.Contains(stdout, "the client sent no request") || strings.Contains(stdout, "PASSED") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if code, stdout, _ := rolecheck(t, "report", "verify", dir); code != verdict.ExitPassed {
		t.Errorf("the report does not verify: %s", stdout)
	}

	baseline := filepath.Join(t.TempDir(), "baseline.yaml")
	if code, stdout, stderr := rolecheck(t, "baseline", "init", dir, "--baseline", baseline); code != verdict.ExitPassed {
		t.Fatalf("init: exit code %d\n%s%s", code, stdout, stderr)
	}
	if text := read(t, baseline); !bytes.Contains(text, []byte("unsupported: ")) {
		t.Errorf("the baseline does not say what is lacking:\n%s", text)
	}
	text := bytes.ReplaceAll(read(t, baseline), []byte(`reason: ""`), []byte("reason: to come"))
	if err := os.WriteFile(baseline, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := rolecheck(t, "baseline", "check", dir, "--baseline", baseline); code != verdict.ExitPassed || !strings.Contains(stdout, "is unsupported as known") {
		t.Errorf("check: exit code %d\n%s", code, stdout)
	}
	excused := filepath.Join(t.TempDir(), "excused")
	code, stdout, stderr = rolecheck(t, "sdk", "--out", excused, "--baseline", baseline, "--", program)
	if code != verdict.ExitUnverified || strings.Contains(stdout, "PASSED") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if r, err := report.Open(excused); err != nil || len(r.Baseline) == 0 || r.Baseline[0].Standing != verdict.Holds {
		t.Errorf("the baseline stands as %+v (%v)", r.Baseline, err)
	}
}
