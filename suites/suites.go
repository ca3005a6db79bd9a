// Package suites holds the specs, one file a resource, and runs them against an org: the embedded reference org, or any
// other. A spec judges one requirement of the catalogue, whose id stands at the spec.
package suites

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/rolecheck/rolecheck/fixtures"
	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
	"github.com/rolecheck/rolecheck/suites/stage"
)

// Options say what to run and how to tell of it.
type Options struct {
	// Settings are those of the run, which Execute does not change; without any they come from rolecheck.yaml and the
	// environment.
	Settings *target.Settings
	// RunID names the run, by 8 lower-case hex digits; random ones by default.
	RunID string
	Tool  report.Tool
	// Log tells of waits and of what goes wrong beside the specs; nothing by default.
	Log *slog.Logger
	// Announce is told of the run before the first request; it may be nil.
	Announce func(Announcement)
	// Progress sees each verdict of a spec as it falls; it may be nil.
	Progress func(requirement string, outcome verdict.Outcome)
	// Told gets the result before Ginkgo ends; it may be nil.
	Told func(*harness.Result)
	// T fails with the gate, and lets Ginkgo print as it does; it may be nil, and then nothing is printed.
	T ginkgo.GinkgoTestingT
	// Fault is the fault of the embedded reference org, by name; none by default.
	Fault string
	// Lag is how long a change takes to show in the embedded reference org; none by default.
	Lag time.Duration
}

// Announcement says what a run is about to do.
type Announcement struct {
	Target       *target.Target
	Requirements int
	// Cost is what it takes on an org that answers as the reference org does, in one process.
	Cost Cost
	// Further is what the other processes of a parallel run take besides, at most: each makes the shared fixtures that it
	// needs.
	Further Cost
}

// String is the announcement in one line.
func (a Announcement) String() string {
	who := a.Target.URL.String()
	if a.Target.Kind == target.Reference {
		who = "the reference org (" + a.Target.Flavour + " flavour)"
	}
	s := fmt.Sprintf("judging %s by %d requirements, with about %d requests, %d of them writes", who, a.Requirements, a.Cost.Requests, a.Cost.Writes)
	if a.Further != (Cost{}) {
		s += fmt.Sprintf("; in several processes up to %d requests and %d writes more", a.Further.Requests, a.Further.Writes)
	}
	return s
}

// Execute runs the specs and returns the report with its exchanges. With a report folder in the settings, both are
// written there. In all processes of a parallel run but the first the result is nil. The error tells of settings that
// cannot be followed; whatever happens with the org is told by the report.
func Execute(ctx context.Context, o Options) (*harness.Result, error) {
	o.RunID = cmp.Or(o.RunID, NewRunID())
	if err := fixtures.CheckRun(o.RunID); err != nil {
		return nil, err
	}
	if o.Settings == nil {
		settings, err := target.Resolve(target.DefaultFile(), os.LookupEnv, nil)
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
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	selected, err := harness.Selected(s, o.Settings, stage.Outlines())
	if err != nil {
		return nil, err
	}
	judge, err := judges[o.Settings.DocumentsOnly]()
	if err != nil {
		return nil, err
	}
	known, err := verdict.ReadBaseline(o.Settings.Baseline)
	if err != nil {
		return nil, err
	}
	out := o.Settings.Out
	if harness.DryRun() {
		// Nothing is seen, so that there is nothing to report.
		out = ""
	}
	if out != "" {
		if err := report.Prepare(out); err != nil {
			return nil, err
		}
	}
	t, stop, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	defer stop()
	ledger, err := openLedger(o, t)
	if err != nil {
		return nil, err
	}
	trace, err := LoadTrace()
	if err != nil {
		return nil, err
	}
	a := Announcement{Target: t, Requirements: len(selected), Cost: trace.plan(t, selected)}
	total, this := harness.Processes()
	if total > 1 {
		a.Further = trace.shared().times(total - 1)
	}
	if o.Announce != nil && this == 1 {
		o.Announce(a)
	}
	made := stage.NewFixtures(o.RunID, ledger, o.Settings.Given)
	result, err := harness.RunSuite(harness.Config{
		Spec: s, Judge: judge, Settings: o.Settings, Target: t, Tool: o.Tool, Log: o.Log, Baseline: known, RunID: o.RunID,
		Announcement: a.String(),
		PlannedTotal: a.Cost.Requests, PlannedWrites: a.Cost.Writes, T: o.T, Progress: o.Progress, Told: o.Told,
		Plant: made.Plant, Teardown: made.Teardown,
	})
	if err != nil || result == nil || out == "" {
		return result, err
	}
	return result, report.Write(out, result.Report, result.Exchanges)
}

// judges are prepared once a process, since that takes as long as a few hundred exchanges.
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

// connect returns the org under test. Without one in the settings, the reference org is started on a loopback port.
func connect(ctx context.Context, o Options) (*target.Target, func(), error) {
	if o.Settings.URL != "" {
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

// openLedger begins the ledger of what the run makes in an org that outlives it. It lies beside the report, or else in
// the folder for temporary files.
func openLedger(o Options, t *target.Target) (*fixtures.Ledger, error) {
	if t.Kind == target.Reference {
		return nil, nil
	}
	dir := cmp.Or(o.Settings.Out, os.TempDir())
	if o.T != nil {
		// A test runs in its package's folder, which is not where its reader is.
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("beginning the ledger: %w", err)
		}
		dir = abs
	}
	return fixtures.OpenLedger(filepath.Join(dir, "rolecheck-"+o.RunID+".ledger.jsonl"), t.URL.String())
}

// NewRunID returns a name for a run that no other has.
func NewRunID() string {
	b := make([]byte, 4)
	// crypto/rand's Read never fails.
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// version and commit are set by the linker where the build knows them; see the Makefile.
var version, commit string

// Tool tells which rolecheck this is, from what the build recorded.
func Tool() report.Tool {
	tool := report.Tool{Version: cmp.Or(version, "devel"), Commit: commit}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return tool
	}
	for _, m := range append(info.Deps, &info.Main) {
		if version == "" && m.Path == "github.com/rolecheck/rolecheck" && m.Version != "" && m.Version != "(devel)" {
			tool.Version = m.Version
		}
	}
	for _, s := range info.Settings {
		if commit == "" && s.Key == "vcs.revision" {
			tool.Commit = s.Value
		}
	}
	return tool
}

// Run runs the specs within a test, which fails with the gate. It takes its settings from the environment and from
// rolecheck.yaml where o has none; this is how `ginkgo ./suites` runs, and how an org's author runs the specs in a test
// of their own. Use it once in a test binary: Ginkgo allows no second suite beside it.
func Run(t *testing.T, o Options) {
	t.Helper()
	o.T = t
	if o.Announce == nil {
		o.Announce = func(a Announcement) { fmt.Println(a) }
	}
	o.Told = func(r *harness.Result) {
		fmt.Println()
		if err := report.Text(os.Stdout, r.Report, r.Exchanges, report.TextOptions{}); err != nil {
			t.Error(err)
		}
	}
	result, err := Execute(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if result == nil {
		return
	}
	if code := result.Report.Run.Exit; code != verdict.ExitPassed {
		t.Error(errors.New("the gate did not open; see the summary above"))
	}
}
