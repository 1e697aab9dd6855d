"""Where the reference data lies that tests judge us by; it is never part of the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def shared(path: str) -> Path:
    """The reference file at ``path``; without it the test skips, saying why (with CI=true it fails)."""
    found = Path(os.environ.get("HUMASPOST_SHARED", ROOT.parent / "shared")) / path
    if found.exists():
        return found
    absent(f"reference data {path} is absent (set HUMASPOST_SHARED)")
    return found


def absent(reason: str) -> None:
    """Skip for a missing tool or file; in CI, where everything is installed, that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
