"""Loaded by every Python program that a test starts: it speaks to this computer only."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("loopback", Path(__file__).parents[1] / "loopback.py")
assert _spec
assert _spec.loader
_loopback = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_loopback)
_loopback.install()
