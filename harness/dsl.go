package harness

import (
	"fmt"
	"runtime"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// container is a Describe that waits for a run. Ginkgo forgets its tree between two runs in one process, so that the
// tree is planted anew for each.
type container struct {
	text, system string
	body         func()
	location     types.CodeLocation
}

var containers []container

// Specs registers the specs of a part of a system. It is called while packages are initialised; the specs join every
// run that follows.
func Specs(system, text string, body func()) bool {
	_, file, line, _ := runtime.Caller(1)
	containers = append(containers, container{
		text: text, system: system, body: body, location: types.CodeLocation{FileName: file, LineNumber: line},
	})
	return true
}

func plant() {
	for _, c := range containers {
		ginkgo.Describe(c.text, ginkgo.Label(c.system), c.location, c.body)
	}
}

// unknown lists the ids that specs name and the catalogue lacks; they stop the suite at its start.
var unknown []string

// Requirement names the requirement that a spec judges, by its id in the catalogue. Its level and its operations become
// labels, beside the id, so that a filter can select by them.
func Requirement(id string) ginkgo.Labels {
	s, err := spec.Load()
	if err != nil {
		panic(err)
	}
	q, ok := s.Requirement(id)
	if !ok {
		_, file, line, _ := runtime.Caller(1)
		unknown = append(unknown, fmt.Sprintf("%s:%d names the requirement %q, which the catalogue does not have", file, line, id))
		return ginkgo.Label(id)
	}
	labels := append([]string{q.ID, string(q.Level)}, q.Operations...)
	return ginkgo.Label(labels...)
}

// Block ends the spec because a precondition could not be made: its requirement is not verified.
func Block(format string, args ...any) {
	declare(verdict.Blocked, fmt.Sprintf(format, args...))
}

// Unobservable ends the spec because what it is about could not be provoked here.
func Unobservable(format string, args ...any) {
	declare(verdict.Unobservable, fmt.Sprintf(format, args...))
}

// Unsupported ends the spec because the org lacks what it is about.
func Unsupported(format string, args ...any) {
	declare(verdict.Unsupported, fmt.Sprintf(format, args...))
}

func declare(o verdict.Outcome, reason string) {
	entry(report.EntryDeclared, report.Declared{Outcome: o, Reason: reason})
	ginkgo.Skip(string(o)+": "+reason, 2)
}
