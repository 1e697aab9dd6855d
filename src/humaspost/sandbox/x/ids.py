"""Snowflakes: X's ids, which carry their time."""

from humaspost.sandbox.state import World

_EPOCH_MS = 1_288_834_974_657


class Snowflakes:
    """Makes ids that grow, as decimal text."""

    def __init__(self, world: World) -> None:
        self._world, self._last = world, 0

    def next(self) -> str:
        """An id of this moment, larger than every one before it."""
        stamp = int(self._world.now().timestamp() * 1000) - _EPOCH_MS
        self._last = max(self._last + 1, stamp << 22)
        return str(self._last)
