package sdk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The tests' client program is the test binary itself, told by its environment to be one, and how to misbehave.
const (
	fakeVariant    = "ROLECHECK_FAKE_CLIENT"
	fakeOperations = "ROLECHECK_FAKE_OPERATIONS"
	fakeHome       = "ROLECHECK_FAKE_HOME"
	fakeRecord     = "ROLECHECK_FAKE_RECORD"
)

func TestMain(m *testing.M) {
	switch variant, ok := os.LookupEnv(fakeVariant); {
	case variant == "calls home":
		callHome()
		return
	case ok:
		fakeClient(variant)
		return
	}
	os.Exit(m.Run())
}

// fakeOperation is what the client knows of an operation.
type fakeOperation struct{ Method, Path, Action string }

// fake is a client that does everything right, but for one variant.
type fake struct {
	variant    string
	operations map[string]fakeOperation
	org, token string
	http       http.Client
	out        io.Writer
	// cache are answers to reads, which one variant keeps.
	cache map[string]response
}

type response struct {
	status int
	header http.Header
	body   []byte
}

func fakeClient(variant string) {
	f := &fake{
		variant: variant, org: os.Getenv("OKTA_CLIENT_ORGURL"), token: os.Getenv("OKTA_CLIENT_TOKEN"),
		out: os.Stdout, cache: map[string]response{},
	}
	if err := json.Unmarshal([]byte(os.Getenv(fakeOperations)), &f.operations); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	f.http.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		switch f.variant {
		case "follows redirects":
			r.Header.Del("Authorization")
			return nil
		case "follows redirects with the token":
			r.Header.Set("Authorization", via[0].Header.Get("Authorization"))
			return nil
		}
		return http.ErrUseLastResponse
	}
	record := io.Discard
	if name := os.Getenv(fakeRecord); name != "" {
		file, err := os.Create(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		record = file
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var s Step
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		f.program(&s)
		a := f.take(s)
		if f.variant == "answers in two ways" && s.Step == 2 {
			a.Failure = "both"
		}
		b, _ := json.Marshal(a)
		_, _ = fmt.Fprintf(record, "%s\n%s\n", in.Bytes(), b)
		fmt.Fprintln(f.out, string(b))
	}
}

// program misbehaves as a program, not as a client.
func (f *fake) program(s *Step) {
	at := func(name string) bool { return f.variant == name && s.Step == 2 }
	switch {
	case at("dies"):
		fmt.Fprintln(os.Stderr, "panic: the client is broken")
		os.Exit(3)
	case at("ends"):
		os.Exit(0)
	case at("hangs"):
		select {}
	case at("makes noise"):
		fmt.Fprintln(f.out, "debug: about to send "+f.token)
		fmt.Fprintln(f.out, `{"level":"info"}`)
	case at("makes nothing but noise"):
		for {
			fmt.Fprintln(f.out, "tick")
		}
	case at("answers another step"):
		s.Step += 7
	case at("closes its output"):
		_ = os.Stdout.Close()
		select {}
	case f.variant == "dies always":
		os.Exit(4)
	case at("leaves a child"):
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), fakeVariant+"=calls home")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// callHome tells the test that it lives by a connection that ends with it.
func callHome() {
	conn, err := net.Dial("tcp", os.Getenv(fakeHome))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, conn)
}

// does reports whether a step is to do what the words say.
func (f *fake) does(s Step, action string) bool { return f.operations[s.Operation].Action == action }

// take carries out a step.
func (f *fake) take(s Step) Answer {
	a := Answer{Step: s.Step}
	operation, known := f.operations[s.Operation]
	if !known || f.variant == "lacks an operation" && operation.Action == "get permission of custom-role" {
		a.Unsupported = "no such operation"
		return a
	}
	if s.Page == pageAll {
		return f.pages(s)
	}
	r, err := f.call(operation.Method, f.target(operation.Path, s), f.body(s))
	if err != nil {
		a.Failure = err.Error()
		return a
	}
	return f.answer(s, r)
}

func (f *fake) target(path string, s Step) string {
	if f.variant == "calls another path" && f.does(s, "get role of client") {
		path = strings.TrimSuffix(path, "/{roleAssignmentId}")
	}
	for name, value := range s.Path {
		switch {
		case f.variant == "shortens ids" && name == "groupId":
			value = value[1:]
		case f.variant == "leaves spaces out" && name == "roleIdOrLabel":
			value = strings.ReplaceAll(value, " ", "")
		}
		escaped := url.PathEscape(value)
		if f.variant == "escapes no slashes" {
			escaped = strings.ReplaceAll(escaped, "%2F", "/")
		}
		path = strings.ReplaceAll(path, "{"+name+"}", escaped)
	}
	query := url.Values{}
	for name, value := range s.Query {
		if f.variant == "loses the query" && name == "limit" {
			continue
		}
		query.Set(name, fmt.Sprint(value))
	}
	if f.variant == "makes up a query" && f.does(s, "assign role of user") {
		query.Set("disableNotifications", "true")
	}
	if f.variant == "puts the token into the query" {
		query.Set("access_token", f.token)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return f.org + path
}

func (f *fake) body(s Step) []byte {
	body, _ := s.Body.(map[string]any)
	takes := f.does(s, "assign permission of custom-role") || f.does(s, "replace permission of custom-role")
	switch {
	case f.variant == "sends null" && takes && body == nil:
		return []byte("null")
	case body == nil:
		return nil
	case f.variant == "loses a member of the body":
		delete(body, "resource-set")
	case f.variant == "loses conditions":
		delete(body, "conditions")
	case f.variant == "sends what is the org's":
		body["label"] = "mine"
	}
	b, _ := json.Marshal(body)
	return b
}

// call sends a request, and another one after some refusals, where the variant does.
func (f *fake) call(method, target string, body []byte) (response, error) {
	if f.variant == "keeps what it read" && method == http.MethodGet {
		if r, ok := f.cache[target]; ok {
			return r, nil
		}
	}
	r, err := f.send(method, target, body)
	if f.variant == "sends twice" && method == http.MethodPost {
		_, _ = f.send(method, target, body)
	}
	for again := 0; err == nil && r.status == http.StatusTooManyRequests && again < 4; again++ {
		switch f.variant {
		case "hammers":
			r, err = f.send(method, target, body)
		case "waits":
			reset, convErr := strconv.ParseInt(r.header.Get("X-Rate-Limit-Reset"), 10, 64)
			if convErr != nil {
				return r, nil
			}
			time.Sleep(time.Until(time.Unix(reset, 0)) + 50*time.Millisecond)
			r, err = f.send(method, target, body)
		default:
			return r, nil
		}
	}
	if err == nil && r.status == http.StatusOK && method == http.MethodGet {
		f.cache[target] = r
	}
	return r, err
}

func (f *fake) send(method, target string, body []byte) (response, error) {
	req, err := http.NewRequest(method, target, bytes.NewReader(body))
	if err != nil {
		return response{}, err
	}
	req.Header.Set("User-Agent", "fake/1.0")
	req.Header.Set("Accept", "application/json")
	if len(body) > 0 && f.variant != "names no media type" {
		req.Header.Set("Content-Type", "application/json")
	}
	scheme := "SSWS "
	if f.variant == "sends another scheme" {
		scheme = "Bearer "
	}
	if strings.HasPrefix(target, f.org+"/") || f.variant == "follows links with the token" {
		req.Header.Set("Authorization", scheme+f.token)
	}
	res, err := f.http.Do(req)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return response{res.StatusCode, res.Header, b}, err
}
