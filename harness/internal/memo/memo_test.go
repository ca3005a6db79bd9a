package memo

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// made counts how often a value has to be made.
func made(m *Memo[string, int], key, text string, times int) (n int) {
	for range times {
		v, ok := m.Of(key, []byte(text), func() (int, bool) { n++; return len(text), true })
		if !ok || v != len(text) {
			panic(fmt.Sprint(text, v, ok))
		}
	}
	return n
}

func TestOf(t *testing.T) {
	m := New[string, int](1 << 10)
	for _, c := range []struct {
		key, text    string
		times, makes int
	}{
		{"a", "text", 9, 2},
		{"a", "text", 9, 0},
		{"b", "text", 9, 1},
		{"a", "other text", 1, 1},
		{"a", "", 9, 2},
		{"a", strings.Repeat("x", 1<<10), 9, 9},
	} {
		if n := made(m, c.key, c.text, c.times); n != c.makes {
			t.Errorf("%s %.9q: made %d times, want %d", c.key, c.text, n, c.makes)
		}
	}
}

func TestRefused(t *testing.T) {
	m, n := New[string, int](1<<10), 0
	for range 5 {
		if _, ok := m.Of("a", []byte("text"), func() (int, bool) { n++; return 0, false }); ok {
			t.Error("a value that was not made is there")
		}
	}
	if n != 5 {
		t.Errorf("tried %d times", n)
	}
}

// TestSameHash has two texts of one hash, as far as the memo can tell.
func TestSameHash(t *testing.T) {
	m := New[string, int](1 << 10)
	made(m, "a", "text", 3)
	for at := range m.young {
		m.young[at] = held[int]{[]byte("another"), 99}
	}
	if n := made(m, "a", "text", 1); n != 1 {
		t.Error("the value of another text was taken")
	}
}

func TestBound(t *testing.T) {
	const bound = 1 << 12
	m := New[string, int](bound)
	for i := range 1000 {
		made(m, "a", fmt.Sprintf("%0100d", i), 2)
		made(m, "a", "always", 2)
		total := 0
		for _, all := range []map[id[string]]held[int]{m.young, m.old} {
			for _, h := range all {
				total += len(h.text)
			}
		}
		if total > bound {
			t.Fatalf("%d bytes are held", total)
		}
	}
	if n := made(m, "a", "always", 1); n != 0 {
		t.Error("what is used all the time was forgotten")
	}
	if n := made(m, "a", fmt.Sprintf("%0100d", 0), 1); n != 1 {
		t.Error("what was used long ago is still there")
	}
}

func TestConcurrently(t *testing.T) {
	m := New[string, int](1 << 9)
	var g sync.WaitGroup
	for range 4 {
		g.Go(func() {
			for i := range 1000 {
				made(m, "a", strings.Repeat("x", i%50), 2)
			}
		})
	}
	g.Wait()
}
