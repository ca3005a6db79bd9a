// Package sdk drives a client program through the whole contract, step by step, and judges what the client sends and
// what it makes of the answers.
//
// The client talks to a stage: a server of this package in front of the org. The org answers most steps. Answers that the org
// cannot be made to give come from the stage. It records all requests and answers, so that every verdict compares the
// client's report with them.
package sdk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

// Fixtures are the objects in the org that the steps use. The steps change the principals' roles, the permissions of the
// custom role and all targets.
type Fixtures struct {
	// User, Group and Client are the ids of principals that hold no roles.
	User, Group, Client string
	// TargetGroups are the ids of two groups that can be targets.
	TargetGroups [2]string
	// CatalogApps are the keys of two apps of the catalog, and App is the id of an instance of a third one, AppName.
	CatalogApps  [2]string
	App, AppName string
	// CustomRole is the id of a custom role, and CustomRoleLabel its label, which has a space in it.
	CustomRole, CustomRoleLabel string
	// ResourceSet is the id of a resource set.
	ResourceSet string
}

// Config says which program to drive, against which org. All but Env and Limits are required.
type Config struct {
	Spec *spec.Spec
	// Judge judges the client's requests.
	Judge *contract.Judge
	// Org answers, whatever host a request was sent to. It must not be shared with anybody else while it is used.
	Org http.Handler
	// Token is the API token the client is given; it may do everything in the org.
	Token    string
	Fixtures Fixtures
	// Program is the client program's command line. It runs in the current directory.
	Program []string
	// Env is the program's environment before its own settings are added; nil is that of this process.
	Env    []string
	Limits Limits
}

// Limits bound the program's time. Zero values stand for the defaults.
type Limits struct {
	// First is for the first answer of all, before which the program may have to be built; five minutes by default.
	First time.Duration
	// Step is for every other answer; half a minute by default.
	Step time.Duration
	// Stop is for the program to end by itself after the end of its standard input; two seconds by default.
	Stop time.Duration
}

func (l Limits) orDefaults() Limits {
	return Limits{cmp.Or(l.First, 5*time.Minute), cmp.Or(l.Step, 30*time.Second), cmp.Or(l.Stop, 2*time.Second)}
}

// Exchange is one request of the client with its answer, and what the contract says of the request. Answers are not
// judged: some are wrong on purpose.
type Exchange struct {
	*exchange.Exchange
	Judgement contract.Judgement
}

// Outcome is the result of driving a client.
type Outcome struct {
	// Verdicts has one entry for each requirement on clients, in the order of the catalogue.
	Verdicts []verdict.Verdict
	// Exchanges are all requests that the client sent, to whatever host, in their order.
	Exchanges []Exchange
	// Client is how the client named itself, by its User-Agent header.
	Client string
	// Steps counts the steps of the plan, Answered those that the program answered.
	Steps, Answered int
	// Stderr is the end of what the program wrote to its standard error, without credentials.
	Stderr string
	// Interrupted says that the context ended before the plan did.
	Interrupted bool
}

// Drive starts the program and takes it through all steps. It returns an error only where nothing could be judged: the
// configuration is incomplete, the program cannot be started, or the org refuses the preparation of a step.
func Drive(ctx context.Context, c Config) (*Outcome, error) { return c.drive(ctx, plan) }

func (c Config) drive(ctx context.Context, plan func(s *spec.Spec, f Fixtures, elsewhere string) []*step) (*Outcome, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	redactor := exchange.NewRedactor(c.Token)
	stage, err := openStage(ctx, c.Org, c.Token, c.Judge, redactor)
	if err != nil {
		return nil, err
	}
	defer stage.close()
	d := &drive{
		stage:    stage,
		org:      &org{spec: c.Spec, handler: c.Org, base: stage.url, token: c.Token},
		rows:     &rows{requirements: c.Spec.RequirementsOf(system), redactor: redactor, marks: map[string][]mark{}},
		token:    c.Token,
		unread:   map[reading]bool{},
		redactor: redactor,
		program: &program{
			command: c.Program, limits: c.Limits.orDefaults(), redactor: redactor,
			env: environment(c.Env, stage.url, c.Token),
		},
	}
	defer d.program.stop()
	steps := plan(c.Spec, c.Fixtures, stage.elsewhere)
	for i, s := range steps {
		s.Step.Step = i + 1
	}
	if err := d.run(ctx, steps); err != nil {
		return nil, err
	}
	d.program.stop()
	return d.outcome(ctx, len(steps)), nil
}

func (c Config) check() error {
	f := c.Fixtures
	missing := map[string]bool{
		"the contract": c.Spec == nil, "a judge": c.Judge == nil, "the org": c.Org == nil, "the org's token": c.Token == "",
		"the client program's command line": len(c.Program) == 0,
		"a user":                            f.User == "", "a group": f.Group == "", "a client app": f.Client == "",
		"two groups as targets": f.TargetGroups[0] == "" || f.TargetGroups[1] == "",
		"two catalog apps":      f.CatalogApps[0] == "" || f.CatalogApps[1] == "",
		"an app instance":       f.App == "" || f.AppName == "",
		"a custom role":         f.CustomRole == "", "a resource set": f.ResourceSet == "",
		"a custom role's label with a space in it": !strings.Contains(f.CustomRoleLabel, " "),
	}
	var errs []error
	for _, what := range slices.Sorted(maps.Keys(missing)) {
		if missing[what] {
			errs = append(errs, fmt.Errorf("driving a client needs %s", what))
		}
	}
	return errors.Join(errs...)
}

// environment is the program's: the org's address and token, and no proxy on the way to the loopback interface.
func environment(base []string, orgURL, token string) []string {
	if base == nil {
		base = os.Environ()
	}
	direct := "127.0.0.1,localhost"
	var out []string
	for _, entry := range base {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case strings.HasPrefix(name, "OKTA_"):
			// Settings of another org would be mixed with those of this one.
		case strings.EqualFold(name, "NO_PROXY"):
			if value != "" && !strings.Contains(direct, value) {
				direct += "," + value
			}
		default:
			out = append(out, entry)
		}
	}
	return append(out, "NO_PROXY="+direct, "no_proxy="+direct, "OKTA_CLIENT_ORGURL="+orgURL, "OKTA_CLIENT_TOKEN="+token)
}
