package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// value reads the next value as encoding/json does.
func value(t *Text) any {
	switch t.Next() {
	case '{':
		out := map[string]any{}
		for name := range t.Members() {
			out[string(name)] = value(t)
		}
		return out
	case '[':
		out := []any{}
		for range t.Items() {
			out = append(out, value(t))
		}
		return out
	case '"':
		return string(t.String())
	case 't', 'f':
		return t.Bool()
	case 'n':
		t.Null()
		return nil
	default:
		return json.Number(t.Number())
	}
}

func read(b []byte) (any, bool) {
	t := New(b)
	v := value(&t)
	return v, t.Ended()
}

func skips(b []byte) bool {
	t := New(b)
	t.Skip()
	return t.Ended()
}

func unmarshal(b []byte) (v any, err error) {
	if !json.Valid(b) {
		return nil, errors.New("no JSON")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return v, d.Decode(&v)
}

var texts = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `-1.5e+10`, `1E9`, `true`, `false`, `null`, ` [ 1 , 2 ] `, "\t{\"a\"\n:\r1 }",
	`{"a":{"b":[{"c":"d"},[],{}]},"e":null,"a":2}`, `"a\"b\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, `"\ud800"`, `"é"`,
	"", " ", `{`, `[`, `[1`, `[1,`, `[1,]`, `[,]`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{1:1}`, `{"a" 1}`,
	`01`, `+1`, `-`, `1.`, `.5`, `1e`, `1e+`, `nul`, `tru`, `falsy`, `nulls`, `"`, `"\"`, `"\x"`, `"\u12"`, "\"\n\"", "\"\x00\"",
	`[] []`, `[]x`, "\"\xff\"", "\xef\xbb\xbf[]", `{"a":1]`, `[1}`, `"\`, `[`, "\x00",
	strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1),
}

// differs compares with encoding/json; what is no UTF-8 or nests too deep is refused here alone.
func differs(b []byte) string {
	got, ok := read(b)
	if skips(b) != ok {
		return fmt.Sprintf("read: %t, skipped: %t", ok, !ok)
	}
	want, err := unmarshal(b)
	switch {
	case !ok && (err != nil || New(b).failed || strings.Count(string(b), "[")+strings.Count(string(b), "{") > maxDepth):
		return ""
	case ok != (err == nil):
		return fmt.Sprintf("read: %t, encoding/json says %v", ok, err)
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Sprintf("got %v, want %v", got, want)
	}
	return ""
}

func TestAsEncodingJSON(t *testing.T) {
	for _, text := range texts {
		if d := differs([]byte(text)); d != "" {
			t.Errorf("%.60q: %s", text, d)
		}
	}
}

func FuzzAsEncodingJSON(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if d := differs(b); d != "" {
			t.Error(d)
		}
	})
}

// TestOtherThanAsked asks for what does not come next.
func TestOtherThanAsked(t *testing.T) {
	for _, text := range []string{`{}`, `[]`, `"a"`, `1`, `true`, ``, `x`} {
		for name, ask := range map[string]func(*Text){
			"[": func(t *Text) {
				for range t.Items() {
					t.Skip()
				}
			},
			"{": func(t *Text) {
				for range t.Members() {
					t.Skip()
				}
			},
			`"`: func(t *Text) { _ = t.String() },
			"1": func(t *Text) { t.Number() },
			"t": func(t *Text) { t.Bool() },
		} {
			r := New([]byte(text))
			ask(&r)
			if want := strings.HasPrefix(text, name); r.Ended() != want || r.Failed() == want {
				t.Errorf("asked %q for %s: ended %t, failed %t", text, name, r.Ended(), r.Failed())
			}
			if !r.Failed() {
				continue
			}
			if r.Next() != 0 || r.String() != nil || r.Number() != nil || r.Bool() || r.Null() || r.Ended() {
				t.Errorf("%q is read on after %s", text, name)
			}
		}
	}
	r := New([]byte(`{"a":1}`))
	for range r.Members() {
		r.Fail()
	}
	if r.Ended() {
		t.Error("a text that was given up ended")
	}
}

func TestAllocations(t *testing.T) {
	text := []byte(`[{"id":"a","links":{"self":["x",1,null,true]}}]`)
	// One is the Text.
	if n := testing.AllocsPerRun(100, func() { skips(text) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSkip(b *testing.B) {
	text := []byte("[" + strings.Repeat(`{"id":"ra1aaaaaaaaaaaaaaaaa","label":"Group Administrator","created":"2026-03-01T10:00:00.000Z","_links":{"assignee":{"href":"https://org.example/api/v1/users/u1"}}},`, 150) + "{}]")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if !skips(text) {
			b.Fatal("no JSON")
		}
	}
}
