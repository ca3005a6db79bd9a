package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rolecheck/rolecheck/harness/exchange"
)

// interaction reads one interaction of a cassette. The item is made of map[string]any, []any and scalars (string,
// []byte, json.Number, bool or nil), whether it was YAML or JSON. go-vcr and vcrpy differ in the names of a few members;
// that the request's URL is a url in the one and a uri in the other tells them apart.
func (rd *reading) interaction(item any) (*exchange.Exchange, error) {
	m, _ := item.(map[string]any)
	req, ok := m["request"].(map[string]any)
	if !ok {
		return nil, errors.New("the interaction has no request")
	}
	where, format := text(req["uri"]), formatVCRpy
	if where == "" {
		where, format = text(req["url"]), formatGoVCR
	}
	u, err := absolute(where)
	if err != nil {
		return nil, err
	}
	if rd.sum.Format == "" {
		rd.sum.Format = format
	}
	method := strings.ToUpper(text(req["method"]))
	if method == "" {
		return nil, errors.New("the request has no method")
	}
	x := &exchange.Exchange{Request: exchange.Request{Method: method, URL: u, Header: header(req["headers"])}}
	if x.Request.Body, err = payload(req["body"]); err != nil {
		return nil, fmt.Errorf("the request's body: %w", err)
	}
	x.Request.Body = settle(x.Request.Body, x.Request.Header, req)

	res, ok := m["response"].(map[string]any)
	if !ok {
		return nil, errors.New("the interaction has no response")
	}
	x.Duration = duration(text(res["duration"]))
	x.Response, err = answer(method, res)
	return x, err
}

func answer(method string, res map[string]any) (*exchange.Response, error) {
	code := text(res["code"])
	// vcrpy has the code inside of status, or for the httpx client in a member of its own.
	if status, ok := res["status"].(map[string]any); ok {
		code = text(status["code"])
	} else if code == "" {
		code = text(res["status_code"])
	}
	if code == "" {
		return nil, errors.New("the response has no status code")
	}
	status, err := strconv.Atoi(code)
	if err != nil {
		return nil, fmt.Errorf("the response's status code: %q is no number", code)
	}
	if err := checkStatus(status); err != nil {
		return nil, err
	}
	out := &exchange.Response{Status: status, Header: header(res["headers"])}
	noted, ok := res["body"]
	if !ok {
		noted = res["content"]
	}
	body, err := payload(noted)
	if err != nil {
		return nil, fmt.Errorf("the response's body: %w", err)
	}
	if canHaveBody(method, status) || len(body.Bytes) > 0 {
		body = settle(body, out.Header, res)
	}
	out.Body = body
	return out, nil
}

// settle undoes the codings of a payload, and finds that one was left out where there is nothing but a length.
func settle(b exchange.Body, h http.Header, message map[string]any) exchange.Body {
	if len(b.Bytes) > 0 {
		return exchange.UndoCodings(b, h)
	}
	n, err := strconv.ParseInt(text(message["content_length"]), 10, 64)
	b.Omitted = b.Omitted || err == nil && n > 0 || announcesBody(h)
	return b
}

// payload reads a body in any of the forms that cassettes have: text, bytes, either below string, base64 below
// base64_string, and the state of a Python buffer.
func payload(v any) (exchange.Body, error) {
	switch v := v.(type) {
	case nil:
		return exchange.Body{}, nil
	case []byte:
		return exchange.Bounded(v), nil
	case []any:
		if len(v) == 0 {
			return exchange.Body{}, nil
		}
		return exchange.Body{Omitted: true}, nil
	case map[string]any:
		if s, ok := v["string"]; ok {
			return payload(s)
		}
		if s, ok := v["base64_string"]; ok {
			b, err := unbase64(text(s))
			return exchange.Bounded(b), err
		}
		if state, ok := v["state"].([]any); ok && len(state) > 0 {
			return payload(state[0])
		}
		return exchange.Body{Omitted: len(v) > 0}, nil
	}
	return exchange.Bounded([]byte(text(v))), nil
}

// text is a scalar as it was written, and empty for everything else.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// header reads a mapping of names to one value or to a list of them.
func header(v any) http.Header {
	m, _ := v.(map[string]any)
	out := make(http.Header, len(m))
	for name, values := range m {
		list, ok := values.([]any)
		if !ok {
			list = []any{values}
		}
		for _, value := range list {
			if value != nil {
				out.Add(name, text(value))
			}
		}
	}
	return out
}

// duration reads what go-vcr wrote: a Go duration, or nanoseconds.
func duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		n, _ := strconv.ParseInt(s, 10, 64)
		d = time.Duration(n)
	}
	return max(0, d)
}
