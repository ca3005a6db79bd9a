package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"regexp"
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

// traits are what is noted of the answers with one status.
type traits struct {
	answers int
	// members count the answers with a member, types the types that it has, by pointer.
	members map[string]int
	types   map[string]map[string]bool
	codes   map[string]bool
	headers map[string]map[string]bool
}

// Bodies may have any number of members, of any depth, and headers any number of values.
const (
	maxPointers = 2000
	maxPointer  = 1000
	maxValues   = 50
)

// compareAnswers holds the answers of two targets against each other, by operation and status.
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

// note takes in one answer.
func (s *Side) note(operation string, x *exchange.Exchange) {
	if operation == "" || x.Response == nil {
		return
	}
	if s.answers[operation] == nil {
		s.answers[operation] = map[int]*traits{}
	}
	t := s.answers[operation][x.Response.Status]
	if t == nil {
		t = &traits{members: map[string]int{}, types: map[string]map[string]bool{}, codes: map[string]bool{}, headers: map[string]map[string]bool{}}
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
	t.addHeaders(r.Header)
	if !r.Body.Known() {
		return
	}
	if len(r.Body.Bytes) == 0 {
		t.note("", "nothing", map[string]bool{})
		return
	}
	var v any
	decoder := json.NewDecoder(bytes.NewReader(r.Body.Bytes))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.note("", "no JSON", map[string]bool{})
		return
	}
	t.walk(v, "", map[string]bool{})
	if body, ok := v.(map[string]any); ok {
		if code, ok := body["errorCode"].(string); ok {
			put(t.codes, text.Shorten(code, 40))
		}
	}
}

// walk notes the members and their types. seen are the pointers of this answer, each of which counts once.
func (t *traits) walk(v any, pointer string, seen map[string]bool) {
	if len(seen) >= maxPointers || len(pointer) > maxPointer {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		t.note(pointer, "object", seen)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			t.walk(v[name], pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(text.Shorten(name, 64)), seen)
		}
	case []any:
		t.note(pointer, "array", seen)
		for _, item := range v {
			t.walk(item, pointer+"/*", seen)
		}
	case string:
		t.note(pointer, "string", seen)
	case json.Number:
		t.note(pointer, "number", seen)
	case bool:
		t.note(pointer, "boolean", seen)
	default:
		t.note(pointer, "null", seen)
	}
}

func (t *traits) note(pointer, kind string, seen map[string]bool) {
	if t.types[pointer] == nil && len(t.types) >= maxPointers {
		return
	}
	if !seen[pointer] {
		seen[pointer] = true
		t.members[pointer]++
	}
	if t.types[pointer] == nil {
		t.types[pointer] = map[string]bool{}
	}
	t.types[pointer][kind] = true
}

var relation = regexp.MustCompile(`;\s*rel="?([^";,\s]+)`)

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
		for _, rel := range relation.FindAllStringSubmatch(strings.Join(h.Values("Link"), ","), -1) {
			out = append(out, "rel="+text.Shorten(rel[1], 20))
		}
		return out
	},
	"Location": nil, "Retry-After": nil, "Www-Authenticate": nil,
	"X-Okta-Request-Id": nil, "X-Rate-Limit-Limit": nil, "X-Rate-Limit-Remaining": nil, "X-Rate-Limit-Reset": nil,
}

func (t *traits) addHeaders(h http.Header) {
	for name, values := range comparedHeaders {
		if t.headers[name] == nil {
			t.headers[name] = map[string]bool{}
		}
		switch {
		case len(h.Values(name)) == 0:
			put(t.headers[name], "absent")
		case values == nil:
			put(t.headers[name], "present")
		default:
			for _, v := range values(h) {
				put(t.headers[name], v)
			}
		}
	}
}

func differences(operation string, status int, old, now *traits) []AnswerDifference {
	var out []AnswerDifference
	add := func(what, name, a, b string) {
		out = append(out, AnswerDifference{Operation: operation, Status: status, What: what, Name: name, Old: a, New: b})
	}
	pointers := map[string]bool{}
	for _, side := range []*traits{old, now} {
		for p := range side.members {
			pointers[p] = true
		}
	}
	told := ""
	for _, p := range slices.Sorted(maps.Keys(pointers)) {
		a, b := old.members[p], now.members[p]
		switch {
		case a > 0 && b > 0:
			if x, y := words(old.types[p]), words(now.types[p]); x != y {
				add("type", p, x, y)
			}
		case told != "" && strings.HasPrefix(p, told+"/"):
			// The member that this one is in was told of.
		case !comparable(p, old, now):
		default:
			told = p
			add("member", p, in(a, old.answers), in(b, now.answers))
		}
	}
	if a, b := words(old.codes), words(now.codes); a != b {
		add("errorCode", "", a, b)
	}
	for _, name := range slices.Sorted(maps.Keys(comparedHeaders)) {
		if a, b := words(old.headers[name]), words(now.headers[name]); a != b {
			add("header", name, a, b)
		}
	}
	return out
}

// comparable reports whether both sides have what the member would be in: an array without items on one side tells
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

func put(set map[string]bool, v string) {
	if len(set) < maxValues {
		set[v] = true
	}
}

func in(n, of int) string { return fmt.Sprintf("in %d of %d", n, of) }

func words(set map[string]bool) string {
	if len(set) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), ", ")
}
