package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/rolecheck/rolecheck/fixtures/mockorg"
	"github.com/rolecheck/rolecheck/harness/report"
	"github.com/rolecheck/rolecheck/harness/verdict"
)

// useOrg makes a few calls to an org, as some program would: a role for its user me, looked at and taken away again.
func useOrg(t *testing.T, client *http.Client, url, token string) {
	t.Helper()
	call := func(method, path, body string) []byte {
		req, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "SSWS "+token)
		if body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	id := func(b []byte) string {
		var v struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
		return v.ID
	}
	user := id(call(http.MethodPost, "/api/v1/users?activate=false", `{"profile":{"firstName":"A","lastName":"B","email":"a@org.example","login":"a@org.example"}}`))
	role := id(call(http.MethodPost, "/api/v1/users/"+user+"/roles", `{"type":"READ_ONLY_ADMIN"}`))
	call(http.MethodGet, "/api/v1/users/"+user+"/roles", "")
	call(http.MethodDelete, "/api/v1/users/"+user+"/roles/"+role, "")
	call(http.MethodGet, "/api/v1/users/"+user+"/roles", "")
}

// cassette records traffic with an org, with or without a fault, by a real recorder.
func cassette(t *testing.T, fault string) (path, token string) {
	t.Helper()
	server, err := mockorg.Listen(t.Context(), "127.0.0.1:0", mockorg.Options{Fault: fault})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	path = filepath.Join(t.TempDir(), "cassette")
	rec, err := recorder.New(path, recorder.WithMode(recorder.ModeRecordOnly))
	if err != nil {
		t.Fatal(err)
	}
	token = server.Org.Credentials().Admin
	useOrg(t, rec.GetDefaultClient(), server.URL, token)
	if err := rec.Stop(); err != nil {
		t.Fatal(err)
	}
	return path + ".yaml", token
}

func TestJudge(t *testing.T) {
	good, token := cassette(t, "")
	bad, _ := cassette(t, "dates-without-zone")
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	har := func(entries ...string) string {
		return write("some.har", `{"log":{"version":"1.2","creator":{"name":"t","version":"1"},"entries":[`+strings.Join(entries, ",")+`]}}`)
	}
	entry := func(method, path, request string, status int, answer string) string {
		post := ""
		if request != "" {
			post = fmt.Sprintf(`,"postData":{"mimeType":"application/json","text":%q}`, request)
		}
		return fmt.Sprintf(`{"startedDateTime":"2026-01-02T03:04:05.000Z","time":1,"cache":{},"timings":{"send":0,"wait":1,"receive":0},
			"request":{"method":%q,"url":"https://org.example%s","httpVersion":"HTTP/1.1","headers":[{"name":"Authorization","value":"SSWS 00very-secret-token"}%s],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":-1%s},
			"response":{"status":%d,"statusText":"","httpVersion":"HTTP/1.1","headers":[{"name":"Content-Type","value":"application/json"}],"cookies":[],"redirectURL":"","headersSize":-1,"bodySize":-1,"content":{"size":1,"mimeType":"application/json","text":%q}}}`,
			method, path, map[bool]string{true: `,{"name":"Content-Type","value":"application/json"}`}[request != ""], post, status, answer)
	}
	none := `[]`
	tests := map[string]struct {
		args []string
		code int
		says string
	}{
		"a sound cassette":              {[]string{good}, 0, "NO FAULT SEEN in what is there: "},
		"the folder it is in":           {[]string{filepath.Dir(good)}, 0, "NO FAULT SEEN in what is there: "},
		"a faulty org":                  {[]string{bad}, 1, "user-roles.response-schema"},
		"a cassette cut short":          {[]string{write("cut.yaml", string(whole[:len(whole)-len(whole)/3]))}, 3, "cut short"},
		"no known format":               {[]string{write("notes.txt", "dear diary")}, 3, "not a recording of a known format"},
		"no such file":                  {[]string{"nowhere.har"}, 2, "nowhere.har"},
		"nothing of the contract":       {[]string{har(entry("GET", "/api/v1/logs", "", 200, none))}, 3, "NOT VERIFIED"},
		"a sound HAR":                   {[]string{har(entry("GET", "/api/v1/users/00u1/roles", "", 200, none))}, 0, "NO FAULT SEEN in what is there: "},
		"a client's mistake":            {[]string{har(entry("POST", "/api/v1/users/00u1/roles", `{"type":7}`, 400, `{"errorCode":"E0000001","errorSummary":"no","errorLink":"E0000001","errorId":"oae1","errorCauses":[]}`))}, 1, "user-roles.request-schema"},
		"an unreadable entry":           {[]string{har(`{"request":{}}`, entry("GET", "/api/v1/users/00u1/roles", "", 200, none))}, 3, "UNREADABLE"},
		"a should, at its level":        {[]string{"--level", "should", har(entry("GET", "/api/v1/users/00u1/roles", "", 500, none))}, 1, "user-roles.no-server-error"},
		"what real orgs alone answer":   {[]string{har(entry("GET", "/api/v1/users/00u1/roles", "", 401, `{"errorCode":"E0000011","errorSummary":"no","errorLink":"E0000011","errorId":"oae1","errorCauses":[]}`), entry("GET", "/api/v1/users/00u1/roles", "", 200, none))}, 0, "NO FAULT SEEN in what is there: "},
		"a credential never taken":      {[]string{har(entry("GET", "/api/v1/users/00u1/roles", "", 401, `{"errorCode":"E0000011","errorSummary":"no","errorLink":"E0000011","errorId":"oae1","errorCauses":[]}`))}, 3, "the only answer was 401: the credential was not taken"},
		"a token in a body is not said": {[]string{har(entry("GET", "/api/v1/users/00u1/roles", "", 200, `{"echo":"00very-secret-token"}`))}, 1, "FAILED"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "report")
			code, stdout, stderr := rolecheck(t, append([]string{"judge", "--out", dir}, test.args...)...)
			if code != test.code || !strings.Contains(stdout+stderr, test.says) {
				t.Errorf("exit code %d, expected %d with %q\n%s%s", code, test.code, test.says, stdout, stderr)
			}
			files, _ := filepath.Glob(filepath.Join(dir, "*"))
			for _, file := range files {
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, secret := range []string{token, "00very-secret-token"} {
					if bytes.Contains(b, []byte(secret)) {
						t.Errorf("%s repeats the credential", filepath.Base(file))
					}
				}
			}
		})
	}
}

// The exchanges that a run wrote are judged as the run judged them.
func TestJudgeOwnExchanges(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if code, stdout, stderr := rolecheck(t, "run", "--reference", "--out", dir, "--seed", "1"); code != verdict.ExitPassed {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	out := filepath.Join(t.TempDir(), "judged")
	code, stdout, stderr := rolecheck(t, "judge", "--out", out, filepath.Join(dir, report.FileExchanges))
	if code != verdict.ExitPassed || !strings.Contains(stdout, "exchanges kept as evidence") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	judgedAgain(t, out)
	path := filepath.Join(out, report.FileExchanges)
	if err := os.WriteFile(path, bytes.Replace(read(t, path), []byte(`,"part":true}`), []byte("}"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := rolecheck(t, "report", "verify", out); code != verdict.ExitFailed || !strings.Contains(stdout, "holds a part of the exchanges: false") {
		t.Errorf("verify, of a part that does not say so: exit code %d: %s", code, stdout)
	}
}

// judgedAgain has the exchanges that were kept as evidence judged like any recording. What explains them is missing
// beside them, and nothing may be made of that.
func judgedAgain(t *testing.T, dir string) {
	t.Helper()
	r, err := report.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := rolecheck(t, "report", "verify", dir); code != verdict.ExitPassed || strings.Contains(stdout, "whole") ||
		!strings.Contains(stdout, fmt.Sprintf("named as evidence, %d of %d", r.Exchanges.Kept, r.Exchanges.Total)) {
		t.Errorf("verify: exit code %d: %s", code, stdout)
	}
	again := filepath.Join(t.TempDir(), "again")
	code, stdout, stderr := rolecheck(t, "judge", "--level", "should", "--out", again, filepath.Join(dir, report.FileExchanges))
	if code != verdict.ExitPassed || strings.Contains(stdout, "FINDING") || !strings.Contains(stderr, "holds a part of its run's exchanges") {
		t.Errorf("again: exit code %d\n%s%s", code, stdout, stderr)
	}
	r, err = report.Open(again)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range r.Requirements {
		if strings.Contains(q.ID, ".history-") && q.Outcome != verdict.Unobservable {
			t.Errorf("%s is %s", q.ID, q.Outcome)
		}
	}
	if code, stdout, _ := rolecheck(t, "report", "verify", again); code != verdict.ExitPassed {
		t.Errorf("verify, again: exit code %d: %s", code, stdout)
	}
}
