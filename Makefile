# The three commands a person needs.  Everything they use is installed by `make setup`, which the other two run first.
PYTHON ?= python3
VENV := .venv
CAUSELINE := $(VENV)/bin/causeline

.PHONY: setup demo test clean

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "causeline needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "python venv support is missing: apt-get install python3-venv"; exit 1; }
	$(VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@
