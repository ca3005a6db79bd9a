package text

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain, é 漢\n\tof two lines":         "plain, é 漢\n\tof two lines",
		"\x1b[31mred\x1b[0m\r\a\u009b1m":     "[31mred[0m1m",
		"a\u202egpj.exe\u202c\u2066b\u2069c": "agpj.exebc",
		"so\u00adft \u200b\u200d\ufeffspace": "soft space",
		"\U000e0041tag":                      "tag",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                                   "",
		" \n\t\r\n ":                         "",
		"a\n  b\r\n\tc":                      "a b c",
		"d\u2028e\u00a0f":                    "d e f",
		"\x1b[31mred\x07\x00\u009b2J":        "[31mred 2J",
		"a\u202egpj\u2066b\u200bc\U000e0041": "a gpj b c",
		"漢 é\xff":                            "漢 é\ufffd",
	} {
		if got := OneLine(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for in, want := range map[string]string{"": "", "abc": "abc", "äöü": "äöü", "abcd": "ab…", "äöüß": "äö…", "a\xff\xff\xff": "a\ufffd…", "a\nb": "a\nb"} {
		if got := Shorten(in, 3); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got := Shorten("ab", 0); got != "…" {
		t.Errorf("without room: %q", got)
	}
	if got, want := Excerpt("a\n\n b cd", 5), "a b …"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTable(t *testing.T) {
	table := Table{Head: []string{"id", "n"}, Rows: [][]string{{"long|name", "1"}, {"b", ""}}}
	if got, want := table.Plain(), "id         n\nlong|name  1\nb          \n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	head, rows := table.Markdown(func(s string) string { return strings.ReplaceAll(s, "|", "/") })
	if got, want := head+strings.Join(rows, ""), "| id | n |\n| --- | --- |\n| long/name | 1 |\n| b |  |\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 2: "2 rows"} {
		if got := Count(n, "row"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
