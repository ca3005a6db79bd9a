package sdk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

const (
	// maxLostInARow is how many steps in a row may bring no answer before the program is not asked any more, and
	// maxLost how many may in all.
	maxLostInARow = 3
	maxLost       = 10
)

// drive takes one program through the plan.
type drive struct {
	stage    *stage
	org      *org
	rows     *rows
	program  *program
	redactor *exchange.Redactor
	token    string

	answered, lost, lostInARow int
	// unread are the ordinary answers so far that the client could not read.
	unread map[reading]bool
	// incidents are the breaches of the protocol by the program.
	incidents []string
	// gaveUp says that the rest of the plan was left out.
	gaveUp bool
}

// run takes all steps, as long as the program answers some of them.
func (d *drive) run(ctx context.Context, steps []*step) error {
	for i, s := range steps {
		if ctx.Err() != nil {
			return nil
		}
		if d.lostInARow == maxLostInARow || d.lost == maxLost {
			d.gaveUp = true
			d.incidents = append(d.incidents, fmt.Sprintf("%s in all brought no answer, so the last %s of %d were left out",
				text.Count(d.lost, "step"), text.Count(len(steps)-i, "step"), len(steps)))
			return nil
		}
		if err := d.take(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// take takes one step and judges it. After the end of the context nothing is judged.
func (d *drive) take(ctx context.Context, s *step) error {
	if s.arrange != nil {
		assignment, err := s.arrange(ctx, d.org)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("preparing the step %q: %w", s.name(), err)
		}
		s.setAssignment(assignment)
	}
	d.stage.begin(s)
	r, err := d.program.ask(ctx, s.Step)
	seen := d.stage.end()
	if ctx.Err() != nil {
		return nil
	}
	lost := (*lostError)(nil)
	if err != nil && !errors.As(err, &lost) {
		return err
	}
	v := &view{step: s, drive: d, answer: r.answer}
	for _, one := range seen {
		if one.elsewhere {
			v.away = append(v.away, one)
		} else {
			v.seen = append(v.seen, one)
		}
	}
	if r.lines > 0 {
		d.incidents = append(d.incidents, fmt.Sprintf("%s: %s on standard output that are no answers: %s",
			s.name(), text.Count(r.lines, "line"), strings.Join(r.noise, " ⏎ ")))
	}
	if lost != nil {
		v.lost = lost.text
		d.lost++
		d.lostInARow++
		d.incidents = append(d.incidents, s.name()+": "+lost.text)
	} else {
		d.answered++
		d.lostInARow = 0
		d.rows.add(rowProgram, mark{outcome: verdict.Pass})
	}
	judgeStep(ctx, v)
	return nil
}

// outcome makes the outcome of all steps so far.
func (d *drive) outcome(ctx context.Context, steps int) *Outcome {
	out := &Outcome{
		Steps: steps, Answered: d.answered, Interrupted: ctx.Err() != nil,
		Stderr: d.redactor.String(d.program.stderr.String()),
	}
	out.Exchanges, out.Client = d.stage.exchanges()
	unmarked, why := verdict.Unobservable, "the client sent nothing that was asked for, or could not read an ordinary answer either, where this was to be seen"
	switch {
	case out.Interrupted:
		unmarked, why = verdict.NotRun, "the run was interrupted"
	case d.gaveUp:
		unmarked, why = verdict.Error, "the client program brought too few answers to come to this"
	}
	d.judgeProgram(out)
	out.Verdicts = d.rows.verdicts(unmarked, why)
	return out
}

// judgeProgram marks the requirement on the program itself with the incidents. Steps without one have passed it already.
func (d *drive) judgeProgram(out *Outcome) {
	if len(d.incidents) == 0 {
		return
	}
	texts := d.incidents[:min(len(d.incidents), maxDetails)]
	if more := len(d.incidents) - len(texts); more > 0 {
		texts = append(texts[:len(texts):len(texts)], "and "+text.Count(more, "incident")+" more")
	}
	if end := lastLines(out.Stderr, 10); end != "" {
		texts = append(texts[:len(texts):len(texts)], "its standard error ended:\n"+end)
	}
	d.rows.add(rowProgram, mark{outcome: verdict.Error, text: strings.Join(texts, "\n")})
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
