"""What every test stands on."""

import signal

import pytest

from tests.support.sizes import FULL

pytest_plugins = [
    "tests.support.guard",
    "tests.support.sandbox",
    "tests.support.office",
    "tests.support.served_office",
]


def pytest_configure() -> None:
    """A shell that runs us in the background lets us ignore Ctrl-C, and the programs that we start inherit it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name the content of a file by its kind: each worker encodes it anew, and a name must be the same in all."""
    return "content" if isinstance(val, bytes) and len(val) > 100 else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked ``full`` unless everything is tested at full size."""
    left_out = [] if FULL else [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
