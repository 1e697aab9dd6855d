"""How long a test waits: every deadline is a multiple of one constant, measured at start.

A deadline only ends a test that is broken, so it is generous; nothing passes because it is long.
A test that asserts "soon" compares two events, never an event and a number of seconds.
"""

import os
import time

#: Seconds that ``_work`` takes on a quiet machine of two cores (measured: Debian 12, Python 3.11).
_QUIET = 0.03
#: More waiting than any machine that we want to support makes necessary.
_MOST = 20.0


def _work() -> float:
    """Return how many seconds a fixed piece of work takes now."""
    began = time.perf_counter()
    total = 0
    for number in range(1_000_000):
        total += number & 7
    assert total
    return time.perf_counter() - began


def _measure() -> float:
    """Return how many seconds stand for one second of a quiet machine; at least 2, for other workers."""
    given = os.environ.get("HUMASPOST_TEST_SECOND")
    return float(given) if given else min(_MOST, max(2.0, 2.0 * max(_work() for _ in range(3)) / _QUIET))


#: One second of a quiet machine, as seconds of this one. Write ``within=15 * SECOND``.
SECOND = _measure()
# Processes that this one starts, and workers of xdist, wait as long.
os.environ["HUMASPOST_TEST_SECOND"] = f"{SECOND:.2f}"
