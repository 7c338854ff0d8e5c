# What a person types; `make` alone prints the list. GNU make 3.81 or newer; the folder may have a space in its name,
# so every path here is relative.

PYTHON ?= python3
PIP_FLAGS ?=
ARGS ?=
RUN := .venv/bin/python
# The folder's path is part of the stamp's name, because a virtual environment does not survive a move or a copy.
STAMP := .venv/installed-$(shell pwd | cksum | cut -d ' ' -f 1)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-all check benchmark constraints clean

help: ## this list
	@echo 'Ludus. Each command sets up what it needs first (.venv, once).'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo 'Variables: PYTHON=python3.12 (for setup), PIP_FLAGS="--index-url …" (for setup), ARGS="-k snake" (for test, demo, benchmark).'

setup: $(STAMP) ## create .venv and install Ludus in it, with the tested versions of everything

$(STAMP): pyproject.toml constraints.txt
	@command -v "$(PYTHON)" >/dev/null || \
	  { echo 'error: no program "$(PYTHON)" found; install Python 3.11 or newer, or name it: make setup PYTHON=/path/to/python3'; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is $$("$(PYTHON)" --version 2>&1), Ludus needs Python 3.11 or newer; name one: make setup PYTHON=python3.11"; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo 'error: $(PYTHON) lacks the module venv or ensurepip; on Debian and Ubuntu: apt-get install python3-venv'; exit 1; }
	@echo "Setting up .venv with $$("$(PYTHON)" --version), once: PyTorch, Numba and some 40 smaller packages."
	@echo 'That takes 1 to 5 minutes, longer where PyTorch comes with CUDA (about 3 GB to download).'
	@test -x $(RUN) && $(RUN) -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e ".[dev]"
	@rm -f .venv/installed-* && touch $(STAMP)
	@echo 'Done. The commands: .venv/bin/ludus --help'

demo: setup ## train an agent on Snake for a minute, compare it, leave a video
	@$(RUN) -m ludus.scripts.main demo $(ARGS)

test: setup ## all tests but those marked slow
	$(RUN) -m pytest -q -n auto --dist loadfile -m "not slow" $(ARGS)

test-all: setup ## all tests, the slow ones (minutes each) too
	$(RUN) -m pytest -q -n auto --dist loadfile $(ARGS)

check: setup ## lint, format and types (ruff, mypy)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	@mkdir -p .types && ln -sfn .. .types/ludus
	MYPYPATH=.types $(RUN) -m mypy -p ludus

benchmark: setup ## measure the figures of the README on this machine
	@$(RUN) -m ludus.scripts.main benchmark $(ARGS)

constraints: setup ## write the versions in .venv to constraints.txt (see its head)
	@sed -n '/^#/p' constraints.txt > .venv/constraints.new
	@$(RUN) -m pip freeze --all --exclude-editable --exclude pip | sed 's/+.*//' | LC_ALL=C sort -f >> .venv/constraints.new
	@mv .venv/constraints.new constraints.txt && touch $(STAMP)

clean: ## remove caches and build products; .venv and runs/ stay
	rm -rf build dist *.egg-info .types .mypy_cache .ruff_cache .hypothesis
	find . \( -path ./.venv -o -path ./.git \) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
