"""How long the login lasts, and its renewal.

Instagram Login: 60 days, renewed for 60 more by ``refresh_access_token`` once it is a day old
(https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token, read 2026-11-23);
only that answer tells its end, so it is kept beside the token. Facebook Login: ``/debug_token`` tells it, and a
person's token is exchanged for one of 60 days more where the config names the app and a secret of it is kept
(https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived, read 2026-11-23).
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from humaspost.channels.graph import Graph, text_of
from humaspost.channels.instagram import InstagramConfig
from humaspost.channels.secret import optional
from humaspost.model.channel import Door
from humaspost.model.errors import AuthFailed, ChannelError
from humaspost.model.json import Json

#: Renewed from this long before its end, and not before it is a day old.
AHEAD = timedelta(days=30)
YOUNG = timedelta(hours=24)
_LIFE = "access_token_life"
_APP_SECRET = "app_secret"  # noqa: S105  # the name of one, not one
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
            # Whichever is first: without access to data nothing can be read or published either.
            ends = [one for one in self._told(graph) if one is not None]
            return min(ends, default=None)
        life = self._life()
        return life.expires if life else None

    @property
    def renews(self) -> bool:
        """Whether it is renewed without a person."""
        if self.config.login == "instagram":
            return True
        return self.config.app_id is not None and bool(optional(self.door, _APP_SECRET))

    def renew(self, graph: Graph) -> bool:
        """Whether a new token is in place; an old one that may not be renewed yet, or cannot, stays.

        One whose end nobody has told is renewed at once: there is no other way to learn it.
        """
        facebook = self.config.login == "facebook"
        is_due = self._is_exchanged if facebook else lambda _graph: self._is_due()
        try:
            if not is_due(graph):
                return False
            with self.door.renewing():
                return is_due(graph) and (self._exchange(graph) if facebook else self._renew(graph))
        except ChannelError:
            return False

    def _is_exchanged(self, graph: Graph) -> bool:
        """Whether a token of Facebook Login nears its end and can be exchanged.

        The end of access to data is not asked: an exchange does not move it, a person's consent does.
        """
        end = self._told(graph)[0] if self.renews else None
        return end is not None and end - self.door.now() < AHEAD

    def _told(self, graph: Graph) -> tuple[datetime | None, datetime | None]:
        """The end of a Facebook token, and of its access to data; None = never, or nobody says."""
        try:
            found = graph.get("read", "/debug_token", input_token=self.door.secret("access_token")).get(
                "data"
            )
        except ChannelError:
            return None, None
        known = found if isinstance(found, dict) else {}
        return _moment(known.get("expires_at")), _moment(known.get("data_access_expires_at"))

    def _exchange(self, graph: Graph) -> bool:
        """A new token is in place; the answer tells its end, and so does ``/debug_token``, so nothing else is kept."""
        old = self.door.secret("access_token")
        params = {
            "grant_type": "fb_exchange_token",
            "client_id": str(self.config.app_id),
            "client_secret": optional(self.door, _APP_SECRET),
            "fb_exchange_token": old,
        }
        found = graph.ask("read", "GET", f"{self.config.url}/oauth/access_token", params=params)
        token = text_of(found, "access_token")
        if not token or token == old:
            return False
        self.door.replace_secret("access_token", token)
        return True

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


def _moment(seconds: Json) -> datetime | None:
    """Seconds since 1970 as Meta tells an end; None = never (its 0), or not told."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 1e11:
        return None
    return datetime.fromtimestamp(seconds, UTC)
