package harness

import (
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

// reach says how far a run of Ginkgo came, and which specs it was to reach at all. Ginkgo calls them all skipped, and
// gives no reason.
type reach struct {
	config                types.SuiteConfig
	labels                []string
	interrupted, timedOut bool
	// focused says that the code of some spec leaves all others out.
	focused bool
	// broken is why no spec could run.
	broken string
}

const leftOut = "left out by the filter"

// unreached is the outcome of a spec that was never begun, and why.
func (r reach) unreached(sr types.SpecReport) (o verdict.Outcome, detail string) {
	switch {
	case sr.Failure.Message != "":
		return verdict.NotRun, sr.Failure.Message
	case !r.selects(append(sr.Labels(), r.labels...)):
		return verdict.NotSelected, leftOut
	case r.broken != "":
		return verdict.Blocked, r.broken
	case r.interrupted:
		return verdict.NotRun, "the run was interrupted before its turn"
	case r.timedOut:
		return verdict.NotRun, "the run's time was up before its turn"
	case r.narrowed():
		return verdict.NotSelected, leftOut
	case r.focused:
		return verdict.NotRun, "only other specs ran, since their code is marked as focused"
	default:
		return verdict.NotRun, "the run ended before its turn"
	}
}

// selects reports whether specs with these labels were to be run.
func (r reach) selects(labels []string) bool {
	matches, err := types.ParseLabelFilter(r.config.LabelFilter)
	return err != nil || matches(labels)
}

// narrowed reports whether there were filters besides the one by labels.
func (r reach) narrowed() bool {
	c := r.config
	return len(c.FocusStrings)+len(c.SkipStrings)+len(c.FocusFiles)+len(c.SkipFiles) > 0 || c.SemVerFilter != ""
}
