package suites

import (
	"encoding/json"
	"net/http"
	"net/url"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
)

// expanding plants the specs about embedded targets, which the lists of users and groups can have.
func expanding(h *holders) {
	It("embeds group targets when asked", Requirement(h.id("list.expand-groups")), func(ctx SpecContext) {
		s := h.scopedToGroup(ctx)

		list := org.Send(ctx, Call(h.list, s.ID).Query("expand", "targets/groups"))
		Expect(list).To(BeAccepted())
		roles := ofType(listed(list), userAdmin)
		Expect(roles).To(HaveLen(1), list.Line())
		Expect(roles[0].embedded("groups")).To(ConsistOf(s.targets), list.Line())
	})

	It("embeds app targets when asked", Requirement(h.id("list.expand-apps")), func(ctx SpecContext) {
		s := h.scopedToApp(ctx)

		list := org.Send(ctx, Call(h.list, s.ID).Query("expand", "targets/catalog/apps"))
		Expect(list).To(BeAccepted())
		roles := ofType(listed(list), appAdmin)
		Expect(roles).To(HaveLen(1), list.Line())
		Expect(roles[0].embedded("catalog", "apps")).To(ConsistOf(s.targets), list.Line())
	})

	It("embeds no targets unasked", Requirement(h.id("list.no-targets-without-expand")), func(ctx SpecContext) {
		s := h.scopedToGroup(ctx)

		list := org.Send(ctx, Call(h.list, s.ID))
		Expect(list).To(BeAccepted())
		for _, role := range listed(list) {
			Expect(role.embeds("targets")).To(BeFalse(), list.Line())
		}
	})
}

// scoped is a principal with one role that is scoped to two targets, for specs that leave it as it is.
type scoped struct {
	principal
	// role is the assignment's id.
	role string
	// targets are the groups' ids or the catalog apps' keys.
	targets []string
}

// scopedToGroup is a holder of USER_ADMIN for two groups.
func (h *holders) scopedToGroup(ctx SpecContext) *scoped {
	if h.toGroup == nil {
		h.toGroup = h.scope(ctx, userAdmin, "groups", groups.standing(ctx).ID, victimOf(ctx, groups.system).params["groupId"])
	}
	return h.toGroup
}

// scopedToApp is a holder of APP_ADMIN for two apps of the catalog.
func (h *holders) scopedToApp(ctx SpecContext) *scoped {
	if h.toApp == nil {
		h.toApp = h.scope(ctx, appAdmin, "catalog/apps", catalogApps(ctx)...)
	}
	return h.toApp
}

// scope gives a role to the principal that all scoped roles share, and targets to the role. For groups the target's
// operation is a neighbour of the contract, and for users it is one of its own; the path says which.
func (h *holders) scope(ctx SpecContext, role, path string, targets ...string) *scoped {
	p := h.sharedScopes(ctx)
	id := p.give(ctx, role)
	for _, t := range targets {
		x := org.Sender(target.Admin).Send(ctx, exchange.Message{
			Method: http.MethodPut, Phase: exchange.Arrange,
			Path: p.listing("").Path + "/" + id + "/targets/" + path + "/" + url.PathEscape(t),
		})
		if x.Status() < 200 || x.Status() > 299 {
			Block("could not arrange the check: %s", x.Line())
		}
	}
	return &scoped{principal: p, role: id, targets: targets}
}

// sharedScopes is the principal that holds the scoped roles and the custom one.
func (h *holders) sharedScopes(ctx SpecContext) principal {
	if h.scopes == nil {
		p := h.claim(ctx)
		h.scopes = &p
	}
	return *h.scopes
}

// embeds reports whether the assignment embeds something under the name.
func (a assignment) embeds(name string) bool {
	var embedded map[string]json.RawMessage
	if json.Unmarshal(a.Embedded, &embedded) != nil {
		return false
	}
	value, ok := embedded[name]
	return ok && string(value) != "null"
}

// embedded are the ids, or the names where there is no id, of the targets that the assignment embeds under the path.
func (a assignment) embedded(path ...string) []string {
	value := a.Embedded
	for _, name := range append([]string{"targets"}, path...) {
		var members map[string]json.RawMessage
		if json.Unmarshal(value, &members) != nil {
			return nil
		}
		value = members[name]
	}
	var entries []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if json.Unmarshal(value, &entries) != nil {
		return nil
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		if out[i] = e.ID; e.ID == "" {
			out[i] = e.Name
		}
	}
	return out
}
