package stage

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/rolecheck/rolecheck/harness"
)

// message is what somebody reads of an expectation that failed, without the exchange below it: of the expectation itself,
// and where the answer suits, of its negation.
func message(t *testing.T, m types.GomegaMatcher, a *harness.Answer) (said string, suits bool) {
	t.Helper()
	suits, err := m.Match(a)
	if err != nil {
		t.Fatal(err)
	}
	if suits {
		said = m.NegatedFailureMessage(a)
	} else {
		said = m.FailureMessage(a)
	}
	said, _, _ = strings.Cut(said, "\nexchange ")
	return said, suits
}

func TestMessagesOfMatchers(t *testing.T) {
	const help, user = "HELP_DESK_ADMIN", "USER_ADMIN"
	role := Role{Principal{Kind: Groups, ID: "00g1"}, help, "ra1"}
	none, refused, object := answered(200, `[]`), answered(404, `{"errorCode":"E0000007"}`), answered(200, `{}`)
	two := answered(200, `[{"id":"ra1","type":"`+help+`","assignmentType":"GROUP","_links":{"assignee":{"href":"https://org.example/api/v1/groups/00g1"}}},{"id":"ra2","type":"`+user+`"}]`)
	twice := answered(200, `[{"id":"ra1","type":"`+help+`"},{"id":"ra1","type":"`+help+`"},{"id":"ra3"}]`)
	targets := answered(200, `[{"id":"00g1"},{"id":"00g2"}]`)
	for name, test := range map[string]struct {
		matcher types.GomegaMatcher
		answer  *harness.Answer
		suits   bool
		want    string
	}{
		"HaveRoles":                     {HaveRoles(help, help), two, false, "expected two HELP_DESK_ADMIN, got one HELP_DESK_ADMIN and one USER_ADMIN"},
		"HaveRoles of none":             {HaveRoles(), twice, false, "expected no role, got one without a type and two HELP_DESK_ADMIN"},
		"HaveRoles of a refusal":        {HaveRoles(help), refused, false, "expected one HELP_DESK_ADMIN, got status 404"},
		"HaveRoles of no list":          {HaveRoles(help), object, false, "expected one HELP_DESK_ADMIN, got a body that is no list of role assignments"},
		"HaveRoles, negated":            {HaveRoles(user, help), two, true, "expected anything but one HELP_DESK_ADMIN and one USER_ADMIN, got status 200"},
		"IncludeRoles":                  {IncludeRoles(help), none, false, "expected one HELP_DESK_ADMIN among others, got no role"},
		"IncludeRoles, negated":         {IncludeRoles(help), two, true, "expected anything but one HELP_DESK_ADMIN among others, got status 200"},
		"LackRole":                      {LackRole(user), two, false, "expected no USER_ADMIN, got one HELP_DESK_ADMIN and one USER_ADMIN"},
		"LackRole, negated":             {LackRole(user), none, true, "expected anything but no USER_ADMIN, got status 200"},
		"LackAssignment":                {LackAssignment("ra2"), two, false, "expected no assignment ra2, got one HELP_DESK_ADMIN and one USER_ADMIN, one of them with that id"},
		"LackAssignment, negated":       {LackAssignment("ra9"), two, true, "expected anything but no assignment ra9, got status 200"},
		"ListRole twice":                {ListRole(role), twice, false, "expected the HELP_DESK_ADMIN with the id ra1 once, got ra3, HELP_DESK_ADMIN ra1, HELP_DESK_ADMIN ra1"},
		"ListRole under another id":     {ListRole(role), answered(200, `[{"id":"ra2","type":"`+help+`"}]`), false, "expected the HELP_DESK_ADMIN with the id ra1 once, got HELP_DESK_ADMIN ra2"},
		"HaveRoles of a null list":      {HaveRoles(), answered(200, `null`), false, "expected no role, got a body that is no list of role assignments"},
		"LackAssignment of a refusal":   {LackAssignment("ra3"), refused, false, "expected no assignment ra3, got status 404"},
		"ListRole in an empty list":     {ListRole(role), none, false, "expected the HELP_DESK_ADMIN with the id ra1 once, got no role"},
		"ListRole of a refusal":         {ListRole(role), refused, false, "expected the HELP_DESK_ADMIN with the id ra1 once, got status 404"},
		"ListRole, negated":             {ListRole(role), two, true, "expected anything but the HELP_DESK_ADMIN with the id ra1 once, got status 200"},
		"IncludeRoleOf":                 {IncludeRoleOf(role), twice, false, "expected the HELP_DESK_ADMIN of the group 00g1, got one without a type and two HELP_DESK_ADMIN, none of them of that group"},
		"IncludeRoleOf of a refusal":    {IncludeRoleOf(role), refused, false, "expected the HELP_DESK_ADMIN of the group 00g1, got status 404"},
		"IncludeRoleOf, negated":        {IncludeRoleOf(role), two, true, "expected anything but the HELP_DESK_ADMIN of the group 00g1, got status 200"},
		"HaveTargets":                   {HaveTargets("00g1"), targets, false, "expected the target 00g1, got the targets 00g1 and 00g2"},
		"HaveTargets of none":           {HaveTargets("00g2", "00g1"), none, false, "expected the targets 00g1 and 00g2, got no target"},
		"HaveTargets of no list":        {HaveTargets(), object, false, "expected no target, got a body that is no list of targets"},
		"HaveTargets, negated":          {HaveTargets("00g2", "00g1"), targets, true, "expected anything but the targets 00g1 and 00g2, got status 200"},
		"IncludeTarget":                 {IncludeTarget("00g3"), targets, false, "expected the target 00g3 once, got the targets 00g1 and 00g2"},
		"IncludeTarget of a refusal":    {IncludeTarget("00g3"), refused, false, "expected the target 00g3 once, got status 404"},
		"LackTarget":                    {LackTarget("00g1"), targets, false, "expected no target 00g1, got the targets 00g1 and 00g2"},
		"LackTarget, negated":           {LackTarget("00g3"), targets, true, "expected anything but no target 00g3, got status 200"},
		"HaveNoTargets":                 {HaveNoTargets(), targets, false, "expected no target, or no list of targets (4xx), got the targets 00g1 and 00g2"},
		"HaveNoTargets, negated":        {HaveNoTargets(), refused, true, "expected anything but no target, or no list of targets (4xx), got status 404"},
		"HaveTargetsOn":                 {HaveTargetsOn([]*harness.Answer{targets, none}, "00g1"), none, false, "expected the target 00g1 on all pages together, got the targets 00g1 and 00g2"},
		"HaveTargetsOn without a page":  {HaveTargetsOn([]*harness.Answer{targets, refused}, "00g1"), none, false, "expected the target 00g1 on all pages together, got status 404 on page 2"},
		"HaveAtMostTargets":             {HaveAtMostTargets(1), targets, false, "expected one target at most, got the targets 00g1 and 00g2"},
		"BeRefusedAsUnknownTarget":      {BeRefusedAsUnknownTarget(), answered(403, `{"errorCode":"E0000006"}`), false, "expected status 404 with errorCode E0000007, or 405 with errorCode E0000022, got status 403 with errorCode E0000006"},
		"unknown target without a code": {BeRefusedAsUnknownTarget(), object, false, "expected status 404 with errorCode E0000007, or 405 with errorCode E0000022, got status 200 without an errorCode"},
		"BeLinkTo":                      {harness.HaveJSON("0.id", BeLinkTo("00g9")), linkedNeighbour(), false, `expected 0.id to be a link to 00g9, got "/api/v1/groups/00g1"`},
		"BeLinkTo, negated inside":      {harness.HaveJSON("0.id", gomega.Not(BeLinkTo("00g1"))), linkedNeighbour(), false, `expected 0.id not to be a link to 00g1, got "/api/v1/groups/00g1"`},
		"Each":                          {harness.HaveJSON("*.id", Each("a number", Is[float64])), linkedNeighbour(), false, `expected *.id to be a number each, got ["/api/v1/groups/00g1"]`},
		"Each, negated inside":          {harness.HaveJSON("*.id", gomega.Not(Each("a text", Is[string]))), linkedNeighbour(), false, `expected *.id not to be a text each, got ["/api/v1/groups/00g1"]`},
	} {
		t.Run(name, func(t *testing.T) {
			if said, suits := message(t, test.matcher, test.answer); said != test.want || suits != test.suits {
				t.Errorf("suits: %t\ngot  %q\nwant %q", suits, said, test.want)
			}
		})
	}
}

// linkedNeighbour is an answer outside of the contract, of which any success is accepted.
func linkedNeighbour() *harness.Answer { return answered(200, `[{"id":"/api/v1/groups/00g1"}]`) }
