package recording

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

func TestCassetteUnreadable(t *testing.T) {
	good := vcrpyItem("null", "{string: '[1]'}", " {}")
	for _, c := range []struct{ name, item, reason string }{
		{"not an interaction", "- 12\n", "no request"},
		{"no URL", strings.Replace(good, "uri:", "path:", 1), "no URL"},
		{"no method", strings.Replace(good, "method: GET", "method:", 1), "no method"},
		{"no response", upTo(good, "  response:"), "no response"},
		{"no status", strings.Replace(good, "code: 200", "code:", 1), "no status code"},
		{"odd status", strings.Replace(good, "code: 200", "code: OK", 1), `"OK" is no number`},
		{"not base64", vcrpyItem("!!binary '%'", "{string: '[1]'}", " {}"), "not base64"},
		{"too deep", "- " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "\n", "nests too deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, sum, err := collect(t, "interactions:\n"+good+c.item+good+"version: 1\n")
			if err != nil || len(got) != 2 || sum.Unreadable != 1 {
				t.Fatalf("%v, %d exchanges, %+v", err, len(got), sum)
			}
			if p := sum.Problems[0]; p.Place != "entry 2 (line 16)" || !strings.Contains(p.Reason, c.reason) {
				t.Errorf("the problem is %q", p)
			}
		})
	}
}

// TestNoYAML gives the place where a cassette stops being YAML, and says that a file seems to be cut short only where it
// stops at its end. What stands before is read, and a file of which no interaction can be read is refused.
func TestNoYAML(t *testing.T) {
	good := vcrpyItem("null", "{string: '[1]'}", " {}")
	for _, c := range []struct {
		name, text string
		exchanges  int
		want       string
	}{
		{"in the first item", "interactions:\n- request: [\n" + good + "version: 1\n", 0, "sample: line 3: not YAML: did not find expected node content"},
		{"an alias to nothing", "interactions:\n" + vcrpyItem("*nothing", "null", " {}") + good, 0, "sample: line 3: not YAML: unknown anchor 'nothing' referenced"},
		{"in the second item", "interactions:\n" + good + "- request: [\n" + good + "version: 1\n", 1, "line 17: not YAML: did not find expected node content"},
		{"a control character", "interactions:\n" + good + "- \x01\n", 1, "line 16: not YAML: a control character, or bytes that are no UTF-8"},
		{"no UTF-8", "interactions:\n" + good + "- \xff\n" + good, 1, "line 16: not YAML: a control character, or bytes that are no UTF-8"},
		{"at the end", "interactions:\n" + good + good + "- request:\n    method: GET\n    uri", 2, "line 32: not YAML: could not find expected ':'; the file seems to be cut short there"},
		{"in a text", "interactions:\n" + good + "- request:\n    body: '{\n\n", 1, "; the file seems to be cut short there"},
		{"no cassette", "# interactions: [\n\tnothing\n", 0, "not a recording of a known format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, sum, err := collect(t, c.text)
			said := fmt.Sprint(err, sum.Problems)
			if len(got) != c.exchanges || (err == nil) != (c.exchanges > 0) || sum.Unreadable != min(c.exchanges, 1) ||
				!strings.Contains(said, c.want) || strings.Contains(said, "cut short") != strings.Contains(c.want, "cut short") {
				t.Errorf("%d exchanges, got %s, want %s", len(got), said, c.want)
			}
		})
	}
}

// TestTwice reads both lists of a cassette that has two, and says so.
func TestTwice(t *testing.T) {
	good := vcrpyItem("null", "{string: '[1]'}", " {}")
	got, sum, err := collect(t, "interactions:\n"+good+"interactions:\n"+good+"version: 1\n")
	if err != nil || len(got) != 2 || sum.Unreadable != 1 || !strings.Contains(sum.Problems[0].Reason, "is there twice") {
		t.Errorf("%v, %d exchanges, %+v", err, len(got), sum)
	}
}

// TestCassetteCut cuts recordings after every byte: what is missing is reported wherever the format lets it be seen.
func TestCassetteCut(t *testing.T) {
	vcrpy := "interactions:\n" + vcrpyItem("null", "\n      string: '[1]'", " {}") + vcrpyItem("null", "\n      string: '[2]'", " {}") + "version: 1\n"
	for name, text := range map[string]string{"vcrpy": vcrpy, "HAR": har(harEntryOf(200, jsonType, harText(`[]`)))} {
		t.Run(name, func(t *testing.T) {
			all := len(whole(t, text, ""))
			for n := range len(text) {
				if got, sum, err := collect(t, text[:n]); err == nil && sum.Unreadable == 0 && len(got) < all {
					t.Fatalf("cut after %d bytes, which is not reported: %q", n, text[max(0, n-60):n])
				}
			}
		})
	}
	// The last interaction is the one that lacks something.
	_, sum, err := collect(t, goVCR1[:strings.LastIndex(goVCR1, "  response:")])
	if want := "sample: entry 2 (line 26): the interaction has no response; the file may be cut short here"; err != nil || len(sum.Problems) != 1 || sum.Problems[0].String() != want {
		t.Errorf("%v, %+v", err, sum)
	}
}

func TestYAMLStyles(t *testing.T) {
	const item = `{request: {method: GET, uri: "https://acme.okta.example/a"}, response: {status: {code: 200}, body: {string: "[1]"}}}`
	for name, text := range map[string]string{
		"flow":                      "{interactions: [" + item + "], version: 1}",
		"flow, quoted keys":         "'interactions': [" + item + "]\nversion: 1\n",
		"flow items":                "interactions:\n- " + item + "\nversion: 1\n",
		"flow below the key":        "interactions:\n  [" + item + "]\nversion: 1\n",
		"all indented":              "  interactions:\n    - " + item + "\n  version: 1\n",
		"dash on a line of its own": "interactions:\n-\n  " + item + "\nversion: 1\n",
		"comments and blank lines":  "# recorded\n\ninteractions: # all\n# one\n\n  - " + item + "\n# end\n\nversion: 1\n",
		"document marks":            "---\ninteractions:\n- " + item + "\nversion: 1\n...\n",
		"other keys":                "recorded_with: VCR\nmeta:\n  interactions:\n    - 1\ninteractions:\n- " + item + "\nversion: 1\n",
		"without a last line end":   "interactions:\n- " + item + "\nversion: 1",
	} {
		t.Run(name, func(t *testing.T) {
			x := one(t, text, formatVCRpy)
			if want := "GET | https://acme.okta.example/a |  | OK | [1]"; line(x) != want {
				t.Errorf("got %s", line(x))
			}
		})
	}
	t.Run("two documents", func(t *testing.T) {
		text := "interactions:\n- " + item + "\nversion: 1\n"
		if got, sum, err := collect(t, text+"---\n"+text); err != nil || len(got) != 2 || sum.Unreadable > 0 {
			t.Errorf("%v, %+v", err, sum)
		}
	})
	t.Run("none", func(t *testing.T) {
		if _, sum, err := collect(t, "interactions: []\nversion: 2\n"); err != nil || sum.Unreadable > 0 {
			t.Errorf("%v, %+v", err, sum)
		}
	})
	t.Run("flow, one unreadable", func(t *testing.T) {
		if got, sum, err := collect(t, "{interactions: [{}, "+item+"], version: 1}"); err != nil || len(got) != 1 || sum.Unreadable != 1 {
			t.Errorf("%v, %+v", err, sum)
		}
	})
}

// TestYAMLTooLarge refuses a cassette that is larger than what is held as a whole.
func TestYAMLTooLarge(t *testing.T) {
	text := "interactions:\n" + strings.Repeat(vcrpyItem("null", "null", " {}"), 5000) + "version: 1\n"
	for limit, want := range map[int64]int{1 << 20: 0, 2 << 20: 5000} {
		rd := &reading{ctx: t.Context(), visit: func(*exchange.Exchange) error { return nil }, maxEntry: maxEntry, maxYAML: limit, secrets: newSecrets()}
		sum, err := rd.run(strings.NewReader(text))
		if sum.Exchanges != want || (err != nil) != (want == 0) || err != nil && !strings.Contains(err.Error(), "larger than the 1 MiB up to which a YAML cassette is read") {
			t.Errorf("up to %d bytes: %v, %d exchanges", limit, err, sum.Exchanges)
		}
	}
}

// TestYAMLTooDense refuses texts of which each byte would take a hundred of memory, and reads a cassette of short lines.
func TestYAMLTooDense(t *testing.T) {
	for name, text := range map[string]string{
		"items": "interactions: [" + strings.Repeat("a,", 100_000) + "]\n", "lines": "interactions:\n" + strings.Repeat("- a\n", 200_000),
	} {
		if got, _, err := collect(t, text); !errors.Is(err, errUnknownFormat) || len(got) > 0 {
			t.Errorf("%s: %v, %d exchanges", name, err, len(got))
		}
	}
	short := "interactions:\n" + strings.Repeat(vcrpyItem("null", "null", " {a: [b]}"), 20_000) + "version: 1\n"
	if got, _, err := collect(t, short); err != nil || len(got) != 20_000 {
		t.Errorf("%v, %d exchanges", err, len(got))
	}
}

// TestYAMLBombs reads documents that are small and would be large once their aliases are followed.
func TestYAMLBombs(t *testing.T) {
	bomb := "- request: {a0: &a0 [x,x,x,x,x,x,x,x,x]"
	for i := 1; i < 9; i++ {
		n, m := string(rune('0'+i)), string(rune('0'+i-1))
		bomb += ", a" + n + ": &a" + n + " [" + strings.Repeat("*a"+m+",", 9) + "]"
	}
	good := vcrpyItem("null", "null", " {}")
	for name, c := range map[string]struct {
		items              string
		exchanges, problem int
	}{
		"doubling":  {bomb + "}\n" + good, 1, 1},
		"circle":    {"- &a {request: {b: *a}}\n" + good, 1, 1},
		"the list":  {"- request: *all\n" + good, 1, 1},
		"repeating": {"- {a: &a !!binary " + strings.Repeat("AAAA", 5000) + ", b: [" + strings.Repeat("*a,", 5000) + "]}\n" + good, 1, 1},
		// What many interactions repeat is bounded in all.
		"spread": {good + "- &a {b: [" + strings.Repeat("a,", 2000) + "]}\n" + strings.Repeat("- *a\n", 1000) + good, 1, 1002},
	} {
		t.Run(name, func(t *testing.T) {
			rd := &reading{ctx: t.Context(), visit: func(*exchange.Exchange) error { return nil }, maxEntry: 1 << 20, maxYAML: 1 << 20, secrets: newSecrets()}
			sum, err := rd.run(strings.NewReader("interactions: &all\n" + c.items + "version: 1\n"))
			if err != nil || sum.Unreadable != c.problem || sum.Exchanges != c.exchanges {
				t.Errorf("%v, %d exchanges, %d unreadable", err, sum.Exchanges, sum.Unreadable)
			}
		})
	}
}

// upTo is s before mark.
func upTo(s, mark string) string {
	before, _, _ := strings.Cut(s, mark)
	return before
}
