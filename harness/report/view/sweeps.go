package view

import (
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
)

// SweepCommand is the command that removes what a ledger lists from the org at a URL, for a shell. Without a URL the org is
// that of the settings.
func SweepCommand(org, ledger string) string {
	if strings.HasPrefix(ledger, "-") {
		ledger = "./" + ledger
	}
	command := "rolecheck sweep " + exchange.ShellWord(ledger)
	if org != "" {
		command += " --target " + exchange.ShellWord(org)
	}
	return command
}

// sweeps are the commands that remove what the run left behind, one for each ledger.
func sweeps(r *report.Report) []string {
	var out []string
	for _, l := range r.Leaks {
		if l.Ledger == "" {
			continue
		}
		if command := SweepCommand(r.Target.URL, l.Ledger); !slices.Contains(out, command) {
			out = append(out, command)
		}
	}
	return out
}
