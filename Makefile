# `make` alone prints what there is. Needs nothing but Python 3.11 or newer with venv, and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# As many test processes as cores, two at least.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ "$$n" -gt 2 ] && echo "$$n" || echo 2)
PARSERS := tests/clients/node_modules/.package-lock.json
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))

.DELETE_ON_ERROR:
.PHONY: help run test check bench i18n migration venv tools

help:
	@echo 'make run        make .venv, install what is pinned, load the demo, serve it'
	@echo 'make test       all tests; those for the browser and PostgreSQL where chromium and the server are there'
	@echo 'make tools      only what make test uses besides: clients and parsers of calendars, by others (.venv-tools, npm)'
	@echo 'make check      format, lint, types, layers, catalogues'
	@echo 'make bench      how fast, beside a bare Flask page'
	@echo 'make i18n       take up new texts into the catalogues of translations/'
	@echo 'make migration m="what it does"   write the next revision from the models'
	@echo 'make venv       only .venv with what is pinned, and the command .venv/bin/workshop'

run: venv
	@exec $(BIN)/workshop demo

test: .venv/.tools $(CATALOGUES)
	@$(MAKE) --no-print-directory tools || { [ -z "$$CI" ] && echo 'Tests that use these programs are skipped.'; }
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=term

check: .venv/.tools $(CATALOGUES)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.house.catalogues check

bench: .venv/.tools $(CATALOGUES)
	$(BIN)/python -m tests.benchmarks

i18n: .venv/.tools
	$(BIN)/python -m tests.house.catalogues update

migration: .venv/.tools
	@test -n '$(m)' || { echo 'say what it does: make migration m="rooms have a floor"' >&2; exit 2; }
	@$(BIN)/python -c 'import sys; from workshop import app; from workshop.core import schema; print(schema.write_revision(sys.argv[1], app.import_models()))' '$(m)'
	@$(BIN)/ruff format --quiet migrations

venv: .venv/.checkout $(CATALOGUES)

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo '$(PYTHON) is missing or older than Python 3.11; name another: make run PYTHON=python3.13' >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	@touch $@

.venv/.pins: requirements.txt | .venv/.made
	@echo 'Installing what requirements.txt pins …'
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

# The checkout itself, with the command `workshop`.
.venv/.checkout: pyproject.toml hatch_build.py .venv/.pins
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.tools: requirements-test.txt .venv/.checkout
	@echo 'Installing what requirements-test.txt pins …'
	@$(PIP) install --require-hashes -r requirements-test.txt
	@touch $@

tools: .venv-tools/.made $(PARSERS)

# Their versions of what the product uses too are others: nothing of theirs is imported.
.venv-tools/.made: requirements-tools.txt | .venv/.made
	@echo 'Installing what requirements-tools.txt pins …'
	@$(BIN)/python -m venv .venv-tools
	@.venv-tools/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements-tools.txt
	@touch $@

$(PARSERS): tests/clients/package.json tests/clients/package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing (Debian: nodejs, npm)' >&2; exit 1; }
	@cd tests/clients && npm ci --silent
	@touch $@

%.mo: %.po | .venv/.pins
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
