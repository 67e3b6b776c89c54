# make appendix [STUDY=specs/...]   set up, then build a study's appendix into output/
# make check                        set up, then lint, types, layers and the quick tests: before each commit
# make lint | types | layers | quick    one of these alone
# make test                         set up, then lint, types, layers and all tests
# make hard [SEED=1]                thousands of mutated inputs and killed builds; minutes, not part of `make test`
# make lock                         make both locks anew (needs uv)
# make reference                    make R's reference values anew (needs R; see tests/reference/README.md)

PYTHON ?= python3
STUDY ?= specs/low-back-pain
SEED ?= 1
BIN := .venv/bin
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -rs
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml \
	--extra examples --group build


.PHONY: appendix check lint types layers quick test hard lock reference setup-run setup-test

appendix: setup-run
	@$(BIN)/reportgen build $(STUDY) $$($(PYTHON) -c "import ctypes.util; print('' if ctypes.util.find_library('pango-1.0') else '--formats html,docx,quarto')")

check: setup-test
	@begun=$$(date +%s) && $(MAKE) --no-print-directory lint types layers quick && echo "checked in $$(($$(date +%s) - begun)) s"

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup-test
	$(BIN)/mypy

layers: setup-test
	$(BIN)/lint-imports

quick: setup-test
	REPORTGEN_QUICK=1 $(PYTEST) -m "not hard and not slow" --ignore tests/benchmarks $(PARALLEL)

test: lint types layers
	$(PYTEST) tests/benchmarks
	$(PYTEST) --ignore tests/benchmarks $(PARALLEL)

hard: setup-test
	REPORTGEN_SEED=$(SEED) $(PYTEST) -m hard --ignore tests/benchmarks tests --numprocesses auto --maxprocesses 4

setup-run:
	@$(PYTHON) .make/setup.py run

setup-test:
	@$(PYTHON) .make/setup.py test

lock:
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

reference:
	cd tests/reference && Rscript one_step.R && Rscript moderators.R && Rscript sound.R && Rscript sites.R && Rscript trial_covariates.R && Rscript final.R && Rscript two_stage.R && Rscript risks.R && Rscript standardised.R && Rscript tau_profile.R && Rscript glmm.R && Rscript one_trial.R && Rscript moderators_glmm.R
	people=$$(mktemp) && $(BIN)/python -m tests.reference.audit $$people && Rscript tests/reference/audit.R $$people
