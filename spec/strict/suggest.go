package strict

import "fmt"

// Suggestion is the known word nearest to a wrong one, as words to follow a message: " (did you mean …?)", or nothing where
// none is near.
func Suggestion(wrong string, known []string) string {
	best, near := "", len(wrong)/3+2
	for _, word := range known {
		if d := distance(wrong, word, near); d < near {
			best, near = word, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance is the number of letters to add, drop or change between two words; it is only exact below the limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
