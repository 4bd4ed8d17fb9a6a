# Everything runs in .venv, which the first target that needs it makes; `make help` lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
STAMP := .venv/.keepstep
CODE := include plugins dags tests tools bench examples
LOCK := --universal --generate-hashes --no-annotate --no-emit-index-url --no-header --python-version 3.11
# Airflow's command looks for its fellows on PATH; nothing here may depend on what is installed elsewhere.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: kills mutants help setup demo test test-core test-clients check format bench behaviours schema picture lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: $(STAMP) ## .venv with the locked packages (other targets do this by themselves)

$(STAMP): requirements.txt pyproject.toml tools/setup/environment.sh
	@tools/setup/environment.sh
	@touch $@

demo: $(STAMP) ## four NetSuite lists and Salesforce prospects through Airflow, against sandboxes; ONCE=1 stops at the end, ROUNDS=1 is quicker
	@$(BIN)/python -m tools.demo

test: $(STAMP) ## everything that must hold, then the table of behaviours
	@$(BIN)/python -m tools.run_tests

test-core: $(STAMP) ## the core's tests alone: a few seconds
	@$(BIN)/pytest tests/core -q -p no:faker -p no:xdist -p no:pytest_cov

test-clients: $(STAMP) ## the sandboxes against public clients of the real systems
	@$(BIN)/python -m tools.clients

kills: $(STAMP) ## kills a run at each of its steps, not at every third as make test does; takes minutes
	@KILLS_EVERY=1 $(BIN)/pytest tests/engine/test_kills.py tests/engine/prospects/test_kills.py -n2 -q

mutants: $(STAMP) ## breaks each rule of the core and sees a test fail; takes minutes
	@$(BIN)/python -m tools.mutants

check: $(STAMP) ## format, lint, types, import contracts
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check --no-cache $(CODE) # where an import belongs depends on files that a cache does not look at
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

format: $(STAMP) ## put the code into the house's format
	$(BIN)/ruff check --fix --quiet $(CODE) || true
	$(BIN)/ruff format $(CODE)

bench: $(STAMP) ## seconds, memory and API calls; writes bench/results.json
	@$(BIN)/python -m bench

behaviours: $(STAMP) ## docs/behaviours.md, row by row, and the tests that prove it
	@$(BIN)/python -m tools.behaviours

schema: $(STAMP) ## docs/sync.schema.json and the tables of keys, from the settings in the code
	@$(BIN)/python -m tools.schema

picture: $(STAMP) ## docs/pictures/*.png from a running demo (needs chromium)
	@$(BIN)/python -m tools.picture

lock: $(STAMP) ## requirements.txt from requirements.in, and those of the public clients
	$(BIN)/uv pip compile --quiet $(LOCK) requirements.in -o requirements.txt
	for found in tests/clients/locks/*/requirements.in; do $(BIN)/uv pip compile --quiet $(LOCK) $$found -o $${found%.in}.txt || exit 1; done

clean: ## remove what make has made (the demo's data too)
	rm -rf .keepstep .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
