# What a person types; `make` alone prints the list. GNU make 3.81 or newer; the folder may have a space in its name,
# so every path here is relative.

PYTHON ?= python3
PIP_FLAGS ?=
ARGS ?=
RUN := .venv/bin/python
# The folder's path is part of the stamps' name, because a virtual environment does not survive a move or a copy.
INSTALLED := installed-$(shell pwd | cksum | cut -d ' ' -f 1)
STAMP := .venv/$(INSTALLED)
# Folders of tests/clients/, each with a virtual environment of its own, because the clients' pins differ.
CLIENTS := newest rllib

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-all check docs benchmark constraints clients test-clients constraints-clients clean

help: ## this list
	@echo 'Ludus. Each command sets up what it needs first (.venv, once).'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' Makefile
	@echo 'Variables: PYTHON=python3.12 (for setup), PIP_FLAGS="--index-url …" (for setup), ARGS="-k snake" (for test, demo, benchmark),'
	@echo '  CLIENTS=rllib (for the two of the clients; both are "newest rllib").'

setup: $(STAMP) ## create .venv and install Ludus in it, with the tested versions of everything

define check_python
	@command -v "$(PYTHON)" >/dev/null || \
	  { echo 'error: no program "$(PYTHON)" found; install Python 3.11 or newer, or name it: make setup PYTHON=/path/to/python3'; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is $$("$(PYTHON)" --version 2>&1), Ludus needs Python 3.11 or newer; name one: make setup PYTHON=python3.11"; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo 'error: $(PYTHON) lacks the module venv or ensurepip; on Debian and Ubuntu: apt-get install python3-venv'; exit 1; }
endef

define freeze
	@sed -n '/^#/p' $(2) > $(1)/constraints.new
	@$(1)/bin/python -m pip freeze --all --exclude-editable --exclude pip | sed 's/+.*//' | LC_ALL=C sort -f >> $(1)/constraints.new
	@mv $(1)/constraints.new $(2) && touch $(1)/$(INSTALLED)
endef

$(STAMP): pyproject.toml constraints.txt
	$(check_python)
	@echo "Setting up .venv with $$("$(PYTHON)" --version), once: PyTorch, Numba and some 40 smaller packages."
	@echo 'That takes 1 to 5 minutes, longer where PyTorch comes with CUDA (about 3 GB to download).'
	@test -x $(RUN) && $(RUN) -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e ".[dev,docs]"
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

docs: setup ## build the documentation's site: build/docs/index.html
	@$(RUN) -m ludus.scripts.site $(ARGS)
	@$(RUN) -m sphinx -q -W --keep-going -j auto -b html -c docs build/docs-source build/docs
	@echo 'Open build/docs/index.html.'

benchmark: setup ## measure the figures of docs/performance.md on this machine
	@$(RUN) -m ludus.scripts.main benchmark $(ARGS)

clients: $(CLIENTS:%=.venv-clients-%/$(INSTALLED)) ## create the virtual environments of other people's libraries that are tested with Ludus

.venv-clients-%/$(INSTALLED): tests/clients/%/requirements.txt tests/clients/%/constraints.txt pyproject.toml
	$(check_python)
	@echo 'Setting up .venv-clients-$* for tests/clients/$*, once: about 2 GB, 1 to 5 minutes.'
	@.venv-clients-$*/bin/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv-clients-$*
	@.venv-clients-$*/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) \
	  -c tests/clients/$*/constraints.txt -r tests/clients/$*/requirements.txt -e .
	@rm -f .venv-clients-$*/installed-* && touch $@

test-clients: clients ## the tests of Ludus under those libraries
	@failed=; for name in $(CLIENTS); do \
	  .venv-clients-$$name/bin/python -m pytest -q -n auto --dist loadfile tests/clients/test_pins.py tests/clients/$$name $(ARGS) \
	  || failed="$$failed $$name"; done; \
	  if [ -n "$$failed" ]; then echo "error: tests failed in tests/clients/:$$failed"; exit 1; fi

constraints: setup ## write the versions in .venv to constraints.txt (see its head)
	$(call freeze,.venv,constraints.txt)

constraints-clients: $(CLIENTS:%=freeze-%) ## the same for each of the clients' constraints.txt

freeze-%: .venv-clients-%/$(INSTALLED)
	$(call freeze,.venv-clients-$*,tests/clients/$*/constraints.txt)

clean: ## remove caches and build products; .venv, .venv-clients-* and runs/ stay
	rm -rf build dist *.egg-info .types .mypy_cache .ruff_cache .hypothesis
	find . \( -path './.venv*' -o -path ./.git \) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
