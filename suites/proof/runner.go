package proof

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/suites"
)

// Settle is the default of how long a change may take to show in a faulty org. Most show every change at once, so that a
// longer time would only make the proof slower.
const Settle = 200 * time.Millisecond

// laggingSettle is how long a change may take to show in a reference org that lags, long enough for a busy machine.
const laggingSettle = 5 * time.Second

// Here runs the suites in this process, one run at a time: Ginkgo allows one suite in a process.
type Here struct {
	// Settle is how long a change may take to show in faulty orgs.
	Settle time.Duration
}

// Run runs the suites against the subject. An error is in the run.
func (h Here) Run(ctx context.Context, s Subject) Run {
	out := Run{Subject: s, Outcomes: map[string]verdict.Outcome{}}
	settle := h.Settle
	if s.Lag > 0 {
		settle = laggingSettle
	}
	settings, err := target.Resolve("", func(string) (string, bool) { return "", false }, map[string]string{
		"flavour": s.Flavour, "level": "should", "settle": settle.String(), "patience": "0s", "seed": "1",
		"request-timeout": "5s", "consents": "many-groups", "label-filter": strings.Join(s.systems(), " || "),
	})
	if err != nil {
		out.Error = err.Error()
		return out
	}
	o := suites.Options{Settings: settings, Reference: true, Lag: s.Lag}
	if s.Kind != Reference {
		o.Fault = s.Name
	}
	started := time.Now()
	result, err := suites.Execute(ctx, o)
	out.Seconds = time.Since(started).Seconds()
	if err != nil {
		out.Error = err.Error()
		return out
	}
	out.Exit = result.Report.Run.Exit
	for _, q := range result.Report.Requirements {
		out.Outcomes[q.ID] = q.Outcome
	}
	return out
}

// systems are the systems that have to be run against a subject: those that a fault breaks; empty for all.
func (s Subject) systems() []string {
	var out []string
	for _, id := range s.Breaks {
		system, _, _ := strings.Cut(id, ".")
		if !slices.Contains(out, system) {
			out = append(out, system)
		}
	}
	return out
}

// Serve reads subjects from in, as JSON, and writes the run of each to out, as a line of JSON, until in ends. It serves a
// Process. Input that is not JSON, and output that cannot be written, are errors.
func (h Here) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	enc := json.NewEncoder(out)
	for dec := json.NewDecoder(in); ; {
		var s Subject
		if err := dec.Decode(&s); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the next subject: %w", err)
		}
		if err := enc.Encode(h.Run(ctx, s)); err != nil {
			return fmt.Errorf("answering for %s: %w", s.Name, err)
		}
	}
}

// Process runs the suites in a process of its own, in which Here.Serve runs. It must be closed.
type Process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// Start starts cmd, whose standard input and output it connects.
func Start(cmd *exec.Cmd) (*Process, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a process for the suites: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a process for the suites: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a process for the suites: %w", err)
	}
	return &Process{cmd: cmd, in: in, out: json.NewDecoder(bufio.NewReader(out))}, nil
}

// Run runs the suites against the subject in the process. A process that has ended is an error in the run.
func (p *Process) Run(_ context.Context, s Subject) Run {
	var r Run
	err := json.NewEncoder(p.in).Encode(s)
	if err == nil {
		err = p.out.Decode(&r)
	}
	if err != nil {
		return Run{Subject: s, Error: fmt.Sprintf("the process for the suites ended: %v", err)}
	}
	return r
}

// Close closes the process's input, and waits until it has ended.
func (p *Process) Close() error {
	return errors.Join(p.in.Close(), p.cmd.Wait())
}
