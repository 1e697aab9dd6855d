"""X's rate windows: 15 minutes per user and endpoint, told in headers on every answer.

Figures: https://docs.x.com/x-api/fundamentals/rate-limits, read 2026-08-22.
"""

from humaspost.sandbox.state import World
from humaspost.sandbox.x.errors import too_many
from humaspost.sandbox.x.options import setting

PER_WINDOW = {
    "post": 100,
    "delete": 50,
    "lookup": 900,
    "me": 75,
    "timeline": 900,
    "upload": 500,
    "initialize": 1875,
    "append": 1875,
    "finalize": 1875,
    "status": 1000,
    "metadata": 500,
    "subtitles": 100,
}
_DAY = 86_400
#: What the headers of a day's window begin with -> the setting that limits it.
_DAILY = {"x-user-limit-24hour": "user_24h", "x-app-limit-24hour": "app_24h"}


class Limits:
    """How much of each window is used, in the sandbox's own clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, endpoint: str) -> None:
        """One request more is counted, or it is one too many."""
        if not self._count(endpoint, self._limit(endpoint), setting(self._world, "window_seconds")):
            raise too_many()

    def take_post(self) -> None:
        """One post of the 24 hours is counted, where such limits are set."""
        for prefix, name in _DAILY.items():
            if not self._count(prefix, setting(self._world, name), _DAY):
                raise too_many()

    def headers(self, endpoint: str) -> dict[str, str]:
        """What every answer tells: the window's size, what is left of it, and when it ends."""
        told = self._told(
            "x-rate-limit", endpoint, self._limit(endpoint), setting(self._world, "window_seconds")
        )
        if endpoint == "post":
            for prefix, name in _DAILY.items():
                told |= self._told(prefix, prefix, setting(self._world, name), _DAY)
        return told

    def _limit(self, endpoint: str) -> int | None:
        limit = setting(self._world, "limits").get(endpoint, PER_WINDOW[endpoint])
        return limit if limit is None or isinstance(limit, int) else PER_WINDOW[endpoint]

    def _window(self, name: str, length: float) -> tuple[float, int]:
        now = self._world.now().timestamp()
        begun, used = self._windows.get(name, (now, 0))
        return (begun, used) if begun <= now < begun + length else (now, 0)

    def _count(self, name: str, limit: int | None, length: float) -> bool:
        begun, used = self._window(name, length)
        if limit is not None and used >= limit:
            return False
        self._windows[name] = (begun, used + 1)
        return True

    def _told(self, prefix: str, name: str, limit: int | None, length: float) -> dict[str, str]:
        if limit is None:
            return {}
        begun, used = self._window(name, length)
        return {
            f"{prefix}-limit": str(limit),
            f"{prefix}-remaining": str(max(0, limit - used)),
            f"{prefix}-reset": str(int(begun + length)),
        }
