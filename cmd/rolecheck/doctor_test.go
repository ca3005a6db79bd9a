package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/verdict"
)

func TestDoctor(t *testing.T) {
	for name, test := range map[string]struct {
		org  func(http.Handler) http.HandlerFunc
		env  map[string]string
		code int
		// says are patterns of lines, and warns is how many lines want something to be done.
		says  []string
		warns int
	}{
		"a healthy org": {handOn, nil, 0, []string{`ok +admin +OKTA_CLIENT_TOKEN is admin@reference.example's, a super admin`, `ok +reader`, `ok +group rules`, `ok +limits`, `ok +clock`, `ok +leftovers`}, 0},
		"no other credentials": {handOn, map[string]string{"ROLECHECK_READER_TOKEN": "", "ROLECHECK_OUTSIDER_TOKEN": "", "ROLECHECK_THROTTLED_TOKEN": "", "ROLECHECK_SCOPELESS_TOKEN": ""}, 0,
			[]string{`warn +reader +without it \d+ requirements cannot be observed`, `to do: set ROLECHECK_THROTTLED_TOKEN`}, 4},
		"a reader for an admin":          {handOn, map[string]string{"OKTA_CLIENT_TOKEN": "reader"}, 0, []string{`warn +admin .*who is no super admin: READ_ONLY_ADMIN`, `warn +reader +it is the same credential`}, 2},
		"an outsider for an admin":       {handOn, map[string]string{"OKTA_CLIENT_TOKEN": "outsider"}, 0, []string{`warn +admin .*who may not read roles \(403\)`, `warn +outsider +it is the same`, `warn +groups .*403`}, 8},
		"an outsider for a reader":       {handOn, map[string]string{"ROLECHECK_READER_TOKEN": "outsider"}, 0, []string{`warn +reader .*/roles got 403`, `to do: set ROLECHECK_READER_TOKEN`}, 1},
		"a reader for an outsider":       {handOn, map[string]string{"ROLECHECK_OUTSIDER_TOKEN": "reader"}, 0, []string{`warn +outsider .*/roles got 200`}, 1},
		"a token that nobody issued":     {handOn, map[string]string{"OKTA_CLIENT_TOKEN": "nobody's"}, 3, []string{`bad +org .*refuses the credential`}, 1},
		"a mock of user roles":           {only("/roles"), nil, 0, []string{`ok +org`, `warn +admin +the org does not say`, `warn +users .*404`, `declare lacks: group-rules`}, 6},
		"nothing that answers as an org": {only("/nowhere"), nil, 3, []string{`bad +org .*does not answer as an Okta org`, `to do: the quickest way in`}, 1},
		"a way to a real org":            {linking("GET /api/v1/users/me"), nil, 0, []string{`warn +consent .*link to corp.okta.com`}, 1},
		"a clock that is an hour late": {altered(func(_ *http.Request, h http.Header) {
			h.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		}), nil, 0, []string{`warn +clock .*off by -1h0m0s`}, 1},
		"a limit that is nearly used up": {altered(func(r *http.Request, h http.Header) {
			h.Set("X-Rate-Limit-Limit", "100")
			h.Set("X-Rate-Limit-Remaining", "50")
		}), nil, 0, []string{`ok +limits .*/api/v1/users has 50 of 100 a minute left, and the run sends \d+; the run waits for them, and so takes about \d min`}, 0},
		"an org that announces no limits":    {altered(func(_ *http.Request, h http.Header) { h.Del("X-Rate-Limit-Limit") }), map[string]string{"ROLECHECK_THROTTLED_TOKEN": ""}, 0, []string{`ok +limits +the org announces none`}, 1},
		"custom roles that nobody may list":  {refusing("/api/v1/iam/roles"), nil, 0, []string{`warn +custom roles .*may not list them \(403\)`}, 1},
		"a list that breaks":                 {breaking("/api/v1/apps"), nil, 0, []string{`warn +apps +they cannot be listed: /api/v1/apps got 500`}, 1},
		"custom roles that are said to lack": {only("/roles"), map[string]string{"ROLECHECK_LACKS": "users,groups,apps,custom-roles,resource-sets,group-rules"}, 0, []string{`ok +users +the target is declared to lack them`}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := before(t, test.org)
			census := f.Org.Census()
			c := f.Org.Credentials()
			for k, v := range test.env {
				switch v {
				case "reader":
					v = c.Reader
				case "outsider":
					v = c.Outsider
				}
				t.Setenv(k, v)
			}
			code, stdout, stderr := rolecheck(t, "doctor", "--out", filepath.Join(t.TempDir(), "report"))
			if code != test.code {
				t.Errorf("exit code %d, expected %d: %s", code, test.code, stderr)
			}
			for _, want := range test.says {
				if !regexp.MustCompile(`(?m)` + want).MatchString(stdout) {
					t.Errorf("%q is not in\n%s", want, stdout)
				}
			}
			if n := strings.Count(stdout, "to do: "); n != test.warns {
				t.Errorf("%d things to do, expected %d:\n%s", n, test.warns, stdout)
			}
			if f.sent() > 15 || f.writes() > 0 {
				t.Errorf("it sent %d requests: %q", f.sent(), f.calls)
			}
			if strings.Contains(stdout+stderr, c.Admin) {
				t.Error("it shows a token")
			}
			f.unchanged(t, census)
		})
	}
}

func TestDoctorOfTheReferenceOrgAndOfNone(t *testing.T) {
	if code, stdout, _ := rolecheck(t, "doctor", "--reference"); code != 0 || strings.Contains(stdout, "to do") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
	t.Setenv("OKTA_CLIENT_TOKEN", "abc")
	code, stdout, _ := rolecheck(t, "doctor", "--target", "http://"+closedPort(t))
	if code != verdict.ExitUnverified || !strings.Contains(stdout, "bad   reach") || !strings.Contains(stdout, "cannot be reached") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
}

// TestDoctorFindsWhatIsLeft shows what an earlier run left, in the org and beside the report.
func TestDoctorFindsWhatIsLeft(t *testing.T) {
	f := before(t, handOn)
	for path, body := range map[string]string{
		"/api/v1/users?activate=false": `{"profile":{"firstName":"a","lastName":"b","email":"rolecheck-0a1b2c3d-1@rolecheck.example","login":"rolecheck-0a1b2c3d-1@rolecheck.example"}}`,
		"/api/v1/groups":               `{"profile":{"name":"rolecheck-0a1b2c3d-2"}}`,
		"/api/v1/iam/roles":            `{"label":"rolecheck-99999999-3 help desk","description":"x","permissions":["okta.users.read"]}`,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "SSWS "+f.Org.Credentials().Admin)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(res.Body); res.StatusCode > 299 || !json.Valid(b) {
			t.Fatalf("%s: %d %s", path, res.StatusCode, b)
		}
		res.Body.Close()
	}
	dir := t.TempDir()
	ledger := filepath.Join(dir, "rolecheck-0a1b2c3d.ledger.jsonl")
	if err := os.WriteFile(ledger, []byte(`{"event":"open","target":"`+f.URL+`"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stdout, _ := rolecheck(t, "doctor", "--out", dir)
	for _, want := range []string{"the run 0a1b2c3d has left", "(rolecheck-0a1b2c3d-2)", "the run 99999999 has left", "help desk", "rolecheck sweep " + ledger} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in\n%s", want, stdout)
		}
	}
}
