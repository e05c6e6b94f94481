# Everything a newcomer needs: `make plan` and `make test`. Needs Python 3.11 or newer, make and gcc; see `make help`.

PYTHON ?= python3
VENV ?= .venv
MODULE ?= open-webui
WORKERS ?= 2
MINUTES ?= 60

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := uv pip compile pyproject.toml requirements/build.in --generate-hashes --universal --python-version 3.11 \
	--no-header --no-annotate --quiet
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
FUZZABLE := $(VENV)/.fuzzable
SERVABLE := $(VENV)/.servable

.PHONY: help plan serve test lint bench fuzz docs docs-serve clean install requirements

help:
	@echo 'make plan          set up, then plan MODULE ($(MODULE)) for this machine'
	@echo 'make serve         set up with the service, and run it; OPTIONS are those of las-solve serve'
	@echo 'make test          set up with the test tools, then lint and run every test'
	@echo 'make lint          ruff, mypy and the import contracts'
	@echo 'make bench         run the benchmark'
	@echo 'make fuzz          look for MINUTES ($(MINUTES)) for input that is not handled, in TARGETS (all)'
	@echo 'make docs          make the site of the documentation, in site/'
	@echo 'make docs-serve    show it at 127.0.0.1:8000, and anew when something changes'
	@echo 'make install       only set up; las-solve is then $(BIN)/las-solve'
	@echo 'make requirements  pin the newest versions of everything anew (needs uv)'
	@echo 'make clean         remove the environment and all that was built'
	@echo 'VENV=directory     another virtual environment than $(VENV)'

plan: $(INSTALLED)
	@$(BIN)/las-solve plan $(MODULE)

serve: $(SERVABLE)
	@$(BIN)/las-solve serve $(OPTIONS)

install: $(INSTALLED)

# The tests come last, whatever the linters say, so that the last line is that of pytest.
test: $(TESTABLE)
	@status=0; \
	$(MAKE) --no-print-directory lint || status=1; \
	$(BIN)/python -m pytest -n $(WORKERS) || status=1; \
	exit $$status

lint: $(TESTABLE)
	@status=0; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/mypy || status=1; \
	$(BIN)/lint-imports || status=1; \
	exit $$status

bench: $(TESTABLE)
	@$(BIN)/python -m benchmarks

fuzz: $(FUZZABLE)
	@$(BIN)/python -m fuzz --minutes $(MINUTES) $(TARGETS)

docs: $(TESTABLE)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

docs-serve: $(TESTABLE)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs serve --watch README.md --watch solver --watch registry

# The stamps: set-up runs again only when what it installs has changed.
$(INSTALLED): pyproject.toml requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "las-solve needs Python 3.11 or newer; say which by PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Setting up $(VENV) ...' >&2
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(TESTABLE): $(INSTALLED) requirements/test.txt
	@$(PIP) install --require-hashes -r requirements/test.txt
	@touch $@

$(FUZZABLE): $(INSTALLED) requirements/fuzz.txt
	@$(PIP) install --require-hashes -r requirements/fuzz.txt
	@touch $@

$(SERVABLE): $(INSTALLED) requirements/serve.txt
	@$(PIP) install --require-hashes -r requirements/serve.txt
	@touch $@

requirements:
	$(COMPILE) --upgrade --output-file requirements/run.txt
	$(COMPILE) --upgrade --extra test --extra bench --extra serve --extra docs --constraint requirements/run.txt --output-file requirements/test.txt
	$(COMPILE) --upgrade --extra serve --constraint requirements/test.txt --output-file requirements/serve.txt
	$(COMPILE) --upgrade --extra fuzz --constraint requirements/run.txt --output-file requirements/fuzz.txt

clean:
	rm -rf $(VENV) .fuzz build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
