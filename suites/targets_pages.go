package suites

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// walk is a list followed by its links, with pages of one entry.
type walk struct {
	pages []*exchange.Exchange
	// broken says why the walk stopped before the list's end; it is empty when the end was reached.
	broken string
}

// walkTargets follows a list of so many entries from its first page to its end. Empty pages are borne with, as long as
// the list ends.
func walkTargets(ctx SpecContext, list Request, entries int) walk {
	var w walk
	page := list.Query("limit", "1")
	for range 2*entries + 1 {
		x := org.Send(ctx, page)
		w.pages = append(w.pages, x)
		next, ok := linkOf(x, "next")
		if !ok {
			return w
		}
		u, err := url.Parse(next)
		if err != nil || u.Query().Get("after") == "" {
			w.broken = "the link to the next page has no cursor: " + next
			return w
		}
		page = list.Query("limit", "1").Query("after", u.Query().Get("after"))
	}
	w.broken = "the list does not end"
	return w
}

var linkValue = regexp.MustCompile(`<([^<>]*)>\s*;\s*rel="([^"]*)"`)

// linkOf is the URL of the answer's link of that relation. Several links may share a header line.
func linkOf(x *exchange.Exchange, rel string) (string, bool) {
	if x.Response == nil {
		return "", false
	}
	for _, line := range x.Response.Header.Values("Link") {
		for _, link := range linkValue.FindAllStringSubmatch(line, -1) {
			if link[2] == rel {
				return link[1], true
			}
		}
	}
	return "", false
}

// expectSmallPages expects no page to have more than the one entry that was asked for.
func (w walk) expectSmallPages() {
	GinkgoHelper()
	org.Cite(w.pages...)
	for _, page := range w.pages {
		Expect(page).To(HaveStatus(200))
		Expect(targetNames(page)).NotTo(BeNil(), page.Line())
		Expect(len(targetNames(page))).To(BeNumerically("<=", 1), "more entries than the limit of 1 in %s", page.Line())
	}
}

// expectAll expects the pages to show just these targets, each once, and then to end.
func (w walk) expectAll(targets ...string) {
	GinkgoHelper()
	org.Cite(w.pages...)
	var shown []string
	for _, page := range w.pages {
		Expect(page).To(HaveStatus(200))
		shown = append(shown, targetNames(page)...)
	}
	last := w.pages[len(w.pages)-1]
	Expect(w.broken).To(BeEmpty(), last.Line())
	slices.Sort(shown)
	Expect(shown).To(Equal(just(targets...)), "the entries of %d pages, of which the last is %s", len(w.pages), last.Line())
}

var _ = Specs("user-role-targets", "Pages of targets", func() {
	It("name themselves in a link", Requirement("user-role-targets.pages.link-header"), func(ctx SpecContext) {
		m := rolesOfEachType(ctx)

		for _, kind := range []string{appAdmin, userAdmin} {
			list := org.Send(ctx, m.targets(kind))
			Expect(list).To(BeAccepted())
			self, ok := linkOf(list, "self")
			Expect(ok).To(BeTrue(), "the header Link is %q, without a link <…>; rel=\"self\": %s", header(list, "Link"), list.Line())
			u, err := url.Parse(self)
			Expect(err).NotTo(HaveOccurred(), list.Line())
			Expect(u.IsAbs() && u.Host != "").To(BeTrue(), "the link %q is no absolute URL: %s", self, list.Line())
			Expect(strings.HasSuffix(u.EscapedPath(), m.targets(kind).Message().Path)).To(BeTrue(), "the link %q names another page than %s", self, list.Line())
		}
	})

	It("take odd sizes and cursors without harm", Requirement("user-role-targets.pages.odd-limits-no-server-error"), func(ctx SpecContext) {
		m := rolesOfEachType(ctx)

		for _, kind := range []string{appAdmin, userAdmin} {
			list := m.targets(kind)
			if arranged(m.unscoped[kind]); targetNames(m.unscoped[kind]) == nil {
				Block("could not arrange the check: without a limit there is no list: %s", m.unscoped[kind].Line())
			}
			for _, odd := range [][2]string{{"limit", "0"}, {"limit", "201"}, {"limit", "abc"}, {"after", "rolecheck-never-issued"}} {
				x := org.Send(ctx, list.Query(odd[0], odd[1]).Defective("an odd "+odd[0]))
				Expect(x).To(NotBeAServerError())
				org.Note("%s=%s for %s: %d", odd[0], odd[1], kind, x.Status())
			}
		}
	})
})
