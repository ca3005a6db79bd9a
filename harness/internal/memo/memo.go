// Package memo remembers what was made of texts, for those that come again and again: an org that is polled answers the
// same for hours.
package memo

import (
	"bytes"
	"hash/maphash"
	"sync"
)

// Memo remembers the values that were made of texts, by a key and the text. It holds the texts themselves and compares
// them whole, so that it is never wrong about one; what it holds is bounded. It is safe for concurrent use.
type Memo[K comparable, V any] struct {
	seed  maphash.Seed
	bound int

	mu sync.Mutex
	// young is what was used since old was young. Whenever it has grown to half the bound it takes the place of old,
	// whose texts are forgotten.
	young, old map[id[K]]held[V]
	bytes      int
	// glimpsed are texts that came once. Only a text that comes again is held: most never do.
	glimpsed [4096]uint64
}

type id[K comparable] struct {
	key  K
	hash uint64
}

type held[V any] struct {
	text  []byte
	value V
}

// New returns a Memo that holds texts of at most so many bytes together.
func New[K comparable, V any](bound int) *Memo[K, V] {
	return &Memo[K, V]{seed: maphash.MakeSeed(), bound: bound, young: map[id[K]]held[V]{}}
}

// Of returns the value of a text: the remembered one, or else what make makes of it, which is remembered if make says
// so. The text must not change any more, nor the value.
func (m *Memo[K, V]) Of(key K, text []byte, make func() (V, bool)) (V, bool) {
	at := id[K]{key, maphash.Bytes(m.seed, text)}
	if h, ok := m.find(at); ok && bytes.Equal(h.text, text) {
		return h.value, true
	}
	v, ok := make()
	if ok {
		m.put(at, held[V]{text, v})
	}
	return v, ok
}

func (m *Memo[K, V]) find(at id[K]) (held[V], bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.young[at]
	if ok {
		return h, true
	}
	if h, ok = m.old[at]; ok {
		m.hold(at, h)
	}
	return h, ok
}

func (m *Memo[K, V]) put(at id[K], h held[V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if seen := &m.glimpsed[at.hash%uint64(len(m.glimpsed))]; *seen != at.hash {
		*seen = at.hash
		return
	}
	m.hold(at, h)
}

func (m *Memo[K, V]) hold(at id[K], h held[V]) {
	if len(h.text) > m.bound/8 {
		return
	}
	if m.bytes+len(h.text) > m.bound/2 {
		m.old, m.young, m.bytes = m.young, map[id[K]]held[V]{}, 0
	}
	m.bytes += len(h.text) - len(m.young[at].text)
	m.young[at] = h
}
