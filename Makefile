# Works on a bare machine with Rust (through rustup), Node and apt. What is installed or built already is left as it is.

.PHONY: help demo test test-full fault-matrix mutants build docs bench fuzz load soak tools clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: tools ## Build the package, start the local stack and the example app, and print the address to open
	@node scripts/build.mjs --if-changed
	@node scripts/demo.mjs

test: tools ## Run the tests; the last line is `N passed, N failed, N skipped`
	@node scripts/test.mjs

test-full: ## Run the slow suites, too
	@bash scripts/install-tools.sh --full
	@node scripts/test.mjs --full

fault-matrix: tools ## Run every call under every fault, and write docs/fault-matrix.md from the results
	@node scripts/build.mjs --if-changed
	@FAULT_MATRIX=write node --test tests/faults/matrix.test.mjs

mutants: tools ## Change the engine and the pure modules in one place at a time; some test must fail each time. MODULE=src/query limits it
	@node scripts/mutants.mjs $(MODULE)

build: tools ## Build the package into pkg/ and print its sizes
	@node scripts/build.mjs

docs: ## Build the documentation site into docs/site/dist/
	@node docs/site/build.mjs

bench: tools ## Measure against other libraries, in a browser
	@node scripts/build.mjs --if-changed
	@node tests/bench/run.mjs

fuzz: ## Fuzz everything that comes from outside, for ten minutes or SECONDS=…
	@bash scripts/install-tools.sh --fuzz
	@node scripts/build.mjs --if-changed
	@node scripts/fuzz.mjs

load: tools ## Put a page under load in a browser, and print times and memory; SECONDS=… of frames
	@node scripts/build.mjs --if-changed
	@node --test --test-reporter=spec tests/load/load.test.mjs

soak: tools ## Use a page under faults, and check that nothing is left over, for ten minutes or MINUTES=…
	@node scripts/build.mjs --if-changed
	@node --test --test-reporter=spec tests/soak/soak.test.mjs

tools: ## Install missing tools
	@bash scripts/install-tools.sh

clean: ## Remove build results
	rm -rf target build pkg pkg-template/src/generated
