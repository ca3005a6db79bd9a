package suites

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness"
	"github.com/rolecheck/rolecheck/harness/exchange"
)

// assignment is a role assignment as far as the specs look into it. What the description says of it beyond that is
// judged on every exchange.
type assignment struct {
	ID             string          `json:"id"`
	Type           string          `json:"type"`
	Label          string          `json:"label"`
	Status         string          `json:"status"`
	Created        string          `json:"created"`
	LastUpdated    string          `json:"lastUpdated"`
	AssignmentType string          `json:"assignmentType"`
	Role           string          `json:"role"`
	ResourceSet    string          `json:"resource-set"`
	Embedded       json.RawMessage `json:"_embedded"`
	Links          struct {
		Assignee link `json:"assignee"`
	} `json:"_links"`
}

type link struct {
	Href string `json:"href"`
}

// names reports whether the id is a segment of the link's path.
func (l link) names(id string) bool {
	u, err := url.Parse(l.Href)
	return err == nil && slices.Contains(strings.Split(u.Path, "/"), id)
}

// standard is the body that asks for a standard role.
func standard(role string) map[string]string { return map[string]string{"type": role} }

// custom is the body that asks for a custom role within a resource set.
func custom(role, resourceSet string) map[string]string {
	return map[string]string{"type": "CUSTOM", "role": role, "resource-set": resourceSet}
}

// assigned reads an answer's body as one role assignment.
func assigned(x *exchange.Exchange) assignment { return harness.Decode[assignment](x) }

// listed reads an answer's body as a list of role assignments. An empty list is [], and null is none.
func listed(x *exchange.Exchange) []assignment {
	list := harness.Decode[[]assignment](x)
	if list == nil {
		org.Fail("expected  a list of role assignments\nactual    null\nexchange  " + x.Line())
	}
	return list
}

// assignmentID is the id in an answer's body, or empty where there is none.
func assignmentID(x *exchange.Exchange) string {
	var a struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(x.Response.Body.Bytes, &a) != nil {
		return ""
	}
	return a.ID
}

// ofType keeps the assignments of one role type.
func ofType(list []assignment, role string) []assignment {
	return slices.DeleteFunc(slices.Clone(list), func(a assignment) bool { return a.Type != role })
}

// types are the role types of a list, sorted, so that lists can be compared as sets.
func types(list []assignment) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.Type
	}
	slices.Sort(out)
	return out
}

func trimmed(x *exchange.Exchange) []byte { return bytes.TrimSpace(x.Response.Body.Bytes) }
