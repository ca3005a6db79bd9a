package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rolecheck/rolecheck/harness/report/view"
	"github.com/rolecheck/rolecheck/harness/text"
)

// earlierLedgers are the ledgers in a folder: of runs that left objects in an org, or that are still going on.
func earlierLedgers(dir string) []string {
	entries, _ := os.ReadDir(dir) // a folder that does not exist has none
	var out []string
	for _, e := range entries {
		if ok, _ := filepath.Match("rolecheck-*.ledger.jsonl", e.Name()); ok {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

// printEarlier prints the ledgers in a folder, each with the command that removes the objects that it lists.
func printEarlier(w io.Writer, dir string) {
	for _, path := range earlierLedgers(dir) {
		says, command := earlier(path)
		fmt.Fprintln(w, text.Printable(says+"\n  remove what that run left with: "+command))
	}
}

// earlier describes an existing ledger, and the command that removes the objects that it lists. The command does not name the
// org: whoever runs it has to say which org gets the credential.
func earlier(path string) (says, command string) {
	of := "an org"
	if ledger, err := readLedger(path); err == nil {
		of = ledger.Target
	}
	return fmt.Sprintf("there is the ledger of an earlier run, or of one that is still going on, at %s: %s", of, path), view.SweepCommand("", path)
}
