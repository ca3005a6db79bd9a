package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/rolecheck/rolecheck/harness/text"
	"github.com/rolecheck/rolecheck/spec"
)

// org prepares the org for a step. Its requests are rolecheck's own; none of them is the client's.
type org struct {
	spec    *spec.Spec
	handler http.Handler
	base    string
	token   string
}

// holder is a principal of the fixtures.
type holder struct {
	of spec.Holder
	id string
}

// call calls the operation with an action, and returns the answer's body. What is no success is an error.
func (o *org) call(ctx context.Context, a spec.Action, body any, values ...string) ([]byte, error) {
	op, ok := o.spec.Find(a)
	if !ok {
		return nil, fmt.Errorf("the description has no operation to %s", a)
	}
	path, err := op.PathWith(values...)
	if err != nil {
		return nil, fmt.Errorf("calling the org: %w", err)
	}
	var b []byte
	if body != nil {
		b = encoded(body)
	}
	r, err := http.NewRequestWithContext(ctx, op.Method, o.base+path, bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("calling the org: %w", err)
	}
	r.Header.Set("Authorization", "SSWS "+o.token)
	r.Header.Set("Accept", "application/json")
	if b != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer := pass(o.handler, r, b)
	if answer.status >= 300 {
		return nil, fmt.Errorf("the org answered %s %s with %d: %s", op.Method, path, answer.status, text.Excerpt(string(answer.body), 300))
	}
	return answer.body, nil
}

// clear takes all roles from a principal.
func (o *org) clear(ctx context.Context, h holder) error {
	b, err := o.call(ctx, spec.Action{Verb: spec.List, Object: spec.Role, Of: h.of}, nil, h.id)
	if err != nil {
		return err
	}
	var roles []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(b, &roles); err != nil {
		return fmt.Errorf("reading the roles of the %s %s: %w", h.of, h.id, err)
	}
	for _, r := range roles {
		if _, err := o.call(ctx, spec.Action{Verb: spec.Unassign, Object: spec.Role, Of: h.of}, nil, h.id, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// give has a principal hold this role and no other, and returns the id of the assignment.
func (o *org) give(ctx context.Context, h holder, role any) (id string, err error) {
	if err := o.clear(ctx, h); err != nil {
		return "", err
	}
	b, err := o.call(ctx, spec.Action{Verb: spec.Assign, Object: spec.Role, Of: h.of}, role, h.id)
	if err != nil {
		return "", err
	}
	var assignment struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(b, &assignment); err != nil || assignment.ID == "" {
		return "", fmt.Errorf("the org gave the %s %s a role and no id of the assignment: %s", h.of, h.id, text.Excerpt(string(b), 300))
	}
	return assignment.ID, nil
}

// target is one target of a role, with the values that name it in a path.
type target struct {
	object spec.Object
	names  []string
}

// narrow adds targets to a role, in the order given.
func (o *org) narrow(ctx context.Context, h holder, role string, targets []target) error {
	for _, t := range targets {
		values := append([]string{h.id, role}, t.names...)
		if _, err := o.call(ctx, spec.Action{Verb: spec.Assign, Object: t.object, Of: h.of}, nil, values...); err != nil {
			return err
		}
	}
	return nil
}

// permission calls an operation on the permissions of a custom role.
func (o *org) permission(ctx context.Context, verb spec.Verb, body any, values ...string) ([]byte, error) {
	return o.call(ctx, spec.Action{Verb: verb, Object: spec.Permission, Of: spec.CustomRole}, body, values...)
}

// permit has a custom role with a permission, under conditions where there are any; forbid has it without.
func (o *org) permit(ctx context.Context, role, permission string, conditions any) error {
	if err := o.forbid(ctx, role, permission); err != nil {
		return err
	}
	var body any
	if conditions != nil {
		body = object{"conditions": conditions}
	}
	_, err := o.permission(ctx, spec.Assign, body, role, permission)
	return err
}

func (o *org) forbid(ctx context.Context, role, permission string) error {
	b, err := o.permission(ctx, spec.List, nil, role)
	if err != nil {
		return err
	}
	var has struct {
		Permissions []struct {
			Label string `json:"label"`
		} `json:"permissions"`
	}
	if err := json.Unmarshal(b, &has); err != nil {
		return fmt.Errorf("reading the permissions of the custom role: %w", err)
	}
	for _, p := range has.Permissions {
		if p.Label == permission {
			_, err := o.permission(ctx, spec.Unassign, nil, role, permission)
			return err
		}
	}
	return nil
}
