"""Errors that have words and an exit code of their own."""

import importlib

import pytest

from humaspost.cli.errors import _REPORTERS


@pytest.mark.parametrize("name", _REPORTERS)
def test_each_named_error_exists_under_that_name(name: str) -> None:
    """They are matched by name, so that no command imports them all: no type checker sees a class that moved."""
    module, _dot, kind = name.rpartition(".")
    error = getattr(importlib.import_module(module), kind)
    assert f"{error.__module__}.{error.__name__}" == name
