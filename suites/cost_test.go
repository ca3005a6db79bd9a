package suites

import (
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/spec"
)

// TestTraceKnows shows that a step which is not recorded is not planned as if it sent nothing.
func TestTraceKnows(t *testing.T) {
	trace := Trace{Steps: map[string]Part{"user-roles.a": {}}}
	if err := trace.knows([]spec.Requirement{{ID: "user-roles.a"}}); err != nil {
		t.Error(err)
	}
	if err := trace.knows([]spec.Requirement{{ID: "user-roles.a"}, {ID: "user-roles.b"}}); err == nil || !strings.Contains(err.Error(), "user-roles.b") {
		t.Errorf("an unknown step: %v", err)
	}
}
