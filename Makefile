# Needs make and Python 3.11 to 3.13 with venv and pip; everything else comes from the lock files into .venv.
PYTHON ?= python3
KILLS ?= 100,50
BIN := .venv/bin
SHELL := bash
.SHELLFLAGS := -o pipefail -c
UV_LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-strip-extras --no-emit-index-url --custom-compile-command "make lock" --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: run site test walk golden ui hostile kills fuzz office check bench faults upgrade lock sbom clean help

# Which copy of the sources to fetch from. A value from the environment wins; an empty one means the official URLs.
run ui site: export SDG_MIRROR ?= starter
run ui: export DAGSTER_HOME = $(CURDIR)/dagster_home

run: .venv/.runtime  ## fetch, estimate, check and publish everything
	$(BIN)/python -m assets.run

site: .venv/.runtime  ## build the site of the release in force into data/site (OPEN=1 opens it)
	$(BIN)/python -m sdg_pipeline site $(if $(OPEN),--open)

test: .venv/.dev  ## run the tests (PYTEST_ARGS="-k water" narrows them)
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

golden: .venv/.dev  ## accept the SQL of the indicators as it is now: tests/golden
	PYTHONPATH=tests $(BIN)/python -m golden

walk: .venv/.dev  ## walk through the life of a home, a thousand random steps (STEPS=100 for fewer)
	SDG_WALK_STEPS=$(or $(STEPS),1000) $(BIN)/python -m pytest -q -o timeout=0 tests/walk/test_walk.py

ui: .venv/.runtime  ## open the Dagster UI at http://127.0.0.1:3000
	$(BIN)/python -m assets.desk --host 127.0.0.1 --port 3000

hostile: .venv/.dev  ## try over a thousand hostile inputs (WORDS="YAML" chooses among them)
	PYTHONPATH=tests $(BIN)/python -m hostile $(WORDS)

office: .venv/.dev  ## spend 24 simulated hours of an office: 200 runs and 105 acts of people (SHARE=20 for a part)
	SDG_OFFICE_SHARE=$(or $(SHARE),1) $(BIN)/python -m pytest -q -s -o timeout=0 tests/walk/test_office_day.py

kills: .venv/.dev  ## kill commands at a hundred chosen calls and at fifty moments (KILLS=10,5 for fewer)
	SDG_KILLS=$(KILLS) $(BIN)/python -m pytest -q -s -o timeout=0 tests/walk/test_felled.py

fuzz: .venv/.dev  ## damage the inputs of every reader at random, some ten minutes (EXAMPLES=1000 for fewer)
	SDG_FUZZ_EXAMPLES=$(or $(EXAMPLES),10000) $(BIN)/python -m pytest -q -n 2 -o timeout=0 tests/fuzz

check: .venv/.dev  ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.dev  ## run every script in benchmarks/
	@set -e; for script in $(sort $(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script; done

faults: .venv/.dev  ## seed forty faults into copies of real files and print what catches them
	PYTHONPATH=tests $(BIN)/python -m faults

upgrade: .venv/.dev  ## migrate what the minor version of Dagster before ours wrote, on a copy (needs the network)
	PYTHONPATH=tests $(BIN)/python -m upgrade

lock: .venv/.dev  ## resolve pyproject.toml into the lock files (LOCK_ARGS=--upgrade for newer versions)
	$(UV_LOCK) $(LOCK_ARGS) pyproject.toml --group build --output-file requirements.lock
	$(UV_LOCK) $(LOCK_ARGS) pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(UV_LOCK) --no-deps --group postgres --constraints requirements-dev.lock --output-file deploy/requirements-postgres.txt

sbom: .venv/.runtime  ## write the bill of materials of the software, with licences: build/sbom.cdx.json
	$(BIN)/python -m tools.sbom

clean:  ## remove .venv and the caches; data and releases stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Python 3.11 to 3.13 is needed, but '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv

# $(call install,file): the packages of a lock file, then the project; some minutes of silence would look like a hang.
define install
@total=$$(grep -c '^[a-zA-Z0-9].*==' $(1)); echo "Installing the $$total packages of $(1) into .venv: once, some minutes"; \
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r $(1) | { \
	while read -r word name _; do case "$$word $$name" in \
	"Collecting "*) n=$$((n + 1)); ((n % 20)) || echo "  $$n fetched, the last $${name%%=*}" ;; \
	"Installing collected") echo "  all fetched; unpacking them" ;; \
	esac; done; }
@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
@echo "  done"
endef

# Each stamp says that what it names is installed; the second call does nothing.
.venv/.runtime: .venv/pyvenv.cfg requirements.lock pyproject.toml
	$(call install,requirements.lock)
	@touch $@

.venv/.dev: .venv/pyvenv.cfg requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $@ .venv/.runtime  # the dev lock holds the runtime lock
