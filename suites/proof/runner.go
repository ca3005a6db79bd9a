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

// Settle is how long a change may take to show in a faulty org, where nobody asks for another time. Most show every change
// at once, so that a longer wait would only lengthen the proof.
const Settle = 200 * time.Millisecond

// patient is how long a change may take to show in a right org that lags, however busy the machine is.
const patient = 5 * time.Second

// Here runs the suites in this process. Ginkgo keeps one suite a process, so that there is one of these at most.
type Here struct {
	// Settle is how long a change may take to show in faulty orgs.
	Settle time.Duration
}

// Run runs the suites against the subject.
func (h Here) Run(ctx context.Context, s Subject) Run {
	out := Run{Subject: s, Outcomes: map[string]verdict.Outcome{}}
	settle := h.Settle
	if s.Lag > 0 {
		settle = patient
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

// systems are those that a subject has to be run by: a fault by the systems that it breaks, and everything else by all,
// which no name stands for.
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

// Serve runs the subjects that come in, a line of JSON each, and answers each with a line. It is the other end of a
// Process.
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

// Process runs the suites in a process of its own, which serves as Serve does.
type Process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// Start starts the process.
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

// Run runs the suites against the subject.
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

// Close ends the process.
func (p *Process) Close() error {
	return errors.Join(p.in.Close(), p.cmd.Wait())
}
