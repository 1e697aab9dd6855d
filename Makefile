# Needs Python 3.11 or newer and make. Every target sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help demo lint test test-all check bench torture docs pins clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1|/' | awk -F'|' '{ printf "%-15s %s\n", $$1, $$2 }'

demo:  ## a whole office day on pretend platforms, about a minute (KEEP=1 leaves the page up)
	@sh tools/setup.sh run "make demo"
	@.venv/bin/humaspost demo $(if $(KEEP),--keep)

lint:  ## format, lint, imports, dead code and types
	@sh tools/setup.sh test "make lint"
	@.venv/bin/python tools/check.py --lint

test:  ## every test that needs Python and make alone, within ten minutes
	@sh tools/setup.sh test "make test"
	@.venv/bin/python tools/check.py --lint
	@.venv/bin/python tools/check.py --test

test-all:  ## the same at full size, and what needs strace, libfaketime or chromium
	@sh tools/setup.sh test "make test-all"
	@.venv/bin/python tools/check.py --full

check:  ## format, lint, imports, types and the quick tests, under a minute
	@sh tools/setup.sh test "make check"
	@.venv/bin/python tools/check.py

bench:  ## the measured promises, as ratios
	@sh tools/setup.sh test "make bench"
	@.venv/bin/python -m benchmarks

torture:  ## 100,000 deliveries, 3,000 kills and 600 edits of the real program, about an hour
	@sh tools/setup.sh test "make torture"
	@.venv/bin/python -m tests.crash

docs:  ## writes the generated parts of docs/ anew
	@sh tools/setup.sh test "make docs"
	@.venv/bin/python tools/docs.py

pins:  ## writes requirements/*.txt anew from pyproject.toml and requirements/*.in
	@sh tools/setup.sh run "make pins"
	@.venv/bin/python -m pip install --quiet pip-tools
	@.venv/bin/python tools/pins.py

clean:  ## removes what make made
	@sh tools/clean.sh
