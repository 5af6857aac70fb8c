# `make help` lists what there is. Everything runs from .venv, made of the lock files and nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first suitable Python; `make PYTHON=/path/to/python up` takes another.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
ORKWORK := $(BIN)/python -m orkwork.cli
ENVIRONMENT := $(VENV)/.made
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
JOBS ?= 2

export PIP_DISABLE_PIP_VERSION_CHECK := 1

##@ Use
.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: up
up: $(RUNTIME) ## Install, build, migrate and start everything; prints the address (ORKWORK_PORT, ORKWORK_HOME, DATABASE_URL, REDIS_URL)
	@exec $(ORKWORK) up

.PHONY: demo
demo: $(RUNTIME) ## Start a made-up company with simulated agents beside a running `make up`
	@exec $(ORKWORK) demo

.PHONY: migrate
migrate: $(RUNTIME) ## Bring the database of DATABASE_URL to this version's schema
	@$(ORKWORK) migrate

.PHONY: build
build: $(RUNTIME) ## Build the pages when they are missing or stale
	@$(ORKWORK) build

##@ Work on it
.PHONY: env
env: $(DEVELOPMENT) ## Make the environment of a developer from the lock file

.PHONY: check
check: $(DEVELOPMENT) ## All that CI runs: format, lint, types, imports, dependencies, dead code, tests
	@$(MAKE) --no-print-directory lint types imports test

.PHONY: lint
lint: $(DEVELOPMENT) ## Format check and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

.PHONY: types
types: $(DEVELOPMENT) ## Types
	$(BIN)/basedpyright --level error

.PHONY: imports
imports: $(DEVELOPMENT) ## Import contracts, declared dependencies, dead code
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .
	$(BIN)/vulture

.PHONY: test
test: $(DEVELOPMENT) chromium ## Every test, on real PostgreSQL and Valkey, in headless Chromium (ARGS="-k board")
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

.PHONY: chaos
chaos: $(DEVELOPMENT) ## Kill every part 200 times under load, and run the engine 10,000 steps against its model (ARGS="--seed 2")
	ORKWORK_ENGINE_STEPS=10000 $(BIN)/python -m pytest -q tests/domains/tasks/test_engine.py
	$(BIN)/python -m tests.chaos $(ARGS)

.PHONY: format
format: $(DEVELOPMENT) ## Format the sources and fix what lint can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(DEVELOPMENT) ## Measure; writes docs/benchmarks.md's figures
	$(BIN)/python -m bench $(ARGS)

.PHONY: migration
migration: $(DEVELOPMENT) ## Draft a migration from the models (m="what"); DATABASE_URL names a database at head
	$(BIN)/alembic revision --autogenerate -m "$(m)"

.PHONY: openapi
openapi: $(DEVELOPMENT) ## Write docs/openapi.json anew
	$(ORKWORK) openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

.PHONY: audit-deps
audit-deps: $(DEVELOPMENT) ## Known vulnerabilities of what is locked
	$(BIN)/python -m pip install -q pip-audit && $(BIN)/pip-audit --disable-pip -r requirements.lock

.PHONY: lock
lock: $(DEVELOPMENT) ## Resolve the dependencies anew and write both lock files
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --group dev -c requirements.lock \
		pyproject.toml -o requirements-dev.lock

.PHONY: clean
clean: ## Remove the environment and the built pages, never data
	rm -rf $(VENV) .web .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# --- how the environment is made -------------------------------------------------------------------------------------

$(ENVIRONMENT):
	@[ -n "$(PYTHON)" ] || { echo "orkwork needs Python 3.11 or newer on the PATH (or: make PYTHON=/path/to/python up)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "$(PYTHON) is older than Python 3.11, which orkwork needs (make PYTHON=/path/to/python up)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "This Python cannot make environments: install its venv package (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Making an environment in $(VENV)."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(RUNTIME): $(ENVIRONMENT) requirements.lock
	@echo "Installing the packages of requirements.lock; the first time takes a minute or two."
	@$(BIN)/python -m pip install -q --require-hashes --no-deps -r requirements.lock
	@printf '#!/bin/sh\nexec "%s/$(BIN)/python" -m orkwork.cli "$$@"\n' "$(CURDIR)" > $(BIN)/orkwork && chmod +x $(BIN)/orkwork
	@$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "orkwork.pth").write_text("$(CURDIR)\n")'
	@touch $@

$(DEVELOPMENT): requirements-dev.lock $(RUNTIME)
	@echo "Installing the packages of requirements-dev.lock."
	@$(BIN)/python -m pip install -q --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

.PHONY: chromium
chromium:
	@sh deploy/chromium.sh
