# `make report` and `make test` set up all they need: Python 3.11 to 3.13 and make are enough.
# PYTHON=/path/to/python chooses another interpreter, REVIEW=path/to/review another review.

REVIEW ?= reviews/imid-maintenance
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
STEP := @printf '\n\033[1m==> %s\033[0m\n'

# An environment holds the path of its folder: one that came with a copied or moved folder is made anew.
MADE_HERE := $(shell test -x $(BIN)/python && $(BIN)/python -c 'import pip' 2>/dev/null \
	&& ! { grep '^command = ' $(VENV)/pyvenv.cfg | grep -qvF ' $(CURDIR)/$(VENV)'; } && echo yes)
ifneq ($(MADE_HERE),yes)
.PHONY: $(BIN)/python
endif

export NO_MKDOCS_2_WARNING := 1
export MPLBACKEND := Agg

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: report
report: $(VENV)/installed ## the flagship review from its folder: tables, figures, the whole report
	$(STEP) 'building $(REVIEW)'
	@$(BIN)/trialpool build $(REVIEW)

.PHONY: test
test: $(VENV)/installed-for-tests ## everything that CI runs
	$(STEP) 'ruff: lint and format'
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	$(STEP) 'mypy'
	@$(BIN)/mypy
	$(STEP) 'lint-imports'
	@$(BIN)/lint-imports
	$(STEP) 'mkdocs'
	@$(BIN)/mkdocs build --strict --quiet
	$(STEP) 'pytest: tests, and every example of the docstrings and pages'
	@$(BIN)/pytest -n 2 --dist loadscope

.PHONY: benchmark
benchmark: $(VENV)/installed-for-tests ## speed, beside R's metafor where that is at hand
	$(STEP) 'benchmarks'
	@for file in $(wildcard benchmarks/*.py); do $(BIN)/python "$$file" || exit; done

.PHONY: docs
docs: $(VENV)/installed-for-tests ## the documentation, into site/
	$(STEP) 'mkdocs'
	@$(BIN)/mkdocs build --strict --quiet
	@echo 'open $(CURDIR)/site/index.html'

.PHONY: clean
clean: ## remove what was made: the environment, reports, site, caches
	rm -rf $(VENV) site build dist reviews/*/report
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests conftest.py -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/installed: pyproject.toml constraints.txt $(BIN)/python
	$(STEP) 'installing trialpool and what it uses (a minute or so, once)'
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-for-tests: pyproject.toml constraints.txt $(BIN)/python
	$(STEP) 'installing trialpool and what its tests and docs use (a minute or two, once)'
	@$(PIP) install --constraint constraints.txt --editable '.[test,docs]'
	@touch $@ $(VENV)/installed

$(BIN)/python:
	$(STEP) 'making the environment $(VENV)'
	@for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then \
	    "$$python" -m venv --clear $(VENV) && exit; \
	    echo "$$python cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv." >&2; exit 1; \
	  fi; \
	done; \
	echo 'No $(or $(PYTHON),python) of version 3.11, 3.12 or 3.13 was found. Install one, or name it: make $(or $(MAKECMDGOALS),report) PYTHON=/path/to/python3.12' >&2; \
	exit 1
