# What a person needs: `make demo` shows the main job, `make test` proves it.  Both set up everything they use.
PYTHON ?= python3
VENV := .venv

.PHONY: help setup demo test check clean

help:
	@echo "make demo    set up, start a local Kafka, play a recorded outage, show the incident grow"
	@echo "make test    set up and run every check and test"
	@echo "make setup   only install, into $(VENV)"
	@echo "make check   format, lint, types, import contracts (after setup)"
	@echo "make clean   remove what setup and runs have made, but not the Kafka jars"

setup: $(VENV)/.ready

$(VENV)/.ready: requirements-dev.lock pyproject.toml
	@sh deploy/setup/python.sh "$(PYTHON)" "$(VENV)"
	@touch $@

demo: setup
	@sh deploy/setup/java.sh || echo "demo: going on without Java; the outage will be played through the engine alone"
	@$(VENV)/bin/causeline demo

check: setup
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

test: setup
	@sh deploy/setup/java.sh
	@$(MAKE) --no-print-directory check
	$(VENV)/bin/pytest

clean:
	rm -rf $(VENV) out dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
