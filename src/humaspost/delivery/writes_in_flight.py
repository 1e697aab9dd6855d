"""The deliveries that threads of this process write now, whichever engine started them."""

import threading


class WritesInFlight:
    """The keys of all writes that have not ended; any thread may use it.

    An engine that replaces another recovers what the former left behind, but not these: they may still end
    with proof.
    """

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    def add(self, key: str) -> None:
        """Add a write before any thread can begin it."""
        with self._lock:
            self._keys.add(key)

    def discard(self, key: str) -> None:
        """Remove a write whose outcome is on disk, or that cannot have one any more."""
        with self._lock:
            self._keys.discard(key)

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of this moment."""
        with self._lock:
            return frozenset(self._keys)
