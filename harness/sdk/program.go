package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/text"
)

const (
	// maxLine bounds one line of the program: a body at its bound, escaped.
	maxLine = 2*exchange.MaxBody + 1<<16
	// maxNoise is how many lines that are no answers one step may bring.
	maxNoise = 1000
	// drainTime is for reading what a process has written before it ended.
	drainTime = time.Second
)

// program is the client program, started anew when it is needed and not there.
type program struct {
	command  []string
	env      []string
	limits   Limits
	redactor *exchange.Redactor

	stderr tail
	proc   *process
	// spoke says that some process has answered, so that whatever had to be built is.
	spoke bool
}

// lostError says why a step has no answer.
type lostError struct{ text string }

func (e *lostError) Error() string { return e.text }

// reply is the program's output for one step.
type reply struct {
	answer *Answer
	// noise are the first lines that were no answers, and lines counts them all.
	noise []string
	lines int
}

// ask gives the program a step and waits for the answer. A *lostError leaves the program stopped where it could no
// longer be trusted; any other error says that it could not be started, or that the context ended.
func (p *program) ask(ctx context.Context, s Step) (reply, error) {
	limit := p.limits.Step
	if !p.spoke {
		limit = p.limits.First
	}
	if p.proc == nil {
		proc, err := startProcess(p.command, p.env, &p.stderr)
		if err != nil {
			return reply{}, fmt.Errorf("starting the client program %s: %w", p.command[0], err)
		}
		p.proc = proc
	}
	line, err := json.Marshal(s)
	if err != nil {
		return reply{}, fmt.Errorf("writing step %d: %w", s.Step, err)
	}
	// If writing fails, so does the reading, whose error says more.
	_, _ = p.proc.stdin.Write(append(line, '\n'))
	return p.await(ctx, s.Step, limit)
}

// await reads lines until the step is answered.
func (p *program) await(ctx context.Context, step int, limit time.Duration) (reply, error) {
	var r reply
	timer := time.NewTimer(limit)
	defer timer.Stop()
	ended := p.proc.ended
	for {
		select {
		case <-ctx.Done():
			p.kill()
			return r, context.Cause(ctx)
		case <-ended:
			// Its last lines are still to be read; something else may hold the pipe open for ever.
			ended = nil
			timer.Reset(drainTime)
		case <-timer.C:
			if ended == nil {
				return r, p.died()
			}
			p.kill()
			return r, &lostError{fmt.Sprintf("no answer within %s, so the program was stopped", limit)}
		case line, open := <-p.proc.lines:
			if !open {
				return r, p.died()
			}
			// A credential is redacted before the line is shortened: a part of one would not be found.
			line = p.redactor.Bytes(line)
			a, err := parseAnswer(line)
			switch {
			case errors.Is(err, errNoise):
				if r.lines++; len(r.noise) < 3 {
					r.noise = append(r.noise, text.Excerpt(string(line), 120))
				}
				if r.lines == maxNoise {
					p.kill()
					return r, &lostError{fmt.Sprintf("%d lines on standard output, and no answer among them", maxNoise)}
				}
			case a.Step != step:
				p.kill()
				return r, &lostError{fmt.Sprintf("the program answered step %d when step %d was asked, so it was stopped", a.Step, step)}
			case err != nil:
				return r, &lostError{err.Error()}
			default:
				r.answer, p.spoke = a, true
				return r, nil
			}
		}
	}
}

// died ends a process that gave no answer, and returns how it ended.
func (p *program) died() error {
	proc := p.proc
	how := "it closed its standard output before it answered"
	if proc.endsWithin(drainTime) {
		how = "it ended before it answered"
		if proc.err != nil {
			how = "it died before it answered: " + proc.err.Error()
		}
	}
	p.kill()
	if last := lastLines(p.redactor.String(p.stderr.String()), 1); last != "" {
		how += "; the last line of its standard error: " + text.Excerpt(last, 300)
	}
	return &lostError{how}
}

// kill ends the process and all that it started.
func (p *program) kill() {
	if p.proc != nil {
		p.proc.kill()
		p.proc = nil
	}
}

// stop closes the standard input of the process, and kills it if it does not end.
func (p *program) stop() {
	if p.proc != nil {
		_ = p.proc.stdin.Close()
		p.proc.endsWithin(p.limits.Stop)
		p.kill()
	}
}
