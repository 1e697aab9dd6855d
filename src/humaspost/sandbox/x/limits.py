"""X's rate windows: 15 minutes per user and endpoint, reported in every response's headers.

Figures: https://docs.x.com/x-api/fundamentals/rate-limits, read 2026-08-22.
"""

from humaspost.sandbox.state import SandboxState
from humaspost.sandbox.x.errors import rate_limited
from humaspost.sandbox.x.options import get_option

REQUESTS_PER_WINDOW = {
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
#: Header prefix of a 24-hour window -> the option that limits it.
_DAILY_OPTIONS = {"x-user-limit-24hour": "user_24h", "x-app-limit-24hour": "app_24h"}


class RateLimits:
    """The used part of each window, by the sandbox's clock."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._windows: dict[str, tuple[float, int]] = {}

    def count_request(self, endpoint: str) -> None:
        """Count one more request; raise 429 if it exceeds the limit."""
        if not self._count(endpoint, self._limit(endpoint), get_option(self._state, "window_seconds")):
            raise rate_limited()

    def count_post(self) -> None:
        """Count one more post of the 24 hours; raise 429 if it exceeds a configured limit."""
        for prefix, name in _DAILY_OPTIONS.items():
            if not self._count(prefix, get_option(self._state, name), _DAY):
                raise rate_limited()

    def headers(self, endpoint: str) -> dict[str, str]:
        """Return the rate headers: the size of each window, the remaining requests, and its end."""
        headers_built = self._window_headers(
            "x-rate-limit", endpoint, self._limit(endpoint), get_option(self._state, "window_seconds")
        )
        if endpoint == "post":
            for prefix, name in _DAILY_OPTIONS.items():
                headers_built |= self._window_headers(prefix, prefix, get_option(self._state, name), _DAY)
        return headers_built

    def _limit(self, endpoint: str) -> int | None:
        limit = get_option(self._state, "limits").get(endpoint, REQUESTS_PER_WINDOW[endpoint])
        return limit if limit is None or isinstance(limit, int) else REQUESTS_PER_WINDOW[endpoint]

    def _current_window(self, name: str, length: float) -> tuple[float, int]:
        now = self._state.now().timestamp()
        started_at, used = self._windows.get(name, (now, 0))
        return (started_at, used) if started_at <= now < started_at + length else (now, 0)

    def _count(self, name: str, limit: int | None, length: float) -> bool:
        started_at, used = self._current_window(name, length)
        if limit is not None and used >= limit:
            return False
        self._windows[name] = (started_at, used + 1)
        return True

    def _window_headers(self, prefix: str, name: str, limit: int | None, length: float) -> dict[str, str]:
        if limit is None:
            return {}
        started_at, used = self._current_window(name, length)
        return {
            f"{prefix}-limit": str(limit),
            f"{prefix}-remaining": str(max(0, limit - used)),
            f"{prefix}-reset": str(int(started_at + length)),
        }
