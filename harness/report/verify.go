package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Verify recomputes what the report at path says from its own rows and from the exchanges beside it, and returns what
// does not agree, a line each. Tool is the rolecheck that verifies: another one may know other requirements, which is
// then said. The error is about a file that is not a report.
func Verify(path string, tool Tool) ([]string, error) {
	path = file(path)
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	v := &verifier{report: r, spec: s}
	if err := v.form(path); err != nil {
		return nil, err
	}
	v.rows()
	v.catalogue()
	v.run()
	if err := v.exchanges(path); err != nil {
		return nil, err
	}
	if len(v.problems) > 0 && r.Tool != tool {
		v.say("the report was made by rolecheck %s %s, and this is %s %s: differences from the catalogue may be due to that",
			r.Tool.Version, r.Tool.Commit, tool.Version, tool.Commit)
	}
	return v.problems, nil
}

type verifier struct {
	report   *Report
	spec     *spec.Spec
	problems []string
}

func (v *verifier) say(format string, args ...any) {
	v.problems = append(v.problems, text.Printable(fmt.Sprintf(format, args...)))
}

// form compares the file with what rolecheck would write for the same report.
func (v *verifier) form(path string) error {
	got, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the report: %w", err)
	}
	want, err := v.report.JSON()
	if err != nil {
		return err
	}
	if bytes.Equal(got, want) {
		return nil
	}
	gotLines, wantLines := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(gotLines), len(wantLines)) {
		if !bytes.Equal(gotLines[i], wantLines[i]) {
			v.say("line %d is not as rolecheck writes it: %s", i+1, text.Excerpt(string(gotLines[i]), 100))
			return nil
		}
	}
	v.say("the file is not as rolecheck writes it: it has %d lines instead of %d", len(gotLines), len(wantLines))
	return nil
}

// Verdicts are the rows of the report as verdicts that nothing excuses yet.
func (r *Report) Verdicts() []verdict.Verdict {
	out := make([]verdict.Verdict, 0, len(r.Requirements))
	for _, q := range r.Requirements {
		w := q.verdict()
		w.Excused = false
		out = append(out, w)
	}
	return out
}

// run looks at what the run says of itself.
func (v *verifier) run() {
	r := v.report
	notRun := slices.ContainsFunc(r.Requirements, func(q Requirement) bool { return q.Outcome == verdict.NotRun })
	judged := slices.ContainsFunc(r.Requirements, func(q Requirement) bool { return q.Outcome == verdict.Pass || q.Outcome == verdict.Fail })
	if r.Run.DryRun && (r.Run.Complete || judged || r.Exchanges.Total > 0) {
		v.say("the run is said to be a dry run, and something was sent or judged")
	}
	if r.Run.Complete && (r.Run.Interrupted || r.Run.Problem != "" || r.Run.Filter != "" || r.Exchanges.Unreadable > 0 || notRun) {
		v.say("the run is said to be complete, and was filtered, interrupted or kept from something")
	}
}

// exchanges reads the file beside the report, and builds the report again from it.
func (v *verifier) exchanges(path string) error {
	r := v.report
	var all []*exchange.Exchange
	c, ids := NewCollector(v.spec), map[string]bool{}
	err := eachExchange(path, func(x *exchange.Exchange) {
		if ids[x.ID] {
			v.say("exchange %s is there twice", x.ID)
		}
		ids[x.ID] = true
		if r.Mode == Run {
			all = append(all, x)
			return
		}
		var j contract.Judgement
		if op, ok := v.spec.Operation(OperationOf(v.spec, x)); ok {
			j.Operation = &op
		}
		c.Add(x, j)
	})
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case missing:
		v.say("there is no %s beside the report, so that its evidence is not there", FileExchanges)
	case err != nil:
		v.say("%v", err)
		missing = !errors.Is(err, exchange.ErrChanged)
	}
	if missing {
		v.rebuild(c, false)
		return nil
	}
	v.header(filepath.Join(filepath.Dir(path), FileExchanges))
	v.evidence(ids)
	if r.Part() && r.Exchanges.Kept != len(ids) {
		v.say("the report counts %d exchanges kept, and %s has %d", r.Exchanges.Kept, FileExchanges, len(ids))
	}
	if r.Mode == Run {
		judge, err := contract.New(v.spec, contract.Options{DocumentsOnly: r.Run.DocumentsOnly})
		if err != nil {
			return err
		}
		c = Collect(v.spec, judge, all, r.Run.Settle())
	}
	v.rebuild(c, !r.Part())
	return nil
}

// header compares the run that the file of exchanges names with that of the report.
func (v *verifier) header(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	line, _ := bufio.NewReader(f).ReadBytes('\n')
	var head struct {
		Run  string `json:"run"`
		Part bool   `json:"part"`
	}
	if json.Unmarshal(line, &head) != nil {
		return
	}
	if head.Run != v.report.Run.ID {
		v.say("%s is of run %q, and the report of run %q", FileExchanges, head.Run, v.report.Run.ID)
	}
	if head.Part != v.report.Part() {
		v.say("%s says of itself that it holds a part of the exchanges: %t; after a %s that is %t", FileExchanges, head.Part, v.report.Mode, v.report.Part())
	}
}
