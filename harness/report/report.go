// Package report is the model of a report: it builds one from verdicts and exchanges, reads, verifies and compares
// reports. Package view renders them and package folder writes them to disk.
//
// The format of report.json is stable, and described by SchemaJSON: members may be added, and none changes its meaning.
// The Go API may change.
package report

import (
	"math"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Schema names the format of report.json.
const Schema = "rolecheck.report/v1"

// Mode is how the exchanges came about.
type Mode string

const (
	// Run exercised an org with the suites.
	Run Mode = "run"
	// Judge read recorded traffic.
	Judge Mode = "judge"
	// Proxy judged live traffic.
	Proxy Mode = "proxy"
	// SDK drove a client program.
	SDK Mode = "sdk"
)

// Report is the whole account of a run. Its lists are sorted, so that two reports can be compared line by line.
type Report struct {
	Schema       string        `json:"schema"`
	Tool         Tool          `json:"tool"`
	Mode         Mode          `json:"mode"`
	Run          RunInfo       `json:"run"`
	Target       TargetInfo    `json:"target"`
	Systems      []System      `json:"systems"`
	Requirements []Requirement `json:"requirements"`
	// Baseline is each entry of the baseline, and whether it still holds.
	Baseline  []verdict.Applied `json:"baseline"`
	Findings  []Finding         `json:"findings"`
	Coverage  []Coverage        `json:"coverage"`
	Exchanges ExchangeCounts    `json:"exchanges"`
	Requests  RequestCounts     `json:"requests"`
	Leaks     []Leak            `json:"leaks"`
	// Earlier is the folder to which an earlier report was moved when this one was written; it is no part of the report.
	Earlier string `json:"-"`
}

// Tool is the rolecheck that made the report.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
}

// RunInfo says when and how completely the target was judged.
type RunInfo struct {
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	Seed    int64     `json:"seed"`
	// Complete runs were neither filtered nor interrupted, and ended.
	Complete      bool   `json:"complete"`
	Interrupted   bool   `json:"interrupted"`
	Filter        string `json:"filter"`
	DocumentsOnly bool   `json:"documentsOnly"`
	// SettleSeconds is how long a change might take to show, in seconds; zero is at once.
	SettleSeconds float64 `json:"settleSeconds,omitempty"`
	// Level is the lowest level whose failures fail the gate, and Exit the code the gate ended with.
	Level spec.Level `json:"level"`
	Exit  int        `json:"exit"`
	// Problem is why the run could not do what it should, if so.
	Problem string `json:"problem,omitempty"`
	// DryRun says that nothing was to be sent, so that nothing was judged.
	DryRun bool `json:"dryRun,omitempty"`
}

// Settle is how long a change might take to show.
func (r RunInfo) Settle() time.Duration {
	return time.Duration(math.Round(r.SettleSeconds * float64(time.Second)))
}

// TargetInfo describes the org, client or recording that was judged.
type TargetInfo struct {
	Kind     target.Kind       `json:"kind"`
	URL      string            `json:"url"`
	Flavour  string            `json:"flavour"`
	Identity map[string]string `json:"identity"`
	Features map[string]bool   `json:"features"`
}

// System is the result of one part of the API.
type System struct {
	ID     string                  `json:"id"`
	Title  string                  `json:"title"`
	Result verdict.Result          `json:"result"`
	Counts map[verdict.Outcome]int `json:"counts"`
}

// Requirement is the row of one requirement.
type Requirement struct {
	ID      string          `json:"id"`
	System  string          `json:"system"`
	Level   spec.Level      `json:"level"`
	Outcome verdict.Outcome `json:"outcome"`
	// Expected says that the baseline expects the failure, or what a client lacks.
	Expected   bool          `json:"expected"`
	Statement  string        `json:"statement"`
	Source     []spec.Source `json:"source"`
	Operations []string      `json:"operations"`
	// Detail says why; where there are Failures it is verdict.Details(Failures).
	Detail string `json:"detail"`
	// Failures say what a failed row expected and what it got. The evidence has their exchanges.
	Failures []verdict.Failure `json:"failures,omitempty"`
	// Lacking are the operations for which a client has nothing, of a row that is unsupported.
	Lacking  []string `json:"lacking,omitempty"`
	Evidence []string `json:"evidence"`
	// Location is the place of the spec, as folder/file:line, and Spec its file and text.
	Location string `json:"location"`
	Spec     string `json:"spec"`
	Repro    string `json:"repro"`
}

// verdict is the row as a verdict.
func (q Requirement) verdict() verdict.Verdict {
	return verdict.Verdict{
		Requirement: spec.Requirement{
			ID: q.ID, System: q.System, Level: q.Level, Statement: q.Statement, Sources: q.Source, Operations: q.Operations,
		},
		Outcome: q.Outcome, Detail: q.Detail, Failures: q.Failures, Lacking: q.Lacking, Excused: q.Expected,
		Evidence: q.Evidence, Location: q.Location, Spec: q.Spec, Repro: q.Repro,
	}
}

// AllFailures are what a failed row fails with. A report that another rolecheck wrote may have them as prose in Detail alone.
func (q Requirement) AllFailures() []verdict.Failure {
	switch {
	case q.Outcome != verdict.Fail:
		return nil
	case len(q.Failures) == 0:
		return []verdict.Failure{verdict.Prose(q.Detail)}
	}
	return q.Failures
}

// Summary says in one line why a row has its outcome.
func (q Requirement) Summary() string {
	return verdict.Verdict{Detail: q.Detail, Failures: q.AllFailures()}.Summary()
}

// Text is why a row has its outcome, in full.
func (q Requirement) Text() string {
	if q.Outcome == verdict.Fail {
		return verdict.Details(q.AllFailures())
	}
	return q.Detail
}

// Finding is one way in which one exchange differs from the contract.
type Finding struct {
	Requirement string        `json:"requirement"`
	Level       spec.Level    `json:"level"`
	Side        contract.Side `json:"side"`
	Exchange    string        `json:"exchange"`
	Operation   string        `json:"operation"`
	Pointer     string        `json:"pointer"`
	Detail      string        `json:"detail"`
}

// Coverage counts the exchanges of one pair of operation and status.
type Coverage struct {
	Operation string `json:"operation"`
	Status    int    `json:"status"`
	// Documented pairs are in the documents; the others were seen only.
	Documented bool `json:"documented"`
	Exchanges  int  `json:"exchanges"`
}

// ExchangeCounts counts the exchanges by what could be judged of them.
type ExchangeCounts struct {
	Total int `json:"total"`
	// Judged ones belong to an operation of the contract, Outside ones do not; Unreadable ones could not be read.
	Judged     int `json:"judged"`
	Outside    int `json:"outside"`
	Unreadable int `json:"unreadable"`
	// Kept ones are in the file beside the report, where that holds a part of them: those of traffic that nobody drove
	// which the report names. Otherwise it is zero, and the file has them all.
	Kept int `json:"kept,omitempty"`
}

// Part reports whether the file beside the report holds only a part of the exchanges that there were.
func (r *Report) Part() bool { return r.Mode == Judge || r.Mode == Proxy }

// Who names what was judged.
func (r *Report) Who() string {
	switch {
	case r.Target.Kind == "reference":
		return strings.TrimSpace("the reference org, " + r.Target.Flavour + " flavour")
	case r.Target.URL != "":
		return r.Target.URL
	default:
		return "a " + string(r.Target.Kind)
	}
}

// RequestCounts say what a run cost.
type RequestCounts struct {
	Total     int `json:"total"`
	Writes    int `json:"writes"`
	Throttled int `json:"throttled"`
	// WaitedSeconds is how long requests waited for rate limits, in seconds.
	WaitedSeconds float64 `json:"waited"`
	// PlannedTotal and PlannedWrites are what was announced before the first request.
	PlannedTotal  int `json:"plannedTotal"`
	PlannedWrites int `json:"plannedWrites"`
	// Slowed counts the answers of live traffic that were held back because those before them were not judged yet.
	Slowed int `json:"slowed,omitempty"`
}

// Leak is an object that rolecheck made and could not remove.
type Leak struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
	// Ledger is the path of the ledger that lists it; empty where none does.
	Ledger string `json:"ledger,omitempty"`
}

// Sources names the places a requirement is taken from.
func Sources(sources []spec.Source) string {
	parts := make([]string, len(sources))
	for i, s := range sources {
		parts[i] = s.Title
		if s.Section != "" {
			parts[i] += ", " + s.Section
		}
	}
	return strings.Join(parts, "; ")
}
