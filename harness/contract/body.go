package contract

import (
	"bytes"
	"errors"
	"hash/maphash"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// body judges a body that has to be JSON, by its node where there is one. Flaws of the text are reported under the rule
// wellFormed. It returns false where there is no value to judge.
func (c *collector) body(n *node, text []byte, wellFormed rule, rules *bodyRules) (any, bool) {
	key := judgedBody{n, rules, ""}
	if known, ok := c.judge.fitting.get(key, text); ok {
		c.checked |= known.rules
		c.document = known.document
		return c.document.Value, true
	}
	if c.list(n, text, wellFormed, rules) {
		return c.document.Value, true
	}
	checked, found := c.checked, len(c.findings)
	c.checked = 0
	c.check(wellFormed)
	d := c.parser.decode(text)
	for _, f := range d.flaws {
		c.report(wellFormed, f.pointer, f.expected, f.actual)
	}
	if d.complete && n != nil {
		c.walk(n, d.value, rules)
	}
	if d.complete && len(d.flaws) == 0 {
		c.document = &Document{Value: d.value}
	}
	if len(c.findings) == found && !c.more {
		c.judge.fitting.put(key, text, fit{c.checked, c.document})
	}
	c.checked |= checked
	return d.value, d.complete
}

// list judges a list item by item, for a list that was not seen before often has items that were. It returns false
// where that shows any mismatch: then the list has to be judged as a whole, to say where in it that is.
func (c *collector) list(n *node, text []byte, wellFormed rule, rules *bodyRules) bool {
	if n == nil || n.items == nil || len(text) < minList || len(text) > maxFitting/8 {
		return false
	}
	each := &collector{judge: c.judge, op: c.op, side: c.side}
	values := []any{}
	err := eachItem(text, func(item []byte) bool {
		v, ok := each.body(n.items, item, wellFormed, rules)
		values = append(values, v)
		return ok && len(each.findings) == 0 && !each.more
	})
	if err != nil || n.schema.VisitJSON(values, rules.options...) != nil {
		return false
	}
	for _, r := range []rule{wellFormed, rules.schema, rules.undeclared} {
		each.check(r)
	}
	c.checked |= each.checked
	c.document = &Document{Value: values}
	c.judge.fitting.put(judgedBody{n, rules, ""}, text, fit{each.checked, c.document})
	return true
}

var errNoList = errors.New("no list")

// eachItem calls judge with the text of each item of a list, as long as it returns true. It fails where it does not, and
// where the text is not one list.
func eachItem(text []byte, judge func(item []byte) bool) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() != '[' {
		return errNoList
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		item, err := d.ReadValue()
		if err != nil {
			return err
		}
		if !judge(item) {
			return errNoList
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return errNoList
	}
	return nil
}

// minList is from how many bytes on looking for a list's items costs less than judging them again.
const minList = 4 << 10

// maxFitting is how many bytes of bodies are remembered. With its value a body takes up some eight times as much.
const maxFitting = 2 << 20

// fitting remembers bodies without a mismatch, and items of lists, for an org that is polled answers much the same for
// hours. It compares whole texts, so that it is never wrong about one, and is safe for concurrent use.
type fitting struct {
	mu sync.Mutex
	// young has what was used since old was young. Whenever its texts come to half of maxFitting it becomes old, and what
	// was old is forgotten.
	young, old map[judgedBody]fit
	bytes      int
	// once has the hashes of texts that came once. Only a text that comes again is remembered: most never do.
	once [1 << 14]uint64
	seed maphash.Seed
}

func newFitting() *fitting { return &fitting{seed: maphash.MakeSeed()} }

// judgedBody is a body with what it was judged by.
type judgedBody struct {
	node  *node
	rules *bodyRules
	text  string
}

// fit is the result of judging a body without a mismatch.
type fit struct {
	rules    ruleSet
	document *Document
}

// get looks for a text that was judged as the key says.
func (f *fitting) get(k judgedBody, text []byte) (fit, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.young[judgedBody{k.node, k.rules, string(text)}]; ok {
		return known, true
	}
	known, ok := f.old[judgedBody{k.node, k.rules, string(text)}]
	if ok {
		k.text = string(text)
		f.hold(k, known)
	}
	return known, ok
}

func (f *fitting) put(k judgedBody, text []byte, known fit) {
	if len(text) > maxFitting/8 {
		return
	}
	hash := maphash.Bytes(f.seed, text)
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := &f.once[hash%uint64(len(f.once))]; *at != hash {
		*at = hash
		return
	}
	k.text = string(text)
	f.hold(k, known)
}

func (f *fitting) hold(k judgedBody, known fit) {
	if f.young == nil || f.bytes+len(k.text) > maxFitting/2 {
		f.old, f.young, f.bytes = f.young, map[judgedBody]fit{}, 0
	}
	f.bytes += len(k.text)
	f.young[k] = known
}
