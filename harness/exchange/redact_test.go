package exchange

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRedactTexts(t *testing.T) {
	r := NewRedactor("00known-Secret_1", "00known-Secret_1-and-more", "pa/ss wo+rd", "short")
	tests := map[string]struct{ in, want string }{
		"a known secret":           {`{"a":"x00known-Secret_1y"}`, `{"a":"xREDACTEDy"}`},
		"the longer one first":     {`00known-Secret_1-and-more`, `REDACTED`},
		"escaped as in a query":    {`/x?v=pa%2Fss+wo%2Brd`, `/x?v=REDACTED`},
		"escaped as in a path":     {`/x/pa%2Fss%20wo+rd`, `/x/REDACTED`},
		"a member":                 {`{"access_token":"abc","token_type":"Bearer"}`, `{"access_token":"REDACTED","token_type":"Bearer"}`},
		"in camel case":            {`{"sessionToken" : "abc"}`, `{"sessionToken" : "REDACTED"}`},
		"with dashes":              {`{"client-secret":"abc"}`, `{"client-secret":"REDACTED"}`},
		"with escapes in it":       {`{"password":"a\"b\\","n":1}`, `{"password":"REDACTED","n":1}`},
		"a number":                 {`{"passCode": 123456, "n":1}`, `{"passCode": "REDACTED", "n":1}`},
		"an empty one":             {`{"password":"","n":1}`, `{"password":"","n":1}`},
		"null":                     {`{"password":null,"secret":true}`, `{"password":null,"secret":true}`},
		"an object":                {`{"credentials":{"password":{"value":"hunter2","hash":{"salt":"s","rounds":10}}},"a":"b"}`, `{"credentials":{"password":{"value":"REDACTED","hash":{"salt":"REDACTED","rounds":10}}},"a":"b"}`},
		"a list":                   {`{"password":["a","b"],"c":"d"}`, `{"password":["REDACTED","REDACTED"],"c":"d"}`},
		"cut off":                  {`{"client_secret":"abcdef`, `{"client_secret":"REDACTED`},
		"cut off in an object":     {`{"password":{"value":"abc`, `{"password":{"value":"REDACTED`},
		"cut off before the value": {`{"password":`, `{"password":`},
		"JSON in JSON":             {`{"body":"{\"password\":\"hunter2\",\"a\":\"b\"}"}`, `{"body":"{\"password\":\"REDACTED\",\"a\":\"b\"}"}`},
		"JSON in JSON in JSON":     {`"{\"b\":\"{\\\"password\\\":\\\"x\\\\\\\"y\\\"}\"}"`, `"{\"b\":\"{\\\"password\\\":\\\"REDACTED\\\"}\"}"`},
		"JSON in JSON, cut off":    {`{"body":"{\"password\":\"hunter2","a":"b"}`, `{"body":"{\"password\":\"REDACTED","a":"b"}`},
		"a number in there":        {`{"body":"{\"pass_code\":123}"}`, `{"body":"{\"pass_code\":\"REDACTED\"}"}`},
		"two members":              {`{"secret":"a","x":1,"secret":"b"}`, `{"secret":"REDACTED","x":1,"secret":"REDACTED"}`},
		"a form":                   {`grant_type=password&password=hunter2&scope=x`, `grant_type=password&password=REDACTED&scope=x`},
		"a form's first field":     {`client_secret=abc`, `client_secret=REDACTED`},
		"fields side by side":      {`password=a&secret=b&token=c`, `password=REDACTED&secret=REDACTED&token=REDACTED`},
		"a link in JSON":           {`{"href":"https://h/x?api_token=abc&limit=1"}`, `{"href":"https://h/x?api_token=REDACTED&limit=1"}`},
		"a link with escapes":      {`{"href":"https://h/x?limit=1\u0026token=abc\u0026b=1"}`, `{"href":"https://h/x?limit=1\u0026token=REDACTED\u0026b=1"}`},
		"a Link header":            {`<https://h/x?sessionToken=abc>; rel="next"`, `<https://h/x?sessionToken=REDACTED>; rel="next"`},
		"a whole credential":       {`sent "SSWS 00abcDEF123" there`, `sent "SSWS REDACTED" there`},
		"Bearer":                   {`Authorization: Bearer eyJh.eyJz.c2ln-_`, `Authorization: Bearer REDACTED`},
		"Basic":                    {`{"said":"Basic dXNlcjpwYXNz"}`, `{"said":"Basic REDACTED"}`},
		"in any case":              {`bearer abcdef12345`, `bearer REDACTED`},
		"within a query":           {`x=SSWS%20abcdef12345&y=DPoP+abcdef12345`, `x=SSWS%20REDACTED&y=DPoP+REDACTED`},
		"redacted already":         {`{"password":"REDACTED"} Bearer REDACTED`, `{"password":"REDACTED"} Bearer REDACTED`},

		"the value is no name":       {`{"type":"password","grant_types":["password","token"]}`, `{"type":"password","grant_types":["password","token"]}`},
		"names that only begin so":   {`{"passwordChanged":"2024-01-01","token_type":"x","secretary":"Ann"}`, `{"passwordChanged":"2024-01-01","token_type":"x","secretary":"Ann"}`},
		"an object of settings":      {`{"idToken":{"issuerMode":"ORG"}}`, `{"idToken":{"issuerMode":"ORG"}}`},
		"sentences":                  {`Basic authentication, a bearer credential. Basic Information.`, `Basic authentication, a bearer credential. Basic Information.`},
		"a challenge":                {`Bearer authorization_uri="https://h/", realm="x", error="insufficient_scope"`, `Bearer authorization_uri="https://h/", realm="x", error="insufficient_scope"`},
		"an expression":              {`{"value":"user.token==\"x\" and a!=b"}`, `{"value":"user.token==\"x\" and a!=b"}`},
		"too short to be looked for": {"in short", "in short"},
		"an ordinary role":           {`{"id":"JBCUYUC7IRCVGS27IFCE2SKO","type":"HELP_DESK_ADMIN","status":"ACTIVE"}`, `{"id":"JBCUYUC7IRCVGS27IFCE2SKO","type":"HELP_DESK_ADMIN","status":"ACTIVE"}`},
		"binary":                     {"\xff\x00\"password\":\"a\xfe\"", "\xff\x00\"password\":\"REDACTED\""},
		"nothing":                    {"", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := []byte(test.in)
			got := string(r.Bytes(in))
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if string(in) != test.in {
				t.Error("the text that was given is changed")
			}
			if again := r.String(got); again != got {
				t.Errorf("a second time gives %s", again)
			}
			if json.Valid(in) && !json.Valid([]byte(got)) {
				t.Error("what was JSON is no longer")
			}
		})
	}
}

func TestRedactHeaders(t *testing.T) {
	r := NewRedactor("known-secret")
	in := http.Header{
		"Authorization":       {"SSWS abc", "bearer abc", "abc", "abc def", ""},
		"Proxy-Authorization": {"Basic abc="},
		"Cookie":              {"sid=abc; t=1"},
		"Set-Cookie":          {"sid=abc", "t=1"},
		"X-Api-Key":           {"abc"},
		"dpop":                {"abc"},
		"Location":            {"https://h/?token=abc&x=1"},
		"X-Echo":              {"it was known-secret"},
		"X-Okta-Request-Id":   {"aBcD1234"},
	}
	want := http.Header{
		"Authorization":       {"SSWS REDACTED", "bearer REDACTED", "REDACTED", "REDACTED", ""},
		"Proxy-Authorization": {"Basic REDACTED"},
		"Cookie":              {"REDACTED"},
		"Set-Cookie":          {"REDACTED", "REDACTED"},
		"X-Api-Key":           {"REDACTED"},
		"dpop":                {"REDACTED"},
		"Location":            {"https://h/?token=REDACTED&x=1"},
		"X-Echo":              {"it was REDACTED"},
		"X-Okta-Request-Id":   {"aBcD1234"},
	}
	if diff := cmp.Diff(want, r.Header(in)); diff != "" {
		t.Error(diff)
	}
	if in.Get("X-Echo") != "it was known-secret" {
		t.Error("the headers that were given are changed")
	}
}

func TestRedactURL(t *testing.T) {
	r := NewRedactor("known-secret")
	for in, want := range map[string]string{
		"https://h/a%2Fb?limit=1&after=x":           "https://h/a%2Fb?limit=1&after=x",
		"https://me:pass@h/":                        "https://REDACTED@h/",
		"https://h/?access_token=abc&x=1#token=abc": "https://h/?access_token=REDACTED&x=1#token=REDACTED",
		"https://h/a%2Fb/known-secret/c":            "https://h/a%2Fb/REDACTED/c",
		"https://h/?after=SSWS%20abcdef123":         "https://h/?after=SSWS%20REDACTED",
	} {
		u := parseURL(t, in)
		if got := r.URL(u).String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if u.String() != in {
			t.Errorf("the URL that was given is changed to %s", u)
		}
	}
	if r.URL(nil) != nil {
		t.Error("there is a URL where there was none")
	}
}

func TestRedactExchange(t *testing.T) {
	const secret = "00very-Secret-9"
	header := func() http.Header { return http.Header{"Authorization": {"SSWS " + secret}, "X-Echo": {secret}} }
	x := &Exchange{
		Request:  Request{URL: parseURL(t, "http://h/"+secret+"?x="+secret), Header: header(), Body: Body{Bytes: []byte(secret)}},
		Response: &Response{Header: header(), Body: Body{Bytes: []byte(secret)}},
		Error:    "sending " + secret,
	}
	NewRedactor(secret).Exchange(x)
	if b, err := x.MarshalJSON(); err != nil || strings.Contains(string(b), secret) {
		t.Errorf("got %s (%v)", b, err)
	}
	unanswered := &Exchange{Error: "EOF"}
	NewRedactor().Exchange(unanswered)
	if unanswered.Response != nil || unanswered.Request.URL != nil {
		t.Errorf("got %+v", unanswered)
	}
}

// FuzzRedactor shows that what is JSON stays JSON, and that a second time changes nothing.
func FuzzRedactor(f *testing.F) {
	for _, s := range []string{
		`{"password":"x"}`, `{"password":{"value":["a",{"b":"c"}]}}`, `{"body":"{\"password\":\"x\"}"}`, `a=b&token=c`, `Bearer abcdefg1`, `"password":`,
		`{"password":"a\\"}`, `{"secret":-1.5e3}`, `"\"password\":\\\"x"`,
	} {
		f.Add([]byte(s))
	}
	r := NewRedactor("known-secret")
	f.Fuzz(func(t *testing.T, b []byte) {
		got := r.Bytes(b)
		if json.Valid(b) && !json.Valid(got) {
			t.Errorf("%q becomes %q", b, got)
		}
		if again := r.Bytes(got); string(again) != string(got) {
			t.Errorf("%q becomes %q, and then %q", b, got, again)
		}
	})
}

// BenchmarkRedactClean is what bodies without any credential cost, beside reading them as JSON at all.
func BenchmarkRedactClean(b *testing.B) {
	role := `{"id":"JBCUYUC7IRCVGS27IFCE2SKO","label":"Help Desk Administrator","type":"HELP_DESK_ADMIN","status":"ACTIVE",` +
		`"created":"2024-01-01T00:00:00.000Z","lastUpdated":"2024-01-01T00:00:00.000Z","assignmentType":"USER",` +
		`"_links":{"assignee":{"href":"https://org.example/api/v1/users/00u1a2b3c4d5e6f7g8h9"}}}`
	r := NewRedactor("00admin-lT4mQz8RcXw2YbNfVhKjPs6G", "00reader-u7DkWq3ZpEx9MaCvBtHnLs5")
	for _, n := range []int{1, 80} {
		body := []byte("[" + strings.Repeat(role+",", n-1) + role + "]")
		b.Run(fmt.Sprintf("%dB/redact", len(body)), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				r.Bytes(body)
			}
		})
		b.Run(fmt.Sprintf("%dB/json.Unmarshal", len(body)), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				var v any
				if err := json.Unmarshal(body, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
