package suites

import (
	"encoding/json"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// groupMembershipAdmin is, with USER_ADMIN and HELP_DESK_ADMIN, a role type that can have group targets.
const groupMembershipAdmin = "GROUP_MEMBERSHIP_ADMIN"

// Codes of refusals of targets.
const (
	codeNotSupported = "E0000022"
	codeWrongRole    = "E0000091"
)

// Targets that do not exist.
const (
	unknownApp      = "rolecheck_no_such_app"
	unknownInstance = "0oarolecheckunknown0"
	unknownGroup    = "00grolecheckunknown0"
)

// userRole is a role that a user holds, with the calls of its targets.
type userRole struct{ user, id string }

func (r userRole) groups() Request { return Call("listGroupTargetsForRole", r.user, r.id) }

func (r userRole) addGroup(group string) Request {
	return Call("assignGroupTargetToUserRole", r.user, r.id, group)
}

func (r userRole) removeGroup(group string) Request {
	return Call("unassignGroupTargetFromUserAdminRole", r.user, r.id, group)
}

func (r userRole) apps() Request {
	return Call("listApplicationTargetsForApplicationAdministratorRoleForUser", r.user, r.id)
}

func (r userRole) addAllApps() Request {
	return Call("assignAllAppsAsTargetToRoleForUser", r.user, r.id)
}

func (r userRole) addApp(key string) Request {
	return Call("assignAppTargetToAdminRoleForUser", r.user, r.id, key)
}

func (r userRole) removeApp(key string) Request {
	return Call("unassignAppTargetFromAppAdminRoleForUser", r.user, r.id, key)
}

func (r userRole) addInstance(i instance) Request {
	return Call("assignAppInstanceTargetToAppAdminRoleForUser", r.user, r.id, i.key, i.ID)
}

func (r userRole) removeInstance(i instance) Request {
	return Call("unassignAppInstanceTargetFromAdminRoleForUser", r.user, r.id, i.key, i.ID)
}

// lists, appWrites and groupWrites are together the calls of all nine operations.
func (r userRole) lists() []Request { return []Request{r.apps(), r.groups()} }

func (r userRole) groupWrites(group string) []Request {
	return []Request{r.addGroup(group), r.removeGroup(group)}
}

func (r userRole) appWrites(key string, i instance) []Request {
	return []Request{r.addAllApps(), r.addApp(key), r.removeApp(key), r.addInstance(i), r.removeInstance(i)}
}

// targetNames reads an answer as a list of targets, sorted: each by its id, or by its name where it has none, as an app
// of the catalog. It is nil when the answer is no such list.
func targetNames(x *exchange.Exchange) []string {
	var entries []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if x.Status() != 200 || json.Unmarshal(x.Response.Body.Bytes, &entries) != nil || entries == nil {
		return nil
	}
	names := []string{}
	for _, e := range entries {
		if e.ID == "" {
			e.ID = e.Name
		}
		names = append(names, e.ID)
	}
	slices.Sort(names)
	return names
}

// just is what targetNames makes of a list of these targets, each once.
func just(targets ...string) []string {
	names := append([]string{}, targets...)
	slices.Sort(names)
	return names
}

// expectTargets expects a list of just these targets, each once.
func expectTargets(list *exchange.Exchange, targets ...string) {
	GinkgoHelper()
	Expect(list).To(HaveStatus(200))
	Expect(targetNames(list)).To(Equal(just(targets...)), list.Line())
}

// expectSame expects two lists to show the same targets.
func expectSame(list, before *exchange.Exchange) {
	GinkgoHelper()
	Expect(list).To(HaveStatus(200))
	Expect(targetNames(list)).To(Equal(targetNames(before)), "the targets were other ones before: %s\nand are now: %s", before.Line(), list.Line())
}

// expectOnce expects a list that has a target once, whatever else it has.
func expectOnce(list *exchange.Exchange, target string) {
	GinkgoHelper()
	Expect(list).To(HaveStatus(200))
	times := 0
	for _, name := range targetNames(list) {
		if name == target {
			times++
		}
	}
	Expect(times).To(Equal(1), "the times that %s is in %s", target, list.Line())
}

// step is a write with the list of targets that followed it.
type step struct{ answer, list *exchange.Exchange }

// arranged blocks the spec when something that it stands on was refused.
func arranged(answers ...*exchange.Exchange) {
	for _, x := range answers {
		org.Cite(x)
		if !accepted(x) {
			Block("could not arrange the check: %s", x.Line())
		}
	}
}

// arrangedTargets blocks the spec when a list that it stands on is not one of just these targets.
func arrangedTargets(list *exchange.Exchange, targets ...string) {
	org.Cite(list)
	if !slices.Equal(targetNames(list), just(targets...)) || targetNames(list) == nil {
		Block("could not arrange the check: the targets should be %q: %s", just(targets...), list.Line())
	}
}

// notRemoved blocks the spec when the last target could be removed, so that adding it again repeats nothing.
func notRemoved(removals ...step) {
	for _, last := range removals {
		if accepted(last.answer) {
			Block("could not arrange the check: the last target should have stayed: %s", last.answer.Line())
		}
	}
}

// until repeats a request until its answer suits, for as long as changes may take to show, and returns the last answer.
// Whether that one suits is for the specs to say.
func until(ctx SpecContext, r Request, suits func(*exchange.Exchange) bool) *exchange.Exchange {
	var last *exchange.Exchange
	unheard := NewGomega(func(string, ...int) {})
	unheard.Eventually(ctx, func() bool {
		last = org.Send(ctx, r)
		return suits(last)
	}).WithTimeout(org.Settle()).WithPolling(org.Settle() / 20).Should(BeTrue())
	return last
}

// observer looks at the targets of one role through a course of changes. Once a change has not shown in its time, the
// observer waits for none of the later ones: the list is not what it should be any more.
type observer struct {
	list  Request
	tired bool
}

// see returns the list of targets, as soon as it is of just these.
func (o *observer) see(ctx SpecContext, targets ...string) *exchange.Exchange {
	want := just(targets...)
	suits := func(x *exchange.Exchange) bool { return o.tired || slices.Equal(targetNames(x), want) }
	list := until(ctx, o.list, suits)
	o.tired = !slices.Equal(targetNames(list), want)
	return list
}

// after carries out a write and returns its answer with the list that follows, as soon as it is of just these targets.
func (o *observer) after(ctx SpecContext, write Request, targets ...string) step {
	answer := org.Send(ctx, write)
	return step{answer, o.see(ctx, targets...)}
}

// giveAgain gives a role again that was just taken away, which an org may refuse for a moment.
func giveAgain(ctx SpecContext, p principal, role string) *exchange.Exchange {
	return until(ctx, Call(p.assign, p.ID).With(standard(role)), accepted)
}
