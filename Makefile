# What people run here. Everything is installed into .venv; nothing else on the machine is touched.

VENV := .venv
BIN := $(VENV)/bin
# Another Python than the newest that is found: make PYTHON=/path/to/python3
PYTHON ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check format docs benchmark benchmark-quick benchmark-pages histories drills faulty agreement mutants postgres spark clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1|\2/' | column -t -s '|'

demo: $(VENV)/.installed ## install the library and score the example city
	@$(BIN)/assessdsl demo

test: check ## install the tools, check the code and run the tests
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal

check: $(VENV)/.tools ## style and types only
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.tools ## put the code into the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/.tools ## run the examples of the documents and write down what they print now
	@$(BIN)/python -m pytest tests/test_docs.py tests/test_manual.py --update-docs

benchmark: $(VENV)/.tools ## measure speed; about two minutes
	@$(BIN)/python -m benchmarks

benchmark-quick: $(VENV)/.tools ## the same on smaller input
	@$(BIN)/python -m benchmarks --quick

benchmark-pages: $(VENV)/.tools ## everything, beside other engines, into docs/performance.md; a quarter of an hour
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench,kernels]'
	@for part in --peers --bulk --oracle; do $(BIN)/python -m benchmarks $$part --write || exit 1; done

histories: $(VENV)/.tools ## every accountability history of up to four entities; about an hour
	@PYTHONPATH=tests $(BIN)/python -m histories

drills: $(VENV)/.tools ## kills, full disks, several writers, tampering and flipped bits on registers; about an hour
	@PYTHONPATH=tests $(BIN)/python -m drills

faulty: $(VENV)/.tools ## some hundreds of faulty policies: each must be refuted; about an hour
	@PYTHONPATH=tests $(BIN)/python -m faulty
	@PYTHONPATH=tests $(BIN)/python -m faulty.agree

agreement: $(VENV)/.tools ## every engine beside the exact one on made-up policies and facts; about an hour, or give CASES=10000
	@PYTHONPATH=tests $(BIN)/python -m agreement --cases $(or $(CASES),1000000)

mutants: $(VENV)/.tools ## faults planted in the evaluator and the analysis: the tests must notice; some hours, or give EVERY=20
	@PYTHONPATH=tests $(BIN)/python -m mutants --every $(or $(EVERY),1)

postgres: $(VENV)/.tools ## the SQL engine on a PostgreSQL server of its own; some minutes
	@PYTHONPATH=tests $(BIN)/python -m postgres

spark: $(VENV)/.tools ## the SQL engine on Spark in local mode (Java 17); about twenty minutes
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[spark]'
	@PYTHONPATH=tests $(BIN)/python -m spark

clean: ## remove the environment and what the tools left
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp stands for a finished step: an interrupted one starts again.
$(VENV)/.made:
	@for python in $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3 python; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "making $(VENV) with $$($$python --version)"; \
	    $$python -m venv --clear $(VENV) && touch $@ && exit 0; exit 1; \
	  fi; \
	done; \
	echo "assessdsl needs Python 3.11 or newer with its venv module, and none was found." >&2; \
	echo "Install one (on Debian or Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3" >&2; \
	exit 1

$(VENV)/.installed: $(VENV)/.made pyproject.toml constraints.txt
	@echo "installing assessdsl"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[excel]'
	@touch $@

$(VENV)/.tools: $(VENV)/.made pyproject.toml constraints.txt
	@echo "installing assessdsl and its tools"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.installed
