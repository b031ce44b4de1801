# The two that matter: `make run` simulates five years; `make test` proves the house.
# Both build their own environment in .venv from the versions in constraints.txt.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	&& echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
DUCKDB_1_5 := 1.5.6

EMPLOYEES ?= 60000
CENSUS ?= data/census.parquet
DATABASE ?= simulation.duckdb

.PHONY: run test test-all lint format docs reference screenshots unit integration faults test-duckdb-1.5 test-python \
	bench clean

run: $(VENV)/installed
	@test -e "$(CENSUS)" || $(BIN)/shardrun census generate --employees $(EMPLOYEES) --seed 42 -o "$(CENSUS)"
	$(BIN)/shardrun run 2025-2029 --census "$(CENSUS)" --database "$(DATABASE)"

test: lint docs unit integration faults

# With what is too slow for every push.
test-all: lint docs
	$(BIN)/pytest -n auto --dist loadfile -m integration
	$(BIN)/pytest -n auto -m "not integration and not faults"
	$(BIN)/pytest -n auto --dist worksteal -m faults

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What the code says of itself: the reference of the configuration, its schema.
reference: $(VENV)/installed
	$(BIN)/python -m docs.generate_reference

# The pictures in the documentation, of real runs; needs a Chromium.
screenshots: $(VENV)/installed
	$(BIN)/python -m docs.screenshots

# The site, into build/docs; what is unclear to Sphinx is an error.
docs: $(VENV)/installed
	$(BIN)/sphinx-build -qnW --keep-going -d build/doctrees docs build/docs

unit: $(VENV)/installed
	$(BIN)/pytest -n auto -m "not integration and not faults and not slow"

integration: $(VENV)/installed
	$(BIN)/pytest -n auto --dist loadfile -m "integration and not slow"

# Kills and damaged files; prints how many kills were survived.
faults: $(VENV)/installed
	$(BIN)/pytest -n auto --dist worksteal -m "faults and not slow"

# The whole suite on the oldest DuckDB that is supported, in an environment of its own.
test-duckdb-1.5:
	$(MAKE) unit integration faults VENV=.venv-duckdb-1.5 DUCKDB=$(DUCKDB_1_5)

# The whole suite on another Python: make test-python PYTHON=python3.13
test-python:
	$(MAKE) unit integration faults VENV=.venv-$(notdir $(PYTHON))

# make bench BENCH="--size 60000x5 --size 1000000x3 --size 5000000x1 --one-core --polars"
bench: $(VENV)/bench-installed
	$(BIN)/python -m bench $(BENCH)

clean:
	rm -rf .venv .venv-* build dist dbt/target dbt/dbt_packages dbt/logs

$(VENV)/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "shardrun needs Python 3.11, 3.12 or 3.13 on the PATH; or say make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	sed 's/^duckdb==.*/duckdb==$(or $(DUCKDB),$(shell sed -n 's/^duckdb==//p' constraints.txt))/' constraints.txt > $(VENV)/constraints.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c $(VENV)/constraints.txt --group dev --editable .
	@# as pip does with all but an editable package: 0.4 s a start where Python keeps no bytecode itself
	$(BIN)/python -m compileall -q shardrun
	touch $@

$(VENV)/bench-installed: $(VENV)/installed
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c $(VENV)/constraints.txt --group bench
	touch $@

# For make bench BENCH="--smallpond .venv-smallpond/bin/python"; it brings Ray and what that needs.
.venv-smallpond/installed:
	$(PYTHON) -m venv .venv-smallpond
	.venv-smallpond/bin/python -m pip install -qq --disable-pip-version-check smallpond==0.15.0 setuptools 'duckdb<1.5'
	touch $@
