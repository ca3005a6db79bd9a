package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// samples are exchanges of every shape that a file has to carry.
func samples(t testing.TB) []*Exchange {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return []*Exchange{
		{
			ID: "x1", Phase: Act, Requirement: "user-roles.assign.created", Arranges: "a scene", Credential: "admin",
			Started: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Duration: 7 * time.Millisecond,
			Request: Request{
				Method: "POST", URL: parseURL(t, "https://org.example/api/v1/iam/roles/a%2Fb%20c?after=x%26y&limit=1"),
				Header: http.Header{"Content-Type": {"application/json"}, "X-Two": {"a", "b"}}, Body: Body{Bytes: []byte(`{"type":"<&>é\u2028"}`)},
			},
			Response: &Response{Status: 201, Header: http.Header{"Link": {`<https://h/>; rel="next"`}}, Body: Body{Bytes: []byte("{\r\n\t\"id\": 1}\n")}},
		},
		{
			ID: "x2", Request: Request{Method: "PUT", URL: parseURL(t, "http://h/"), Body: Body{Bytes: all, Truncated: true}},
			Response: &Response{Status: 204, Body: Body{Omitted: true}}, Source: "a.har entry 3",
		},
		{ID: "x3", Request: Request{Method: "GET", URL: parseURL(t, "http://h/x")}, Error: "EOF"},
		{ID: "x6", Request: Request{Method: "POST", URL: parseURL(t, "http://h/x")}, Error: "connection refused", Unsent: true},
		{
			ID: "x4", Request: Request{Method: "GET", URL: parseURL(t, "http://h/x")},
			Response: &Response{Status: 200, Body: Body{Bytes: []byte("\x00\x1b[31m"), Truncated: true}}, Error: "reading the answer's body: EOF",
		},
		{ID: "x5", Request: Request{Method: "GET", URL: parseURL(t, "http://h/x")}, Response: &Response{}},
	}
}

func write(t testing.TB, exchanges ...*Exchange) string {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, "run1", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range exchanges {
		if err := w.Write(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func readAll(r io.Reader) (all []*Exchange, err error) {
	err = Read(r, func(x *Exchange) error {
		all = append(all, x)
		return nil
	})
	return all, err
}

// A file says whether it holds a part of the exchanges, and so does each exchange that is read from it.
func TestPart(t *testing.T) {
	for _, part := range []bool{false, true} {
		var b bytes.Buffer
		w, err := NewWriter(&b, "run1", part)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(samples(t)[0]), w.Close()); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(b.String(), `{"schema":"`+Schema+`","run":"run1","part":true}`) != part {
			t.Errorf("the header of a part (%t) is %.80s", part, b.String())
		}
		all, err := readAll(&b)
		if err != nil || len(all) != 1 || all[0].Part != part || w.Count() != 1 {
			t.Errorf("a part (%t): got %+v, %v", part, all, err)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	want := samples(t)
	text := write(t, want...)
	if lines := strings.Count(text, "\n"); lines != len(want)+2 {
		t.Errorf("%d lines for %d exchanges", lines, len(want))
	}
	if !strings.HasPrefix(text, `{"schema":"rolecheck.exchanges/v1","run":"run1"}`+"\n") || !strings.HasSuffix(text, "\n"+`{"exchanges":6}`+"\n") {
		t.Errorf("got\n%s", text)
	}
	if !strings.Contains(text, "<&>é") {
		t.Error("plain text is written with escapes")
	}
	got, err := readAll(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// An exchange in a Ginkgo report goes by encoding/json, which spaces and escapes as it likes.
	for _, x := range want {
		b, err := json.MarshalIndent(x, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		back := &Exchange{}
		if err := json.Unmarshal(b, back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x, back); diff != "" {
			t.Error(diff)
		}
	}
}

func TestEmptyFileOfNoExchanges(t *testing.T) {
	got, err := readAll(strings.NewReader(write(t)))
	if err != nil || len(got) != 0 {
		t.Errorf("got %d exchanges, %v", len(got), err)
	}
}

// TestWorstLine shows that two bodies at their bound still make a line that can be read.
func TestWorstLine(t *testing.T) {
	const scale = 256
	body := func(b string) Body { return Body{Bytes: []byte(strings.Repeat(b, MaxBody/scale/len(b)))} }
	for name, b := range map[string]string{"control characters": "\x01", "quotes": `"`, "not UTF-8": "\xff", "line separators": "\u2028", "lines": "\n"} {
		x := &Exchange{ID: "x1", Request: Request{Method: "GET", URL: parseURL(t, "http://h/"), Body: body(b)}, Response: &Response{Status: 200, Body: body(b)}}
		text := write(t, x)
		if len(text) > (maxLine-MaxBody)/scale {
			t.Errorf("%s: %d bytes of bodies make a line of %d", name, 2*MaxBody/scale, len(text))
		}
		got, err := readAll(strings.NewReader(text))
		if err != nil || !bytes.Equal(got[0].Response.Body.Bytes, x.Response.Body.Bytes) {
			t.Errorf("%s: the body is another (%v)", name, err)
		}
	}
}

func TestReadRefusals(t *testing.T) {
	const head = `{"schema":"rolecheck.exchanges/v1"}` + "\n"
	const one = `{"id":"x1","request":{"method":"GET","url":"http://h/"}}` + "\n"
	const foot = `{"exchanges":1}` + "\n"
	tests := map[string]struct {
		in      string
		visited int
		want    string
		changed bool
	}{
		"empty":                       {"", 0, "not an exchanges file: it is empty", false},
		"something else":              {"hello\n", 0, "line 1: not an exchanges file", false},
		"another format":              {`{"schema":"rolecheck.exchanges/v2"}` + "\n" + one + foot, 0, "line 1: not an exchanges file", false},
		"no footer":                   {head + one, 1, "cut short", true},
		"only the header":             {head, 0, "cut short", true},
		"cut off within a line":       {head + one + one[:20], 1, "line 3: the file is not as rolecheck wrote it: its last line is neither an exchange nor the footer: unexpected end", true},
		"a footer that counts more":   {head + one + `{"exchanges":2}`, 1, "line 3: the file is not as rolecheck wrote it: the footer counts 2 exchanges, and there are 1", true},
		"a footer that counts less":   {head + one + `{"exchanges":0}`, 1, "line 3: the file is not as rolecheck wrote it: the footer counts 0 exchanges, and there are 1", true},
		"garbage":                     {head + one + "garbage\n" + one + foot, 1, "line 3: not an exchange: invalid character", false},
		"no request":                  {head + `{}` + "\n" + foot, 0, "line 2: not an exchange: it has no request", false},
		"another type":                {head + `[]` + "\n" + foot, 0, "line 2: not an exchange: it is of the JSON type array", false},
		"a member of another type":    {head + `{"request":{"method":1}}` + "\n" + foot, 0, `line 2: not an exchange: its member "request.method" cannot be of the JSON type number`, false},
		"a member exchanges":          {head + strings.Replace(one, "{", `{"exchanges":0,`, 1) + foot, 1, "", false},
		"one in the last exchange":    {head + one + strings.Replace(one, "{", `{"exchanges":1,`, 1), 2, "cut short before its footer", true},
		"a footer in capitals":        {head + one + `{"Exchanges":1}`, 1, "line 3: the file is not as rolecheck wrote it: its last line is neither", true},
		"a footer of another type":    {head + one + `{"exchanges":"1"}`, 1, "nor the footer: it has no request", true},
		"a footer that counts none":   {head + one + `{"exchanges":null}`, 1, "nor the footer: it has no request", true},
		"a footer with more in it":    {head + one + `{"exchanges":1,"later":1}`, 1, "nor the footer: it has no request", true},
		"a footer with white space":   {head + one + `{ "exchanges" : 1 }`, 1, "", false},
		"a URL that is none":          {head + `{"id":"x9","request":{"method":"GET","url":"http://h/%zz"}}` + "\n" + foot, 0, `line 2: not an exchange: exchange "x9": the request's URL`, false},
		"base64 that is none":         {head + `{"request":{"method":"GET","base64":"*"}}` + "\n" + foot, 0, "line 2: not an exchange: illegal base64", false},
		"more after the footer":       {head + one + foot + one, 1, "line 4: there is more after the footer", false},
		"a second footer":             {head + one + foot + foot, 1, "line 4: there is more after the footer", false},
		"blank lines do not matter":   {head + "\n" + one + "\n \n" + foot + "\n", 1, "", false},
		"the last line may not end":   {head + one + strings.TrimSpace(foot), 1, "", false},
		"other line ends":             {strings.ReplaceAll(head+one+foot, "\n", "\r\n"), 1, "", false},
		"members nobody knows of yet": {head + `{"id":"x1","later":1,"request":{"method":"GET"}}` + "\n" + foot, 1, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(strings.NewReader(test.in))
			switch {
			case test.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got the error %v, want %s", err, test.want)
			}
			if errors.Is(err, ErrChanged) != test.changed {
				t.Errorf("changed: %t, want %t (%v)", !test.changed, test.changed, err)
			}
			if len(got) != test.visited {
				t.Errorf("visited %d exchanges, want %d", len(got), test.visited)
			}
			for _, x := range got {
				if x.Request.URL == nil {
					t.Error("an exchange has no URL")
				}
			}
		})
	}
}

// What is wrong with the last line is said once.
func TestReadOnSaysOnce(t *testing.T) {
	head, _, _ := strings.Cut(write(t), "\n")
	for _, last := range []string{`{"exchanges":"0"}`, `{"exch`, "null", `{"exchanges":7}`, ""} {
		var said []string
		_, err := ReadOn(strings.NewReader(head+"\n"+last), maxLine, func(int, *Exchange) error { return nil }, func(line int, err error) error {
			said = append(said, err.Error())
			return nil
		})
		if err != nil || len(said) != 1 {
			t.Errorf("%s: %v, %q", last, err, said)
		}
	}
}

func TestReadStops(t *testing.T) {
	enough := errors.New("enough")
	n := 0
	err := Read(strings.NewReader(write(t, samples(t)...)), func(*Exchange) error {
		if n++; n == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 2 {
		t.Errorf("stopped after %d with %v", n, err)
	}
	broken := errors.New("the disk is gone")
	r := io.MultiReader(strings.NewReader(`{"schema":"rolecheck.exchanges/v1"}`+"\n"), iotest.ErrReader(broken))
	if _, err := readAll(r); !errors.Is(err, broken) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v", err)
	}
}

func TestReadOversizedLine(t *testing.T) {
	const limit = 1 << 10
	text := write(t, samples(t)[0], &Exchange{ID: strings.Repeat("x", limit), Request: Request{Method: "GET"}})
	n := 0
	_, err := ReadOn(strings.NewReader(text), limit, func(int, *Exchange) error { n++; return nil }, func(line int, err error) error {
		n += 10 * line
		return err
	})
	if n != 31 || !errors.Is(err, errTooLong) || err.Error() != "larger than 1024 bytes, which no exchange is" {
		t.Errorf("got %d and %v", n, err)
	}
}

// failing takes some bytes and then no more.
type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

func TestWriterTellsOfFailures(t *testing.T) {
	for _, space := range []int{0, 5000} {
		w, err := NewWriter(&failing{space}, "run1", false)
		for range 100 {
			if err == nil {
				err = w.Write(samples(t)[0])
			}
		}
		if err == nil {
			err = w.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("with space for %d bytes: %v", space, err)
		}
	}
	w, err := NewWriter(io.Discard, "run1", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&Exchange{ID: "x6", Started: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}); err == nil || !strings.Contains(err.Error(), "x6") {
		t.Errorf("a time that JSON cannot hold: %v", err)
	}
}

// FuzzRead shows that no file makes Read panic, and that whatever it reads it can write and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(write(f, samples(f)...)))
	f.Add([]byte(`{"schema":"rolecheck.exchanges/v1"}` + "\n" + `{"request":{"method":"G","url":"//h:1?%"},"response":{}}` + "\n" + `{"exchanges":1}`))
	f.Add([]byte(`{"schema":"rolecheck.exchanges/v1"}` + "\n{}\nnull\n[]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := readAll(bytes.NewReader(b))
		if err != nil {
			return
		}
		second, err := readAll(strings.NewReader(write(t, first...)))
		if err != nil || len(first) != len(second) {
			t.Fatalf("read %d exchanges, and then %d: %v", len(first), len(second), err)
		}
		for i, x := range first {
			_, _ = x.Line(), x.Curl()
			NewRedactor("known-secret").Exchange(x)
			if a, b := x.Status(), second[i].Status(); a != b {
				t.Errorf("the status was %d, and is %d", a, b)
			}
		}
	})
}
