package recording

import (
	"strings"
	"testing"
)

func TestCassetteUnreadable(t *testing.T) {
	good := vcrpyItem("null", "{string: '[1]'}", " {}")
	for _, c := range []struct{ name, item, reason string }{
		{"not YAML", "- request: {\n", "line 16"},
		{"not an interaction", "- 12\n", "no request"},
		{"no URL", strings.Replace(good, "uri:", "path:", 1), "no URL"},
		{"no method", strings.Replace(good, "method: GET", "method:", 1), "no method"},
		{"no response", upTo(good, "  response:"), "no response"},
		{"no status", strings.Replace(good, "code: 200", "code:", 1), "no status code"},
		{"odd status", strings.Replace(good, "code: 200", "code: OK", 1), `"OK" is no number`},
		{"not base64", vcrpyItem("!!binary '%'", "{string: '[1]'}", " {}"), "not base64"},
		{"alias to nothing", vcrpyItem("*nothing", "{string: '[1]'}", " {}"), "unknown anchor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, sum, err := collect(t, "interactions:\n"+good+c.item+good+"version: 1\n")
			if err != nil || len(got) != 2 || sum.Unreadable != 1 || sum.CutShort {
				t.Fatalf("%v, %d exchanges, %+v", err, len(got), sum)
			}
			if p := sum.Problems[0]; p.Place != "entry 2 (line 16)" || !strings.Contains(p.Reason, c.reason) {
				t.Errorf("the problem is %q", p)
			}
		})
	}
}

// TestCassetteCut cuts cassettes after every byte: what was complete is delivered, and the cut is told wherever the
// format lets it be seen.
func TestCassetteCut(t *testing.T) {
	vcrpy := "interactions:\n" + vcrpyItem("null", "\n      string: '[1]'", " {}") + vcrpyItem("null", "\n      string: '[2]'", " {}") + "version: 1\n"
	for name, text := range map[string]string{"vcrpy": vcrpy, "go-vcr 1": goVCR1, "go-vcr 3": goVCR3, "HAR": har(harEntryOf(200, jsonType, harText(`[]`)))} {
		t.Run(name, func(t *testing.T) {
			all := len(whole(t, text, ""))
			for n := range len(text) {
				got, sum, err := collect(t, text[:n])
				switch {
				case err != nil && len(got) > 0:
					t.Fatalf("cut after %d bytes: %v behind %d exchanges", n, err, len(got))
				case err != nil || len(got) == all || !sum.Whole() || unseen(text, n):
				default:
					t.Fatalf("cut after %d bytes, which is not told: %q", n, text[max(0, n-60):n])
				}
			}
		})
	}
}

// unseen reports whether nothing shows that the text was cut after n bytes: between two interactions, and before the
// duration of the first one.
func unseen(text string, n int) bool {
	rest := strings.TrimLeft(text[n:], " ")
	return text[n-1] == '\n' && (strings.HasPrefix(rest, "- ") || strings.HasPrefix(rest, "duration:") && strings.Count(text[:n], "request:") == 1)
}

func TestYAMLStyles(t *testing.T) {
	const item = `{request: {method: GET, uri: "https://acme.okta.example/a"}, response: {status: {code: 200}, body: {string: "[1]"}}}`
	for name, text := range map[string]string{
		"flow":                         "{interactions: [" + item + "], version: 1}",
		"flow, quoted keys":            "'interactions': [" + item + "]\nversion: 1\n",
		"flow items":                   "interactions:\n- " + item + "\nversion: 1\n",
		"flow below the key":           "interactions:\n  [" + item + "]\nversion: 1\n",
		"all indented":                 "  interactions:\n    - " + item + "\n  version: 1\n",
		"dash on a line of its own":    "interactions:\n-\n  " + item + "\nversion: 1\n",
		"comments and blank lines":     "# recorded\n\ninteractions: # all\n# one\n\n  - " + item + "\n# end\n\nversion: 1\n",
		"directive and document marks": "%YAML 1.2\n---\ninteractions:\n- " + item + "\nversion: 1\n...\n",
		"other keys":                   "recorded_with: VCR\nmeta:\n  interactions:\n    - 1\ninteractions:\n- " + item + "\nversion: 1\n",
		"without a last line end":      "interactions:\n- " + item + "\nversion: 1",
	} {
		t.Run(name, func(t *testing.T) {
			x := one(t, text, VCRpy)
			if want := "GET | https://acme.okta.example/a |  | OK | [1]"; line(x) != want {
				t.Errorf("got %s", line(x))
			}
		})
	}
	t.Run("two documents", func(t *testing.T) {
		text := "interactions:\n- " + item + "\nversion: 1\n"
		if got := whole(t, text+"---\n"+text, VCRpy); len(got) != 2 {
			t.Errorf("%d exchanges, expected 2", len(got))
		}
	})
	t.Run("none", func(t *testing.T) {
		if _, sum, err := collect(t, "interactions: []\nversion: 2\n"); err != nil || !sum.Whole() {
			t.Errorf("%v, %+v", err, sum)
		}
	})
	t.Run("two styles", func(t *testing.T) {
		text := "interactions:\n- " + item + "\nversion: 1\n---\ninteractions: [" + item + "]\n"
		if got, sum, err := collect(t, text); err != nil || len(got) != 1 || sum.Unreadable != 1 {
			t.Errorf("%v, %+v", err, sum)
		}
	})
	t.Run("flow, one unreadable", func(t *testing.T) {
		if got, sum, err := collect(t, "{interactions: [{}, "+item+"]}"); err != nil || len(got) != 1 || sum.Unreadable != 1 {
			t.Errorf("%v, %+v", err, sum)
		}
	})
	t.Run("flow, too large", func(t *testing.T) {
		text := "{interactions: [" + strings.Repeat(" ", maxWhole) + "]}"
		if _, _, err := collect(t, text); err == nil || !strings.Contains(err.Error(), "block style") {
			t.Errorf("%v", err)
		}
	})
}

// TestYAMLBombs reads documents that are small and would be large once their aliases are followed.
func TestYAMLBombs(t *testing.T) {
	bomb := "- request: {a0: &a0 [x,x,x,x,x,x,x,x,x]"
	for i := 1; i < 9; i++ {
		n, m := string(rune('0'+i)), string(rune('0'+i-1))
		bomb += ", a" + n + ": &a" + n + " [" + strings.Repeat("*a"+m+",", 9) + "]"
	}
	for name, item := range map[string]string{
		"doubling":  bomb + "}\n",
		"circle":    "- &a {request: {b: *a}}\n",
		"repeating": "- {a: &a !!binary " + strings.Repeat("AAAA", 5000) + ", b: [" + strings.Repeat("*a,", 5000) + "]}\n",
		"deep":      "- " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, sum, err := collect(t, "interactions:\n"+item+vcrpyItem("null", "null", " {}")+"version: 1\n")
			if err != nil || sum.Unreadable != 1 || sum.Exchanges != 1 {
				t.Errorf("%v, %+v", err, sum)
			}
		})
	}
}

// upTo is s before mark.
func upTo(s, mark string) string {
	before, _, _ := strings.Cut(s, mark)
	return before
}
