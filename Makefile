PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SHOW := examples/01-penguins

.PHONY: demo test lint type schema reference snapshots bench containers budget drill clean

demo: .venv/installed $(SHOW)/.venv/installed ## run the penguins pipeline to the end
	cd $(SHOW) && ../../$(BIN)/runner up pipeline.toml
	@echo "report: $(SHOW)/made/report.html   figure: $(SHOW)/made/accuracy.png"

test: .venv/developer ## everything, two processes at once
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/developer
	$(BIN)/ruff check .

type: .venv/developer
	$(BIN)/mypy

schema: .venv/developer ## write schema/*.json, the tables made from the model, docs/reference/*.md
	$(BIN)/python -m runner.model.generate
	$(BIN)/python -m runner.reference

reference: .venv/developer ## write docs/reference/*.md, the pages that are made from the code
	$(BIN)/python -m runner.reference

snapshots: .venv/developer ## write snapshots/ anew
	$(BIN)/python -m pytest -n 0 tests/test_examples.py --snapshot-update

bench: .venv/installed ## workloads of 100 to 10,000 steps, beside make, ninja and doit (WORDS="--workload chain --rounds 9")
	-test -x .venv/bench/doit/bin/doit || { $(BIN)/python -m venv .venv/bench/doit && .venv/bench/doit/bin/python -m pip install --quiet --disable-pip-version-check doit; }
	$(BIN)/python benchmarks/speed.py --venvs .venv/bench $(WORDS)

containers: .venv/installed ## a step in a container beside a bare `docker run`, cold and warm (WORDS="--steps 10 --rounds 5")
	$(BIN)/python benchmarks/containers.py $(WORDS)

budget: .venv/installed ## where each microsecond of a step goes
	$(BIN)/python benchmarks/budget.py

drill: .venv/developer ## break a run at every operation, go on, compare the ends; an hour
	RUNNER_DRILL=all $(BIN)/python -m pytest -n 2 -q tests/drills

clean:
	rm -rf .venv $(SHOW)/.venv $(SHOW)/made $(SHOW)/.runner .mypy_cache .pytest_cache .ruff_cache

.venv/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "needs Python 3.11 or newer"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/developer: .venv/installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.lock
	touch $@

$(SHOW)/.venv/installed: $(SHOW)/requirements.txt
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
