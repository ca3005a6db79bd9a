package contract

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sameAgain judges an answer by a judge that remembers bodies, three times, and by one that remembers none.
func sameAgain(t *testing.T, request, body string) {
	t.Helper()
	x := answered(t, request, http.StatusOK, body)
	j := newJudge(t, Options{})
	fresh := *j
	fresh.fitting = newFitting()
	want := fresh.Judge(x)
	for range 3 {
		got := j.Judge(x)
		if diff := cmp.Diff(want.Findings, got.Findings) + cmp.Diff(want.Rules, got.Rules); diff != "" {
			t.Fatalf("%s answered with %s (-new +remembered):\n%s", request, body, diff)
		}
		if (got.Answer == nil) != (want.Answer == nil) || got.Answer != nil && !reflect.DeepEqual(got.Answer.Value, want.Answer.Value) {
			t.Fatalf("%s answered with %s is handed on as another value", request, body)
		}
	}
}

// longList is a list that is judged item by item.
func longList(damaged string) string {
	items := []string{damaged}
	for i := range 20 {
		items = append(items, strings.Replace(standard, "r1", fmt.Sprint("r", i), 1))
	}
	return "[" + strings.Join(items, ",") + "]"
}

// What was seen before changes no judgement, of a whole body or of one item of a list.
func TestRememberedBodiesAreJudgedTheSame(t *testing.T) {
	for _, body := range []string{standard, custom, `{}`, `7`, `null`, `[]`, `{"a":1,"a":2}`, "\"\xff\"", strings.Repeat("[", 300) + strings.Repeat("]", 300)} {
		sameAgain(t, userRole, body)
		sameAgain(t, userRoles, "["+body+"]")
		sameAgain(t, userRoles, longList(body))
		sameAgain(t, userRoles, longList(body)+" x")
		sameAgain(t, userRoles, strings.TrimSuffix(longList(body), "]"))
	}
	for i := range standard {
		for _, put := range []string{"", "0", `"`, "}"} {
			sameAgain(t, userRoles, longList(standard[:i]+put+standard[i+1:]))
		}
	}
}

func FuzzRememberedBodiesAreJudgedTheSame(f *testing.F) {
	f.Add(standard)
	f.Add(custom)
	f.Fuzz(func(t *testing.T, body string) {
		sameAgain(t, userRole, body)
		sameAgain(t, userRoles, longList(body))
	})
}

// The same text is right as the answer of one operation and wrong as that of another.
func TestRememberedByWhatItWasJudgedBy(t *testing.T) {
	j := *newJudge(t, Options{})
	j.fitting = newFitting()
	for range 3 {
		wantFindings(t, j.Judge(answered(t, userRole, http.StatusOK, standard)))
		wantFindings(t, j.Judge(answered(t, userRoles, http.StatusOK, standard)), "response-schema")
	}
}

func TestMemoryOfBodiesIsBounded(t *testing.T) {
	f := newFitting()
	key := judgedBody{rules: answerRules}
	text := func(i int) []byte { return fmt.Appendf(nil, "%01000d", i) }
	for i := range 3 * maxFitting / 1000 {
		for range 2 {
			f.put(key, text(i), fit{})
		}
		if _, ok := f.get(key, text(0)); !ok {
			t.Fatalf("what is used all the time was forgotten after %d others", i)
		}
	}
	if held := 1000 * (len(f.young) + len(f.old)); held > maxFitting {
		t.Errorf("%d bytes are held", held)
	}
	if _, ok := f.get(key, text(1)); ok {
		t.Error("what was used long ago is still there")
	}
}
