"""Snowflakes: X's ids, which carry their time."""

from humaspost.sandbox.state import SandboxState

_EPOCH_MS = 1_288_834_974_657


class SnowflakeGenerator:
    """Makes ids that grow, as decimal text."""

    def __init__(self, state: SandboxState) -> None:
        self._state, self._last = state, 0

    def next_id(self) -> str:
        """An id of this moment, larger than every one before it."""
        stamp = int(self._state.now().timestamp() * 1000) - _EPOCH_MS
        self._last = max(self._last + 1, stamp << 22)
        return str(self._last)
