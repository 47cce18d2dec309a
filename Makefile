# The commands of this project. `make demo` and `make test` are the two to start with; `make help` lists all.

FEEDH := .build/release/feedh
SWIFT ?= swift
# Seconds for each fuzz target in `make test`; Scripts/fuzz --seconds N runs longer.
FUZZ_SECONDS ?= 5
export SWIFT FUZZ_SECONDS

.PHONY: help demo build test verify check fuzz bench instructions deb clean toolchain

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

toolchain:
	@command -v $(SWIFT) >/dev/null || { echo "no '$(SWIFT)' here: feedh needs Swift 6.3, see https://www.swift.org/install" >&2; exit 2; }

demo: build ## replay the committed capture of two venues
	$(FEEDH) replay Captures/demo.pcap --config Captures/demo.yaml

test: toolchain ## install what the tests need, then run all tests (DPDK on) and gates
	@Deploy/install-dependencies.sh
	@Scripts/test

build: toolchain ## release build of the feedh command; needs nothing but Swift
	$(SWIFT) build -c release --omit-frame-pointers --product feedh

verify: toolchain ## the same without installing anything
	@Scripts/test

check: toolchain ## unit tests under the address and thread sanitizers (slow)
	@Scripts/check

fuzz: toolchain ## fuzz every target for FUZZ_SECONDS each
	@Scripts/fuzz --seconds $(FUZZ_SECONDS)

bench: build ## the canonical workload, beside the limits of this machine
	@Benchmarks/run

instructions: build ## instructions per message, compared with the committed baseline
	@Scripts/instructions

deb: toolchain ## Debian package in .build/deb, then installed, run and removed in a copy of this system
	@Scripts/deb
	@Scripts/deb --check

clean: ## remove what the builds and runs made
	rm -rf .build .build-* Captures/generated out
