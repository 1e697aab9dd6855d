"""Snowflakes: X's ids, which contain their creation time."""

from humaspost.sandbox.state import SandboxState

_EPOCH_MS = 1_288_834_974_657


class SnowflakeGenerator:
    """A generator of increasing ids, as decimal text."""

    def __init__(self, state: SandboxState) -> None:
        self._state, self._last = state, 0

    def next_id(self) -> str:
        """Return an id for the current time, larger than every earlier one."""
        stamp = int(self._state.now().timestamp() * 1000) - _EPOCH_MS
        self._last = max(self._last + 1, stamp << 22)
        return str(self._last)
