package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/text"
)

// earlierLedgers are the ledgers in a folder: of runs that left something, or that go on.
func earlierLedgers(dir string) []string {
	entries, _ := os.ReadDir(dir) // a folder that is not there yet holds none
	var out []string
	for _, e := range entries {
		if ok, _ := filepath.Match("rolecheck-*.ledger.jsonl", e.Name()); ok {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

// printEarlier names the ledgers in a folder, each with the command that removes what it lists.
func printEarlier(w io.Writer, dir string) {
	for _, path := range earlierLedgers(dir) {
		found, command := earlier(path)
		fmt.Fprintln(w, text.Printable(found+"\n  remove what that run left with: "+command))
	}
}

// earlier describes a ledger that is there, and is the command that removes what it lists. Which org the credential goes to is
// for who runs it to say.
func earlier(path string) (found, command string) {
	of := "an org"
	if ledger, err := readLedger(path); err == nil {
		of = ledger.Target
	}
	return fmt.Sprintf("there is the ledger of an earlier run, or of one that is still going on, at %s: %s", of, path), view.SweepCommand("", path)
}
