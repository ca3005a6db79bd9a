package target

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/spec"
)

func TestParseURL(t *testing.T) {
	const secret = "00a-Very-Secret-Token"
	tests := map[string]struct{ raw, want, problem string }{
		"https":              {"https://example.okta.com", "https://example.okta.com", ""},
		"a trailing slash":   {"https://example.okta.com/", "https://example.okta.com", ""},
		"a port":             {"http://127.0.0.1:8080", "http://127.0.0.1:8080", ""},
		"IPv6":               {"http://[::1]:8080/", "http://[::1]:8080", ""},
		"capitals":           {"HTTPS://example.okta.com", "https://example.okta.com", ""},
		"an empty query":     {"https://example.okta.com/?", "https://example.okta.com", ""},
		"a path":             {"https://example.okta.com/api/v1", "", "give https://example.okta.com alone"},
		"an escaped path":    {"https://example.okta.com/%2F", "", "behind its host"},
		"a query":            {"https://example.okta.com?token=" + secret, "", "give https://example.okta.com alone"},
		"a fragment":         {"https://example.okta.com/#" + secret, "", "behind its host"},
		"a user":             {"https://" + secret + "@example.okta.com", "", "the target example.okta.com carries a credential"},
		"user and password":  {"https://me:" + secret + "@example.okta.com", "", "carries a credential"},
		"no scheme":          {"example.okta.com", "", "is not a base URL"},
		"no scheme, a port":  {"localhost:8080", "", "is not a base URL"},
		"another scheme":     {"ftp://example.okta.com", "", "is not a base URL"},
		"the same, a user":   {"ftp://" + secret + "@example.okta.com", "", "is not a base URL"},
		"no host":            {"https://", "", "is not a base URL"},
		"a port alone":       {"https://:8080", "", "is not a base URL"},
		"one slash":          {"https:/example.okta.com", "", "is not a base URL"},
		"no slash":           {"https:example.okta.com", "", "is not a base URL"},
		"a port of letters":  {"https://" + secret + "@example.okta.com:port", "", "is not a base URL"},
		"a space":            {"https://example .okta.com/?" + secret, "", "is not a base URL"},
		"a line's end":       {"https://example.okta.com\n", "", "is not a base URL"},
		"nothing":            {"", "", "is not a base URL"},
		"a relative path":    {"/api/v1", "", "is not a base URL"},
		"a host without one": {"https:///api", "", "is not a base URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			u, err := ParseURL(test.raw)
			if test.problem == "" {
				if err != nil || u.String() != test.want {
					t.Errorf("got %v, %v, want %s", u, err, test.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Fatalf("got %v, %v, want an error with %q", u, err, test.problem)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error repeats the credential: %v", err)
			}
		})
	}
}

func TestNew(t *testing.T) {
	s := &Settings{
		URL: "https://example.okta.com/", Tokens: map[string]string{Admin: "a", Reader: "r", Scopeless: "s"},
		AuthorizationMode: "Bearer", Lacks: []string{"expand"},
	}
	o, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	if o.Kind != Org || o.URL.String() != "https://example.okta.com" || o.Flavour != "" || o.Identity == nil {
		t.Errorf("got %+v", o)
	}
	secrets := o.Secrets()
	slices.Sort(secrets)
	if !slices.Equal(secrets, []string{"a", "r", "s"}) {
		t.Errorf("got the secrets %q", secrets)
	}
	for name, broken := range map[string]Settings{
		"OKTA_CLIENT_ORGURL": {},
		"OKTA_CLIENT_TOKEN":  {URL: "https://h"},
		"base URL":           {URL: "h", Tokens: s.Tokens},
	} {
		if _, err := New(&broken); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want an error with %s, got %v", name, err)
		}
	}
}

func TestAuthorization(t *testing.T) {
	org, err := New(&Settings{URL: "https://h", AuthorizationMode: "SSWS", Tokens: map[string]string{Admin: "a", Scopeless: "s"}})
	if err != nil {
		t.Fatal(err)
	}
	bearer, err := New(&Settings{URL: "https://h", AuthorizationMode: "Bearer", Tokens: map[string]string{Admin: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		target *Target
		name   string
		want   string
		has    bool
	}{
		"admin":               {org, Admin, "SSWS a", true},
		"admin by OAuth":      {bearer, Admin, "Bearer a", true},
		"one that is missing": {org, Reader, "", false},
		"scopes are OAuth's":  {org, Scopeless, "Bearer s", true},
		"no such scopeless":   {bearer, Scopeless, "", false},
		"nobody":              {org, Nobody, "", true},
		"one never heard of":  {org, "king", "", false},
	}
	for name, test := range tests {
		got, has := test.target.Authorization(test.name)
		if has != test.has || has && got != test.want {
			t.Errorf("%s: got %q, %t", name, got, has)
		}
	}
	forged, has := org.Authorization(Forged)
	if !has || !strings.HasPrefix(forged, "SSWS ") || strings.Contains(forged, " a") {
		t.Errorf("forged: got %q, %t", forged, has)
	}
}

func TestMissing(t *testing.T) {
	org, err := New(&Settings{
		URL: "https://h", Tokens: map[string]string{Admin: "a", Outsider: "o"}, Lacks: []string{"expand", "custom-roles"},
	})
	if err != nil {
		t.Fatal(err)
	}
	consenting, err := New(&Settings{URL: "https://h", Tokens: map[string]string{Admin: "a"}, Consents: []string{"builtin-group-consent"}})
	if err != nil {
		t.Fatal(err)
	}
	reference, err := NewReference("http://127.0.0.1:1", &Settings{Flavour: "observed"}, map[string]string{Admin: "a"})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		target          *Target
		needs           []string
		lacking, reason string
	}{
		"no needs":                    {org, nil, "", ""},
		"a feature it has":            {org, []string{"users"}, "", ""},
		"a credential it has":         {org, []string{"outsider"}, "", ""},
		"a credential it has not":     {org, []string{"reader"}, "", "set ROLECHECK_READER_TOKEN"},
		"a feature it lacks":          {org, []string{"users", "custom-roles", "expand"}, "custom-roles", ""},
		"both":                        {org, []string{"reader", "throttled", "expand"}, "expand", "set ROLECHECK_READER_TOKEN"},
		"consent that was not given":  {org, []string{"builtin-group-consent"}, "", "add builtin-group-consent to the setting consents"},
		"consent that was given":      {consenting, []string{"builtin-group-consent"}, "", ""},
		"the reference org's consent": {reference, []string{"builtin-group-consent"}, "", ""},
		"what nobody knows of":        {org, []string{"cars"}, "", ""},
	}
	for name, test := range tests {
		lacking, reason := test.target.Missing(test.needs)
		if lacking != test.lacking || !strings.Contains(reason, test.reason) || (reason == "") != (test.reason == "") {
			t.Errorf("%s: got %q, %q", name, lacking, reason)
		}
	}
	features := org.Features()
	if !features["users"] || features["expand"] || len(features) == 0 {
		t.Errorf("got the features %v", features)
	}
	for _, n := range spec.Needs {
		if _, ok := features[n.Name]; ok != (n.Kind == spec.Feature) {
			t.Errorf("%s is among the features: %t", n.Name, ok)
		}
	}
	if reference.Kind != Reference || reference.Flavour != "observed" {
		t.Errorf("got %+v", reference)
	}
	if _, err := NewReference("nowhere", &Settings{}, nil); err == nil {
		t.Error("a reference org without an address is accepted")
	}
}

func TestExplain(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer silent.Close()

	unresolved := exchange.NewClient()
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}
	unresolved.Transport.(*http.Transport).Proxy = nil
	unresolved.Transport.(*http.Transport).DialContext = (&net.Dialer{Resolver: resolver}).DialContext
	proxied := exchange.NewClient()
	closedURL, err := url.Parse(closed.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxied.Transport.(*http.Transport).Proxy = http.ProxyURL(closedURL)

	tests := map[string]struct {
		url    string
		client *http.Client
		want   []string
	}{
		"no such host":   {"http://org.example", unresolved, []string{"no such host: org.example cannot be resolved", "check the target's name"}},
		"refused":        {closed.URL, nil, []string{"cannot be reached", "connection refused", "check that it is running"}},
		"TLS":            {secure.URL, nil, []string{"TLS with 127.0.0.1", "certificate", "check the certificate"}},
		"HTTP on HTTPS":  {strings.Replace(plain.URL, "http:", "https:", 1), nil, []string{"speaks plain HTTP; give the target as " + plain.URL}},
		"no answer":      {silent.URL, nil, []string{"gave no answer", "EOF"}},
		"a broken proxy": {"https://org.example", proxied, []string{"the proxy before org.example cannot be reached", "HTTPS_PROXY"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			u, err := ParseURL(test.url)
			if err != nil {
				t.Fatal(err)
			}
			x := exchange.NewSender(exchange.Options{Base: u, Client: test.client}).Send(t.Context(), exchange.Message{Method: http.MethodGet, Path: "/"})
			if x.Response != nil {
				t.Fatalf("got %s", x.Line())
			}
			// All that a written exchange holds is the failure's text.
			for _, cause := range []error{x.Cause, errors.New(x.Error)} {
				got := Explain(u, cause).Error()
				for _, want := range test.want {
					if !strings.Contains(got, want) {
						t.Errorf("got %q, want %q in it", got, want)
					}
				}
				if strings.ContainsAny(got, "\n\"") {
					t.Errorf("more than one line, or the URL again: %q", got)
				}
			}
		})
	}
	if err := Explain(closedURL, context.Canceled); !errors.Is(err, context.Canceled) || err.Error() != context.Canceled.Error() {
		t.Errorf("a run that was stopped: %v", err)
	}
}

func TestIdentify(t *testing.T) {
	answer := func(body, server string) *exchange.Exchange {
		h := http.Header{}
		if server != "" {
			h.Set("Server", server)
		}
		return &exchange.Exchange{Response: &exchange.Response{Status: 200, Header: h, Body: exchange.Body{Bytes: []byte(body)}}}
	}
	tests := map[string]struct {
		x    *exchange.Exchange
		want map[string]string
	}{
		"a user":    {answer(`{"id":"00u1","profile":{"login":"a@b.example"}}`, "nginx"), map[string]string{"user": "00u1", "login": "a@b.example", "server": "nginx"}},
		"nobody":    {answer(`{}`, "mock/1"), map[string]string{"server": "mock/1"}},
		"no JSON":   {answer(`<html>`, ""), map[string]string{}},
		"another":   {answer(`{"id":7}`, ""), map[string]string{}},
		"no answer": {&exchange.Exchange{Error: "EOF"}, map[string]string{}},
	}
	for name, test := range tests {
		o := &Target{Identity: map[string]string{}}
		o.Identify(test.x)
		if len(o.Identity) != len(test.want) {
			t.Errorf("%s: got %v", name, o.Identity)
		}
		for k, v := range test.want {
			if o.Identity[k] != v {
				t.Errorf("%s: got %v", name, o.Identity)
			}
		}
	}
	if !Refused(http.StatusUnauthorized) || Refused(http.StatusForbidden) {
		t.Error("a refused credential is told by 401 alone")
	}
}

func TestLoopback(t *testing.T) {
	for raw, want := range map[string]bool{
		"http://127.0.0.1:8080":        true,
		"http://127.1.2.3":             true,
		"https://[::1]:8443":           true,
		"http://[::ffff:127.0.0.1]":    true,
		"http://localhost:8080":        true,
		"https://LocalHost":            true,
		"http://localhost.":            true,
		"https://example.okta.com":     false,
		"http://localhost.example.com": false,
		"http://127.0.0.1.example.com": false,
		"http://128.0.0.1":             false,
		"http://0.0.0.0:8080":          false,
		"http://10.0.0.1":              false,
		"http://[::2]":                 false,
	} {
		u, err := ParseURL(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&Target{URL: u}).Loopback(); got != want {
			t.Errorf("%s: %v", raw, got)
		}
	}
}
