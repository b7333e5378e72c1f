# `make help` lists what is here. Everything lands in .venv/; run any target again at any time.
.DEFAULT_GOAL := help
.PHONY: help setup run test check client fmt bench lock
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
ARGS ?=
NPM := frontend/npm --silent
UI := api/ui/index.html
PROVIDER := tests/provider

help: ## what each target does
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## / — /'

$(UV): requirements/uv.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	touch $(UV)

$(VENV)/.installed: $(UV) requirements/dev.txt pyproject.toml
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $(VENV)/.installed

frontend/node_modules/.installed: $(VENV)/.installed frontend/package-lock.json
	$(NPM) ci --no-audit --no-fund
	touch $@

$(PROVIDER)/node_modules/.installed: $(VENV)/.installed $(PROVIDER)/package-lock.json
	$(NPM) --prefix $(CURDIR)/$(PROVIDER) ci --no-audit --no-fund --ignore-scripts
	touch $@

$(UI): frontend/node_modules/.installed $(shell find frontend/src frontend/public frontend/scripts -type f) frontend/index.html frontend/vite.config.ts frontend/package.json
	$(NPM) run build -- --logLevel warn

setup: $(VENV)/.installed $(UI) $(PROVIDER)/node_modules/.installed ## install the locked packages into .venv, and build the UI

run: setup ## install, start the stack and do the main job against the sample API; ARGS=--once exits after it
	$(BIN)/varlor demo $(ARGS)

test: setup ## every test, on real servers; ARGS for pytest alone
	$(if $(ARGS),,$(NPM) test)
	$(BIN)/pytest $(if $(ARGS),$(ARGS),-n 2 --dist loadfile --no-loadscope-reorder)

check: setup ## format, lint, types, architecture; starts no server
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/pytest -q tests/architecture
	$(NPM) run lint
	$(NPM) run types
	$(NPM) run size

client: $(VENV)/.installed frontend/node_modules/.installed ## write the UI's client again, from the API's own document
	$(BIN)/python -c 'import json; from api.app import create_app; print(json.dumps(create_app().openapi()))' > frontend/openapi.json
	$(NPM) run client

fmt: setup ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## the benchmarks; each prints its table
	$(BIN)/python -m benchmarks $(ARGS)

lock: ## pin every package again, by hash and without an address
	printf 'uv\n' | $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 - -o requirements/uv.txt
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 pyproject.toml requirements/build.in -o requirements/base.txt
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra dev pyproject.toml requirements/build.in -c requirements/base.txt -o requirements/dev.txt
