package harness

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/spec"
)

// Look is the result of a few reads of an org before anything is written to it.
type Look struct {
	Exchanges []*exchange.Exchange
	// Problem is why the org cannot be judged, and what to do; empty where it can.
	Problem string
	// Elsewhere is another host that the org's own links lead to; empty where they lead to the org, or there are none.
	Elsewhere string
}

// pathMe asks for the user behind the credential.
const pathMe = "/api/v1/users/me"

// maxReads is how many described reads are tried where that one is not answered as by Okta.
const maxReads = 3

// LookAt asks the org who the credential's user is, and where that does not show that an Okta org answers, up to three
// described reads. The target's identity is set from the answer. Where the run will be asked about, or somebody plans one, a read of each
// bucket shows its rate limit. Nothing but GET is sent.
func LookAt(ctx context.Context, c Config, planning bool) Look {
	o := newOrg(c)
	var l Look
	o.keep = func(x *exchange.Exchange) { l.Exchanges = append(l.Exchanges, x) }
	send := func(path string, query url.Values) *exchange.Exchange {
		return o.sender(target.Admin).Send(ctx, exchange.Message{Method: http.MethodGet, Path: path, Query: query, Phase: exchange.Look})
	}
	more := func() bool { return c.Settings.MaxRequests == 0 || len(l.Exchanges) < c.Settings.MaxRequests }
	me := send(pathMe, nil)
	if l.Problem = o.refuses(me); l.Problem != "" {
		return l
	}
	c.Target.Identify(me)
	if !answersMe(me) && !isEnvelope(me) {
		l.Problem = o.tryReads(me, send)
	}
	if l.Problem == "" && c.Target.Kind == target.Org && c.Target.Loopback() && more() {
		// Okta's lists say where they are, whoever asks, and so do those behind a tunnel.
		send("/api/v1/groups", url.Values{"limit": {"1"}})
	}
	for _, x := range l.Exchanges {
		if l.Elsewhere == "" {
			l.Elsewhere = linksElsewhere(x, c.Target.URL)
		}
	}
	asked := c.Target.Kind == target.Org && !c.Settings.Yes && !c.Settings.ReadOnly && (l.Elsewhere != "" || !c.Target.Loopback())
	if l.Problem == "" && (planning || asked) && c.Settings.MaxRequests == 0 {
		for _, path := range []string{"/api/v1/groups", "/api/v1/apps", "/api/v1/iam/assignees/users", "/api/v1/iam/roles", "/api/v1/iam/resource-sets"} {
			if !slices.ContainsFunc(l.Exchanges, func(x *exchange.Exchange) bool { return x.Request.URL.Path == path }) {
				send(path, url.Values{"limit": {"1"}})
			}
		}
		send(listOf(spec.Role, spec.Client, "0oarolecheckunknown0").message.Path, nil)
	}
	return l
}

// refuses says why an answer ends the look at once: there is none, or the credential is not taken.
func (o *Org) refuses(x *exchange.Exchange) string {
	host := o.Target.URL.Host
	switch {
	case x.Response == nil:
		return target.Explain(o.Target.URL, x.Cause).Error()
	case target.Refused(x.Status()):
		return fmt.Sprintf("%s refuses the credential (%s); nothing was written\ncheck OKTA_CLIENT_TOKEN and OKTA_CLIENT_AUTHORIZATIONMODE", host, firstLine(x))
	case x.Status() == http.StatusTooManyRequests:
		return fmt.Sprintf("%s still answered 429 after the patience of %s (%s); nothing was written\nwait, or use a token whose limit is not used up",
			host, o.settings.Patience, firstLine(x))
	case x.Status() == http.StatusBadRequest && o.Target.URL.Scheme == "http" && bytes.Contains(x.Response.Body.Bytes, []byte("HTTPS")):
		return fmt.Sprintf("%s speaks TLS; nothing was written\ngive the target as https://%s", host, host)
	}
	return ""
}

// tryReads tries described reads until one is answered as by an Okta org. Where none is, it says what answered.
func (o *Org) tryReads(me *exchange.Exchange, send func(string, url.Values) *exchange.Exchange) string {
	tried := []*exchange.Exchange{me}
	example := ""
	for _, r := range o.reads() {
		x := send(r.message.Path, nil)
		if problem := o.refuses(x); problem != "" {
			return problem
		}
		if o.asDescribed(x) || isEnvelope(x) {
			return ""
		}
		tried = append(tried, x)
		op, _ := o.spec.Operation(r.operation)
		example = " (" + op.Path + ")"
	}
	var answers []string
	for _, x := range tried {
		answers = append(answers, x.Request.Method+" "+x.Request.URL.EscapedPath()+" got "+whatAnswered(x))
	}
	return fmt.Sprintf("%s does not answer as an Okta org does: %s; nothing was written\n"+
		"the quickest way in: answer GET %s, or a described read%s, with JSON", o.Target.URL.Host, strings.Join(answers, "; "), pathMe, example)
}

// reads are the described reads to try: those of what is selected first, and none of what the target lacks.
func (o *Org) reads() []Request {
	given := o.settings.Given
	first := func(ids []string, otherwise string) string { return append(slices.Clone(ids), otherwise)[0] }
	var out, later []Request
	for _, r := range []struct {
		list    Request
		feature string
	}{
		{listOf(spec.Role, spec.User, first(given.Users, "00urolecheckunknown0")), "users"},
		{listOf(spec.Role, spec.Group, first(given.Groups, "00grolecheckunknown0")), "groups"},
		{listOf(spec.Role, spec.Client, cmp.Or(given.Client, "0oarolecheckunknown0")), "client-apps"},
		{listOf(spec.Permission, spec.CustomRole, cmp.Or(given.CustomRole, "cr0rolecheckunknown0")), "custom-roles"},
	} {
		if lacking, _ := o.Target.Missing([]string{r.feature}); lacking != "" {
			continue
		}
		if slices.ContainsFunc(o.selected, func(q spec.Requirement) bool { return slices.Contains(q.Operations, r.list.operation) }) {
			out = append(out, r.list)
		} else {
			later = append(later, r.list)
		}
	}
	out = append(out, later...)
	return out[:min(len(out), maxReads)]
}

// listOf asks for all objects of a holder.
func listOf(object spec.Object, of spec.Holder, id string) Request {
	return Call(spec.Action{Verb: spec.List, Object: object, Of: of}, id)
}

// answersMe reports whether an answer describes a user, or says that the token's scopes do not include reading it.
func answersMe(x *exchange.Exchange) bool {
	if x.Status() == http.StatusForbidden && strings.Contains(strings.Join(x.Response.Header.Values("WWW-Authenticate"), ", "), "insufficient_scope") {
		return true
	}
	id, _ := object(x)["id"].(string)
	return x.Status() == http.StatusOK && id != ""
}

// isEnvelope reports whether an answer is one of Okta's refusals that speaks of what was asked, and not of how often, or
// of an org out of order.
func isEnvelope(x *exchange.Exchange) bool {
	code, _ := object(x)["errorCode"].(string)
	return code != "" && x.Status() >= 400 && x.Status() <= 499 && x.Status() != http.StatusTooManyRequests && !target.Refused(x.Status())
}

// object is an answer's JSON object; nil where the answer is none, or not whole.
func object(x *exchange.Exchange) map[string]any {
	if x.Response == nil || x.Error != "" || !x.Response.Body.Known() {
		return nil
	}
	var o map[string]any
	_ = json.Unmarshal(x.Response.Body.Bytes, &o)
	return o
}

// asDescribed reports whether an answer is a success of its operation, with JSON of the described type. Whether it is right
// in all it says is for the suites to judge.
func (o *Org) asDescribed(x *exchange.Exchange) bool {
	op, _, ok := o.Match(x)
	if !ok || x.Error != "" || !x.Response.Body.Known() {
		return false
	}
	if _, ok := o.accepts(op, x.Status()); !ok {
		return false
	}
	var v any
	if json.Unmarshal(x.Response.Body.Bytes, &v) != nil {
		return false
	}
	switch v := v.(type) {
	case []any:
		return op.Action.Object != spec.Permission
	case map[string]any:
		_, ok := v["permissions"].([]any)
		return ok && op.Action.Object == spec.Permission
	}
	return false
}

// whatAnswered puts an answer that no Okta org gives into a few words.
func whatAnswered(x *exchange.Exchange) string {
	h := x.Response.Header
	by := ""
	if server := h.Get("Server"); server != "" {
		by = " from " + text.Excerpt(server, target.MaxLine)
	}
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	body := x.Response.Body
	switch status := x.Status(); {
	case x.Error != "":
		return fmt.Sprintf("%d%s, and then: %s", status, by, text.Excerpt(x.Error, target.MaxLine))
	case status >= 300 && status <= 399:
		return fmt.Sprintf("%d%s, a redirect to %s", status, by, text.Excerpt(whereTo(h), target.MaxLine))
	case !body.Known():
		return fmt.Sprintf("%d%s with more than %d bytes", status, by, len(body.Bytes))
	case len(bytes.TrimSpace(body.Bytes)) == 0:
		return fmt.Sprintf("%d%s without a body", status, by)
	case media == "text/html":
		return fmt.Sprintf("%d%s with a page for people (%s)", status, by, media)
	case !json.Valid(body.Bytes):
		return fmt.Sprintf("%d%s with a body that is no JSON (%s)", status, by, text.Excerpt(media, target.MaxLine))
	case status >= 400:
		return fmt.Sprintf("%d%s without Okta's errorCode", status, by)
	default:
		return fmt.Sprintf("%d%s with JSON of another form", status, by)
	}
}

// whereTo is the target of a redirect, without what may be a secret behind its path.
func whereTo(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	if err != nil || h.Get("Location") == "" {
		return "nowhere"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// firstLine is an exchange without its body, which may say anything.
func firstLine(x *exchange.Exchange) string {
	line, _, _ := strings.Cut(x.Line(), "\n")
	return text.Excerpt(line, target.MaxLine)
}
