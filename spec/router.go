package spec

import (
	"net/url"
	"strings"
)

// node is one place in the tree of path segments.
type node struct {
	literals map[string]*node
	// parameter is where any segment leads that is not one of the literals; nil if none may stand there.
	parameter *node
	// operations are those whose path ends here, by method.
	operations map[string]*Operation
}

// add puts an operation into the tree.
func (n *node) add(o Operation) {
	for segment := range strings.SplitSeq(strings.TrimPrefix(o.Path, "/"), "/") {
		if _, ok := parameterName(segment); ok {
			if n.parameter == nil {
				n.parameter = &node{}
			}
			n = n.parameter
			continue
		}
		next := n.literals[segment]
		if next == nil {
			next = &node{}
			if n.literals == nil {
				n.literals = map[string]*node{}
			}
			n.literals[segment] = next
		}
		n = next
	}
	if n.operations == nil {
		n.operations = map[string]*Operation{}
	}
	n.operations[o.Method] = &o
}

// find walks down to where the rest of a path ends, collecting the values of its parameters. A literal goes before a
// parameter; where it leads nowhere, the parameter is tried. The operation is nil where the path leads to none.
func (n *node) find(method, rest string, values []string) (*Operation, []string) {
	raw, rest, more := strings.Cut(rest, "/")
	segment, err := url.PathUnescape(raw)
	if err != nil || segment == "" {
		return nil, nil
	}
	if next := n.literals[segment]; next != nil {
		if o, v := next.end(method, rest, more, values); o != nil {
			return o, v
		}
	}
	if n.parameter == nil {
		return nil, nil
	}
	return n.parameter.end(method, rest, more, append(values, segment))
}

// end finds the operation here when no more segments follow, and further down otherwise.
func (n *node) end(method, rest string, more bool, values []string) (*Operation, []string) {
	if more {
		return n.find(method, rest, values)
	}
	return n.operations[method], values
}

// parametersOf lists the names of a path's parameters, in their order.
func parametersOf(path string) []string {
	var out []string
	for segment := range strings.SplitSeq(path, "/") {
		if name, ok := parameterName(segment); ok {
			out = append(out, name)
		}
	}
	return out
}

// parameterName returns the name within a segment's braces.
func parameterName(segment string) (string, bool) {
	name, ok := strings.CutPrefix(segment, "{")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(name, "}")
}

// Match finds the operation that a request is for, with its path parameters. The path is escaped, as
// url.URL.EscapedPath gives it: it is cut into segments before they are decoded, so that an encoded slash is part of
// its parameter. The host does not matter; a trailing slash or an empty segment does, and matches nothing.
func (s *Spec) Match(method, escapedPath string) (Operation, map[string]string, bool) {
	path, ok := strings.CutPrefix(escapedPath, "/")
	if !ok {
		return Operation{}, nil, false
	}
	o, values := s.routes.find(method, path, make([]string, 0, 4))
	if o == nil {
		return Operation{}, nil, false
	}
	parameters := make(map[string]string, len(values))
	for i, name := range o.Parameters {
		parameters[name] = values[i]
	}
	return *o, parameters, true
}
