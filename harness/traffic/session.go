// Package traffic judges exchanges that nobody drove, recorded or overheard, and makes the report of them.
package traffic

import (
	"cmp"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
	// Live says that the exchanges come from the wire: their bodies are still coded, and their credentials still there.
	// Both are seen to before anything is kept. Recordings are read without either.
	Live bool
	// Baseline lists what is known to fail; it may be nil.
	Baseline *verdict.Baseline
	// Found is called with each finding as it comes, with its requirement, in the order of the exchanges; it may be nil.
	Found func(x *exchange.Exchange, requirement string, f contract.Finding)
	// Unanswered is called with each exchange without a whole answer, in the same order; it may be nil.
	Unanswered func(*exchange.Exchange)
}

// Session judges exchanges that it is shown in the order in which they happened. Judging them one by one is spread over the
// processors; what their order shows is judged in their order. Its memory does not grow with their number.
type Session struct {
	opts      Options
	collector *report.Collector
	tracker   *history.Tracker
	keeper    *keeper
	redactors redactors
	started   time.Time

	line    *line
	workers sync.WaitGroup
	slowed  atomic.Int64

	// answers counts those of the contract's operations, while exchanges leave the line.
	answers  answers
	problems []string
	stopped  bool
}

// New begins a session. Close ends it.
func New(o Options) (*Session, error) {
	s := &Session{
		opts: o, collector: report.NewCollector(o.Spec), tracker: history.New(o.Spec), redactors: redactors{},
		started: time.Now(), line: newLine(),
	}
	if o.Out != "" {
		var err error
		if s.keeper, err = newKeeper(o.Out, o.Head.Run.ID); err != nil {
			return nil, err
		}
	}
	for range runtime.GOMAXPROCS(0) {
		s.workers.Go(func() { s.line.work(s.judge) })
	}
	s.workers.Go(func() { s.line.drain(s.collect) })
	return s, nil
}

// Observe has the next exchange judged, which is the session's from then on. It waits while too many are on their way.
// Exchanges without an id get one. Any goroutine may call it; the order of the calls is that of the exchanges.
func (s *Session) Observe(x *exchange.Exchange) {
	if s.line.join(x) {
		s.slowed.Add(1)
	}
}

func number(n int) string { return "x" + strconv.Itoa(n) }

// Within reports whether the exchange is one of the contract's operations.
func (s *Session) Within(x *exchange.Exchange) bool {
	if x.Request.URL == nil {
		return false
	}
	_, _, ok := s.opts.Spec.Match(x.Request.Method, x.Request.URL.EscapedPath())
	return ok
}

// Unreadable notes that n exchanges could not be read, and why. The report says so, and is not complete.
func (s *Session) Unreadable(n int, why string) {
	for range n {
		s.collector.Unreadable()
	}
	s.Incomplete("unreadable: " + why)
}

// Incomplete notes why not everything was judged that should have been.
func (s *Session) Incomplete(why string) { s.problems = append(s.problems, why) }

// Interrupted notes that somebody stopped the session before its end.
func (s *Session) Interrupted() { s.stopped = true }

// judge judges one exchange by itself.
func (s *Session) judge(x *exchange.Exchange) contract.Judgement {
	if s.opts.Live {
		decode(x)
	}
	return s.opts.Judge.Judge(x)
}

// decode undoes the content codings of both bodies.
func decode(x *exchange.Exchange) {
	if r := &x.Request; len(r.Body.Bytes) > 0 {
		// That may change the headers, at which a server may still be looking.
		r.Header = r.Header.Clone()
		r.Body = exchange.UndoCodings(r.Body, r.Header)
	}
	if r := x.Response; r != nil {
		r.Body = exchange.UndoCodings(r.Body, r.Header)
	}
}

// collect adds an exchange and its judgement to the report, in the order of the exchanges, and judges it by the earlier
// ones.
func (s *Session) collect(x *exchange.Exchange, judged contract.Judgement) {
	shown := s.tracker.Observe(x, judged.Answer)
	cited := s.collector.Add(x, judged)
	cited = s.collector.AddJudgement(x, shown) || cited
	if judged.Operation != nil {
		s.answers.add(x)
	}
	if s.opts.Live && (cited || x.Error != "") {
		s.redactors.of(x).Exchange(x)
	}
	if s.opts.Unanswered != nil && x.Error != "" {
		s.opts.Unanswered(x)
	}
	s.found(x, judged)
	s.found(x, shown)
	if s.keeper != nil && cited {
		s.keeper.keep(x)
	}
}

// found hands the findings on.
func (s *Session) found(x *exchange.Exchange, j contract.Judgement) {
	if s.opts.Found == nil {
		return
	}
	for _, f := range j.Findings {
		s.opts.Found(x, j.Operation.System+"."+f.Rule, f)
	}
}

// Close waits until everything was judged. It returns the report, written where a folder was given, and the exchanges
// that were kept beside it. Nothing may be observed any more.
func (s *Session) Close() (*report.Report, []*exchange.Exchange, error) {
	s.line.end()
	s.workers.Wait()
	r := s.report()
	if s.keeper == nil {
		return r, nil, nil
	}
	kept, err := s.keeper.place(r)
	if err != nil {
		return nil, nil, err
	}
	return r, kept, nil
}

// notDriven is the reason of rows whose requirements have to be provoked by a suite.
const notDriven = "traffic that nobody drove cannot show it; rolecheck run provokes it"

func (s *Session) report() *report.Report {
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
	if why := s.nothing(); why != "" && !s.stopped && len(s.problems) == 0 {
		s.Incomplete(why)
	}
	head := s.opts.Head
	head.Run.Started, head.Run.Ended = s.started, time.Now()
	head.Run.Interrupted, head.Run.Problem = s.stopped, s.problem()
	head.Run.Complete = len(s.problems) == 0 && !s.stopped
	if s.keeper != nil {
		head.Exchanges.Kept = s.keeper.writer.Count()
	}
	if s.opts.Live {
		head.Requests.Slowed = int(s.slowed.Load())
	}
	return report.Build(head, s.opts.Spec.Systems, verdicts, s.collector, s.opts.Baseline)
}

// nothing says why nothing could be judged, if so.
func (s *Session) nothing() string {
	switch counts, _ := s.collector.Counts(); {
	case counts.Total == 0:
		return "there was no exchange"
	case counts.Judged == 0:
		return fmt.Sprintf("none of the %d exchanges is of an operation of the contract", counts.Total)
	case s.answers.telling == 0:
		return s.answers.String()
	}
	return ""
}

// maxProblems is how many problems the report puts in words.
const maxProblems = 20

func (s *Session) problem() string {
	if more := len(s.problems) - maxProblems; more > 0 {
		return strings.Join(s.problems[:maxProblems], "; ") + fmt.Sprintf("; and %d more", more)
	}
	return strings.Join(s.problems, "; ")
}
