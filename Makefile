.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help demo test slow ui lint bench lock

JOBS ?= 2
BENCH ?=
BIN := .venv/bin
READY := .venv/.ready
PEERS := benchmarks/.peers

export DAGSTER_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
export HYPOTHESIS_NO_NPM := 1
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONHASHSEED := 0
ifeq ($(shell uname -m),x86_64)
export OPENBLAS_CORETYPE := Haswell
endif

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 8

demo: $(READY)  ## make the synthetic company and the bundled studies, run their nights, print the verdicts
	$(BIN)/impact demo

test: $(READY)  ## run the tests (JOBS=2 workers)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

slow: $(READY)  ## run the long simulations and sweeps
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m slow

ui: $(READY)  ## serve the Dagster UI on 127.0.0.1
	$(BIN)/impact ui

lint: $(READY)  ## ruff, mypy --strict, import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(READY) $(PEERS)/.ready  ## measure against peers; BENCH="--units 100000" for a quick look
	$(BIN)/python -m benchmarks.run $(BENCH)

lock:  ## resolve pyproject.toml into requirements.lock (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv on PATH" >&2; exit 1; }
	uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --generate-hashes \
	  --no-strip-extras --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet --output-file requirements.lock

$(READY): requirements.lock pyproject.toml
	@python=""; for candidate in python3 python3.12 python3.11 python3.13; do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; done; \
	[ -n "$$python" ] || { echo "Python 3.11 or newer is needed; found: $$(python3 --version 2>&1 || true)" >&2; exit 1; }; \
	[ -x $(BIN)/python ] || $$python -m venv .venv || \
	  { echo "$$python cannot make a virtual environment: install its venv package (Debian: python3-venv)" >&2; exit 1; }
	@echo "Installing the locked packages into .venv"
	@$(BIN)/python -m pip install -qq --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(PEERS)/.ready: benchmarks/peers/requirements.txt $(READY)
	@[ -x $(PEERS)/bin/python ] || $(BIN)/python -m venv $(PEERS)
	@echo "Installing the peers into $(PEERS)"
	@$(PEERS)/bin/python -m pip install -qq --requirement $<
	@touch $@
