#!/bin/sh
# Removes caches, builds and the .venv that make made; it keeps any other .venv.
cd "$(dirname "$0")/.." || exit 1
if [ -e .venv/humaspost-made-this ]; then
    rm -rf .venv
fi
rm -rf .venv-setup.log build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis
find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
