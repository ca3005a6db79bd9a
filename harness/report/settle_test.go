package report_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/rolecheck/rolecheck/harness/contract"
	"github.com/rolecheck/rolecheck/harness/exchange"
	"github.com/rolecheck/rolecheck/harness/internal/sample"
	"github.com/rolecheck/rolecheck/harness/report"
)

func TestCollectGoesByTheSettle(t *testing.T) {
	judge, err := contract.New(sample.Spec(t), contract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	roles := &url.URL{Scheme: "https", Host: "org.example", Path: "/api/v1/groups/00gaaaaaaaaaaaaaaaaa/roles"}
	exchanges := []*exchange.Exchange{
		{ID: "x1", Started: sample.Began, Duration: time.Second, Request: exchange.Request{
			Method: http.MethodPost, URL: roles, Body: exchange.Body{Bytes: []byte(`{"type":"REPORT_ADMIN"}`)},
		}, Response: &exchange.Response{Status: http.StatusOK, Body: exchange.Body{Bytes: []byte(`{"id":"gra1","type":"REPORT_ADMIN"}`)}}},
		{ID: "x2", Started: sample.Began.Add(3 * time.Second), Duration: time.Second, Request: exchange.Request{
			Method: http.MethodGet, URL: roles,
		}, Response: &exchange.Response{Status: http.StatusOK, Body: exchange.Body{Bytes: []byte(`[]`)}}},
	}
	for settle, want := range map[time.Duration]bool{0: true, 2 * time.Second: true, 2*time.Second + 1: false, time.Minute: false} {
		got := false
		for _, f := range report.Collect(sample.Spec(t), judge, exchanges, settle).Findings() {
			got = got || f.Requirement == "group-roles.history-assigned-listed"
		}
		if got != want {
			t.Errorf("settle %s: found %v", settle, got)
		}
	}
}

func TestSettleOfARun(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 1500 * time.Millisecond, 10 * time.Second, 1234567890123} {
		if got := (report.RunInfo{SettleSeconds: d.Seconds()}).Settle(); got != d {
			t.Errorf("%s came back as %s", d, got)
		}
	}
}
