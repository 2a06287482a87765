# nsview: `make` builds bin/nsview, `make help` lists the rest.

PREFIX   ?= /usr/local
FUZZTIME ?= 10s
DURATION ?= 10m
LAB      ?= bin/oracle.lab

# A checkout that git refuses to read (another owner, no git) must still build.
ifneq ($(shell git status --porcelain >/dev/null 2>&1 && echo readable),readable)
export GOFLAGS := $(GOFLAGS) -buildvcs=false
endif

.PHONY: build run test bench oracle oracle-on lint fuzz install clean help
.DEFAULT_GOAL := build

build: ## build bin/nsview, one static file
	@CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/nsview ./cmd/nsview

# Status 3 says that something could not be read: an ordinary user's normal day.
run: build ## build, then list this host's mount namespaces and show our own mounts
	bin/nsview list --type mnt || [ $$? -eq 3 ]
	bin/nsview tree self || [ $$? -eq 3 ]

test: ## all tests; as root also once more as an ordinary user
	@scripts/test-deps
	@scripts/test

bench: ## measure against the promised figures
	@go run ./bench

oracle: ## have the kernel judge predictions for DURATION, as root; a difference goes to LAB
	@mkdir -p '$(dir $(LAB))'
	@go test -count=1 -timeout 0 -run '^TestKernelAgrees$$' -v ./test/oracle -duration $(DURATION) -lab '$(abspath $(LAB))'

oracle-on: ## the same by another KERNEL (image or Debian package) in a virtual machine
	@scripts/oracle-on '$(KERNEL)' -test.v -test.run '^Test(TablesLive|KernelAgrees)$$' -duration $(DURATION)

lint: ## format, vet, staticcheck, golangci-lint
	@scripts/lint

fuzz: ## every fuzz target for FUZZTIME each
	@scripts/fuzz $(FUZZTIME)

install: build ## install to PREFIX/bin
	install -D -m 0755 bin/nsview '$(DESTDIR)$(PREFIX)/bin/nsview'

clean: ## remove what make built
	rm -rf bin

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12
