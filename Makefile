# Everything from a bare machine: Rust (by rustup), Node and apt are all that must be there.
# The second time, what is installed and built already is left alone.

.PHONY: help demo test test-full fault-matrix mutants build bench fuzz load soak tools clean

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: tools ## Build the package, start the local stack and the example app, print the address to open
	@node scripts/build.mjs --if-changed
	@node scripts/demo.mjs

test: tools ## Run the tests; ends with `N passed, N failed, N skipped`
	@node scripts/test.mjs

test-full: ## Also run what takes longer
	@bash scripts/install-tools.sh --full
	@node scripts/test.mjs --full

fault-matrix: tools ## Try every call with every fault, and write docs/fault-matrix.md from it
	@node scripts/build.mjs --if-changed
	@FAULT_MATRIX=write node --test tests/faults/matrix.test.mjs

mutants: tools ## Change the pure modules one operator at a time; some test must fail on each. MODULE=src/query runs one module
	@node scripts/mutants.mjs $(MODULE)

build: tools ## Build the package into pkg/ and print its sizes
	@node scripts/build.mjs

bench: tools ## Measure against the peers, in a browser, in one run
	@node scripts/build.mjs --if-changed
	@node tests/bench/run.mjs

fuzz: ## Fuzz what comes from outside for ten minutes; SECONDS=… for more
	@bash scripts/install-tools.sh --fuzz
	@node scripts/build.mjs --if-changed
	@node scripts/fuzz.mjs

load: tools ## Put a page under load in a browser, and print times and memory; SECONDS=60 of frames
	@node scripts/build.mjs --if-changed
	@node --test --test-reporter=spec tests/load/load.test.mjs

soak: tools ## Use a page under faults for ten minutes, and show that nothing stays behind; MINUTES=…
	@node scripts/build.mjs --if-changed
	@node --test --test-reporter=spec tests/soak/soak.test.mjs

tools: ## Install what is missing
	@bash scripts/install-tools.sh

clean: ## Remove what was built
	rm -rf target build pkg pkg-template/src/generated
