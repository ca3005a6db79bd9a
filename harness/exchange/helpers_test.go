package exchange

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
)

// TestMain puts a proxy into the environment that would break every exchange that went through it.
func TestMain(m *testing.M) {
	const nowhere = "http://127.0.0.1:1"
	for name, value := range map[string]string{"HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "NO_PROXY": "", "no_proxy": ""} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func parseURL(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// serve starts a server on the loopback interface and returns its URL.
func serve(t *testing.T, handle http.HandlerFunc) *url.URL {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return parseURL(t, s.URL)
}
