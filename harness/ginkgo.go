package harness

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Names of the report entries that carry what a Ginkgo report has no field for.
const (
	entryExchange = "rolecheck.exchange"
	entryDeclared = "rolecheck.declared"
	entryNote     = "rolecheck.note"
	entryCite     = "rolecheck.cite"
	// entryFailure is a verdict.Failure.
	entryFailure = "rolecheck.failure"
	entryLeak    = "rolecheck.leak"
	entryWaited  = "rolecheck.waited"
)

// declared is an outcome that a spec states itself, because neither passing nor failing would be true.
type declared struct {
	Outcome verdict.Outcome `json:"outcome"`
	Reason  string          `json:"reason"`
}

// results are the content of a Ginkgo report, in rolecheck's terms.
type results struct {
	// Verdicts has one entry for each requirement that a spec names.
	Verdicts  map[string]verdict.Verdict
	Exchanges []*exchange.Exchange
	Leaks     []report.Leak
	// Waited is how long the senders waited for rate limits.
	Waited      time.Duration
	Interrupted bool
	// Problem is why the suite did not run as it should; empty when it did.
	Problem string
}

// readReport reads a Ginkgo report. Ginkgo's own success is not asked: an empty filter, a dry run and a skipped suite
// are all green to it. What counts is which spec ran, how it ended, and which exchanges it made.
func readReport(g types.Report, s *spec.Spec) (*results, error) {
	f := &results{Verdicts: map[string]verdict.Verdict{}}
	r := reach{config: g.SuiteConfig, focused: g.SuiteHasProgrammaticFocus, labels: g.SuiteLabels}
	for _, reason := range g.SpecialSuiteFailureReasons {
		f.Interrupted = f.Interrupted || strings.Contains(reason, "Interrupted")
		r.timedOut = r.timedOut || strings.Contains(reason, "Timeout")
	}
	r.interrupted = f.Interrupted
	var err error
	if r.broken, err = f.suiteNodes(g.SpecReports); err != nil {
		return nil, err
	}
	read := make([]*entries, len(g.SpecReports))
	for i, sr := range g.SpecReports {
		if sr.LeafNodeType != types.NodeTypeIt {
			continue
		}
		if read[i], err = readEntries(sr, f); err != nil {
			return nil, err
		}
	}
	exchanges := map[string]*exchange.Exchange{}
	for _, x := range f.Exchanges {
		exchanges[x.ID] = x
	}
	for i, sr := range g.SpecReports {
		if q, ok := requirementOf(sr, s); ok && read[i] != nil {
			f.add(verdictOf(sr, q, read[i], r, exchanges))
		}
	}
	if r.broken != "" && len(f.Verdicts) == 0 {
		// A set-up that failed, as opposed to one that was skipped, leaves no spec in Ginkgo's report.
		f.blockAll(s, r)
	}
	// Ginkgo lists the specs of a parallel run process by process.
	slices.SortStableFunc(f.Exchanges, func(a, b *exchange.Exchange) int { return a.Started.Compare(b.Started) })
	return f, nil
}

// suiteNodes reads the nodes of the suite, such as BeforeSuite, and returns why the specs could not run, if so.
func (f *results) suiteNodes(all types.SpecReports) (broken string, err error) {
	for _, sr := range all {
		if sr.LeafNodeType == types.NodeTypeIt {
			continue
		}
		entries, err := readEntries(sr, f)
		if err != nil {
			return "", err
		}
		problem := problemOf(sr, entries)
		f.Problem = cmp.Or(f.Problem, problem)
		if sr.LeafNodeType.Is(types.NodeTypeBeforeSuite | types.NodeTypeSynchronizedBeforeSuite) {
			broken = cmp.Or(broken, problem)
		}
	}
	return broken, nil
}

// problemOf says why a node of the suite did not do what it should. An interrupt is reported apart.
func problemOf(sr types.SpecReport, e *entries) string {
	switch {
	case e.declared != nil:
		return e.declared.Reason
	case sr.State.Is(types.SpecStateInterrupted):
		return ""
	case sr.State.Is(types.SpecStatePanicked):
		return "rolecheck broke: " + sr.Failure.ForwardedPanic
	case sr.State.Is(types.SpecStateSkipped):
		return "the suite was skipped: " + sr.Failure.Message
	case sr.State.Is(types.SpecStateFailureStates):
		return sr.Failure.Message
	}
	return ""
}

// blockAll gives every requirement that a spec could judge its verdict where no spec could run.
func (f *results) blockAll(s *spec.Spec, r reach) {
	for _, q := range s.Requirements {
		if q.By != spec.BySuite || q.Unobservable != "" {
			continue
		}
		v := verdict.Verdict{Requirement: q, Outcome: verdict.Blocked, Detail: r.broken}
		if !r.selects(append([]string{q.ID, q.System, string(q.Level)}, q.Operations...)) {
			v.Outcome, v.Detail = verdict.NotSelected, leftOut
		}
		f.Verdicts[q.ID] = v
	}
}

// add keeps the worse one where several specs name a requirement.
func (f *results) add(v verdict.Verdict) {
	old, ok := f.Verdicts[v.Requirement.ID]
	if ok && verdict.Worse(old.Outcome, v.Outcome) == old.Outcome {
		return
	}
	f.Verdicts[v.Requirement.ID] = v
}

func requirementOf(sr types.SpecReport, s *spec.Spec) (spec.Requirement, bool) {
	for _, label := range sr.LeafNodeLabels {
		if q, ok := s.Requirement(label); ok {
			return q, true
		}
	}
	return spec.Requirement{}, false
}

type entries struct {
	exchanges []*exchange.Exchange
	cited     []string
	notes     []string
	failures  []verdict.Failure
	declared  *declared
}

// decode reads an entry's value, which is the value itself in one process and its JSON from another.
func decode(e types.ReportEntry, into any) error {
	b, err := json.Marshal(e.GetRawValue())
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		return fmt.Errorf("reading the entry %s of a spec: %w", e.Name, err)
	}
	return nil
}

// appendValue adds an entry's value to a list.
func appendValue[T any](list *[]T, e types.ReportEntry) error {
	var v T
	err := decode(e, &v)
	*list = append(*list, v)
	return err
}

func readEntries(sr types.SpecReport, f *results) (*entries, error) {
	out := &entries{}
	for _, e := range sr.ReportEntries {
		var err error
		switch e.Name {
		case entryExchange:
			x, ok := e.GetRawValue().(*exchange.Exchange)
			if !ok {
				x = &exchange.Exchange{}
				err = decode(e, x)
			}
			out.exchanges = append(out.exchanges, x)
			f.Exchanges = append(f.Exchanges, x)
		case entryCite:
			err = appendValue(&out.cited, e)
		case entryNote:
			err = appendValue(&out.notes, e)
		case entryFailure:
			err = appendValue(&out.failures, e)
		case entryDeclared:
			out.declared = &declared{}
			err = decode(e, out.declared)
		case entryLeak:
			err = appendValue(&f.Leaks, e)
		case entryWaited:
			var d time.Duration
			err = decode(e, &d)
			f.Waited += d
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func verdictOf(sr types.SpecReport, q spec.Requirement, e *entries, r reach, exchanges map[string]*exchange.Exchange) verdict.Verdict {
	v := verdict.Verdict{Requirement: q, Location: place(sr.LeafNodeLocation), Spec: specOf(sr), Evidence: e.evidence(q.ID)}
	switch {
	case e.declared != nil:
		v.Outcome, v.Detail = e.declared.Outcome, e.declared.Reason
	case r.config.DryRun:
		v.Outcome, v.Detail = verdict.NotRun, "a dry run sends nothing"
	case sr.State.Is(types.SpecStatePassed) && !e.saw():
		v.Outcome, v.Detail = verdict.Error, "the spec ended without an exchange, so that nothing was seen"
	case sr.State.Is(types.SpecStatePassed):
		v.Outcome, v.Detail = verdict.Pass, strings.Join(e.notes, "\n")
	case sr.State.Is(types.SpecStateFailed):
		v.Outcome, v.Detail = verdict.Fail, sr.Failure.Message
	case sr.State.Is(types.SpecStateTimedout):
		v.Outcome, v.Detail = verdict.Error, "the spec did not end in its time: "+sr.Failure.Message
	case sr.State.Is(types.SpecStatePanicked):
		v.Outcome, v.Detail = verdict.Error, "the spec broke: "+sr.Failure.ForwardedPanic
	case sr.State.Is(types.SpecStatePending):
		v.Outcome, v.Detail = verdict.Untested, "the spec is marked as pending"
	case sr.NumAttempts > 0 && sr.State.Is(types.SpecStateSkipped):
		v.Outcome, v.Detail = verdict.NotRun, "the spec skipped itself: "+sr.Failure.Message
	case sr.NumAttempts > 0:
		v.Outcome, v.Detail = verdict.NotRun, "the run ended while the spec ran"
	default:
		v.Outcome, v.Detail = r.unreached(sr)
	}
	if v.Outcome == verdict.Fail {
		e.fail(&v, exchanges)
	}
	return v
}

// fail completes a failed verdict with its failures, their exchanges and the command that repeats the first of them.
// Where the spec recorded none, Ginkgo's message is the failure.
func (e *entries) fail(v *verdict.Verdict, exchanges map[string]*exchange.Exchange) {
	v.Failures = e.failures
	if len(v.Failures) == 0 {
		v.Failures = []verdict.Failure{verdict.Prose(v.Detail)}
	}
	v.Detail = verdict.Details(v.Failures)
	for _, f := range v.Failures {
		if f.Exchange != "" && !slices.Contains(v.Evidence, f.Exchange) {
			v.Evidence = append(v.Evidence, f.Exchange)
		}
	}
	if x := e.shows(v, exchanges); x != nil {
		v.Repro = x.Curl()
	}
}

// shows is the exchange to repeat: that of the first failure that names one, or else the last that the spec is about, or
// else the last of the evidence, which may be another spec's.
func (e *entries) shows(v *verdict.Verdict, exchanges map[string]*exchange.Exchange) *exchange.Exchange {
	if i := slices.IndexFunc(v.Failures, func(f verdict.Failure) bool { return f.Exchange != "" }); i >= 0 {
		if x := exchanges[v.Failures[i].Exchange]; x != nil {
			return x
		}
	}
	for _, x := range slices.Backward(e.exchanges) {
		if x.Phase == exchange.Act {
			return x
		}
	}
	for _, id := range slices.Backward(v.Evidence) {
		if x := exchanges[id]; x != nil {
			return x
		}
	}
	return nil
}

// evidence names the exchanges of the requirement's own step, and those of others that it cited. The exchanges of the
// arrangement and of other steps that ran before it are not among them.
func (e *entries) evidence(requirement string) []string {
	out := []string{}
	add := func(id string) {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	for _, id := range e.cited {
		add(id)
	}
	for _, x := range e.exchanges {
		if own := x.Arranges == "" && (x.Requirement == "" || x.Requirement == requirement); own && x.Phase != exchange.Cleanup {
			add(x.ID)
		}
	}
	return out
}

// saw reports whether the spec saw anything of the org.
func (e *entries) saw() bool {
	return len(e.cited) > 0 || slices.ContainsFunc(e.exchanges, func(x *exchange.Exchange) bool {
		return x.Response != nil && x.Phase != exchange.Cleanup
	})
}

// specOf names a spec by its file and text, which outlives edits above it.
func specOf(sr types.SpecReport) string {
	file, _, _ := strings.Cut(place(sr.LeafNodeLocation), ":")
	return file + ": " + strings.Join(slices.Concat(sr.ContainerHierarchyTexts, []string{sr.LeafNodeText}), ", ")
}

// place shortens a location to the folder and file, which is the same on every machine.
func place(l types.CodeLocation) string {
	if l.FileName == "" {
		return ""
	}
	dir, file := filepath.Split(l.FileName)
	return fmt.Sprintf("%s/%s:%d", filepath.Base(dir), file, l.LineNumber)
}
