# make appendix [STUDY=specs/...]   set up, then build a study's appendix into output/
# make test                         set up, then lint, types, layers and all tests
# make hard [SEED=1]                thousands of mutated inputs and killed builds; minutes, not part of `make test`
# make lock                         make both locks anew (needs uv)
# make reference                    make R's reference values anew (needs R; see tests/reference/README.md)

PYTHON ?= python3
STUDY ?= specs/low-back-pain
SEED ?= 1
BIN := .venv/bin
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml \
	--extra examples --group build


.PHONY: appendix test hard lock reference setup-run setup-test

appendix: setup-run
	@$(BIN)/reportgen build $(STUDY) $$($(PYTHON) -c "import ctypes.util; print('' if ctypes.util.find_library('pango-1.0') else '--formats html,quarto')")

test: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/pytest -rs tests/benchmarks
	OMP_NUM_THREADS=1 $(BIN)/pytest -rs --ignore tests/benchmarks --numprocesses auto --maxprocesses 4 --dist loadgroup

hard: setup-test
	REPORTGEN_SEED=$(SEED) OMP_NUM_THREADS=1 $(BIN)/pytest -rs -m hard --ignore tests/benchmarks tests --numprocesses auto --maxprocesses 4

setup-run:
	@$(PYTHON) .make/setup.py run

setup-test:
	@$(PYTHON) .make/setup.py test

lock:
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

reference:
	cd tests/reference && Rscript one_step.R && Rscript moderators.R && Rscript two_stage.R
	people=$$(mktemp) && $(BIN)/python -m tests.reference.audit $$people && Rscript tests/reference/audit.R $$people
