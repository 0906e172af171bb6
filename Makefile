.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast train run flink bench containers prove lint wheel clean

# The first Python of 3.11 or newer; `make PYTHON=/path/to/python install` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
WORKERS ?= 3
# Commands start many processes: each would compile every package anew.
unexport PYTHONDONTWRITEBYTECODE

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed  ## create .venv with everything (from requirements/all.txt, by hash)

.venv/installed: requirements/all.txt requirements/uv.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "liftstream needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "making .venv with everything liftstream needs: once, about a minute" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/all.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## a complete run on an embedded broker: progress, a verdict, pictures in demo/
	@$(BIN)/liftstream demo

test: install  ## every test that this machine can run; lists at the end what it skipped
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-fast: install  ## the tests without a real Kafka, a browser or anything slow, with few examples of each property
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --hypothesis-profile=fast -m 'not kafka and not browser and not slow'

train: install  ## regenerate pmml/
	@$(BIN)/liftstream train
	@$(BIN)/liftstream train spending

run: install  ## one pipeline worker against the Kafka of the settings
	@$(BIN)/liftstream run

flink: install  ## create the environment of the Flink job, once, in the cache folder (docs/flink.md)
	@$(BIN)/liftstream flink install

bench: install  ## speed and memory, on a real broker (benchmarks/README.md)
	@$(BIN)/python -m benchmarks

containers: install  ## try the README's commands for containers: build, start, decide, stop (docs/operations.md)
	@deploy/containers/run.sh

prove: install  ## fault-injection tests of real workers on a real broker (docs/faults.md)
	@$(BIN)/liftstream prove

lint: install  ## formatting, style, strict types, import floors, declared dependencies, the lock file
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry . >/dev/null 2>&1 || $(BIN)/deptry .
	@$(BIN)/python .ci/lock_is_current.py

wheel: install  ## build the wheel and test it in an empty environment, outside the repository
	@$(BIN)/python .ci/try_wheel.py

clean:  ## remove what the targets above made, local databases and side output included
	rm -rf .venv dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf training-report state side-output liftstream.db* spending.db* similar_ads.db*
