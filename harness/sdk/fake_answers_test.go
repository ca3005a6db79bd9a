package sdk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// answer makes of the org's answer what the client tells.
func (f *fake) answer(s Step, r response) Answer {
	a := Answer{Step: s.Step, Status: r.status}
	switch {
	case r.status == http.StatusCreated && f.variant == "knows no 201 of groups" && f.does(s, "assign role of group"):
		a.Failure = "unexpected status 201"
	case r.status >= 300:
		return f.refusal(s, a, r)
	case len(r.body) == 0:
		if f.variant == "makes something of nothing" {
			a.Result = json.RawMessage(`{"ok":true}`)
		}
		if f.variant == "fails without a body" && !f.does(s, "assign role of group") {
			a.Status, a.Failure = 0, "unexpected end of JSON input"
		}
	default:
		var v any
		if err := json.Unmarshal(r.body, &v); err != nil {
			a.Failure = err.Error()
			return a
		}
		if a.Failure = f.cannotRead(s, string(r.body)); a.Failure != "" {
			return a
		}
		a.Result, _ = json.Marshal(f.decoded(s, v))
	}
	return a
}

// cannotRead is the error of a client that cannot decode some answers.
func (f *fake) cannotRead(s Step, body string) string {
	for variant, cannot := range map[string]bool{
		"cannot read standard roles":  strings.Contains(body, "READ_ONLY_ADMIN"),
		"cannot read custom roles":    strings.Contains(body, "Help desk of the north"),
		"cannot read null":            strings.Contains(body, ":null"),
		"cannot read unknown members": strings.Contains(body, "stageAdded"),
		"cannot read unknown values":  strings.Contains(body, "RELEASE_ADMIN"),
		"cannot read offsets":         strings.Contains(body, "+01:00"),
		"cannot read empty lists":     strings.TrimSpace(body) == "[]",
	} {
		if cannot && f.variant == variant {
			return "data matches more than one schema in oneOf"
		}
	}
	return ""
}

// decoded is what the client's types hold of an answer.
func (f *fake) decoded(s Step, v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = f.decoded(s, v[i])
		}
	case map[string]any:
		for name, member := range v {
			v[name] = f.decoded(s, member)
		}
		f.drop(s, v)
	}
	return v
}

// drop loses or changes members.
func (f *fake) drop(s Step, v map[string]any) {
	lose := func(variant, member string) {
		if f.variant == variant {
			delete(v, member)
		}
	}
	lose("loses targets", "targets")
	lose("loses orns", "orn")
	lose("loses object classes", "objectClass")
	lose("loses sign-on modes", "signOnModes")
	lose("loses unknown members", "stageAdded")
	lose("loses conditions it reads", "include")
	if v["type"] != nil && v["profile"] == nil {
		lose("loses descriptions", "description")
	}
	if strings.Contains(f.operations[s.Operation].Action, "permission") && v["label"] != nil {
		lose("loses the dates of permissions", "lastUpdated")
	}
	if f.variant == "makes up members" && len(v) == 2 && v["id"] != nil && v["type"] != nil {
		v["label"] = "none"
	}
	if date, ok := v["created"].(string); ok && f.variant == "loses fractions of seconds" {
		v["created"] = strings.Replace(date, ".789", "", 1)
	}
}

func (f *fake) refusal(s Step, a Answer, r response) Answer {
	var e struct{ ErrorCode, ErrorSummary string }
	err := json.Unmarshal(r.body, &e)
	a.Error = &Refusal{Code: e.ErrorCode, Message: e.ErrorSummary}
	switch {
	case strings.HasPrefix(f.variant, "loses the codes of") && strings.Contains(f.variant, fmt.Sprint(r.status)):
		a.Error.Code = ""
	case f.variant == "loses the status":
		a.Status = 0
	case f.variant == "fails on refusals without a body" && err != nil && r.status == http.StatusForbidden:
		a.Error, a.Failure = nil, err.Error()
	case f.variant == "swallows refusals" && r.status == http.StatusTooManyRequests:
		a.Error, a.Status = nil, 0
	}
	return a
}

var linkNext = regexp.MustCompile(`<([^>]*)>; rel="next"`)

// pages follows a list to its end.
func (f *fake) pages(s Step) Answer {
	operation := f.operations[s.Operation]
	next := f.target(operation.Path, s)
	var items []any
	inBody := f.does(s, "list assignee of org")
	if inBody && f.variant == "cannot follow bodies" {
		return Answer{Step: s.Step, Unsupported: "no means for this"}
	}
	for next != "" {
		r, err := f.call(operation.Method, next, nil)
		if err != nil || r.status != http.StatusOK {
			return Answer{Step: s.Step, Failure: fmt.Sprint("a page: ", r.status, err)}
		}
		next = ""
		var page []any
		if inBody {
			var body struct {
				Value []any
				Links struct{ Next struct{ Href string } } `json:"_links"`
			}
			_ = json.Unmarshal(r.body, &body)
			page, next = body.Value, body.Links.Next.Href
		} else {
			_ = json.Unmarshal(r.body, &page)
			for _, link := range r.header.Values("Link") {
				if m := linkNext.FindStringSubmatch(link); m != nil {
					next = m[1]
				} else if f.variant == "follows links to itself" && len(items) < 100 {
					next, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
				}
			}
		}
		items = append(items, page...)
		if f.variant == "stops after a page" {
			break
		}
	}
	var whole any = items
	if inBody {
		whole = map[string]any{"value": items}
	}
	b, _ := json.Marshal(whole)
	return Answer{Step: s.Step, Status: http.StatusOK, Result: b}
}
