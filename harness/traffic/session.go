// Package traffic judges exchanges that nobody drove, recorded or overheard, and makes the report of them.
package traffic

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/history"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Options configure a Session. Spec and Judge are required.
type Options struct {
	Spec  *spec.Spec
	Judge *contract.Judge
	// Head is what the report says of the tool, the mode, the target and the level of the gate; the session sets the
	// run's times and whether it was complete.
	Head report.Report
	// Out is the folder for the report; with none, nothing is written.
	Out string
	// KeepAll keeps every exchange beside the report, and not only those that it names.
	KeepAll bool
	// Redact takes credentials out of exchanges before they are kept: those of a recording have lost theirs already.
	Redact bool
	// Baseline lists what is known to fail; it may be nil.
	Baseline *verdict.Baseline
	// Found is told of each finding as it comes; it may be nil.
	Found func(*exchange.Exchange, contract.Finding)
}

// Session takes in exchanges in the order in which they happened. Judging them one by one is spread over the
// processors; what their order shows is judged in their order. Its memory does not grow with their number.
type Session struct {
	opts      Options
	collector *report.Collector
	tracker   *history.Tracker
	started   time.Time

	work    chan *job
	ordered chan *job
	workers sync.WaitGroup
	done    chan struct{}

	kept      *os.File
	writer    *exchange.Writer
	writeErr  error
	redactors map[string]*exchange.Redactor
	problem   string
	stopped   bool
}

type job struct {
	x      *exchange.Exchange
	judged contract.Judgement
	ready  chan struct{}
}

// queue is how many exchanges may be on their way at a time.
const queue = 256

// New begins a session. Close ends it.
func New(o Options) (*Session, error) {
	s := &Session{
		opts: o, collector: report.NewCollector(o.Spec), tracker: history.New(o.Spec), started: time.Now(),
		work: make(chan *job, queue), ordered: make(chan *job, queue), done: make(chan struct{}),
		redactors: map[string]*exchange.Redactor{},
	}
	if o.Out != "" {
		if err := report.Prepare(o.Out); err != nil {
			return nil, err
		}
		var err error
		if s.kept, err = os.CreateTemp(o.Out, "."+report.FileExchanges+"-*"); err != nil {
			return nil, fmt.Errorf("beginning the file of exchanges: %w", err)
		}
		if s.writer, err = exchange.NewWriter(s.kept, o.Head.Run.ID); err != nil {
			return nil, fmt.Errorf("beginning the file of exchanges: %w", err)
		}
	}
	for range runtime.GOMAXPROCS(0) {
		s.workers.Go(func() {
			for j := range s.work {
				j.judged = o.Judge.Judge(j.x)
				close(j.ready)
			}
		})
	}
	go s.collect()
	return s, nil
}

// Observe takes in the next exchange. It waits while too many are on their way, and is to be called by one goroutine at
// a time.
func (s *Session) Observe(x *exchange.Exchange) {
	j := &job{x: x, ready: make(chan struct{})}
	s.work <- j
	s.ordered <- j
}

// Unreadable takes in that something was there which could not be read. The report says so, and is not complete.
func (s *Session) Unreadable(what string) {
	s.collector.Unreadable()
	s.problem = cmp.Or(s.problem, what)
}

// Incomplete takes in why not everything was judged that should have been.
func (s *Session) Incomplete(why string) { s.problem = cmp.Or(s.problem, why) }

// Interrupted takes in that somebody stopped the session before its end.
func (s *Session) Interrupted() { s.stopped = true }

// collect takes in what was judged, in the order of the exchanges.
func (s *Session) collect() {
	defer close(s.done)
	for j := range s.ordered {
		<-j.ready
		shown := s.tracker.Observe(j.x)
		cited := s.collector.Add(j.x, j.judged)
		cited = s.collector.AddJudgement(j.x, shown) || cited
		if s.opts.Found != nil {
			for _, f := range j.judged.Findings {
				s.opts.Found(j.x, f)
			}
			for _, f := range shown.Findings {
				s.opts.Found(j.x, f)
			}
		}
		if s.writer != nil && s.writeErr == nil && (cited || s.opts.KeepAll) {
			s.keep(j.x)
		}
	}
}

func (s *Session) keep(x *exchange.Exchange) {
	if s.opts.Redact {
		s.redactor(x).Exchange(x)
	}
	if err := s.writer.Write(x); err != nil {
		s.writeErr = fmt.Errorf("writing the file of exchanges: %w", err)
	}
}

// maxRedactors bounds how many credentials are remembered at a time.
const maxRedactors = 64

// redactor is one that knows the credential which the exchange was made with, and so finds it in bodies as well.
func (s *Session) redactor(x *exchange.Exchange) *exchange.Redactor {
	authorization := x.Request.Header.Get("Authorization")
	r := s.redactors[authorization]
	if r == nil {
		if len(s.redactors) >= maxRedactors {
			clear(s.redactors)
		}
		r = exchange.NewRedactor(exchange.Credential(authorization))
		s.redactors[authorization] = r
	}
	return r
}

// Close waits until everything was judged, and returns the report, written where a folder was given.
func (s *Session) Close() (*report.Report, error) {
	close(s.work)
	close(s.ordered)
	s.workers.Wait()
	<-s.done
	r := s.report()
	if s.writer == nil {
		return r, nil
	}
	if err := s.place(); err != nil {
		return r, err
	}
	if err := report.WriteViews(s.opts.Out, r); err != nil {
		return r, err
	}
	kept, err := s.named()
	if err != nil {
		return r, err
	}
	return r, report.Views(s.opts.Out, r, kept)
}

// place puts the file of exchanges in its place once it is whole.
func (s *Session) place() error {
	err := s.writeErr
	if err == nil {
		err = s.writer.Close()
	}
	if closed := s.kept.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(s.kept.Name(), filepath.Join(s.opts.Out, report.FileExchanges))
	}
	if err != nil {
		_ = os.Remove(s.kept.Name())
		return fmt.Errorf("writing the file of exchanges: %w", err)
	}
	return nil
}

// maxShown is how many exchanges the views get to show; beyond it the file alone has them.
const maxShown = 10_000

func (s *Session) named() ([]*exchange.Exchange, error) {
	f, err := os.Open(filepath.Join(s.opts.Out, report.FileExchanges))
	if err != nil {
		return nil, fmt.Errorf("reading the exchanges back: %w", err)
	}
	defer func() { _ = f.Close() }()
	var out []*exchange.Exchange
	err = exchange.Read(f, func(x *exchange.Exchange) error {
		if len(out) == maxShown {
			return io.EOF
		}
		out = append(out, x)
		return nil
	})
	if err != nil && err != io.EOF { //nolint:errorlint // it is the very value that the visit returned
		return nil, fmt.Errorf("reading the exchanges back: %w", err)
	}
	return out, nil
}

// notDriven is what the report says of requirements that need somebody to provoke them.
const notDriven = "traffic that nobody drove cannot show it; rolecheck run provokes it"

func (s *Session) report() *report.Report {
	head := s.opts.Head
	head.Run.Started, head.Run.Ended = s.started, time.Now()
	head.Run.Interrupted, head.Run.Problem = s.stopped, s.problem
	head.Run.Complete = s.problem == "" && !s.stopped
	var verdicts []verdict.Verdict
	for _, q := range s.opts.Spec.Requirements {
		switch q.By {
		case spec.BySuite:
			v := verdict.Verdict{Requirement: q, Outcome: verdict.Unobservable, Detail: cmp.Or(q.Unobservable, notDriven)}
			verdicts = append(verdicts, v)
		case spec.ByExchange, spec.ByRequest, spec.ByHistory:
			verdicts = append(verdicts, s.collector.Verdict(q))
		case spec.ByClient:
		}
	}
	return report.Build(head, s.opts.Spec.Systems, verdicts, s.collector, s.opts.Baseline)
}
