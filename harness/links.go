package harness

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/target"
)

// oktaHost is a host of Okta's own in a header that names the hosts of a page.
var oktaHost = regexp.MustCompile(`(?i)[a-z0-9-]+\.(?:okta|oktapreview|okta-emea|okta-gov)\.(?:com|mil)\b`)

// ownLinks are where an answer says that it, or what it shows, can be found.
func ownLinks(x *exchange.Exchange) []string {
	if x.Response == nil {
		return nil
	}
	var out []string
	for _, link := range exchange.Links(x.Response.Header) {
		out = append(out, link.URL)
	}
	if location := x.Response.Header.Get("Location"); location != "" {
		out = append(out, location)
	}
	var body any
	_ = json.Unmarshal(x.Response.Body.Bytes, &body) // what is no JSON has no links
	return append(out, linksIn(body)...)
}

// linksIn are the links of objects at any depth to parts of the API. Others, such as those of logos, may lead anywhere.
func linksIn(v any) []string {
	var out []string
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			out = append(out, linksIn(item)...)
		}
	case map[string]any:
		if href, _ := v["href"].(string); href != "" {
			if u, err := url.Parse(href); err == nil && (strings.HasPrefix(u.Path, "/api/v1") || strings.HasPrefix(u.Path, "/oauth2/")) {
				out = append(out, href)
			}
		}
		for _, member := range v {
			out = append(out, linksIn(member)...)
		}
	}
	return out
}

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
