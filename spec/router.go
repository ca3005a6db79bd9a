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
	operations map[string]route
}

// route is an operation with the names of its path parameters, in the order of the path.
type route struct {
	operation  Operation
	parameters []string
}

// add puts an operation into the tree.
func (n *node) add(o Operation) {
	r := route{operation: o}
	for segment := range strings.SplitSeq(strings.TrimPrefix(o.Path, "/"), "/") {
		if name, ok := parameterName(segment); ok {
			r.parameters = append(r.parameters, name)
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
		n.operations = map[string]route{}
	}
	n.operations[o.Method] = r
}

// find walks down to where the rest of a path ends, collecting the values of its parameters. A literal goes before a
// parameter; where it leads nowhere, the parameter is tried.
func (n *node) find(method, rest string, values []string) (route, []string, bool) {
	raw, rest, more := strings.Cut(rest, "/")
	segment, err := url.PathUnescape(raw)
	if err != nil || segment == "" {
		return route{}, nil, false
	}
	if next := n.literals[segment]; next != nil {
		if r, v, ok := next.end(method, rest, more, values); ok {
			return r, v, true
		}
	}
	if n.parameter == nil {
		return route{}, nil, false
	}
	return n.parameter.end(method, rest, more, append(values, segment))
}

// end finds the operation here when no more segments follow, and further down otherwise.
func (n *node) end(method, rest string, more bool, values []string) (route, []string, bool) {
	if more {
		return n.find(method, rest, values)
	}
	r, ok := n.operations[method]
	return r, values, ok
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
	r, values, ok := s.routes.find(method, path, make([]string, 0, 4))
	if !ok {
		return Operation{}, nil, false
	}
	parameters := make(map[string]string, len(values))
	for i, name := range r.parameters {
		parameters[name] = values[i]
	}
	return r.operation, parameters, true
}
