package sdk

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// few keeps the reads of role assignments, which no step depends on.
func few(s *step) bool {
	return s.reply == nil && s.op.Action.Verb == spec.List && s.arrange != nil
}

// Whatever a program does in its second step, the others are judged, and the rows say what happened.
func TestProgramsThatMisbehave(t *testing.T) {
	tests := map[string]struct {
		answered int // of how many steps less than all
		want     []string
	}{
		"dies":                    {1, []string{"it died before it answered: exit status 3", "panic: the client is broken"}},
		"ends":                    {1, []string{"it ended before it answered"}},
		"hangs":                   {1, []string{"no answer within 5s, so the program was stopped"}},
		"closes its output":       {1, []string{"it closed its standard output before it answered"}},
		"makes noise":             {0, []string{"2 lines on standard output that are no answers: debug: about to send REDACTED ⏎ {\"level\":\"info\"}"}},
		"makes nothing but noise": {1, []string{"1000 lines on standard output, and no answer among them"}},
		"answers another step":    {1, []string{"the program answered step 9 when step 2 was asked"}},
		"answers in two ways":     {1, []string{"it has more than one of result, error, unsupported and failure"}},
	}
	for variant, test := range tests {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			c := config(t, variant)
			if variant == "hangs" {
				c.Limits.Step = 5 * time.Second
			}
			out := drivenThrough(t, c, few)
			if got := out.Steps - out.Answered; got != test.answered {
				t.Errorf("%d of %d steps were not answered, want %d", got, out.Steps, test.answered)
			}
			v := verdictOf(t, out, rowProgram)
			if v.Outcome != verdict.Error {
				t.Errorf("the program's row is %s", v.Outcome)
			}
			for _, want := range test.want {
				if !strings.Contains(v.Detail, want) {
					t.Errorf("the detail lacks %q:\n%s", want, v.Detail)
				}
			}
			if strings.Contains(v.Detail, testToken) || strings.Contains(out.Stderr, testToken) {
				t.Error("the token was told")
			}
			if got := rules(out, verdict.Fail); got != nil {
				t.Errorf("failing rows: %q", got)
			}
			wantErrors := []string{rowProgram}
			if test.answered > 0 {
				// The second step is on a custom role, and had a request in some variants.
				wantErrors = []string{rowProgram, rowCustomRoles + "clients"}
			}
			got := slices.DeleteFunc(rules(out, verdict.Error), func(row string) bool { return row == rowOperations })
			slices.Sort(wantErrors)
			if diff := cmp.Diff(wantErrors, got); diff != "" {
				t.Errorf("rows with errors (-want +got):\n%s", diff)
			}
			if v := verdictOf(t, out, rowStandardRoles+"users"); v.Outcome != verdict.Pass {
				t.Errorf("a later row is %s: %s", v.Outcome, v.Detail)
			}
		})
	}
}

func TestProgramThatAlwaysDies(t *testing.T) {
	t.Parallel()
	c := config(t, "dies always")
	out := driven(t, c)
	if out.Answered != 0 {
		t.Errorf("%d steps were answered", out.Answered)
	}
	v := verdictOf(t, out, rowProgram)
	if !strings.Contains(v.Detail, "3 steps in all brought no answer, so the last") {
		t.Errorf("the detail does not say that the rest was left out:\n%s", v.Detail)
	}
	for _, v := range out.Verdicts {
		if v.Outcome != verdict.Error {
			t.Errorf("%s is %s: %s", v.Requirement.ID, v.Outcome, v.Detail)
		}
	}
}

func TestProgramThatLacksAnOperation(t *testing.T) {
	t.Parallel()
	out := driven(t, config(t, "lacks an operation"))
	if diff := cmp.Diff([]string{rowOperations, rowFresh}, rules(out, verdict.Unsupported)); diff != "" {
		t.Errorf("unsupported rows (-want +got):\n%s", diff)
	}
	lacking, _ := loaded(t).Find(spec.Action{Verb: spec.Get, Object: spec.Permission, Of: spec.CustomRole})
	known := &verdict.Baseline{}
	for _, row := range []string{rowOperations, rowFresh} {
		v := verdictOf(t, out, row)
		if !slices.Equal(v.Lacking, []string{lacking.ID}) {
			t.Errorf("%s: the client lacks %q", row, v.Lacking)
		}
		known.Entries = append(known.Entries, verdict.Entry{Requirement: v.Requirement.ID, Unsupported: lacking.ID})
	}
	if exit := verdict.Gate(out.Verdicts, spec.Must, false, nil); exit != verdict.ExitUnverified {
		t.Errorf("the gate says %d", exit)
	}
	applied := known.Apply(out.Verdicts, time.Now(), func(string) bool { return true })
	if exit := verdict.Gate(out.Verdicts, spec.Must, false, applied); exit != verdict.ExitPassed {
		t.Errorf("the gate says %d, with %v", exit, applied)
	}
	if v := verdictOf(t, out, rowOperations); !strings.Contains(v.Detail, lacking.ID) {
		t.Errorf("the detail does not name the operation: %s", v.Detail)
	}
	if got := rules(out, verdict.Fail); got != nil {
		t.Errorf("failing rows: %q", got)
	}
}

func TestProgramThatCannotFollowBodies(t *testing.T) {
	t.Parallel()
	out := drivenThrough(t, config(t, "cannot follow bodies"), func(s *step) bool { return few(s) || s.Page != "" })
	if diff := cmp.Diff([]string{rowPagesAssignees}, rules(out, verdict.Unsupported)); diff != "" {
		t.Errorf("unsupported rows (-want +got):\n%s", diff)
	}
}

// A client that waits for the reset gives what it gets then, and has not hammered.
func TestClientThatWaits(t *testing.T) {
	t.Parallel()
	out := drivenThrough(t, config(t, "waits"), func(s *step) bool { return slices.Contains(s.rows, rowThrottled) })
	for _, row := range []string{rowThrottled, rowHammering} {
		if v := verdictOf(t, out, row); v.Outcome != verdict.Pass {
			t.Errorf("%s is %s: %s", row, v.Outcome, v.Detail)
		}
	}
	if len(out.Exchanges) != 4 {
		t.Errorf("%d exchanges, want two for each of two steps", len(out.Exchanges))
	}
}

// Nothing that the program has started outlives it.
func TestNoOrphan(t *testing.T) {
	t.Parallel()
	home, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = home.Close() }()
	c := config(t, "leaves a child")
	c.Env = append(c.Env, fakeHome+"="+home.Addr().String())
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := home.Accept()
		if err != nil {
			return
		}
		accepted <- conn
	}()
	// The last step waits for the child, so that it is there when the program is stopped.
	var child net.Conn
	inner := c.Org
	c.Org = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/targets/groups") && child == nil && r.Method == http.MethodGet {
			child = <-accepted
		}
		inner.ServeHTTP(w, r)
	})
	out := drivenThrough(t, c, few)
	if child == nil {
		t.Fatalf("there was no child; standard error: %s", out.Stderr)
	}
	_ = child.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := child.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
		t.Errorf("the child lives on: %v", err)
	}
	if err := child.Close(); err != nil && !errors.Is(err, io.EOF) {
		t.Log(err)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := config(t, "")
	n := 0
	inner := c.Org
	c.Org = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 20 {
			cancel()
		}
		inner.ServeHTTP(w, r)
	})
	out, err := Drive(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Interrupted || out.Answered == 0 || out.Answered == out.Steps {
		t.Errorf("interrupted %v after %d of %d steps", out.Interrupted, out.Answered, out.Steps)
	}
	for _, v := range out.Verdicts {
		if v.Outcome != verdict.Pass && v.Outcome != verdict.NotRun {
			t.Errorf("%s is %s: %s", v.Requirement.ID, v.Outcome, v.Detail)
		}
	}
}

func TestDriveRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"no program":       {func(c *Config) { c.Program = nil }, "driving a client needs the client program's command line"},
		"no token":         {func(c *Config) { c.Token = "" }, "driving a client needs the org's token"},
		"label of a word":  {func(c *Config) { c.Fixtures.CustomRoleLabel = "word" }, "a custom role's label with a space in it"},
		"program not here": {func(c *Config) { c.Program = []string{"./no-such-program"} }, "starting the client program ./no-such-program"},
		"org out of order": {func(c *Config) { c.Org = failing }, "the org answered GET /oauth2/v1/clients/0oa1/roles with 503"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, "")
			test.change(&c)
			if _, err := Drive(t.Context(), c); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
