package history

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

// step is one exchange. Its parts are separated by spaces: method, path, and for writes the body that is sent.
type step struct {
	send   string
	status int
	answer string
	link   string
	// from and to are when it ran, in milliseconds; without a to the recording has no times.
	from, to int
	edit     func(*exchange.Exchange)
}

const org = "https://acme.okta.example"

func (s step) exchange(t testing.TB, n int) *exchange.Exchange {
	t.Helper()
	method, rest, _ := strings.Cut(s.send, " ")
	target, body, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(target, "https:") {
		target = org + target
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange.Exchange{
		ID:       fmt.Sprintf("x%d", n),
		Request:  exchange.Request{Method: method, URL: u, Header: http.Header{}, Body: exchange.Body{Bytes: []byte(body)}},
		Response: &exchange.Response{Status: s.status, Header: http.Header{}, Body: exchange.Body{Bytes: []byte(s.answer)}},
	}
	if s.link != "" {
		x.Response.Header.Set("Link", s.link)
	}
	if s.to > 0 {
		x.Started = time.UnixMilli(int64(1_700_000_000_000 + s.from))
		x.Duration = time.Duration(s.to-s.from) * time.Millisecond
	}
	if s.edit != nil {
		s.edit(x)
	}
	return x
}

// sequence is a list of exchanges and what their order shows: lines of step, rule and level.
type sequence struct {
	name  string
	steps []step
	want  []string
	// settle is how long a change may take to show, in milliseconds.
	settle int
}

func newTracker(t *testing.T, options ...Option) *Tracker {
	t.Helper()
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	return New(s, options...)
}

func runSequences(t *testing.T, all []sequence) {
	t.Helper()
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			tracker := newTracker(t, Settle(time.Duration(s.settle)*time.Millisecond))
			var got []string
			for i, step := range s.steps {
				x := step.exchange(t, i+1)
				for _, f := range tracker.Observe(x, nil).Findings {
					got = append(got, fmt.Sprintf("%s %s %s", x.ID, f.Rule, f.Level))
					checkFinding(t, x, f)
				}
			}
			if diff := cmp.Diff(s.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// checkFinding holds what is the same for every finding.
func checkFinding(t *testing.T, x *exchange.Exchange, f contract.Finding) {
	t.Helper()
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	op, _, ok := s.Match(x.Request.Method, x.Request.URL.EscapedPath())
	if !ok || f.Operation != op.ID {
		t.Errorf("the finding is about the operation %q, the exchange called %q", f.Operation, op.ID)
	}
	if f.Side != contract.Org || f.Pointer != "" || f.Detail == "" {
		t.Errorf("not as history findings are: %+v", f)
	}
}

// Paths and answers that most sequences use.
const (
	ada   = "/api/v1/users/00uaaaaaaaaaaaaaaaaa"
	bob   = "/api/v1/users/00ubbbbbbbbbbbbbbbbb"
	squad = "/api/v1/groups/00gaaaaaaaaaaaaaaaaa"
	robot = "/oauth2/v1/clients/0oaaaaaaaaaaaaaaaaaa"

	appAdmin  = "IFIFAX2BIRGUSTQ"
	userAdmin = "KVJUKUS7IFCE2SKO"
)

// held is a role assignment as an answer has it.
func held(id, roleType, by string) string {
	return fmt.Sprintf(`{"id":%q,"type":%q,"assignmentType":%q}`, id, roleType, by)
}

func array(items ...string) string { return "[" + strings.Join(items, ",") + "]" }

func assign(principal, roleType, by, id string) step {
	return step{send: "POST " + principal + `/roles {"type":"` + roleType + `"}`, status: 201, answer: held(id, roleType, by)}
}

func unassign(principal, id string, status int) step {
	return step{send: "DELETE " + principal + "/roles/" + id, status: status}
}

func roles(principal string, items ...string) step {
	return step{send: "GET " + principal + "/roles", status: 200, answer: array(items...)}
}

// at says when a step ran.
func (s step) at(from, to int) step {
	s.from, s.to = from, to
	return s
}

// but changes a step's exchange.
func (s step) but(edit func(*exchange.Exchange)) step {
	s.edit = edit
	return s
}

// with changes a step's status.
func (s step) with(status int) step {
	s.status = status
	return s
}

// ofPart has the exchange come from a file that lacks others.
func ofPart(x *exchange.Exchange) { x.Part = true }
