package contract

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// credentialNames are the query parameters, in small letters without marks, whose value is a credential.
var credentialNames = map[string]bool{
	"token": true, "apitoken": true, "apikey": true, "accesstoken": true, "refreshtoken": true, "idtoken": true,
	"sessiontoken": true, "ssws": true, "authorization": true, "clientsecret": true, "clientassertion": true,
	"password": true,
}

// request is a request with what is known around it.
type request struct {
	exchange.Request
	parameters map[string]string
	// recorded says that headers may have been left out, and a body that must have been there.
	recorded bool
	// sent says that the request is as it was on the wire, with its credential.
	sent bool
	// accepted says that the org took the request.
	accepted bool
}

func (c *collector) request(r request) {
	c.credentials(r)
	c.parameters(r.URL, r.parameters)
	c.requestBody(r)
}

func (c *collector) credentials(r request) {
	value, given := header(r.Header, "Authorization")
	if given || !r.recorded {
		c.check(requestCredentials)
	}
	if r.URL.User != nil {
		c.report(requestCredentials, "", "the credential in the Authorization header", "one in the URL")
	}
	if r.URL.RawQuery != "" {
		query := r.URL.Query()
		for _, name := range sortedNames(query) {
			plain := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
			if credentialNames[plain] && c.op.query[name] == nil || hasScheme(query[name]) {
				c.report(requestCredentials, "query:"+short(name),
					"the credential in the Authorization header", "one in the query")
			}
		}
	}
	if r.sent && (given || !r.recorded) && strings.TrimSpace(value) == "" {
		c.report(requestCredentials, "Authorization", "the header with a credential", "none")
	}
}

// hasScheme reports whether a value is a whole Authorization header.
func hasScheme(values []string) bool {
	for _, v := range values {
		switch scheme, _, ok := strings.Cut(v, " "); {
		case !ok:
		case strings.EqualFold(scheme, "SSWS"), strings.EqualFold(scheme, "Bearer"), strings.EqualFold(scheme, "DPoP"):
			return true
		}
	}
	return false
}

func (c *collector) parameters(u *url.URL, path map[string]string) {
	c.check(requestParameters)
	for _, name := range sortedNames(c.op.path) {
		c.parameter("path:"+name, c.op.path[name], path[name])
	}
	c.check(requestUndeclaredParameters)
	if u.RawQuery == "" {
		return
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		c.report(requestParameters, "", "a query of names and values", "one that cannot be read")
	}
	for _, name := range sortedNames(query) {
		p := c.op.query[name]
		switch {
		case p == nil:
			c.report(requestUndeclaredParameters, "query:"+short(name), "a described parameter", "one that the description lacks")
			continue
		case c.judge.opts.DocumentsOnly && p.observed:
			c.report(requestUndeclaredParameters, "query:"+name, "a parameter that a document has", "one known from real orgs alone")
		}
		if n := len(query[name]); n > 1 {
			c.report(requestParameters, "query:"+name, "one value", strconv.Itoa(n))
		}
		c.parameter("query:"+name, p.node, query[name][0])
	}
}

// parameter judges the text of a parameter by its node.
func (c *collector) parameter(where string, n *node, text string) {
	v, ok := valueOf(n.schema, text)
	if !ok {
		c.report(requestParameters, where, typeOf(n.schema), "other text")
		return
	}
	if err := n.schema.VisitJSON(v, requestOptions...); err != nil {
		w := &walker{collector: c, rules: &bodyRules{schema: requestParameters}, at: where}
		w.mismatch(err)
	}
	if len(n.known) > 0 {
		c.check(requestKnownValues)
		if s, ok := v.(string); ok && !slices.Contains(n.known, s) {
			c.report(requestKnownValues, where, "a value known so far, "+oneOf(n.known), unlike(n.known, s))
		}
	}
}

// valueOf reads a parameter's text as its schema's type.
func valueOf(s *openapi3.Schema, text string) (any, bool) {
	switch {
	case s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber):
		n, ok := decode([]byte(text)).value.(json.Number)
		return n, ok && n.String() == text
	case s.Type.Is(openapi3.TypeBoolean):
		return text == "true", text == "true" || text == "false"
	default:
		return text, true
	}
}

func (c *collector) requestBody(r request) {
	b := r.Body
	if b.Omitted {
		return
	}
	if len(b.Bytes) == 0 && !b.Truncated {
		c.noRequestBody(r)
		return
	}
	if c.op.body == nil {
		c.report(requestSchema, "", "no body", "one")
		return
	}
	c.mediaType(requestMediaType, r.Header, r.recorded)
	if !b.Known() {
		return
	}
	if _, ok := c.body(c.op.body, b.Bytes, requestSchema, requestRules); ok {
		c.check(requestReadOnly)
	}
}

// noRequestBody judges a request without a body. Some recorders lose bodies: where one is required and the org took the
// request all the same, it was there.
func (c *collector) noRequestBody(r request) {
	required := c.op.body != nil && c.op.BodyRequired
	if required && r.recorded && r.accepted {
		return
	}
	c.check(requestSchema)
	if required {
		c.report(requestSchema, "", expected(c.op.body), "no body")
	}
}
