package harness

import (
	"context"
	"slices"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

// Cleanup has something undone when the scene is over, or the run where a shared fixture is being made. What was done
// last is undone first, and counts for what it was done for. keep says that a row failed by it, and that the settings want
// what is rolecheck's own to be left then.
func (c *Container) Cleanup(undo func(ctx context.Context, keep bool)) {
	c.org.mu.Lock()
	defer c.org.mu.Unlock()
	owner := c
	if c.org.purpose.requirement == "" && c.org.purpose.arranges != c.name {
		owner = nil
	}
	c.org.cleanups = append(c.org.cleanups, cleanup{owner, c.org.purpose, undo})
}

// shared is a fixture that is made once a run.
type shared struct {
	value any
	err   error
}

// Shared returns the fixture of that name, which the first step that names it makes for the whole run. That it could not
// be made is remembered as well: then every step that names it is blocked by the same reason.
func Shared[T any](c *Container, name string, make func() (T, error)) T {
	o := c.org
	o.mu.Lock()
	by := o.purpose.key()
	if !slices.Contains(o.uses[by], name) {
		o.uses[by] = append(o.uses[by], name)
	}
	known, ok := o.shared[name]
	o.mu.Unlock()
	if !ok {
		o.during(purpose{arranges: name}, func() { known.value, known.err = make() })
		o.mu.Lock()
		o.shared[name] = known
		o.mu.Unlock()
	}
	if known.err != nil {
		panic(ended{outcome: verdict.Blocked, reason: known.err.Error()})
	}
	value, _ := known.value.(T)
	return value
}
