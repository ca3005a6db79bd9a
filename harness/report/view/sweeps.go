package view

import (
	"slices"
	"strings"
	"unicode"

	"github.com/rolecheck/rolecheck/harness/report"
)

// SweepCommand is the command that removes what a ledger lists from the org at a URL, for a shell. Without a URL the org is
// that of the settings.
func SweepCommand(org, ledger string) string {
	if strings.HasPrefix(ledger, "-") {
		ledger = "./" + ledger
	}
	command := "rolecheck sweep " + quoted(ledger)
	if org != "" {
		command += " --target " + quoted(org)
	}
	return command
}

// quoted is a text as one word of a shell's.
func quoted(s string) string {
	plain := func(c rune) bool {
		return c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) || strings.ContainsRune("/._-+:,@%", c)
	}
	if s == "" || strings.ContainsFunc(s, func(c rune) bool { return !plain(c) }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
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
