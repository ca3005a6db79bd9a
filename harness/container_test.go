package harness

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Requirements of one system that the scenes of these tests judge.
const (
	first  = "user-roles.assign.created"
	second = "user-roles.list.items-well-formed"
	third  = "user-roles.list.new-user-has-none"
	fourth = "user-roles.get.same-as-list"
	should = "user-roles.assign.duplicate-code"
)

func fourSteps(c *Container) {
	c.Arrange(func(ctx ginkgo.SpecContext) { c.Need(ctx, assign("ARRANGED")) })
	c.Step("one", first, func(ctx ginkgo.SpecContext) { gomega.Expect(c.Send(ctx, list())).To(HaveStatus(200)) })
	c.Aside("two", second, func(ctx ginkgo.SpecContext) { gomega.Expect(c.Send(ctx, list())).To(HaveStatus(418)) })
	c.Step("three", third, func(ctx ginkgo.SpecContext) { c.Send(ctx, list()) })
	c.Step("four", fourth, func(ctx ginkgo.SpecContext) { c.Send(ctx, list()) })
}

func TestStepsThatAreLivedThrough(t *testing.T) {
	tests := map[string]struct {
		only []string
		want string
		// asks counts the requests: the arrangement, the steps before, and the selected ones.
		asks int
	}{
		"all":                       {nil, "pass fail pass pass", 5},
		"the first":                 {[]string{first}, "pass not-selected not-selected not-selected", 2},
		"the third, not the aside":  {[]string{third}, "not-selected not-selected pass not-selected", 3},
		"an aside, after the first": {[]string{second}, "not-selected fail not-selected not-selected", 3},
		"two with one between":      {[]string{first, fourth}, "pass not-selected not-selected pass", 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			org := &fakeOrg{answers: map[string]func(http.ResponseWriter, int){assignCall: status(201, `{"id":"r1","type":"ARRANGED"}`)}}
			rows, result := played(t, org, target.Settings{Only: test.only}, fourSteps)
			if got := outcomesOf(rows, first, second, third, fourth); got != test.want {
				t.Errorf("%s, expected %s", got, test.want)
			}
			if len(org.asked) != test.asks || org.asked[0] != assignCall {
				t.Errorf("asked %q", org.asked)
			}
			for _, x := range result.Exchanges {
				if strings.HasPrefix(x.ID, "x") && x.Request.Method == http.MethodPost && (x.Arranges != sceneName("user-roles", "A scene") || x.Requirement != "") {
					t.Errorf("the arrangement counts for %q and %q", x.Arranges, x.Requirement)
				}
			}
			if q := rows[fourth]; q.Outcome == verdict.Pass && len(q.Evidence) != 1 {
				t.Errorf("the evidence of the last step is %v", q.Evidence)
			}
		})
	}
}

func TestWhatBlocksLaterSteps(t *testing.T) {
	never := status(200, `[]`)
	ok := func(c *Container) func(ginkgo.SpecContext) {
		return func(ctx ginkgo.SpecContext) { gomega.Expect(c.Send(ctx, list())).To(HaveStatus(200)) }
	}
	unmet := func(c *Container) func(ginkgo.SpecContext) {
		return func(ctx ginkgo.SpecContext) { c.Eventually(ctx, list()).Should(HaveJSON("0.id", BeText())) }
	}
	tests := map[string]struct {
		scene func(*Container)
		want  string
		// says is in the details of the second row.
		says string
	}{
		"a plain expectation blocks nothing": {func(c *Container) {
			c.Step("one", first, func(ctx ginkgo.SpecContext) { gomega.Expect(c.Send(ctx, list())).To(HaveStatus(418)) })
			c.Step("two", second, ok(c))
		}, "fail pass", ""},
		"what never shows blocks": {func(c *Container) {
			c.Step("one", first, unmet(c))
			c.Step("two", second, ok(c))
		}, "fail blocked", first + " did not come out: expected 0.id to be a text that is not empty, got none"},
		"an aside never blocks": {func(c *Container) {
			c.Aside("one", first, unmet(c))
			c.Step("two", second, ok(c))
		}, "fail pass", ""},
		"what is required blocks": {func(c *Container) {
			c.Step("one", first, func(ctx ginkgo.SpecContext) { c.Require(c.Send(ctx, list()), HaveStatus(418)) })
			c.Step("two", second, ok(c))
		}, "fail blocked", "did not come out: expected status 418, got status 200"},
		"what only later steps need fails none": {func(c *Container) {
			c.Step("one", first, func(ctx ginkgo.SpecContext) {
				gomega.Expect(c.Send(ctx, list())).To(HaveStatus(200))
				c.Eventually(ctx, list()).ForLater(HaveJSON("0.id", BeText()))
			})
			c.Step("two", second, ok(c))
		}, "pass blocked", "could not arrange: expected 0.id"},
		"what should have stayed is told and blocks nothing": {func(c *Container) {
			c.Step("one", first, func(ctx ginkgo.SpecContext) { c.Eventually(ctx, list()).Still(HaveStatus(418)) })
			c.Step("two", second, ok(c))
		}, "fail pass", ""},
		"an arrangement that never shows": {func(c *Container) {
			c.Arrange(unmet(c))
			c.Step("one", first, ok(c))
			c.Step("two", second, ok(c))
		}, "blocked blocked", "could not arrange: expected 0.id"},
		"an unsupported step blocks nothing": {func(c *Container) {
			c.Step("one", first, func(ginkgo.SpecContext) { c.Unsupported("no licence") })
			c.Step("two", second, ok(c))
		}, "unsupported pass", ""},
		"an unobservable arrangement": {func(c *Container) {
			c.Arrange(func(ginkgo.SpecContext) { c.Unobservable("nobody knows") })
			c.Step("one", first, ok(c))
			c.Step("two", second, ok(c))
		}, "unobservable unobservable", "nobody knows"},
		"a body that is no JSON": {func(c *Container) {
			c.Step("one", first, func(ctx ginkgo.SpecContext) { Decode[map[string]int](c.Send(ctx, list())) })
			c.Step("two", second, ok(c))
		}, "fail blocked", "expected a JSON body of the described shape"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			org := &fakeOrg{answers: map[string]func(http.ResponseWriter, int){listCall: never}}
			rows, _ := played(t, org, target.Settings{}, test.scene)
			if got := outcomesOf(rows, first, second); got != test.want {
				t.Errorf("%s, expected %s\n%s\n%s", got, test.want, rows[first].Detail, rows[second].Detail)
			}
			if !strings.Contains(rows[second].Detail, test.says) {
				t.Errorf("%q is not in %q", test.says, rows[second].Detail)
			}
		})
	}
	// The same holds when the step that blocks is only lived through.
	org := &fakeOrg{answers: map[string]func(http.ResponseWriter, int){listCall: never}}
	rows, _ := played(t, org, target.Settings{Only: []string{second}}, tests["what never shows blocks"].scene)
	if got := outcomesOf(rows, first, second); got != "not-selected blocked" || !strings.Contains(rows[second].Detail, first) || len(rows[second].Evidence) == 0 {
		t.Errorf("%s: %s %v", got, rows[second].Detail, rows[second].Evidence)
	}
}

func TestArrangementsThatAreRefused(t *testing.T) {
	const rule = "user-roles." + contract.RuleValidCalls
	tests := map[string]struct {
		answer func(http.ResponseWriter, int)
		// fails is the row that fails for it, if any.
		fails, says string
	}{
		"400":       {status(400, `{"errorCode":"E0000001"}`), rule, rule + " fails by it"},
		"404":       {status(404, `{"errorCode":"E0000007"}`), rule, rule + " fails by it"},
		"401":       {status(401, `{"errorCode":"E0000011"}`), "", "credential"},
		"403":       {status(403, `{"errorCode":"E0000006"}`), "", "credential"},
		"429":       {status(429, `{"errorCode":"E0000047"}`), "", "429"},
		"503":       {status(503, `unavailable`), "", "gateway"},
		"500":       {status(500, `broken`), "", "user-roles.no-server-error fails by it"},
		"no answer": {func(w http.ResponseWriter, _ int) { panic(http.ErrAbortHandler) }, "", "out of order"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			org := &fakeOrg{answers: map[string]func(http.ResponseWriter, int){assignCall: test.answer}}
			rows, _ := played(t, org, target.Settings{}, func(c *Container) {
				c.Arrange(func(ctx ginkgo.SpecContext) { c.Need(ctx, assign("A")) })
				c.Step("one", first, func(ctx ginkgo.SpecContext) { c.Send(ctx, list()) })
				c.Step("two", second, func(ctx ginkgo.SpecContext) { c.Send(ctx, list()) })
			})
			if got := outcomesOf(rows, first, second); got != "blocked blocked" {
				t.Error(got)
			}
			if rows[first].Detail != rows[second].Detail || !strings.Contains(rows[first].Detail, test.says) {
				t.Errorf("%q and %q, expected both with %q", rows[first].Detail, rows[second].Detail, test.says)
			}
			if failed := rows[rule].Outcome == verdict.Fail; failed != (test.fails == rule) {
				t.Errorf("%s: %s", rule, rows[rule].Outcome)
			}
			if test.fails != "" && !strings.HasPrefix(rows[rule].Detail, "expected a success of "+assign("").operation+", got "+name) {
				t.Errorf("%q", rows[rule].Detail)
			}
		})
	}
}

func TestAllThatIsWrongIsTold(t *testing.T) {
	rows, _ := played(t, &fakeOrg{}, target.Settings{}, func(c *Container) {
		c.Step("one", first, func(ctx ginkgo.SpecContext) {
			a := c.Send(ctx, list())
			gomega.Expect(a).To(HaveStatus(201))
			gomega.Expect(a).To(HaveJSON("0.id", "r1"), "the first role")
			var none []string
			gomega.Expect(none[0]).To(gomega.Equal("a failed expectation came before, so that this is no news"))
		})
		c.Step("two", second, func(ginkgo.SpecContext) { panic("a mistake of our own") })
		c.Aside("three", third, func(ctx ginkgo.SpecContext) {
			gomega.Expect(c.Send(ctx, list()).Status()).To(gomega.Equal(201))
		})
	})
	want := []verdict.Failure{{Expected: "status 201", Actual: "status 200"}, {Expected: "0.id to equal r1", Actual: "none", More: "the first role"}}
	got := slices.Clone(rows[first].Failures)
	for i := range got {
		if got[i].Exchange == "" || !strings.Contains(got[i].Line, got[i].Exchange) {
			t.Errorf("%+v names no exchange", got[i])
		}
		got[i].Exchange, got[i].Line = "", ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if q := rows[second]; q.Outcome != verdict.Error && q.Outcome != verdict.Blocked || !strings.Contains(q.Detail, "did not come out") && !strings.Contains(q.Detail, "a mistake of our own") {
		t.Errorf("%s: %s", q.Outcome, q.Detail)
	}
}

func TestOwnMistakesAreErrors(t *testing.T) {
	rows, _ := played(t, &fakeOrg{}, target.Settings{}, func(c *Container) {
		c.Step("one", first, func(ginkgo.SpecContext) { panic("a mistake of our own") })
		c.Aside("two", second, func(ctx ginkgo.SpecContext) { c.Send(ctx, list()) })
	})
	if q := rows[first]; q.Outcome != verdict.Error || !strings.Contains(q.Detail, "a mistake of our own") {
		t.Errorf("%s: %s", q.Outcome, q.Detail)
	}
	if q := rows[second]; q.Outcome != verdict.Blocked {
		t.Errorf("%s: %s", q.Outcome, q.Detail)
	}
	rows, _ = played(t, &fakeOrg{}, target.Settings{}, func(c *Container) {
		c.Step("one", first, func(ctx ginkgo.SpecContext) { c.Send(ctx, assign("").WithBytes(nil)) })
		c.Aside("two", second, func(ctx ginkgo.SpecContext) { c.Eventually(ctx, assign("A")) })
	})
	if q := rows[first]; q.Outcome != verdict.Error || !strings.Contains(q.Detail, "rolecheck's own request") {
		t.Errorf("%s: %s", q.Outcome, q.Detail)
	}
}

func TestEvidence(t *testing.T) {
	var above *Answer
	rows, _ := played(t, &fakeOrg{}, target.Settings{}, func(c *Container) {
		c.Arrange(func(ctx ginkgo.SpecContext) { c.Send(ctx, list()) })
		c.Step("one", first, func(ctx ginkgo.SpecContext) { above = c.Send(ctx, list()) })
		c.Aside("judges the one above", second, func(ginkgo.SpecContext) { gomega.Expect(above).To(HaveStatus(200)) })
		c.Aside("judges that one beside its own", third, func(ctx ginkgo.SpecContext) {
			gomega.Expect(above).To(HaveStatus(200))
			gomega.Expect(c.Send(ctx, list())).To(HaveStatus(200))
		})
		c.Aside("looks without an expectation", fourth, func(ginkgo.SpecContext) {})
	})
	for id, want := range map[string][]string{first: {"x0002"}, second: {"x0002"}, third: {"x0002", "x0003"}, fourth: {"x0003"}} {
		if diff := cmp.Diff(want, rows[id].Evidence); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}

func TestFailuresThatDoNotFailTheGate(t *testing.T) {
	scene := func(c *Container) {
		c.Aside("one", should, func(ctx ginkgo.SpecContext) { gomega.Expect(c.Send(ctx, list())).To(HaveStatus(201)) })
		c.Aside("two", second, func(ctx ginkgo.SpecContext) { c.Send(ctx, list()) })
	}
	rows, result := played(t, &fakeOrg{}, target.Settings{Only: []string{should, second}}, scene)
	if q := rows[should]; q.Outcome != verdict.Fail || len(q.Failures) != 1 || result.Report.Run.Exit == verdict.ExitFailed {
		t.Errorf("%s: %v, exit code %d", q.Outcome, q.Failures, result.Report.Run.Exit)
	}
	_, result = played(t, &fakeOrg{}, target.Settings{Only: []string{should, second}, Level: spec.Should}, scene)
	if result.Report.Run.Exit != verdict.ExitFailed {
		t.Errorf("exit code %d", result.Report.Run.Exit)
	}
}

func TestUnknownRequirementsStopTheSuite(t *testing.T) {
	server := httptest.NewServer(&fakeOrg{})
	defer server.Close()
	settings := &target.Settings{URL: server.URL, Tokens: map[string]string{target.Admin: "a"}, AuthorizationMode: "SSWS", Level: spec.Must}
	under, err := target.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	_, err = RunSuite(Config{
		Spec: contents(t), Settings: settings, Target: under, Log: slog.New(slog.DiscardHandler),
		Plant: func(o *Org) {
			o.Plant("user-roles", "A scene", types.NewCodeLocation(0), func(c *Container) {
				c.Step("one", "user-roles.nope", func(ginkgo.SpecContext) {})
			})
		},
		Teardown: func(context.Context, *Org) {},
	})
	if err == nil || !strings.Contains(err.Error(), `container_test.go:`) || !strings.Contains(err.Error(), `"user-roles.nope"`) {
		t.Error(err)
	}
}

func TestOutline(t *testing.T) {
	want := Outline{Scene: "user-roles: A scene", Text: "A scene", Steps: []OutlineStep{
		{first, "one", false}, {second, "two", true}, {third, "three", false}, {fourth, "four", false},
	}}
	if diff := cmp.Diff(want, NewOutline("user-roles", "A scene", fourSteps)); diff != "" {
		t.Error(diff)
	}
}
