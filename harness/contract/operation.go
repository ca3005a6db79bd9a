package contract

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/rolecheck/rolecheck/spec"
)

// operation is an operation of the description, made ready for judging.
type operation struct {
	spec.Operation
	statuses map[int]*status
	// accepted lists the statuses that count, for details.
	accepted string
	// body is the node of the request's body; nil where none is declared.
	body *node
	// path are the path parameters for which not every text will do.
	path  map[string]*node
	query map[string]*parameter
}

// status is one described answer.
type status struct {
	spec.Status
	// body is the node of the answer's body; nil where none is declared.
	body *node
	// counts says that the status is accepted under the judge's options, hasBody that its content is.
	counts, hasBody bool
	// scopeFailure says that the answer may come without its content when a token lacks a scope.
	scopeFailure bool
}

// parameter is one query parameter.
type parameter struct {
	*node
	// observed says that no document vouches for it.
	observed bool
}

const applicationJSON = "application/json"

func (c *compiler) operation(doc *openapi3.T, o spec.Operation, opts Options) (*operation, error) {
	op := &operation{Operation: o, statuses: make(map[int]*status, len(o.Statuses))}
	for _, s := range o.Statuses {
		compiled, err := c.status(o.Raw.Responses.Status(s.Code), s, opts)
		if err != nil {
			return nil, fmt.Errorf("status %d: %w", s.Code, err)
		}
		op.statuses[s.Code] = compiled
		if compiled.counts {
			if op.accepted != "" {
				op.accepted += ", "
			}
			op.accepted += fmt.Sprint(s.Code)
		}
	}
	if b := o.Raw.RequestBody; b != nil {
		media := b.Value.Content[applicationJSON]
		if media == nil || media.Schema == nil {
			return nil, fmt.Errorf("the request body has no schema for %s", applicationJSON)
		}
		var err error
		if op.body, err = c.ref(media.Schema, "request"); err != nil {
			return nil, err
		}
	}
	return op, c.parameters(doc, op)
}

func (c *compiler) status(r *openapi3.ResponseRef, s spec.Status, opts Options) (*status, error) {
	out := &status{Status: s, counts: s.Basis.InDocuments() || !opts.DocumentsOnly, hasBody: s.HasBody}
	if r == nil || r.Value == nil {
		return nil, fmt.Errorf("no response is described")
	}
	out.scopeFailure, _ = r.Value.Extensions["x-scope-failure"].(bool)
	if !s.HasBody {
		return out, nil
	}
	media := r.Value.Content[applicationJSON]
	if media == nil || media.Schema == nil {
		return nil, fmt.Errorf("the content has no schema for %s", applicationJSON)
	}
	out.hasBody = documented(media.Extensions) || !opts.DocumentsOnly
	schema := media.Schema
	if s.Code >= http.StatusBadRequest {
		// What every refusal has is judged on every refusal, whatever its own schema leaves open.
		schema = &openapi3.SchemaRef{Value: &openapi3.Schema{AllOf: openapi3.SchemaRefs{schema, envelope().NewRef()}}}
	}
	var err error
	out.body, err = c.ref(schema, "response")
	return out, err
}

// parameters compiles an operation's parameters and those of its path.
func (c *compiler) parameters(doc *openapi3.T, op *operation) error {
	op.path, op.query = map[string]*node{}, map[string]*parameter{}
	var all openapi3.Parameters
	if item := doc.Paths.Value(op.Path); item != nil {
		all = slices.Clone(item.Parameters)
	}
	// The operation's own come last, for they replace those of the path.
	for _, ref := range append(all, op.Raw.Parameters...) {
		p := ref.Value
		if p.Schema == nil {
			return fmt.Errorf("parameter %s has no schema", p.Name)
		}
		n, err := c.ref(p.Schema, p.In+":"+p.Name)
		if err != nil {
			return err
		}
		switch p.In {
		case openapi3.ParameterInPath:
			if s := constraints(n.schema); !n.schema.Type.Is(openapi3.TypeString) || !reflect.ValueOf(s).IsZero() || len(n.known) > 0 {
				op.path[p.Name] = n
			}
		case openapi3.ParameterInQuery:
			if n.items != nil || n.choice != nil || len(n.names) > 0 {
				return fmt.Errorf("parameter %s: only single values can be judged in a query", p.Name)
			}
			op.query[p.Name] = &parameter{node: n, observed: !documented(p.Extensions)}
		default:
			return fmt.Errorf("parameter %s: only those in path and query can be judged", p.Name)
		}
	}
	return nil
}

// envelope is the schema of every refusal: an object of four strings, and a list of causes that say what they are.
func envelope() *openapi3.Schema {
	cause := openapi3.NewObjectSchema().WithProperty("errorSummary", openapi3.NewStringSchema()).
		WithRequired([]string{"errorSummary"})
	return openapi3.NewObjectSchema().
		WithProperty("errorCode", openapi3.NewStringSchema()).
		WithProperty("errorSummary", openapi3.NewStringSchema()).
		WithProperty("errorLink", openapi3.NewStringSchema()).
		WithProperty("errorId", openapi3.NewStringSchema()).
		WithProperty("errorCauses", openapi3.NewArraySchema().WithItems(cause)).
		WithRequired([]string{"errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"})
}
