# The two commands of the README: `make demo` and `make test`. Each sets up all it needs.
# Needs: Python 3.11 or newer, make, and a reachable Python package index.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
  then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT ?= demo-dossier

.PHONY: help demo test test-all lint types bench lock docs clean

help:
	@echo "make demo      build the dossier of the shipped CPS1 example"
	@echo "make test      run the test suite"
	@echo "make test-all  the same with the long calibration runs"
	@echo "make lint      ruff and import rules;  make types  mypy --strict"
	@echo "make bench     benchmarks;  make docs  rewrite the generated reference pages"
	@echo "make lock      renew the pinned and hashed constraints (needs uv)"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "proband needs Python 3.11 or newer on the PATH (or: make PYTHON=/path/to/python)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python constraints/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run constraints/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints/dev.txt
	@touch $@

demo: $(VENV)/.run
	$(BIN)/proband dossier examples/cps1_kabe --out $(DEMO_OUT)
	@echo
	@echo "Open $(CURDIR)/$(DEMO_OUT)/dossier.html in a browser."

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-all: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/commands.py
	$(BIN)/python benchmarks/triage.py
	$(BIN)/python benchmarks/quantify.py
	$(BIN)/python benchmarks/mixed_model.py
	$(BIN)/python benchmarks/own_control.py
	$(BIN)/python benchmarks/pooling.py
	$(BIN)/python benchmarks/simulate.py

docs: $(VENV)/.dev
	$(BIN)/python docs/generate_reference.py

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml constraints/build.in -o constraints/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev -c constraints/run.txt pyproject.toml constraints/build.in -o constraints/dev.txt

clean:
	rm -rf $(VENV) $(DEMO_OUT) .mypy_cache .ruff_cache .hypothesis .import_linter_cache
