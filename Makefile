# make demo: the main job; make test: lint, types and all tests; make docs: the site; make bench: the
# short set of figures, with a dated record. All set up .venv first.
# Needs Python 3.11 or newer (PYTHON=...), make, perl and a C++ compiler; all else comes from pip. Tests
# that miss something (Icarus Verilog, a data set) are skipped, unless LUTGEN_REQUIRE=tools,data,fixtures
# says that it must be there; .ci/run installs it first.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test lint types unit docs bench clean

demo: $(STAMP)
	$(BIN)/lutgen demo

test: lint types unit

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

unit: $(STAMP)
	$(BIN)/pytest -n auto --dist worksteal

docs: $(STAMP)
	$(BIN)/python docs/_site/build.py

bench: $(STAMP)
	$(BIN)/python benchmarks/short.py

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lutgen needs Python 3.11 or newer; say which with: make PYTHON=python3.12")'
	@command -v $${CXX:-c++} >/dev/null || { echo "lutgen's simulations need a C++ compiler: apt install g++" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[flow,amaranth,boards,docs,dev]'
	-$(BIN)/lutgen doctor --prepare
	touch $@

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
