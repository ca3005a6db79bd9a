package contract

import "sync"

// maxFitting is how many bytes of bodies are remembered. With its decoded value a body takes up some eight times as much.
const maxFitting = 2 << 20

// fitting remembers bodies without a mismatch, for an org that is polled answers the same for hours. It compares whole
// texts, so that it is never wrong about one, and is safe for concurrent use.
type fitting struct {
	mu sync.Mutex
	// young has the bodies of which one was used since old was young. Whenever it holds half of maxFitting it becomes old,
	// and the bodies that were old are forgotten.
	young, old map[judgedBody]fit
	bytes      int
}

// judgedBody is a body with what it was judged by.
type judgedBody struct {
	node  *node
	rules *bodyRules
	text  string
}

// fit is what judging a body gave.
type fit struct {
	rules ruleSet
	body  document
}

func (f *fitting) get(n *node, rules *bodyRules, body []byte) (fit, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.young[judgedBody{n, rules, string(body)}]; ok {
		return known, true
	}
	known, ok := f.old[judgedBody{n, rules, string(body)}]
	if ok {
		f.hold(n, rules, known)
	}
	return known, ok
}

func (f *fitting) put(n *node, rules *bodyRules, known fit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hold(n, rules, known)
}

func (f *fitting) hold(n *node, rules *bodyRules, known fit) {
	size := len(known.body.text)
	if size > maxFitting/8 {
		return
	}
	if f.young == nil || f.bytes+size > maxFitting/2 {
		f.old, f.young, f.bytes = f.young, map[judgedBody]fit{}, 0
	}
	f.bytes += size
	f.young[judgedBody{n, rules, known.body.text}] = known
}
