# Everything that is done to this repository has a target here, and CI calls
# the same ones. Needed are Go 1.26 or later, make and git; what else a target
# uses it fetches by itself, at a pinned version, into .cache.

GO            ?= go
GO127         := go1.27.4
GOLANGCI      := v2.15.0

CACHE         := $(CURDIR)/.cache
LINTER        := $(CACHE)/golangci-lint-$(GOLANGCI)-$(GO127)/golangci-lint
FUZZTIME      ?= 20s
RUN           ?=
OUT           ?=
ROUNDS        ?= 21
COVERAGE      := $(CACHE)/cover.out

# Generic methods need a 1.27 toolchain, which the Go client fetches by itself.
WITH127       := GOTOOLCHAIN=$(GO127)

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@echo 'make demo    see caches work from a YAML file; nothing else is needed'
	@echo 'make test    run the tests; no server is needed'
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: ## show what the caches of configs/demo.yml do (ARGS='--addr localhost:6379')
	@$(GO) run ./cmd/fivcglue demo $(ARGS)

.PHONY: build
build: ## build the command into bin/
	$(GO) build -trimpath -o bin/fivcglue ./cmd/fivcglue

.PHONY: test
test: ## run the tests; FIVCGLUE_REQUIRE_REDIS=1 fails without redis-server instead of skipping
	$(GO) test ./...

.PHONY: test-race
test-race: ## run the tests under the race detector (needs a C compiler)
	$(GO) test -race ./...

.PHONY: test-go127
test-go127: ## run the tests under Go 1.27, generic methods included
	$(WITH127) $(GO) test ./...

.PHONY: cover
cover: | $(CACHE) ## measure how much of the code the tests reach
	$(GO) test -coverpkg=./... -coverprofile=$(COVERAGE) ./...
	@$(GO) tool cover -func=$(COVERAGE) | tail -n 1

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (20s)
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

.PHONY: lint
lint: $(LINTER) ## check style, imports between packages, modules and formatting
	$(WITH127) $(LINTER) run ./...
	cd benchmarks && $(WITH127) $(LINTER) run --config ../.golangci.yml ./...
	$(GO) mod tidy -diff
	cd benchmarks && $(GO) mod tidy -diff

.PHONY: fmt
fmt: $(LINTER) ## format the code
	$(WITH127) $(LINTER) fmt ./...
	cd benchmarks && $(WITH127) $(LINTER) fmt --config ../.golangci.yml ./...

.PHONY: bench
bench: ## compare with peers and print the tables (RUN=Lookup ROUNDS=21 OUT=RESULTS.md)
	@cd benchmarks && $(GO) test -count=1 -timeout 60m -run 'Test$(RUN)' -rounds $(ROUNDS) -slice 40ms -results '$(OUT)'

.PHONY: bench-check
bench-check: ## vet the comparisons with peers and run each for a moment
	cd benchmarks && $(GO) vet ./... && $(GO) test ./...

.PHONY: picture
picture: ## make docs/demo.svg again from what the demonstration prints
	$(GO) run ./internal/picture -o docs/demo.svg

.PHONY: classes
classes: ## make docs/CLASSES.md again from what the classes say of themselves
	$(GO) run ./cmd/fivcglue classes --format markdown > docs/CLASSES.md.new
	mv docs/CLASSES.md.new docs/CLASSES.md

.PHONY: ci
ci: ## do all that CI does
	.ci/run

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf bin .cache

# The linter is built by the toolchain whose syntax it has to understand.
$(LINTER):
	GOBIN=$(dir $@) $(WITH127) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)

$(CACHE):
	@mkdir -p $@
