package verdict

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolecheck/rolecheck/spec"
)

var today = time.Date(2026, 5, 4, 23, 0, 0, 0, time.UTC)

func row(id string, level spec.Level, o Outcome, detail string) Verdict {
	return Verdict{Requirement: spec.Requirement{ID: id, Level: level}, Outcome: o, Detail: detail}
}

func TestApply(t *testing.T) {
	known := func(id string) bool { return strings.HasPrefix(id, "a.") }
	tests := map[string]struct {
		entry   Entry
		verdict Verdict
		want    Standing
		excused bool
		exit    int
	}{
		"fails as known":               {Entry{}, row("a.x", spec.Must, Fail, "got 500"), Holds, true, ExitPassed},
		"fails as known, with words":   {Entry{Failure: "got 500"}, row("a.x", spec.Must, Fail, "it\n  got\n  500"), Holds, true, ExitPassed},
		"fails otherwise":              {Entry{Failure: "got 404"}, row("a.x", spec.Must, Fail, "got 500"), Differs, false, ExitStale},
		"last day":                     {Entry{Expires: "2026-05-04"}, row("a.x", spec.Must, Fail, ""), Holds, true, ExitPassed},
		"expired":                      {Entry{Expires: "2026-05-03"}, row("a.x", spec.Must, Fail, ""), Expired, false, ExitStale},
		"expired and blocked":          {Entry{Expires: "2026-05-03"}, row("a.x", spec.Must, Blocked, ""), Expired, false, ExitStale},
		"passes":                       {Entry{}, row("a.x", spec.Must, Pass, ""), Passes, false, ExitStale},
		"passes and expired":           {Entry{Expires: "2026-05-03"}, row("a.x", spec.Must, Pass, ""), Passes, false, ExitStale},
		"blocked is not excused":       {Entry{}, row("a.x", spec.Must, Blocked, ""), Open, false, ExitUnverified},
		"an error is not excused":      {Entry{}, row("a.x", spec.Must, Error, ""), Open, false, ExitUnverified},
		"not selected":                 {Entry{}, row("a.x", spec.Must, NotSelected, ""), Open, false, ExitPassed},
		"names nothing":                {Entry{Requirement: "b.x"}, row("a.x", spec.Must, Pass, ""), Unknown, false, ExitStale},
		"names what the mode lacks":    {Entry{Requirement: "a.other"}, row("a.x", spec.Must, Pass, ""), Open, false, ExitPassed},
		"stale beside another failure": {Entry{Requirement: "b.x"}, row("a.x", spec.Must, Fail, ""), Unknown, false, ExitFailed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.entry.Requirement == "" {
				test.entry.Requirement = "a.x"
			}
			verdicts := []Verdict{test.verdict, row("a.pass", spec.Must, Pass, "")}
			got := (&Baseline{Entries: []Entry{test.entry}}).Apply(verdicts, today, known)
			if len(got) != 1 || got[0].Standing != test.want {
				t.Fatalf("got %+v, want %s", got, test.want)
			}
			if verdicts[0].Excused != test.excused {
				t.Errorf("excused: %v", verdicts[0].Excused)
			}
			if got[0].Why() == "" || got[0].Stale() == (test.want == Holds || test.want == Open) {
				t.Errorf("stale %v: %q", got[0].Stale(), got[0].Why())
			}
			if exit := Gate(verdicts, spec.Must, false, got); exit != test.exit {
				t.Errorf("exit %d, want %d", exit, test.exit)
			}
		})
	}
}

// lacking is what became of a row for which a client has nothing.
func lacking(level spec.Level, operations ...string) Verdict {
	v := row("a.x", level, Unsupported, "it has nothing")
	v.Lacking = operations
	return v
}

func TestApplyToWhatAClientLacks(t *testing.T) {
	tests := map[string]struct {
		entry   Entry
		verdict Verdict
		want    Standing
		excused bool
		exit    int
	}{
		"nobody knows of it":         {Entry{Requirement: "a.pass"}, lacking(spec.Must, "op"), Passes, false, ExitStale},
		"an entry about a failure":   {Entry{}, lacking(spec.Must, "op"), Open, false, ExitUnverified},
		"as known":                   {Entry{Unsupported: "op"}, lacking(spec.Must, "op"), Holds, true, ExitPassed},
		"in another order":           {Entry{Unsupported: "b,\n a"}, lacking(spec.Must, "a", "b"), Holds, true, ExitPassed},
		"it lacks one more":          {Entry{Unsupported: "a"}, lacking(spec.Must, "a", "b"), Differs, false, ExitStale},
		"it lacks one less":          {Entry{Unsupported: "a, b"}, lacking(spec.Must, "a"), Differs, false, ExitStale},
		"it passes":                  {Entry{Unsupported: "op"}, row("a.x", spec.Must, Pass, ""), Passes, false, ExitStale},
		"it fails instead":           {Entry{Unsupported: "op"}, row("a.x", spec.Must, Fail, "op"), Differs, false, ExitFailed},
		"it broke":                   {Entry{Unsupported: "op"}, row("a.x", spec.Must, Error, ""), Open, false, ExitUnverified},
		"expired":                    {Entry{Unsupported: "op", Expires: "2026-05-03"}, lacking(spec.Must, "op"), Expired, false, ExitStale},
		"no must":                    {Entry{Requirement: "a.other"}, lacking(spec.Should, "op"), Open, false, ExitPassed},
		"a target that declared it":  {Entry{Requirement: "a.other"}, lacking(spec.Must), Open, false, ExitPassed},
		"an entry about such a one":  {Entry{Unsupported: "op"}, lacking(spec.Must), Differs, false, ExitStale},
		"nobody knows of it, at all": {Entry{Requirement: "a.other"}, lacking(spec.Must, "op"), Open, false, ExitUnverified},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.entry.Requirement == "" {
				test.entry.Requirement = "a.x"
			}
			verdicts := []Verdict{test.verdict, row("a.pass", spec.Must, Pass, "")}
			got := (&Baseline{Entries: []Entry{test.entry}}).Apply(verdicts, today, func(string) bool { return true })
			if len(got) != 1 || got[0].Standing != test.want || verdicts[0].Excused != test.excused {
				t.Fatalf("got %+v, excused: %v", got, verdicts[0].Excused)
			}
			if exit := Gate(verdicts, spec.Must, false, got); exit != test.exit {
				t.Errorf("exit %d, want %d", exit, test.exit)
			}
			if why := got[0].Why(); why == "" || test.entry.Unsupported != "" && got[0].Standing != Open && got[0].Standing != Expired && !strings.Contains(why, "unsupported") {
				t.Errorf("it says %q", why)
			}
		})
	}
}

func TestApplyNothing(t *testing.T) {
	var none *Baseline
	if got := none.Apply(nil, today, nil); got == nil || len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestParseBaseline(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"unknown key":      {"baseline:\n  - requirement: a\n    reason: r\n    because: x\n", `f:4: unknown key "because"`},
		"unknown top":      {"base: []\n", `f:1: unknown key "base"`},
		"no list":          {"baseline: yes\n", "f:1: expected a list, not a single value"},
		"no mapping":       {"baseline:\n  - a\n", "f:2: expected a mapping"},
		"an empty entry":   {"baseline:\n  - \n", "f:2: an item is empty"},
		"nothing in it":    {"", "f: the file is empty"},
		"a comment":        {"# nothing\n", "f: the file is empty"},
		"null":             {"null\n", "f:1: the key baseline has no list"},
		"no reason":        {"baseline:\n  - requirement: a\n", "f:2: a has no reason"},
		"empty reason":     {"baseline:\n  - requirement: a\n    reason: \"\"\n", "f:2: a has no reason"},
		"blank reason":     {"baseline:\n  - requirement: a\n    reason: \" \"\n", "f:2: a has no reason"},
		"null reason":      {"baseline:\n  - requirement: a\n    reason:\n", "f:2: a has no reason"},
		"no requirement":   {"baseline:\n  - reason: r\n", "f:2: the entry names no requirement"},
		"date":             {"baseline:\n  - {requirement: a, reason: r, expires: 31.12.2030}\n", `f:2: a expires on "31.12.2030"`},
		"twice":            {"baseline:\n  - {requirement: a, reason: r}\n  - {requirement: a, reason: s}\n", "f:3: a is there already, at line 2"},
		"key twice":        {"baseline:\n  - requirement: a\n    reason: r\n    reason: s\n", "f:4: the key \"reason\" is there already, at line 3"},
		"a list as reason": {"baseline:\n  - requirement: a\n    reason: [r]\n", "f:3: expected text, not a list"},
		"both":             {"baseline:\n  - {requirement: a, reason: r, failure: x, unsupported: y}\n", "f:2: a has failure and unsupported"},
		"two documents":    {"baseline: []\n---\nbaseline: []\n", "f:2: a second document begins here"},
		"not YAML":         {"baseline: [\n", "f:2: not YAML"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := parseBaseline("f", []byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v; want %q", b, err, test.want)
			}
		})
	}
}

const written = `# What we know.
baseline:
  # One of two.
  - requirement: a.one
    reason: it is so
    issue: 12

  # The other,
  # with more to say.
  - requirement: a.two
    reason: |
      # not a comment
      long
    expires: 2026-12-31 # the last day

  - requirement: a.three
    reason: 'third'
    owner: team
    failure: got 500

# Ask before adding.
`

func TestReadBaseline(t *testing.T) {
	if b, err := ReadBaseline(""); b != nil || err != nil {
		t.Errorf("without a path: %v, %v", b, err)
	}
	path := filepath.Join(t.TempDir(), "b.yaml")
	if _, err := ReadBaseline(path); err == nil {
		t.Error("a missing file was read")
	}
	if err := os.WriteFile(path, []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := ReadBaseline(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []Entry{
		{Requirement: "a.one", Reason: "it is so", Issue: "12"},
		{Requirement: "a.two", Reason: "# not a comment\nlong", Expires: "2026-12-31"},
		{Requirement: "a.three", Reason: "third", Owner: "team", Failure: "got 500"},
	}
	if diff := cmp.Diff(want, b.Entries); diff != "" {
		t.Error(diff)
	}
}

func TestWithout(t *testing.T) {
	const head, foot = "# What we know.\nbaseline:\n", "\n# Ask before adding.\n"
	one := "  # One of two.\n  - requirement: a.one\n    reason: it is so\n    issue: 12\n\n"
	two := "  # The other,\n  # with more to say.\n  - requirement: a.two\n    reason: |\n      # not a comment\n      long\n    expires: 2026-12-31 # the last day\n\n"
	three := "  - requirement: a.three\n    reason: 'third'\n    owner: team\n    failure: got 500\n"
	tests := map[string]struct {
		text string
		drop []string
		want string
	}{
		"nothing": {written, nil, written},
		"first":   {written, []string{"a.one"}, head + two + three + foot},
		"middle":  {written, []string{"a.two"}, head + one + three + foot},
		"last":    {written, []string{"a.three"}, head + one + two + foot},
		"two":     {written, []string{"a.one", "a.three"}, head + two + foot},
		"all":     {written, []string{"a.one", "a.two", "a.three"}, "# What we know.\nbaseline: []\n\n# Ask before adding.\n"},
		"all but": {"baseline: # nothing yet\n  - {requirement: a, reason: r}\n", []string{"a"}, "baseline: [] # nothing yet\n"},
		"quoted":  {"\"baseline\":\n  - {requirement: a, reason: r}\n", []string{"a"}, "\"baseline\": []\n"},
		"mark":    {"\ufeffbaseline:\n  - {requirement: a, reason: r}\n", []string{"a"}, "\ufeffbaseline: []\n"},
		"mark on": {"\ufeffbaseline:\n- {requirement: a, reason: r}\n- {requirement: b, reason: r}\n", []string{"a"}, "\ufeffbaseline:\n- {requirement: b, reason: r}\n"},
		"a text's end": {
			"baseline:\n- requirement: a\n  reason: |\n    r\n    # no comment\n- requirement: b\n  reason: r\n", []string{"b"},
			"baseline:\n- requirement: a\n  reason: |\n    r\n    # no comment\n",
		},
		"a dash above": {
			"baseline:\n  # one\n  -\n\n    requirement: a\n    reason: r\n  # two\n  - # of them\n    requirement: b\n    reason: r\n", []string{"a"},
			"baseline:\n  # two\n  - # of them\n    requirement: b\n    reason: r\n",
		},
		"flow": {
			"# Known.\nbaseline: [{requirement: a, reason: r}, {requirement: b, reason: s}] # both\n", []string{"a"},
			"# Known.\nbaseline: [{requirement: b, reason: s}] # both\n",
		},
		"all of flow": {"baseline: [{requirement: a, reason: r},\n  {requirement: b, reason: s}]\n", []string{"a", "b"}, "baseline: []\n"},
		"JSON": {
			`{"baseline":[{"requirement":"a","reason":"r"},{"requirement":"b","reason":"s"}]}`, []string{"b"},
			`{"baseline": [{"requirement": "a", "reason": "r"}]}` + "\n",
		},
		"no break": {"baseline:\n- requirement: a\n  reason: r\n- requirement: b\n  reason: r", []string{"b"}, "baseline:\n- requirement: a\n  reason: r\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := parseBaseline("f", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			drop := map[string]bool{}
			for _, id := range test.drop {
				drop[id] = true
			}
			got, err := b.Without(drop)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An entry that others are written by cannot go.
func TestWithoutRefuses(t *testing.T) {
	b, err := parseBaseline("f", []byte("baseline:\n- &a {requirement: a, reason: r}\n- {<<: *a, requirement: b}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := b.Without(map[string]bool{"a": true}); err == nil || !strings.Contains(err.Error(), "by hand") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestDraft(t *testing.T) {
	verdicts := []Verdict{
		row("a.pass", spec.Must, Pass, ""), row("a.fail", spec.Must, Fail, "got\n# - \x1b[31m500 "+strings.Repeat("x", 300)),
		row("a.weak", spec.Should, Fail, "weak"), row("a.blocked", spec.Must, Blocked, ""),
		lacking(spec.Must, "b", "c"), row("a.declared", spec.Must, Unsupported, ""),
	}
	text, n := Draft(verdicts, spec.Must)
	if n != 2 {
		t.Errorf("%d entries", n)
	}
	if _, err := parseBaseline("f", text); err == nil || !strings.Contains(err.Error(), "a.fail has no reason") {
		t.Errorf("an entry without a reason: %v", err)
	}
	b, err := parseBaseline("f", []byte(strings.ReplaceAll(string(text), `reason: ""`, "reason: r")))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff([]Entry{{Requirement: "a.fail", Reason: "r"}, {Requirement: "a.x", Reason: "r", Unsupported: "b, c"}}, b.Entries); diff != "" {
		t.Error(diff)
	}
	text, n = Draft(verdicts[:1], spec.Must)
	if b, err := parseBaseline("f", text); n != 0 || err != nil || len(b.Entries) != 0 {
		t.Errorf("%d entries, %v:\n%s", n, err, text)
	}
}

func FuzzParseBaseline(f *testing.F) {
	f.Add([]byte(written), "a.one")
	f.Add([]byte("baseline: [{requirement: a, reason: r}, {requirement: b, reason: r}]\n"), "b")
	f.Add([]byte("baseline:\n- requirement: a\n  reason: >\n    x\n\n    y\n- requirement: b\n  reason: r"), "a")
	f.Fuzz(func(t *testing.T, text []byte, drop string) {
		b, err := parseBaseline("f", text)
		if err != nil {
			return
		}
		for _, e := range b.Entries {
			if e.Requirement == "" || e.Reason == "" {
				t.Fatalf("accepted %+v", e)
			}
		}
		// A file that cannot be changed is told; one that is changed has lost what was to go, and nothing else.
		changed, err := b.Without(map[string]bool{drop: true})
		if err != nil {
			return
		}
		again, err := parseBaseline("f", changed)
		if err != nil {
			t.Fatalf("%v\n%s", err, changed)
		}
		want := slices.DeleteFunc(slices.Clone(b.Entries), func(e Entry) bool { return e.Requirement == drop })
		if !slices.Equal(want, again.Entries) {
			t.Fatalf("got %+v, want %+v", again.Entries, want)
		}
	})
}
