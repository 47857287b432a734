# Aftercare's workshop. `make` lists what there is; everything lives in .venv, nothing else on the machine is changed
# (but for Debian's chromium, which `make test` installs when it runs as root).

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed
WITH_NODE := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
WORKERS ?= 2
export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# A copied or moved folder brings an environment that still points at the first one: the stamp says where it was made.
MADE_IN := $(shell cat $(READY) 2>/dev/null)
ifneq ($(MADE_IN),$(CURDIR))
.PHONY: $(READY)
endif

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup assets ## a seeded clinic on an embedded PostgreSQL (AFTERCARE_PORT, AFTERCARE_DATA_DIR)
	@exec $(PY) -m aftercare demo

.PHONY: test
test: setup assets browser ## all tests
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadscope

.PHONY: check
check: setup assets format lint types contracts test ## what CI runs: format, lint, types, import contracts, tests

.PHONY: format
format: setup
	@echo "Checking format"
	@$(VENV)/bin/ruff format --check --quiet .

.PHONY: lint
lint: setup
	@echo "Linting"
	@$(VENV)/bin/ruff check --quiet .

.PHONY: types
types: setup
	@echo "Checking types"
	@$(PY) -m mypy --strict

.PHONY: contracts
contracts: setup
	@echo "Checking import contracts"
	@$(VENV)/bin/lint-imports --no-logo

# Quick in the suite, with thousands of examples here: the properties of the checks, and the second reading of the rules.
PROPERTIES := tests/checks/test_properties.py tests/checks/test_properties_of_the_way.py \
	tests/checks/test_independent_reading.py tests/alerts/test_alert_invariants.py \
	tests/alerts/test_state_machine.py

SEED ?= $(shell $(PY) -c 'import secrets; print(secrets.randbelow(10**9))')

.PHONY: prove
prove: setup assets browser ## long fault and cohort runs, each with a figure (SEED=n repeats one; ONLY=kill names one)
	@$(PY) -m pytest -q tests/prove $(PROPERTIES) --long --seed $(SEED) $(if $(ONLY),-k $(ONLY))

.PHONY: bench
bench: setup assets ## what is measured beside what it is measured against, into build/bench.json (ONLY=pages names one)
	@$(PY) -m tests.bench $(ONLY)

.PHONY: mutate
mutate: setup ## change the clinical engine on purpose: the tests must notice (ONLY="infection burn" names modules)
	@nice -n 15 $(PY) tools/mutate.py --workers $(WORKERS) $(if $(AGAIN),--again) $(if $(LONG),--long) $(ONLY)

.PHONY: wheel
wheel: setup assets ## the installable package, in dist/
	@echo "Building the wheel"
	@$(PY) -m hatchling build -t wheel -d dist

.PHONY: lock
lock: setup ## pin the dependencies anew, with hashes
	@echo "Pinning dependencies"
	@$(LOCK) pyproject.toml -o requirements.lock
	@$(LOCK) --group dev --extra heif pyproject.toml -o requirements-dev.lock

LOCK = $(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-annotate

.PHONY: clean
clean: ## remove what was built and the environment; data stays
	@rm -rf $(VENV) node_modules build dist aftercare/web/assets .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache mutants

.PHONY: setup
setup: $(READY)

$(READY): requirements-dev.lock pyproject.toml
	@[ -z '$(MADE_IN)' ] || [ '$(MADE_IN)' = '$(CURDIR)' ] || rm -rf $(VENV)
	@$(PY) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || { \
		python=$$(sh tools/find_python) && echo "Making $(VENV) with $$python" && \
		"$$python" -m venv --clear $(VENV); }
	@echo "Installing the pinned dependencies (once; a minute or two)"
	@$(PY) -m pip install --quiet --require-hashes -r requirements-dev.lock
	@$(PY) -m pip install --quiet --no-index --no-deps --no-build-isolation --editable .
	@printf '%s' '$(CURDIR)' > $@

.PHONY: browser
browser:
	@sh tools/find_browser

.PHONY: assets
assets:

# Pages are built with the Node that the environment brings. npm is asked only when its lock file changed, so that a
# second run needs no network.
ifneq ($(wildcard package.json),)
ASSETS := aftercare/web/assets
BUILT := build/assets.stamp
SOURCES := $(wildcard package.json vite.config.*) \
	$(shell find aftercare/web -type f -not -path '$(ASSETS)/*' -not -name '*.py*' 2>/dev/null)

assets: $(BUILT)

$(BUILT): node_modules/.installed $(SOURCES) $(if $(wildcard $(ASSETS)),,rebuild)
	@echo "Building the pages' assets"
	@$(WITH_NODE) npx --no-install vite build --logLevel warn
	@mkdir -p $(@D) && touch $@

node_modules/.installed: package-lock.json | $(READY)
	@echo "Installing the pinned front-end packages (once)"
	@$(WITH_NODE) npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: rebuild
rebuild:
endif
