package harness

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
)

// linkURL is a URL within a Link header.
var linkURL = regexp.MustCompile(`<([^>]*)>`)

// oktaHost is a host of Okta's own in a header that names the hosts of a page.
var oktaHost = regexp.MustCompile(`(?i)[a-z0-9-]+\.(?:okta|oktapreview|okta-emea|okta-gov)\.(?:com|mil)\b`)

// ownLinks are where an answer says that it, or what it shows, can be found.
func ownLinks(x *exchange.Exchange) []string {
	if x.Response == nil {
		return nil
	}
	var out []string
	for _, m := range linkURL.FindAllStringSubmatch(strings.Join(x.Response.Header.Values("Link"), ", "), -1) {
		out = append(out, m[1])
	}
	if location := x.Response.Header.Get("Location"); location != "" {
		out = append(out, location)
	}
	type linked struct {
		Links struct {
			Self json.RawMessage `json:"self"`
		} `json:"_links"`
	}
	var one linked
	var many []linked
	if json.Unmarshal(x.Response.Body.Bytes, &one) == nil {
		many = append(many, one)
	} else {
		_ = json.Unmarshal(x.Response.Body.Bytes, &many)
	}
	for _, l := range many {
		var self struct{ Href string }
		if json.Unmarshal(l.Links.Self, &self) == nil && self.Href != "" {
			out = append(out, self.Href)
		}
	}
	return out
}

func hasLinks(x *exchange.Exchange) bool { return len(ownLinks(x)) > 0 }

// linksElsewhere is a host other than the org's to which an answer's own links lead, as those of a real org do behind a
// tunnel; empty where they lead nowhere else. On one machine every name of it is the same.
func linksElsewhere(x *exchange.Exchange, org *url.URL) string {
	if x.Response == nil {
		return ""
	}
	for _, link := range ownLinks(x) {
		u, err := url.Parse(link)
		if err != nil || u.Hostname() == "" || strings.ContainsAny(u.Host, "{}$") {
			continue
		}
		here := strings.EqualFold(u.Hostname(), org.Hostname()) || target.IsLoopback(u) && target.IsLoopback(org)
		if !here {
			return u.Host
		}
	}
	named := oktaHost.FindString(strings.Join(x.Response.Header.Values("Content-Security-Policy"), " "))
	if !strings.EqualFold(named, org.Hostname()) {
		return named
	}
	return ""
}
