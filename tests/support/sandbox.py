"""The pretend platforms for tests: one server per process, which every test finds as if it had just started.

``sandbox`` is what a test asks for. ``own_sandbox`` starts another one, for a test that needs two, ends it,
or wants its own host or port. A module whose tests only add settings overrides ``sandbox`` by itself.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from humaspost.sandbox.server import Sandbox
from tests.support.deadlines import SECOND

_OPENER = build_opener(ProxyHandler({}))


def reset(sandbox: Sandbox) -> Sandbox:
    """Make ``sandbox`` as it was when it started; nothing of an earlier test is under way any more."""
    # Connections are accepted in order: once this answer is here, no earlier one is still to come.
    _request(sandbox, "GET", "faults")
    ends = time.monotonic() + 15 * SECOND
    while not sandbox.cut():
        assert time.monotonic() < ends, "a request of an earlier test does not end"
        time.sleep(0.001)
    # The platforms date their tokens by the clock, so the clock is set right first.
    sandbox.state.now = lambda: datetime.now(UTC)
    _request(sandbox, "POST", "reset")
    return sandbox


def _request(sandbox: Sandbox, method: str, name: str) -> None:
    request = Request(f"{sandbox.url}/_sandbox/{name}", method=method)
    with _OPENER.open(request, timeout=15 * SECOND) as answer:
        assert answer.status == 200


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests of this process; ask for ``sandbox`` instead, which is reset."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """A running sandbox that remembers nothing."""
    return reset(running_sandbox)


@pytest.fixture
def own_sandbox() -> Iterator[Callable[..., Sandbox]]:
    """Start a sandbox with these options; it ends with the test."""
    with ExitStack() as started:
        yield lambda **options: started.enter_context(Sandbox(**options))
