# `make demo` and `make test` need git, make and Python 3.11 or later; they set up .venv themselves.

VENV := .venv
BIN := $(VENV)/bin
CODE := rfl_lint rules tests scripts
KERNELS := .kernels

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format types docs check-docs pytest bench fuzz fuzz-coverage growth kernel tables differential many clean

help:
	@echo "make demo                 lint the sample tree in demo/"
	@echo "make test                 everything that CI checks: format, lint, types, docs, tests"
	@echo "make lint | types         one part of it"
	@echo "make format               format the code and mend what ruff can mend"
	@echo "make docs                 make docs/rules, the README's table, the manual page and the picture anew"
	@echo "make kernel VERSION=6.12  fetch the Rust parts of a kernel into $(KERNELS)/"
	@echo "make tables               look the tables of kernel knowledge up in the kernels of $(KERNELS)/"
	@echo "make differential         compare rules with clippy over crates of Debian, and write docs/differential.md"
	@echo "make bench                measure speed, on the kernels that are there"
	@echo "make many                 lint 100,000 small files, as a kernel in git and as a plain folder"
	@echo "make fuzz SECONDS=600     feed it hostile input, the files of $(KERNELS) among it"
	@echo "make fuzz-coverage        the same by atheris, led by what the code does"
	@echo "make growth               look for work that grows faster than the text"
	@echo "make clean                remove what can be made again, $(KERNELS) apart"

# What running needs, and what developing needs: the demonstration does not wait for the second.
$(VENV)/.installed: pyproject.toml scripts/setup.sh
	@scripts/setup.sh $(VENV) .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml scripts/setup.sh
	@scripts/setup.sh $(VENV) '.[dev]'
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	$(BIN)/rfl-lint check --isolated --exit-zero --statistics demo

# Every part runs, whatever became of those before it; the tests come last, so that their closing line does too.
test: $(VENV)/.installed-dev
	@failed=''; for part in lint types check-docs pytest; do \
		$(MAKE) --no-print-directory $$part || failed="$$failed $$part"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(VENV)/.installed-dev
	$(BIN)/mypy $(CODE)

docs: $(VENV)/.installed-dev
	$(BIN)/python scripts/generate_docs.py
	$(BIN)/python scripts/make_picture.py

check-docs: $(VENV)/.installed-dev
	$(BIN)/python scripts/generate_docs.py --check

# Skipped tests are listed with their reasons right above the closing line.
pytest: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

bench: $(VENV)/.installed-dev
	$(BIN)/python scripts/bench.py $(BENCH_ARGS)

# Nobody's patience but that of whoever calls it bounds this: the tests hold a moment of it.
fuzz: $(VENV)/.installed-dev
	$(BIN)/python scripts/fuzz.py --seconds $(or $(SECONDS),600) $(FUZZ_ARGS) $(wildcard $(KERNELS)/*)

# libFuzzer, led by what the code does; atheris is no part of the development tools.
fuzz-coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet atheris
	for target in rust mail config suppressions; do \
		$(BIN)/python scripts/fuzz_coverage.py $$target --seconds $(or $(SECONDS),600) || exit 1; \
	done

# Some 20 minutes; the tests hold some forms of it.
growth: $(VENV)/.installed-dev
	$(BIN)/python scripts/growth.py $(GROWTH_ARGS)

# Takes the better part of an hour; the tests do the same with 5,000.
many: $(VENV)/.installed-dev
	$(BIN)/python scripts/many_files.py $(MANY_ARGS)
	$(BIN)/python scripts/many_files.py --plain $(MANY_ARGS)

kernel: $(VENV)/.installed
	$(BIN)/python scripts/get_kernel.py $(or $(VERSION),6.12) $(KERNELS)/$(or $(VERSION),6.12)

tables: $(VENV)/.installed
	$(BIN)/python scripts/check_tables.py $(KERNELS) --record

# Needs a recent clippy-driver with its rustc, and a linker.
differential: $(VENV)/.installed-dev
	$(BIN)/python scripts/compare_clippy.py --write

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
