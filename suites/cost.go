package suites

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// Trace is what the spec of one requirement did on the reference org.
type Trace struct {
	// Spec is the file and the text of the spec.
	Spec string `json:"spec"`
	// Requests and Writes are what it took, with what it made for later specs.
	Requests int `json:"requests"`
	Writes   int `json:"writes"`
	// Sends lists the calls that are its evidence with the statuses they got, each kind once.
	Sends []string `json:"sends"`
}

// Traces are those of a whole run, as `make trace` wrote them down.
type Traces struct {
	// Requests and Writes are those outside of any spec: the first look at the org, and the removal of what was made.
	Requests     int              `json:"requests"`
	Writes       int              `json:"writes"`
	Requirements map[string]Trace `json:"requirements"`
}

//go:embed trace.json
var traceFile []byte

// LoadTraces returns what a run on the reference org was seen to do.
var LoadTraces = sync.OnceValues(func() (Traces, error) {
	var t Traces
	if err := json.Unmarshal(traceFile, &t); err != nil {
		return t, fmt.Errorf("reading suites/trace.json: %w", err)
	}
	return t, nil
})

// TracesOf takes the traces from a run.
func TracesOf(r *harness.Result) Traces {
	t := Traces{Requirements: map[string]Trace{}}
	s, err := spec.Load()
	if err != nil {
		panic(err)
	}
	exchanges := map[string]*exchange.Exchange{}
	for _, x := range r.Exchanges {
		exchanges[x.ID] = x
		writes := 0
		if x.Request.Method != http.MethodGet {
			writes = 1
		}
		if x.Requirement == "" {
			t.Requests++
			t.Writes += writes
			continue
		}
		trace := t.Requirements[x.Requirement]
		trace.Requests++
		trace.Writes += writes
		t.Requirements[x.Requirement] = trace
	}
	for _, row := range r.Report.Requirements {
		if row.Location == "" {
			continue
		}
		sends := map[string]bool{}
		for _, id := range row.Evidence {
			x := exchanges[id]
			if op, _, ok := s.Match(x.Request.Method, x.Request.URL.EscapedPath()); ok {
				sends[fmt.Sprintf("%s %d", op.ID, x.Status())] = true
			}
		}
		trace := t.Requirements[row.ID]
		trace.Spec, trace.Sends = row.Spec, slices.Sorted(maps.Keys(sends))
		t.Requirements[row.ID] = trace
	}
	return t
}

// plan says how many requests and writes a run of the requirements takes, as seen on the reference org. What is outside
// of specs, removal for the most part, goes with the writes. An org that takes its time, or that has to be asked twice,
// costs more.
func plan(selected []spec.Requirement) (requests, writes int, err error) {
	t, err := LoadTraces()
	if err != nil {
		return 0, 0, err
	}
	all := 0
	for _, trace := range t.Requirements {
		all += trace.Writes
	}
	for _, q := range selected {
		requests += t.Requirements[q.ID].Requests
		writes += t.Requirements[q.ID].Writes
	}
	share := float64(writes) / float64(max(1, all))
	requests += int(math.Ceil(float64(t.Requests) * share))
	writes += int(math.Ceil(float64(t.Writes) * share))
	return requests, writes, nil
}
