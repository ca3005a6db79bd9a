// Package suites holds the scenes, one file a subject, and runs them against an org: the embedded reference org, or any
// other. Each step of a scene judges one requirement of the catalogue, which it names by its id.
//
// The public face is [Run], for a test of an org's author, [Execute], for a program, and their [Options] and [Result];
// suites/examples shows both. Everything else serves the command and may change.
package suites

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/report/folder"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites/stage"
)

// Options say what to run, against which org, and who is called with its plan, progress and result. All are optional.
type Options struct {
	// Settings are the settings of the run, which Execute does not change; by default those of rolecheck.yaml and the
	// environment.
	Settings *target.Settings
	// RunID is the id of the run, 8 lower-case hex digits; random by default. The processes of a parallel run derive ids of
	// their own.
	RunID string
	// Tool is the version that the report names; Tool() by default.
	Tool report.Tool
	// Log gets waits for rate limits and errors outside the specs; by default they are not logged.
	Log *slog.Logger
	// Reference judges the embedded reference org, whatever target the settings name. Without it they have to name one.
	Reference bool
	// Announce is called with the plan before anything is written; it may be nil.
	Announce func(Plan)
	// Consent is called if the plan asks for consent and the settings do not give it; its error ends the run. If it is nil,
	// such a run ends with an error.
	Consent func(Plan) error
	// Progress is called with the outcome of each spec as it ends; it may be nil.
	Progress func(requirement string, outcome verdict.Outcome)
	// Done is called with the result before Ginkgo ends; it may be nil.
	Done func(*Result)
	// T fails if the gate is closed, and lets Ginkgo print; if it is nil, nothing is printed.
	T ginkgo.GinkgoTestingT
	// Fault is the fault of the embedded reference org, by name; none by default.
	Fault string
	// Lag is how long a change takes to show in the embedded reference org; none by default.
	Lag time.Duration
}

// Result is the report of a run, with its exchanges.
type Result = harness.RunResult

// Execute runs the specs and returns the report with its exchanges. With a report folder in the settings, both are
// written there. In all processes of a parallel run but the first the result is nil. Invalid settings, a missing consent and
// a report that cannot be written are errors; whatever happens with the org is in the report.
func Execute(ctx context.Context, o Options) (*Result, error) {
	r, err := prepare(ctx, o, false)
	if err != nil {
		return nil, err
	}
	defer r.stop()
	out := r.Settings.Out
	if harness.DryRun() {
		// A dry run has no exchanges, so that there is nothing to report.
		out = ""
	}
	if _, this := harness.Processes(); r.Announce != nil && this == 1 {
		r.Announce(r.plan)
	}
	consented, err := r.consent()
	if err != nil {
		return nil, err
	}
	ledger, err := r.openLedger()
	if err != nil {
		return nil, err
	}
	hangUp := asTermination()
	defer hangUp()
	made := stage.NewFixtures(r.RunID, ledger, r.Settings.Given, slices.Sorted(maps.Keys(r.plan.Cost.Makes)))
	result, err := harness.RunSuite(harness.Config{
		Spec: r.spec, Judge: r.judge, Settings: r.Settings, Target: r.target, Tool: r.Tool, Log: r.Log, Baseline: r.known, RunID: r.RunID,
		Selected: r.selected, Look: r.look, Consented: consented, Announcement: r.plan.String(),
		PlannedTotal: r.plan.Cost.Requests, PlannedWrites: r.plan.Cost.Writes, T: r.T, Progress: r.Progress, Done: r.Done,
		Plant: made.Plant, Owed: made.Owed, Teardown: made.Teardown,
	})
	if err != nil || result == nil || out == "" {
		return result, err
	}
	return result, folder.Write(out, result.Report, result.Exchanges)
}

// PlanFor returns the plan of the run that Execute would do. It sends a few reads to the org and writes nothing. Its errors are
// those of Execute before the run.
func PlanFor(ctx context.Context, o Options) (Plan, error) {
	r, err := prepare(ctx, o, true)
	if err != nil {
		return Plan{}, err
	}
	defer r.stop()
	return r.plan, nil
}

// run is a run of the suites that is prepared and not begun.
type run struct {
	Options
	// ids are the run ids of all processes of the run.
	ids      []string
	spec     *spec.Spec
	judge    *contract.Judge
	known    *verdict.Baseline
	selected []spec.Requirement
	target   *target.Target
	look     harness.Look
	plan     Plan
	stop     func()
}

// prepare resolves the settings, connects to the org and makes the plan. With planning it also reads one path of each
// rate-limit bucket, even for a run that needs no consent.
func prepare(ctx context.Context, o Options, planning bool) (*run, error) {
	o.RunID = cmp.Or(o.RunID, NewRunID())
	if err := fixtures.CheckRun(o.RunID); err != nil {
		return nil, err
	}
	ids := runIDs(o.RunID)
	if _, this := harness.Processes(); len(ids) > 1 {
		o.RunID = ids[this-1]
	}
	if o.Settings == nil {
		settings, err := settingsAround()
		if err != nil {
			return nil, err
		}
		o.Settings = settings
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tool == (report.Tool{}) {
		o.Tool = Tool()
	}
	if o.Reference {
		o.Settings = o.Settings.OfReference()
	} else if err := o.Settings.CheckTarget(); err != nil {
		return nil, err
	} else if o.Fault != "" || o.Lag != 0 {
		return nil, errors.New("a fault or a lag is of the reference org, and another one is to be judged (Options.Reference)")
	}
	r := &run{Options: o, ids: ids}
	var err error
	if r.spec, err = spec.Load(); err != nil {
		return nil, err
	}
	trace, err := LoadTrace()
	if err != nil {
		return nil, err
	}
	if r.selected, err = harness.Selected(r.spec, o.Settings, stage.Outlines()); err != nil {
		return nil, err
	}
	if o.Settings.ReadOnly {
		r.selected = slices.DeleteFunc(r.selected, func(q spec.Requirement) bool { return !trace.onlyReads(q.ID) })
		if len(r.selected) == 0 {
			return nil, errors.New("nothing that is selected can be judged without writing (--read-only)")
		}
	}
	if err := trace.knows(r.selected); err != nil && !o.Reference {
		return nil, err
	}
	if r.judge, err = judges[o.Settings.DocumentsOnly](); err != nil {
		return nil, err
	}
	if r.known, err = verdict.ReadBaseline(o.Settings.Baseline); err != nil {
		return nil, err
	}
	if o.Settings.Out != "" && !planning && !harness.DryRun() {
		if err := folder.Prepare(o.Settings.Out); err != nil {
			return nil, err
		}
	}
	if r.target, r.stop, err = connect(ctx, o); err != nil {
		return nil, err
	}
	if !harness.DryRun() {
		r.look = harness.LookAt(ctx, harness.Config{
			Spec: r.spec, Judge: r.judge, Settings: r.Settings, Target: r.target, Log: r.Log, Selected: r.selected,
		}, planning)
	}
	r.plan = newPlan(r, trace.plan(r.target, r.selected, o.Settings.ReadOnly))
	for range len(ids) - 1 {
		r.plan.Further = r.plan.Further.plus(trace.shared())
	}
	return r, nil
}

// consent obtains the consent that the plan asks for, and reports whether the settings or somebody gave it.
func (r *run) consent() (given bool, err error) {
	switch {
	case r.Settings.Yes:
		return true, nil
	case r.plan.Asks == "" || r.plan.Problem != "" || harness.DryRun():
		return false, nil
	case r.Consent == nil:
		return false, fmt.Errorf("%s, and nothing is written there without consent: look at the plan, and then set ROLECHECK_YES=true", r.plan.Asks)
	}
	return true, r.Consent(r.plan)
}

// judges are made once a process, by DocumentsOnly: making one takes as long as a few hundred exchanges.
var judges = map[bool]func() (*contract.Judge, error){
	false: sync.OnceValues(func() (*contract.Judge, error) { return newJudge(contract.Options{}) }),
	true:  sync.OnceValues(func() (*contract.Judge, error) { return newJudge(contract.Options{DocumentsOnly: true}) }),
}

func newJudge(o contract.Options) (*contract.Judge, error) {
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	return contract.New(s, o)
}

// connect returns the org under test, and a function that stops it: the reference org is started on a loopback port.
func connect(ctx context.Context, o Options) (*target.Target, func(), error) {
	if !o.Reference {
		t, err := target.New(o.Settings)
		return t, func() {}, err
	}
	server, err := mockorg.Listen(ctx, "127.0.0.1:0", mockorg.Options{Flavour: mockorg.Flavour(o.Settings.Flavour), Fault: o.Fault, Lag: o.Lag})
	if err != nil {
		return nil, nil, fmt.Errorf("starting the reference org: %w", err)
	}
	c := server.Org.Credentials()
	t, err := target.NewReference(server.URL, o.Settings, map[string]string{
		target.Admin: c.Admin, target.Reader: c.Reader, target.Outsider: c.Outsider,
		target.Throttled: c.Throttled, target.Scopeless: c.Scopeless,
	})
	if err != nil {
		return nil, nil, errors.Join(err, server.Close())
	}
	return t, func() { _ = server.Close() }, nil
}

// runIDs are the run ids of all processes: id itself, or in a parallel run ids that every process derives alike.
func runIDs(id string) []string {
	total, _ := harness.Processes()
	if total <= 1 {
		return []string{id}
	}
	ids := make([]string, total)
	for i := range ids {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", harness.Common(), i))
		ids[i] = hex.EncodeToString(sum[:4])
	}
	return ids
}

// ledgerPath is the path of the ledger of one process: beside the report, or else in the folder for temporary files. It is
// empty for the reference org, which ends with the run.
func (r *run) ledgerPath(id string) string {
	if r.target.Kind == target.Reference {
		return ""
	}
	path := filepath.Join(cmp.Or(r.Settings.Out, os.TempDir()), "rolecheck-"+id+".ledger.jsonl")
	if abs, err := filepath.Abs(path); r.T != nil && err == nil {
		// A test runs in the folder of its package, which is not where go test was called.
		return abs
	}
	return path
}

// openLedger creates the ledger, if the run has one.
func (r *run) openLedger() (*fixtures.Ledger, error) {
	path := r.ledgerPath(r.RunID)
	if path == "" || harness.DryRun() {
		return nil, nil
	}
	return fixtures.OpenLedger(path, r.target.URL.String())
}

// NewRunID returns a random id for a run: 8 lower-case hex digits.
func NewRunID() string {
	b := make([]byte, 4)
	// crypto/rand's Read never fails.
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
