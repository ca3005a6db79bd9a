package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/spec"
)

// AnswerDifference is one way in which the answers of two targets to the same operation differ.
type AnswerDifference struct {
	Operation string `json:"operation"`
	// Status is the answers' status; zero where the difference is in which statuses there are.
	Status int `json:"status"`
	// What differs: status, member, type, errorCode or header.
	What string `json:"what"`
	// Name is that of the member, as a JSON pointer with * for any item, or of the header.
	Name string `json:"name"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// trait is something about answers that has values, such as the type of a member or a header.
type trait struct{ what, name string }

// traits are the members, values and headers of the answers with one status.
type traits struct {
	answers int
	// members count the answers with a member, by pointer.
	members map[string]int
	values  map[trait]map[string]bool
}

// Bodies may have any number of members, of any depth, and headers any number of values.
const (
	maxPointers = 2000
	maxPointer  = 1000
	maxValues   = 50
)

// compareAnswers compares the answers of two targets by operation and status.
func compareAnswers(s *spec.Spec, old, now map[string]map[int]*traits) []AnswerDifference {
	out := []AnswerDifference{}
	for _, op := range s.Operations {
		before, after := old[op.ID], now[op.ID]
		if len(before) == 0 || len(after) == 0 {
			// An operation that one of them was not asked for shows nothing.
			continue
		}
		codes := slices.Sorted(maps.Keys(before))
		if !slices.Equal(codes, slices.Sorted(maps.Keys(after))) {
			out = append(out, AnswerDifference{Operation: op.ID, What: "status", Old: statuses(before), New: statuses(after)})
		}
		for _, status := range codes {
			if after[status] != nil {
				out = append(out, differences(op.ID, status, before[status], after[status])...)
			}
		}
	}
	return out
}

// add adds the traits of one answer.
func (s *Side) add(operation string, x *exchange.Exchange) {
	if operation == "" || x.Response == nil {
		return
	}
	if s.answers[operation] == nil {
		s.answers[operation] = map[int]*traits{}
	}
	t := s.answers[operation][x.Response.Status]
	if t == nil {
		t = &traits{members: map[string]int{}, values: map[trait]map[string]bool{}}
		s.answers[operation][x.Response.Status] = t
	}
	t.add(x.Response)
}

func statuses(byStatus map[int]*traits) string {
	var out []string
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		out = append(out, fmt.Sprintf("%d (%d)", status, byStatus[status].answers))
	}
	return strings.Join(out, ", ")
}

func (t *traits) add(r *exchange.Response) {
	t.answers++
	for name, values := range comparedHeaders {
		switch header := (trait{"header", name}); {
		case len(r.Header.Values(name)) == 0:
			t.put(header, "absent")
		case values == nil:
			t.put(header, "present")
		default:
			for _, v := range values(r.Header) {
				t.put(header, v)
			}
		}
	}
	if !r.Body.Known() {
		return
	}
	seen := map[string]bool{}
	if len(r.Body.Bytes) == 0 {
		t.member("", "nothing", seen)
		return
	}
	var v any
	decoder := json.NewDecoder(bytes.NewReader(r.Body.Bytes))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.member("", "no JSON", seen)
		return
	}
	if body, ok := v.(map[string]any); ok {
		if code, ok := body["errorCode"].(string); ok {
			t.put(trait{what: "errorCode"}, text.Shorten(code, 40))
		}
	}
	t.walk(v, "", seen)
}

// walk notes the members and their types. seen are the pointers of this answer, each of which counts once.
func (t *traits) walk(v any, pointer string, seen map[string]bool) {
	if len(seen) >= maxPointers || len(pointer) > maxPointer {
		return
	}
	kind := "null"
	switch v := v.(type) {
	case map[string]any:
		t.member(pointer, "object", seen)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			t.walk(v[name], pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(text.Shorten(name, 64)), seen)
		}
		return
	case []any:
		t.member(pointer, "array", seen)
		for _, item := range v {
			t.walk(item, pointer+"/*", seen)
		}
		return
	case string:
		kind = "string"
	case json.Number:
		kind = "number"
	case bool:
		kind = "boolean"
	}
	t.member(pointer, kind, seen)
}

// member notes the type of a member of an answer.
func (t *traits) member(pointer, kind string, seen map[string]bool) {
	if t.members[pointer] == 0 && len(t.members) >= maxPointers {
		return
	}
	if !seen[pointer] {
		seen[pointer] = true
		t.members[pointer]++
	}
	t.put(trait{"type", pointer}, kind)
}

func (t *traits) put(about trait, value string) {
	values := t.values[about]
	if values == nil {
		values = map[string]bool{}
		t.values[about] = values
	}
	if len(values) < maxValues {
		values[value] = true
	}
}

// comparedHeaders are those that clients act on. Of most the presence counts, since their values are never the same.
var comparedHeaders = map[string]func(http.Header) []string{
	"Content-Type": func(h http.Header) []string {
		media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
		if err != nil {
			media = text.Shorten(h.Get("Content-Type"), 40)
		}
		return []string{media}
	},
	"Link": func(h http.Header) []string {
		var out []string
		for _, link := range exchange.Links(h) {
			out = append(out, "rel="+text.Shorten(link.Rel, 20))
		}
		return out
	},
	"Location": nil, "Retry-After": nil, "Www-Authenticate": nil,
	"X-Okta-Request-Id": nil, "X-Rate-Limit-Limit": nil, "X-Rate-Limit-Remaining": nil, "X-Rate-Limit-Reset": nil,
}

func differences(operation string, status int, old, now *traits) []AnswerDifference {
	var out []AnswerDifference
	add := func(what, name, a, b string) {
		out = append(out, AnswerDifference{Operation: operation, Status: status, What: what, Name: name, Old: a, New: b})
	}
	compare := func(about trait) {
		if a, b := words(old.values[about]), words(now.values[about]); a != b {
			add(about.what, about.name, a, b)
		}
	}
	pointers := slices.AppendSeq(slices.Collect(maps.Keys(old.members)), maps.Keys(now.members))
	slices.Sort(pointers)
	listed := ""
	for _, p := range slices.Compact(pointers) {
		a, b := old.members[p], now.members[p]
		switch {
		case a > 0 && b > 0:
			compare(trait{"type", p})
		case listed != "" && strings.HasPrefix(p, listed+"/"):
			// The member that this one is in is listed already.
		case comparable(p, old, now):
			listed = p
			add("member", p, in(a, old.answers), in(b, now.answers))
		}
	}
	compare(trait{what: "errorCode"})
	for _, name := range slices.Sorted(maps.Keys(comparedHeaders)) {
		compare(trait{"header", name})
	}
	return out
}

// comparable reports whether both sides have what the member would be in: an array without items on one side shows
// nothing of its items' members.
func comparable(pointer string, old, now *traits) bool {
	i := strings.LastIndexByte(pointer, '/')
	if i < 0 {
		return true
	}
	parent := pointer[:i]
	if pointer[i:] == "/*" {
		return false
	}
	return old.members[parent] > 0 && now.members[parent] > 0
}

func in(n, of int) string { return fmt.Sprintf("in %d of %d", n, of) }

func words(set map[string]bool) string {
	if len(set) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), ", ")
}
