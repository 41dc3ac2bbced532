# The verbs of the house. `make demo` and `make test` need nothing but Python 3.11, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_PORT ?= 8000
PIP := $(BIN)/pip --disable-pip-version-check -q

.PHONY: demo test setup setup-dev lint types fix serve work bench docs i18n lock

setup: $(VENV)/.ready

setup-dev: $(VENV)/.ready-dev

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --no-compile --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-compile --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	@$(PIP) install --no-compile --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

demo: setup
	@DEMO_PORT=$(DEMO_PORT) $(BIN)/sereno demo

serve: setup
	@$(BIN)/sereno serve

work: setup
	@$(BIN)/sereno work

lint: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/basedpyright

types: setup-dev
	@$(BIN)/basedpyright

fix: setup-dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

test: setup-dev lint
	@$(BIN)/python -m pytest -n 2

lock:
	@uv pip compile pyproject.toml --group build --generate-hashes --no-annotate --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock -q
	@uv pip compile pyproject.toml --group build --group dev --generate-hashes --no-annotate --no-emit-index-url --no-header --python-version 3.11 -o requirements-dev.lock -q

docs: setup-dev
	@$(BIN)/python -m sereno.cli.reference > docs/reference/command-line.md
	@for page in tests/house/test_reference.py tests/house/test_action_reference.py tests/house/test_store_reference.py tests/house/test_api_reference.py tests/house/test_store_writes_reference.py; do \
		DJANGO_SETTINGS_MODULE=sereno.site.settings SERENO_DATA_DIR=$$(mktemp -d) $(BIN)/python $$page || exit 1; done

bench: setup-dev
	@$(BIN)/sereno bench --json

# Finds the interface's texts, adds new ones to each language's file, and compiles. Translate, then run it again.
i18n: setup-dev
	@mkdir -p build
	@cd src/sereno && ../../$(BIN)/pybabel -q extract -F locale/babel.cfg -k mark --no-location --sort-output -o ../../build/django.pot .
	@for l in es pt ro; do $(BIN)/pybabel -q update -D django -i build/django.pot -d src/sereno/locale -l $$l -w 120 --no-fuzzy-matching --ignore-pot-creation-date; done
	@$(BIN)/pybabel -q compile -D django -d src/sereno/locale
