package contract

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestDecodeFindsWhatIsWrongWithTheText(t *testing.T) {
	tests := []struct {
		name, body string
		complete   bool
		// want are the flaws, as pointer and a part of the detail.
		want [][2]string
	}{
		{name: "object", body: ` {"a":[1,-0.5e+3,true,false,null,"x"],"b":{}} `, complete: true},
		{name: "escapes", body: `"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, complete: true},
		{name: "half a surrogate pair", body: `"\ud83d x"`, complete: true},
		{name: "duplicate member", body: `{"a":[{"b":1,"b":2}]}`, complete: true, want: [][2]string{{"/a/0/b", "twice"}}},
		{name: "every duplicate member", body: `{"a":1,"a":2,"b":1,"b":2}`, complete: true,
			want: [][2]string{{"/a", "twice"}, {"/b", "twice"}}},
		{name: "duplicate by another spelling", body: `{"a":1,"\u0061":2}`, complete: true, want: [][2]string{{"/a", "twice"}}},
		{name: "trailing text", body: `{} x`, complete: true, want: [][2]string{{"", "after it at byte 3"}}},
		{name: "second document", body: "{}\n{}", complete: true, want: [][2]string{{"", "after it"}}},
		{name: "byte order mark", body: "\uFEFF{}", complete: true, want: [][2]string{{"", "byte order mark"}}},
		{name: "no UTF-8", body: "\"a\xff\"", complete: true, want: [][2]string{{"", "UTF-8"}}},
		{name: "html", body: `<html></html>`, want: [][2]string{{"", "byte 0"}}},
		{name: "empty", body: ``, want: [][2]string{{"", "end of the body"}}},
		{name: "cut short", body: `{"a":[1`, want: [][2]string{{"/a/1", "end of the body"}}},
		{name: "single quotes", body: `{'a':1}`, want: [][2]string{{"", "at byte 1"}}},
		{name: "trailing comma", body: `[1,]`, want: [][2]string{{"/1", "at start of value"}}},
		{name: "no colon", body: `{"a" 1}`, want: [][2]string{{"/a", "':'"}}},
		{name: "leading zero", body: `[01]`, want: [][2]string{{"/1", "','"}}},
		{name: "bare fraction", body: `[1.]`, want: [][2]string{{"/0", "digit"}}},
		{name: "plus sign", body: `+1`, want: [][2]string{{"", "at start of value"}}},
		{name: "NaN", body: `NaN`, want: [][2]string{{"", "at start of value"}}},
		{name: "control character", body: "\"a\nb\"", want: [][2]string{{"", "control character"}}},
		{name: "unknown escape", body: `"\x41"`, want: [][2]string{{"", "escape"}}},
		{name: "cut escape", body: `"\u00`, want: [][2]string{{"", "end of the body"}}},
		{name: "deep", body: strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), complete: true},
		{name: "too deep", body: strings.Repeat(`{"a":`, 100_000), want: [][2]string{{"", "levels of nesting"}}},
		{name: "too many values", body: "[" + strings.Repeat("0,", maxValues) + "0]",
			want: [][2]string{{"/1048575", "values"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decode([]byte(tt.body))
			if d.complete != tt.complete || len(d.flaws) != len(tt.want) {
				t.Fatalf("complete = %v, flaws = %v; want %v, %v", d.complete, d.flaws, tt.complete, tt.want)
			}
			for i, want := range tt.want {
				if d.flaws[i].pointer != want[0] || !strings.Contains(detailOf(d.flaws[i].expected, d.flaws[i].actual), want[1]) {
					t.Errorf("flaw %d = %v, want %v", i, d.flaws[i], want)
				}
			}
		})
	}
}

func TestDecodeReadsWhatEncodingJSONReads(t *testing.T) {
	for _, body := range []string{
		`null`, `"é\u00e9\ud83d\ude00\ud83d\/"`, `-1.5E-7`, `[[],{},[{"a":[1,2]}],"\t"]`, standard, custom, notFound,
		`{"":{"a~/b":0,"c":[true,false]}}`,
	} {
		var want any
		dec := json.NewDecoder(strings.NewReader(body))
		dec.UseNumber()
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got := decode([]byte(body)); !got.complete || len(got.flaws) > 0 || !reflect.DeepEqual(got.value, want) {
			t.Errorf("decode(%s) = %#v, want %#v", body, got, want)
		}
	}
}

func TestDecodeKeepsNumbersAsTheyAreWritten(t *testing.T) {
	const big = "123456789012345678901234567890"
	if got := decode([]byte(big)).value; got != json.Number(big) {
		t.Errorf("got %v", got)
	}
}

func TestPointerEscapesAndCutsForeignNames(t *testing.T) {
	p := path{{name: "a~b/c"}, {index: 3, isIndex: true}, {name: "\x1b[31m\n"}, {name: strings.Repeat("x", 100)}}
	want := `/a~0b~1c/3/\u001b[31m\u000a/` + strings.Repeat("x", maxName) + "…"
	if got := p.pointer(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzDecode holds the decoder to encoding/json: what the one takes without a flaw, the other takes as well, and both
// read the same.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{standard, notFound, `{"a":1,"a":2}`, `[1e400,"\ud800"]`, "\"\xff\"", `[01]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := decode(body)
		var want any
		dec := json.NewDecoder(strings.NewReader(string(body)))
		dec.UseNumber()
		valid := json.Valid(body) && dec.Decode(&want) == nil
		if sound := got.complete && len(got.flaws) == 0; sound != valid {
			if sound {
				t.Fatalf("took %q, which is no JSON", body)
			}
			// These are JSON to encoding/json, and flawed to us.
			for _, f := range got.flaws {
				if !strings.Contains(f.actual, "twice") && f.expected != "UTF-8" && !strings.Contains(f.expected, "levels") {
					t.Fatalf("refused %q: %v", body, f)
				}
			}
			return
		}
		if valid && !reflect.DeepEqual(got.value, want) {
			t.Fatalf("read %q as %#v, want %#v", body, got.value, want)
		}
	})
}
