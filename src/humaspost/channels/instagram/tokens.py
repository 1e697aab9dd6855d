"""How long the login lasts, and its renewal.

Instagram Login: 60 days, renewed for 60 more by ``refresh_access_token`` once it is a day old
(https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token, read 2026-11-23);
only that answer tells its end, so it is kept beside the token. Facebook Login: ``/debug_token`` tells it.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from humaspost.channels.graph import Graph, text_of
from humaspost.channels.instagram import InstagramConfig
from humaspost.model.channel import Door
from humaspost.model.errors import AuthFailed, ChannelError

#: Renewed from this long before its end, and not before it is a day old.
AHEAD = timedelta(days=30)
YOUNG = timedelta(hours=24)
_LIFE = "access_token_life"
_LONGEST = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class Life:
    """From when until when a token is good, as the platform said when it gave it."""

    issued: datetime
    expires: datetime

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew it, and allowed."""
        return self.expires - now < AHEAD and now - self.issued > YOUNG


@dataclass(frozen=True, slots=True)
class Tokens:
    """The token of one account and what is known of its life."""

    config: InstagramConfig
    door: Door

    def expiry(self, graph: Graph) -> datetime | None:
        """Until when the login lasts, None = nobody says; never an error."""
        if self.config.login == "facebook":
            return _debugged(graph, self.door.secret("access_token"))
        life = self._life()
        return life.expires if life else None

    def renew(self, graph: Graph) -> bool:
        """Whether a new token is in place; an old one that may not be renewed yet, or cannot, stays.

        One whose end nobody has told is renewed at once: there is no other way to learn it.
        """
        if self.config.login == "facebook" or not self._is_due():
            return False
        try:
            with self.door.renewing():
                return self._is_due() and self._renew(graph)
        except ChannelError:
            return False

    def _is_due(self) -> bool:
        life = self._life()
        return life is None or life.is_due(self.door.now())

    def _renew(self, graph: Graph) -> bool:
        params = {"grant_type": "ig_refresh_token", "access_token": self.door.secret("access_token")}
        found = graph.ask("read", "GET", f"{self.config.root}/refresh_access_token", params=params)
        now = self.door.now()
        token, seconds = text_of(found, "access_token"), found.get("expires_in")
        if not token or not isinstance(seconds, int) or not 0 < seconds < _LONGEST:
            return False
        self._keep(token, Life(now, now + timedelta(seconds=seconds)))
        return True

    def _keep(self, token: str, life: Life) -> None:
        """First what is known of it: a token without its life would only be renewed once more."""
        words = (_print(token), life.issued.isoformat(), life.expires.isoformat())
        self.door.replace_secret(_LIFE, " ".join(words))
        self.door.replace_secret("access_token", token)

    def _life(self) -> Life | None:
        """What was kept of this very token; a person may have put in another since."""
        try:
            whose, issued, expires = self.door.secret(_LIFE).split(" ")
            life = Life(datetime.fromisoformat(issued), datetime.fromisoformat(expires))
        except (AuthFailed, ValueError):
            return None
        return life if whose == _print(self.door.secret("access_token")) else None


def _print(token: str) -> str:
    return hashlib.sha256(b"humaspost token\0" + token.encode()).hexdigest()[:16]


def _debugged(graph: Graph, token: str) -> datetime | None:
    try:
        found = graph.get("read", "/debug_token", input_token=token).get("data")
    except ChannelError:
        return None
    # Whichever is first: without access to data nothing can be read or published either. 0 = never.
    told = (
        [found.get(f"{what}expires_at") for what in ("", "data_access_")] if isinstance(found, dict) else []
    )
    ends = [end for end in told if isinstance(end, int) and 0 < end < 1e11]
    return datetime.fromtimestamp(min(ends), UTC) if ends else None
