"""Wait for what another process does."""

import time
from collections.abc import Callable
from typing import Any


def wait_until(condition: Callable[[], Any], *, within: float) -> Any:
    """Return what the condition gives, as soon as it is true."""
    end = time.monotonic() + within
    while True:
        late = time.monotonic() > end
        if value := condition():
            return value
        assert not late, f"not so within {within} s"
        time.sleep(0.05)
