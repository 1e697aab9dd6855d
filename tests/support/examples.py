"""Hypothesis in two sizes: few examples, the same at every run, or many, new at every run."""

from typing import Any

from hypothesis import settings

from tests.support.sizes import FULL, size


def examples(small: int, full: int, **more: Any) -> settings:
    """Return the settings of a test; no example has a deadline of its own."""
    return settings(max_examples=size(small, full), deadline=None, derandomize=not FULL, **more)
