package contract

import (
	"reflect"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/rolecheck/rolecheck/harness/internal/scan"
)

// Most answers are as they should be, and decoding them takes much longer than seeing that. So their text is looked at
// first, in one pass: where it shows that the thorough way would find nothing, that way is not taken. Whatever this
// look does not know for sure is left to the thorough way, which alone has findings.

// quickBody is the most bytes that are looked at. No shorter text has more than maxValues values.
const quickBody = maxValues

// maxFitting is how many bytes of bodies that fit are remembered.
const maxFitting = 8 << 20

// quick reports whether a body certainly fits its node, and notes the rules that it was judged by.
func (c *collector) quick(n *node, body []byte) bool {
	if len(body) > quickBody {
		return false
	}
	checked, ok := c.judge.fitting.Of(n, body, func() (ruleSet, bool) {
		l := look{text: scan.New(body), documentsOnly: c.judge.opts.DocumentsOnly}
		for _, r := range []rule{jsonWellFormed, answerRules.schema, answerRules.undeclared} {
			l.checked.add(r)
		}
		l.value(n)
		return l.checked, l.text.Ended()
	})
	if ok {
		c.checked |= checked
	}
	return ok
}

// look is one look at a text. It gives up by letting the text fail.
type look struct {
	text scan.Text
	// ahead is the text again, for looking further than what comes next.
	ahead         scan.Text
	documentsOnly bool
	checked       ruleSet
}

// value looks at the next value, and returns the text of a string.
func (l *look) value(n *node) []byte {
	if n.choice != nil {
		if l.text.Next() != 'n' || !n.choice.nullable {
			n = l.pick(n.choice)
		} else {
			l.text.Null()
			return nil
		}
	}
	switch first := l.text.Next(); {
	case n.quick == quickNever:
		l.text.Fail()
	case n.quick == quickAlways:
		l.anything()
	case first == 'n':
		if !n.schema.Nullable {
			l.text.Fail()
			return nil
		}
		l.text.Null()
	case n.quick == quickNotNull:
		l.anything()
	case n.quick == quickObject:
		l.object(n)
	case n.quick == quickArray:
		for range l.text.Items() {
			if n.items == nil {
				l.anything()
			} else {
				l.value(n.items)
			}
		}
	case n.quick == quickString:
		return l.string(n)
	case n.quick == quickBool:
		l.text.Bool()
	}
	return nil
}

// pick looks ahead for the word that tells the alternative.
func (l *look) pick(c *choice) *node {
	if l.text.Next() != '{' {
		return c.standard
	}
	l.ahead = l.text
	for name := range l.ahead.Members() {
		if string(name) != c.property {
			l.ahead.Skip()
			continue
		}
		if l.ahead.Next() == '"' {
			if n := c.branches[string(l.ahead.String())]; n != nil {
				return n
			}
		}
		break
	}
	return c.standard
}

// maxOthers is how many members that are not named an object may have here.
const maxOthers = 16

func (l *look) object(n *node) {
	var found uint64
	var others [maxOthers][]byte
	var created, updated []byte
	count, at := 0, 0
	for name := range l.text.Members() {
		i := n.index(name, at)
		if i < 0 {
			if count == maxOthers || slices.ContainsFunc(others[:count], func(o []byte) bool { return string(o) == string(name) }) {
				l.text.Fail()
				return
			}
			others[count], count = name, count+1
			l.other(n)
			continue
		}
		at = i + 1
		if found&(1<<i) != 0 || l.documentsOnly && n.observed[n.names[i]] {
			l.text.Fail()
			return
		}
		found |= 1 << i
		switch s := l.value(n.values[i]); i {
		case n.created:
			created = s
		case n.updated:
			updated = s
		}
	}
	if n.required&^found != 0 {
		l.text.Fail()
	}
	if n.ordered && created != nil && updated != nil {
		l.order(created, updated)
	}
}

// index finds a member's name. Members often come in the same order, so that the search begins behind the last one.
func (n *node) index(name []byte, at int) int {
	for range n.names {
		if at >= len(n.names) {
			at = 0
		}
		if n.names[at] == string(name) {
			return at
		}
		at++
	}
	return -1
}

// other looks at the value of a member that is not named.
func (l *look) other(n *node) {
	switch {
	case n.extra != nil:
		l.value(n.extra)
	case n.open:
		l.anything()
	default:
		l.text.Fail()
	}
}

func (l *look) string(n *node) []byte {
	s := l.text.String()
	if l.text.Failed() {
		return nil
	}
	if len(n.words) > 0 && !slices.Contains(n.words, string(s)) {
		l.text.Fail()
	}
	if n.schema.MinLength > uint64(len(s)) || n.schema.MinLength > 1 {
		l.text.Fail()
	}
	if n.instant {
		l.checked.add(answerRules.instants)
		if !inCalendar(s) {
			l.text.Fail()
		}
	}
	if len(n.known) > 0 {
		l.checked.add(answerRules.known)
		if !slices.Contains(n.known, string(s)) {
			l.text.Fail()
		}
	}
	return s
}

// order looks at two instants of canonical form.
func (l *look) order(created, updated []byte) {
	if string(updated) < string(created) {
		l.text.Fail()
		return
	}
	l.checked.add(answerRules.order)
}

// anything reads a value that may be any. A member that is there twice is a flaw even there.
func (l *look) anything() {
	switch l.text.Next() {
	case '{':
		var names [maxOthers][]byte
		count := 0
		for name := range l.text.Members() {
			if count == maxOthers || slices.ContainsFunc(names[:count], func(o []byte) bool { return string(o) == string(name) }) {
				l.text.Fail()
				return
			}
			names[count], count = name, count+1
			l.anything()
		}
	case '[':
		for range l.text.Items() {
			l.anything()
		}
	default:
		l.text.Skip()
	}
}

// inCalendar reports whether s has the canonical form of an instant, and is one.
func inCalendar(s []byte) bool {
	if !canonical(string(s)) {
		return false
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	year, month, day := two(0)*100+two(2), two(5), two(8)
	if month < 1 || month > 12 || day < 1 || two(11) > 23 || two(14) > 59 || two(17) > 59 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days++
	}
	return day <= days
}

// quickness is what a quick look knows of a node.
type quickness uint8

const (
	// quickNever nodes need the thorough way.
	quickNever quickness = iota
	// quickAlways nodes take any value, and quickNotNull any but null where that is not allowed.
	quickAlways
	quickNotNull
	quickObject
	quickArray
	quickString
	quickBool
)

// prepare finds out what a quick look may know of the node. It is conservative: a schema that says anything else than
// what is looked at here is left to the thorough way.
func (n *node) prepare() {
	s := n.schema
	rest := constraints(s)
	rest.Enum, rest.MinLength, rest.Format = nil, 0, ""
	switch {
	case s.Always != nil:
		if *s.Always {
			n.quick = quickAlways
		}
		return
	case !reflect.DeepEqual(rest, openapi3.Schema{}), len(n.names) > 64, s.Const != nil:
		return
	}
	n.created, n.updated = -1, -1
	for i, name := range n.names {
		n.values = append(n.values, n.members[name])
		if slices.Contains(s.Required, name) {
			n.required |= 1 << i
		}
		switch name {
		case "created":
			n.created = i
		case "lastUpdated":
			n.updated = i
		}
	}
	text := s.Type.Is(openapi3.TypeString)
	if !text && (len(s.Enum) > 0 || s.MinLength > 0 || s.Format != "" || len(n.known) > 0) {
		return
	}
	switch {
	case s.Type == nil && n.leaf && len(s.Required) == 0:
		n.quick = quickNotNull
	case n.ordered && (!n.values[n.created].instant || !n.values[n.updated].instant):
		// Whether such values are instants at all would have to be looked at.
	case s.Type.Is(openapi3.TypeObject) && declared(n.names, s.Required):
		n.quick = quickObject
	case s.Type.Is(openapi3.TypeArray):
		n.quick = quickArray
	case s.Type.Is(openapi3.TypeBoolean):
		n.quick = quickBool
	case text && (s.Format == "" || n.instant):
		list, err := words(s.Enum)
		if err != nil {
			return
		}
		n.words, n.quick = list, quickString
	}
}

func declared(names, required []string) bool {
	return !slices.ContainsFunc(required, func(name string) bool { return !slices.Contains(names, name) })
}
