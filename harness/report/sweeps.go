package report

import (
	"slices"
	"strings"
	"unicode"
)

// SweepCommand is the command that removes what a ledger lists, for a shell.
func SweepCommand(ledger string) string {
	plain := func(c rune) bool {
		return c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) || strings.ContainsRune("/._-+:,@%", c)
	}
	if strings.HasPrefix(ledger, "-") {
		ledger = "./" + ledger
	}
	if ledger == "" || strings.ContainsFunc(ledger, func(c rune) bool { return !plain(c) }) {
		ledger = "'" + strings.ReplaceAll(ledger, "'", `'\''`) + "'"
	}
	return "rolecheck sweep " + ledger
}

// sweeps are the commands that remove what the run left behind, one for each ledger.
func (r *Report) sweeps() []string {
	var out []string
	for _, l := range r.Leaks {
		if l.Ledger == "" {
			continue
		}
		if command := SweepCommand(l.Ledger); !slices.Contains(out, command) {
			out = append(out, command)
		}
	}
	return out
}
