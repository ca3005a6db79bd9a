package strict_test

import (
	"testing"

	"github.com/rolecheck/rolecheck/spec/strict"
)

func TestSuggestion(t *testing.T) {
	known := []string{"group-roles", "user-roles", "user-role-targets"}
	for wrong, want := range map[string]string{
		"user-rolse":  ` (did you mean "user-roles"?)`,
		"grouproles":  ` (did you mean "group-roles"?)`,
		"something":   "",
		"":            "",
		"user-roles-": ` (did you mean "user-roles"?)`,
	} {
		if got := strict.Suggestion(wrong, known); got != want {
			t.Errorf("%q: got %q, want %q", wrong, got, want)
		}
	}
	if got := strict.Suggestion("x", nil); got != "" {
		t.Errorf("got %q where nothing is known", got)
	}
}
