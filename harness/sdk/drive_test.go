package sdk

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/verdict"
	"github.com/rolecheck/rolecheck/spec"
)

func loaded(t *testing.T) *spec.Spec {
	t.Helper()
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var newJudge = sync.OnceValues(func() (*contract.Judge, error) {
	s, err := spec.Load()
	if err != nil {
		return nil, err
	}
	return contract.New(s, contract.Options{})
})

func judge(t *testing.T) *contract.Judge {
	t.Helper()
	j, err := newJudge()
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// config drives the tests' own client program, in one of its variants.
func config(t *testing.T, variant string) Config {
	t.Helper()
	s := loaded(t)
	operations := map[string]fakeOperation{}
	for _, o := range s.Operations {
		operations[o.ID] = fakeOperation{o.Method, o.Path, o.Action.String()}
	}
	b, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Spec: s, Judge: judge(t), Org: newMiniOrg(), Token: testToken, Fixtures: testFixtures(),
		Program: []string{os.Args[0]},
		Env:     []string{fakeVariant + "=" + variant, fakeOperations + "=" + string(b), "PATH=" + os.Getenv("PATH")},
	}
}

func driven(t *testing.T, c Config) *Outcome {
	return drivenThrough(t, c, func(*step) bool { return true })
}

// drivenThrough leaves out the steps for which keep is false.
func drivenThrough(t *testing.T, c Config, keep func(*step) bool) *Outcome {
	t.Helper()
	out, err := c.drive(t.Context(), func(s *spec.Spec, f Fixtures, elsewhere string) []*step {
		return slices.DeleteFunc(plan(s, f, elsewhere), func(s *step) bool { return !keep(s) })
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range out.Verdicts {
		if strings.Contains(v.Detail, testToken) {
			t.Errorf("%s tells the token", v.Requirement.ID)
		}
	}
	if testing.Verbose() {
		for _, v := range out.Verdicts {
			if v.Outcome != verdict.Pass {
				t.Log(v.Outcome, v.Requirement.ID, v.Detail)
			}
		}
	}
	return out
}

// rules lists the rules of the verdicts with an outcome, sorted.
func rules(out *Outcome, outcome verdict.Outcome) []string {
	var found []string
	for _, v := range out.Verdicts {
		if v.Outcome == outcome {
			found = append(found, v.Requirement.Rule())
		}
	}
	slices.Sort(found)
	return found
}

func verdictOf(t *testing.T, out *Outcome, rule string) verdict.Verdict {
	t.Helper()
	i := slices.IndexFunc(out.Verdicts, func(v verdict.Verdict) bool { return v.Requirement.Rule() == rule })
	if i < 0 {
		t.Fatalf("no verdict on %s", rule)
	}
	return out.Verdicts[i]
}

func TestClientThatDoesEverythingRight(t *testing.T) {
	t.Parallel()
	out := driven(t, config(t, ""))
	for _, v := range out.Verdicts {
		if v.Outcome != verdict.Pass {
			t.Errorf("%s: %s: %s", v.Requirement.ID, v.Outcome, v.Detail)
		}
		if v.Requirement.Rule() != rowProgram && len(v.Evidence) == 0 {
			t.Errorf("%s names no exchange", v.Requirement.ID)
		}
	}
	if len(out.Verdicts) != len(loaded(t).RequirementsOf(system)) {
		t.Errorf("%d verdicts", len(out.Verdicts))
	}
	if out.Client != "fake/1.0" || out.Answered != out.Steps || out.Steps == 0 || out.Interrupted {
		t.Errorf("the client was %q, and answered %d of %d steps", out.Client, out.Answered, out.Steps)
	}
	called := map[string]bool{}
	ids := map[string]bool{}
	for _, x := range out.Exchanges {
		if ids[x.ID] {
			t.Errorf("two exchanges are called %s", x.ID)
		}
		ids[x.ID] = true
		if x.Judgement.Operation != nil {
			called[x.Judgement.Operation.ID] = true
		}
		if strings.Contains(x.Request.Header.Get("Authorization"), testToken) {
			t.Errorf("%s holds the token", x.ID)
		}
	}
	if len(called) != len(loaded(t).Operations) {
		t.Errorf("%d operations were called", len(called))
	}
}

// Every way to misbehave fails the rows that are about it, and no others.
func TestClientsThatDoWrong(t *testing.T) {
	tests := map[string][]string{
		"calls another path":                  {rowOperations},
		"shortens ids":                        {rowPath},
		"leaves spaces out":                   {rowPathEncoding, rowPathReserved},
		"escapes no slashes":                  {rowPathReserved},
		"loses the query":                     {rowQuery},
		"makes up a query":                    {rowQuery},
		"puts the token into the query":       {rowQuery},
		"loses a member of the body":          {rowBody},
		"sends null":                          {rowOptionalBody},
		"loses conditions":                    {rowSentConditions},
		"names no media type":                 {rowConforms},
		"sends twice":                         {rowOnce, rowHammering},
		"cannot read standard roles":          {rowStandardRoles + "clients", rowStandardRoles + "groups", rowStandardRoles + "users"},
		"cannot read custom roles":            {rowCustomRoles + "clients", rowCustomRoles + "groups", rowCustomRoles + "users"},
		"loses descriptions":                  {rowOlder},
		"loses targets":                       {rowEmbedded},
		"loses orns":                          {rowAbsent, rowAssignees, rowSuccess, rowUnknownMembers},
		"loses the dates of permissions":      {rowConditions, rowDates, rowPermissions},
		"loses conditions it reads":           {rowConditions},
		"loses object classes":                {rowEmbedded, rowGroupTargets},
		"loses sign-on modes":                 {rowAppTargets, rowEmbedded, rowUnknownValues},
		"makes something of nothing":          {rowNoContent, rowSuccess},
		"fails without a body":                {rowNoContent, rowSuccess},
		"knows no 201 of groups":              {rowSuccess},
		"cannot read null":                    {rowConditions, rowNull, rowPermissions},
		"makes up members":                    {rowAbsent},
		"cannot read empty lists":             {rowEmptyLists},
		"loses fractions of seconds":          {rowDates},
		"cannot read offsets":                 {rowDates},
		"cannot read unknown members":         {rowUnknownMembers},
		"loses unknown members":               {rowUnknownKept},
		"cannot read unknown values":          {rowUnknownValues},
		"keeps what it read":                  {rowFresh},
		"loses the codes of 400, 403 and 409": {"error.bad-request", "error.conflict", "error.forbidden", rowErrorUnexpected},
		"loses the codes of 401, 404 and 405": {"error.method-not-allowed", "error.not-found", "error.unauthenticated", rowErrorUnexpected},
		"loses the codes of 429":              {"error.too-many-requests"},
		"fails on refusals without a body":    {rowErrorEmpty},
		"stops after a page":                  {rowPagesAssignees, rowPagesTargets},
		"follows links to itself":             {rowPagesTargets},
		"hammers":                             {rowHammering},
		"swallows refusals":                   {"error.too-many-requests", rowThrottled},
		"follows redirects":                   {rowRedirect},
		"follows redirects with the token":    {rowTokenAway, rowRedirect},
		"follows links with the token":        {rowTokenNext},
		"sends another scheme":                {rowTokenSent},
	}
	broken := map[string]bool{rowProgram: true}
	for variant, want := range tests {
		for _, row := range want {
			broken[row] = true
		}
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			// The ordinary steps, and all that have to do with the variant.
			out := drivenThrough(t, config(t, variant), func(s *step) bool {
				return s.arrange != nil || s.pathRow != "" || s.reread || s.rows == nil ||
					slices.ContainsFunc(s.rows, func(row string) bool { return slices.Contains(want, row) })
			})
			if left := rules(out, verdict.Error); left != nil {
				t.Errorf("rows with errors: %q", left)
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, rules(out, verdict.Fail)); diff != "" {
				t.Errorf("failing rows (-want +got):\n%s", diff)
			}
		})
	}
	for _, r := range loaded(t).RequirementsOf(system) {
		if !broken[r.Rule()] {
			t.Errorf("no client breaks %s", r.ID)
		}
	}
	for row := range broken {
		if _, ok := loaded(t).Requirement(system + "." + row); !ok {
			t.Errorf("%s is not in the catalogue", row)
		}
	}
}
