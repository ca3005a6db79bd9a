# Targets for people; .ci/run calls lint and test.
GO ?= go
GOLANGCI_LINT_VERSION := v2.15.0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT := $(shell git rev-parse HEAD 2>/dev/null)
SUITES := github.com/rolecheck/rolecheck/suites
LDFLAGS := -ldflags "-X $(SUITES).version=$(VERSION) -X $(SUITES).commit=$(COMMIT)"

# What a shell has set for some org is none of the project's own business: its targets judge the reference org.
unexport $(filter OKTA_% ROLECHECK_%,$(.VARIABLES))

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the command into ./rolecheck
	$(GO) build $(LDFLAGS) -o rolecheck ./cmd/rolecheck

.PHONY: conformance
conformance: ## Judge the embedded reference org and write the report to rolecheck-report/
	@$(GO) run $(LDFLAGS) ./cmd/rolecheck run --reference

.PHONY: test
test: ## Run every test of the main module
	$(GO) test ./...

.PHONY: race
race: ## Run every test of the main module with the race detector
	$(GO) test -race ./...

.PHONY: prove
prove: ## Run the suites against every fault; the matrix goes to rolecheck-proof/
	@$(GO) run $(LDFLAGS) ./cmd/rolecheck prove

.PHONY: clients
clients: build ## Drive the Go SDK and the Node SDK, against their baselines
	cd fixtures/clients/okta-sdk-golang && $(GO) vet ./... && $(GO) build -o client .
	./rolecheck sdk --out rolecheck-sdk/okta-sdk-golang \
	  --baseline fixtures/clients/okta-sdk-golang/baseline.yaml -- fixtures/clients/okta-sdk-golang/client
	cd fixtures/clients/okta-sdk-nodejs && npm ci --no-audit --no-fund
	./rolecheck sdk --flavour observed --out rolecheck-sdk/okta-sdk-nodejs \
	  --baseline fixtures/clients/okta-sdk-nodejs/baseline.yaml -- node fixtures/clients/okta-sdk-nodejs/main.js

.PHONY: browser-test
browser-test: ## Test the report's page in a headless Chromium
	cd harness/report/view/browsertest && $(GO) vet ./... && $(GO) test -count=1 ./...

.PHONY: lint
lint: ## Run go vet and golangci-lint
	$(GO) vet ./...
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION) run ./...

.PHONY: bench
bench: ## Run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: large
large: ## Judge a recording of a million exchanges, and say what memory and how many processors that takes
	$(GO) test -run '^$$' -bench LargeRecording -benchtime 1x ./cmd/rolecheck -args -exchanges 1000000

.PHONY: fuzz
fuzz: ## Fuzz each target for a while (FUZZTIME=20s)
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $${FUZZTIME:-20s} $$p || exit 1; \
	  done; \
	done

.PHONY: orders
orders: ## Run the suites in ten orders, on the reference org and on one of every seven faulty ones
	$(GO) test -count=1 -v -run '^(TestAnyOrderSameVerdictsNothingLeft|TestSameFailuresInAnyOrder)$$' ./cmd/rolecheck -args -seeds 10 -every 7

.PHONY: kills
kills: ## Kill a run at each of many moments and sweep what it left (N=60)
	$(GO) test -count=1 -v -run '^TestKilledRuns' ./cmd/rolecheck -args -kills $(or $(N),60)

.PHONY: trace
trace: ## Write down what each step of a scene sends, after one changed
	$(GO) test -count=1 -run '^TestTrace$$' ./cmd/rolecheck -args -update

.PHONY: readme
readme: ## Write the table of settings into the README anew
	$(GO) test -count=1 -run '^TestSettingsInREADME$$' ./cmd/rolecheck -args -update

.PHONY: screenshot
screenshot: conformance ## Take the picture of the report that the README shows (needs Chromium)
	.ci/screenshot.sh rolecheck-report/report.html .github/report.png 1280 1000

.PHONY: fmt
fmt: ## Format the code
	gofmt -w .
