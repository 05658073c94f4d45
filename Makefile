# Everything that people and machines do with this tree. `make help` lists it.

STATICCHECK  = v0.8.2
FUZZTIME    ?= 30s
FUZZ        ?=
BENCH       ?= .
SKIP        ?= yes
DEMO_DIR    ?= $(shell mktemp -d)

export CGO_ENABLED = 1

# A build stamps the commit into the program. Where git will not speak (a
# clone owned by somebody else, built with sudo) it is built without.
STAMP = -buildvcs=$(shell git status >/dev/null 2>&1 && echo auto || echo false)

.DEFAULT_GOAL := help
.PHONY: build setup test race soak lint fuzz bench demo demo-once screenshots golden test-hidraw help

build: ## build bin/keystation
	@.ci/setup build
	@go build $(STAMP) -o bin/ ./cmd/keystation

setup: ## install what this machine lacks to build and test (Debian, Ubuntu)
	@.ci/setup test

# One package after the other: a browser beside the bench takes the processor that
# software keys need to answer in time.
test: setup ## run all tests under the race detector: no key, no network needed
	@go test -race -p 1 -timeout 30m ./...

race: setup ## the tests three times over, nothing cached, in shuffled order
	@go test -race -p 1 -timeout 60m -count 3 -shuffle on ./...

test-hidraw: ## boot a guest in which software keys are USB keys, and test on real nodes
	@SKIP=$(SKIP) .ci/guest

soak: setup ## the long tests: ten thousand runs, every place to be killed
	@KEYSTATION_SOAK=1 go test -v -timeout 60m -run '^(TestFlat|TestProvision_killed.*)$$' ./station ./cmd/keystation

lint: setup ## gofmt, go vet and staticcheck, which is pinned
	@.ci/lint $(STATICCHECK)

fuzz: setup ## run each fuzz target for FUZZTIME (30s), or those that match FUZZ
	@.ci/fuzz $(FUZZTIME) "$(FUZZ)"

bench: setup ## run the benchmarks, or those that match BENCH
	@go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m ./...

demo: build ## make software keys into inventory before your eyes, in a browser
	@bin/keystation demo

demo-once: build ## the same without a browser: leaves database and packets in DEMO_DIR
	@bin/keystation demo --once --dir "$(DEMO_DIR)"

screenshots: setup ## write pictures of every page, four screens in two lights, into screenshots/
	@mkdir -p screenshots
	@KEYSTATION_SCREENSHOTS=$(CURDIR)/screenshots go test -count 1 -run '^TestScreenshots$$' ./web

golden: setup ## rewrite what golden tests compare with; then read the diff
	@go test $$(grep -rlF 'flag.Bool("update"' --include='*_test.go' . | xargs -n 1 dirname | sort -u) -update

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r target what; do printf '  %-11s %s\n' "$$target" "$$what"; done
