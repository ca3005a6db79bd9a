package history

import "container/list"

// lru holds the values of the keys that were used last, up to a limit.
type lru[K comparable, V any] struct {
	limit int
	// order has the key that was used last in front.
	order *list.List
	items map[K]*list.Element
}

type lruItem[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](limit int) lru[K, V] {
	return lru[K, V]{limit: limit, order: list.New(), items: map[K]*list.Element{}}
}

// get returns the value of a key, and counts as a use.
func (l *lru[K, V]) get(k K) (V, bool) {
	e, ok := l.items[k]
	if !ok {
		var none V
		return none, false
	}
	l.order.MoveToFront(e)
	return e.Value.(lruItem[K, V]).value, true
}

// put sets the value of a key.
func (l *lru[K, V]) put(k K, v V) {
	if e, ok := l.items[k]; ok {
		e.Value = lruItem[K, V]{k, v}
		l.order.MoveToFront(e)
		return
	}
	l.items[k] = l.order.PushFront(lruItem[K, V]{k, v})
	if l.order.Len() > l.limit {
		l.drop(l.order.Back().Value.(lruItem[K, V]).key)
	}
}

func (l *lru[K, V]) drop(k K) {
	if e, ok := l.items[k]; ok {
		l.order.Remove(e)
		delete(l.items, k)
	}
}

// dropWhere drops the keys that the function picks.
func (l *lru[K, V]) dropWhere(pick func(K, V) bool) {
	for k, e := range l.items {
		if pick(k, e.Value.(lruItem[K, V]).value) {
			l.drop(k)
		}
	}
}

// each calls visit with every key and value.
func (l *lru[K, V]) each(visit func(K, V)) {
	for k, e := range l.items {
		visit(k, e.Value.(lruItem[K, V]).value)
	}
}
