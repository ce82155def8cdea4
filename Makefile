# `make demo` and `make test` need only Python 3.11, 3.12 or 3.13 and a connection for the first run.
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
APP := app/main.py

.DEFAULT_GOAL := help
.PHONY: help demo test app long mutants pythons promises pages advisories bench bench-quick screenshots lock clean

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo 'Python 3.11, 3.12 or 3.13 is needed, but $(PYTHON) is another or missing.'; \
	  echo 'Name one: make PYTHON=python3.12 ...'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## rank one invented patient and an invented cohort
	$(BIN)/cds rank examples/patients/typical_adult.yaml
	@mkdir -p demo-results
	$(BIN)/cds rank examples/cohort.csv --out demo-results/cohort
	@echo
	@echo 'The results of the cohort are in demo-results/cohort. All patients are invented.'

test: $(READY)  ## style, types and the default tests (under 5 minutes)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

app: $(READY)  ## the app on this machine only
	$(BIN)/streamlit run $(APP)

long: $(READY)  ## tests that take long: random patients, kills, fuzz, mutants
	$(BIN)/pytest -m long

mutants: $(READY)  ## mutants of the engine's core (about 15 minutes on one core)
	rm -rf mutants
	$(BIN)/mutmut run --max-children $(WORKERS)
	$(BIN)/mutmut results

pythons: $(READY)  ## one digest under every Python from 3.11 to 3.13 that is found
	$(BIN)/python -m tests.assurance.pythons

promises: $(READY)  ## run the commands of the promises and keep the figures they print
	$(BIN)/python -m tests.assurance.promises
	$(BIN)/python -m tests.assurance.pages

pages: $(READY)  ## write the pages of docs/ that are made of data
	$(BIN)/python -m tests.assurance.pages

# Strict, since without an answer pip-audit would say that no vulnerability is known.
advisories: $(READY)  ## ask an advisory service for every pinned package (needs the network)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

bench: $(READY)  ## measure speed and memory
	$(BIN)/python -m benchmarks.run

bench-quick: $(READY)  ## the same on a small cohort
	$(BIN)/python -m benchmarks.run --quick

screenshots: $(READY)  ## pictures of the app for docs/
	$(BIN)/python -m docs.screenshots

lock: $(READY)  ## renew requirements.lock from pyproject.toml, with the least change
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
	  --all-extras --group dev --output-file requirements.lock pyproject.toml

clean:  ## remove what was built or computed; the environment stays
	rm -rf build dist demo-results test-results .mypy_cache .pytest_cache .ruff_cache .hypothesis mutants
	find cds app tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
