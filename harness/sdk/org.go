package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// org arranges in the org what a step stands on. Its requests are rolecheck's own, and nothing of the client.
type org struct {
	handler http.Handler
	base    string
	token   string
}

// principal is somebody who can hold roles: the path of the roles.
type principal string

func userRoles(id string) principal   { return principal("/api/v1/users/" + id + "/roles") }
func groupRoles(id string) principal  { return principal("/api/v1/groups/" + id + "/roles") }
func clientRoles(id string) principal { return principal("/oauth2/v1/clients/" + id + "/roles") }

// send asks the org, and returns the answer's body. What is no success is an error.
func (o *org) send(ctx context.Context, method, path string, body any) ([]byte, error) {
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("writing the body of %s %s: %w", method, path, err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, o.base+path, bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("asking the org: %w", err)
	}
	r.Header.Set("Authorization", "SSWS "+o.token)
	r.Header.Set("Accept", "application/json")
	if b != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	a := pass(o.handler, r, b)
	if a.status >= 300 {
		return nil, fmt.Errorf("the org answered %s %s with %d: %s", method, path, a.status, shorten(string(a.body), 300))
	}
	return a.body, nil
}

// clear takes all roles from a principal.
func (o *org) clear(ctx context.Context, p principal) error {
	b, err := o.send(ctx, http.MethodGet, string(p), nil)
	if err != nil {
		return err
	}
	var roles []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(b, &roles); err != nil {
		return fmt.Errorf("reading the roles at %s: %w", p, err)
	}
	for _, r := range roles {
		if _, err := o.send(ctx, http.MethodDelete, string(p)+"/"+r.ID, nil); err != nil {
			return err
		}
	}
	return nil
}

// give has a principal hold these roles and no others, and returns the id of the last one's assignment.
func (o *org) give(ctx context.Context, p principal, roles ...any) (id string, err error) {
	if err := o.clear(ctx, p); err != nil {
		return "", err
	}
	for _, role := range roles {
		b, err := o.send(ctx, http.MethodPost, string(p), role)
		if err != nil {
			return "", err
		}
		var assignment struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(b, &assignment); err != nil || assignment.ID == "" {
			return "", fmt.Errorf("the org answered POST %s without an id: %s", p, shorten(string(b), 300))
		}
		id = assignment.ID
	}
	return id, nil
}

// target adds targets to a role, in the order given.
func (o *org) target(ctx context.Context, p principal, role string, targets ...string) error {
	for _, t := range targets {
		if _, err := o.send(ctx, http.MethodPut, string(p)+"/"+role+"/targets/"+t, nil); err != nil {
			return err
		}
	}
	return nil
}

// permit has a custom role with a permission, under conditions where there are any; forbid has it without.
func (o *org) permit(ctx context.Context, role, permission string, conditions any) error {
	if err := o.forbid(ctx, role, permission); err != nil {
		return err
	}
	var body any
	if conditions != nil {
		body = map[string]any{"conditions": conditions}
	}
	_, err := o.send(ctx, http.MethodPost, permissionPath(role, permission), body)
	return err
}

func (o *org) forbid(ctx context.Context, role, permission string) error {
	b, err := o.send(ctx, http.MethodGet, "/api/v1/iam/roles/"+url.PathEscape(role)+"/permissions", nil)
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
			_, err := o.send(ctx, http.MethodDelete, permissionPath(role, permission), nil)
			return err
		}
	}
	return nil
}

func permissionPath(role, permission string) string {
	return "/api/v1/iam/roles/" + url.PathEscape(role) + "/permissions/" + url.PathEscape(permission)
}
