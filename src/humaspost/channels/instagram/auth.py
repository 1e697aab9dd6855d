"""How long the login lasts, and its renewal.

Instagram Login: 60 days, renewed for 60 more by ``refresh_access_token`` once it is a day old
(https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token, read 2026-11-23);
only that answer tells its end, so it is kept beside the token. Facebook Login: ``/debug_token`` tells it, and a
person's token is exchanged for one of 60 days more where the config names the app and a secret of it is kept
(https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived, read 2026-11-23).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.channels.instagram import InstagramConfig
from humaspost.channels.meta_graph import Graph, text_of
from humaspost.model.channel import Door, optional
from humaspost.model.errors import AuthFailed, ChannelError

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

    def standing(self, graph: Graph) -> tuple[datetime | None, bool]:
        """Until when the login lasts (None = nobody says), and whether that end moves without a person; no error."""
        if self.config.login == "instagram":
            life = self._life()
            return (life.expires if life else None), True
        told = _debugged(graph, self.door.secret("access_token"))
        # Whichever is first: without access to data nothing can be read or published either.
        first = min((end for end in (told.ends, told.access) if end is not None), default=None)
        return first, first is not None and first == told.ends and self._is_exchangeable(told)

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
        if not self._knows_app():
            return False
        told = _debugged(graph, self.door.secret("access_token"))
        return self._is_exchangeable(told) and told.ends is not None and told.ends - self.door.now() < AHEAD

    def _is_exchangeable(self, told: "_Told") -> bool:
        """A person's: of pages' and system users' nothing is documented that this call alone would move."""
        return told.kind == "USER" and self._knows_app()

    def _knows_app(self) -> bool:
        return self.config.app_id is not None and bool(optional(self.door, _APP_SECRET))

    def _exchange(self, graph: Graph) -> bool:
        """A new token is in place that Meta says is good, and for longer; ``/debug_token`` tells its end from then on."""
        old = self.door.secret("access_token")
        params = {
            "grant_type": "fb_exchange_token",
            "client_id": str(self.config.app_id),
            "client_secret": optional(self.door, _APP_SECRET),
            "fb_exchange_token": old,
        }
        token = _token_in(graph.ask("read", "GET", f"{self.config.url}/oauth/access_token", params=params))
        before, after = _debugged(graph, old), _debugged(graph, token) if token else _Told()
        is_longer = before.ends is not None and (after.ends is None or after.ends > before.ends)
        if not after.valid or not is_longer or self._is_another(old):
            return False
        self.door.replace_secret("access_token", token)
        return True

    def _is_another(self, old: str) -> bool:
        """Whether a person put in another token while this one was being renewed: theirs counts."""
        return self.door.secret("access_token") != old

    def _is_due(self) -> bool:
        life = self._life()
        return life is None or life.is_due(self.door.now())

    def _renew(self, graph: Graph) -> bool:
        old = self.door.secret("access_token")
        params = {"grant_type": "ig_refresh_token", "access_token": old}
        found = graph.ask("read", "GET", f"{self.config.root}/refresh_access_token", params=params)
        now = self.door.now()
        token, seconds = _token_in(found), found.get("expires_in")
        if not token or not isinstance(seconds, int) or not 0 < seconds < _LONGEST or self._is_another(old):
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


@dataclass(frozen=True, slots=True)
class _Told:
    """What ``/debug_token`` says of a token: its end and that of its access to data, None = never, or not told."""

    valid: bool = False
    kind: str = ""
    ends: datetime | None = None
    access: datetime | None = None


def _debugged(graph: Graph, token: str) -> _Told:
    try:
        found = graph.get("read", "/debug_token", input_token=token).get("data")
    except ChannelError:
        return _Told()
    if not isinstance(found, dict):
        return _Told()
    ends, access = _moment(found.get("expires_at")), _moment(found.get("data_access_expires_at"))
    return _Told(found.get("is_valid") is True, text_of(found, "type"), ends, access)


def _token_in(found: Mapping[str, Any]) -> str:
    """The new token; "" where what stands there can be none, as a header takes no such text."""
    token = found.get("access_token")
    return token if isinstance(token, str) and re.fullmatch(r"[!-~]{8,4096}", token) else ""


def _print(token: str) -> str:
    return hashlib.sha256(b"humaspost token\0" + token.encode()).hexdigest()[:16]


def _moment(seconds: Json) -> datetime | None:
    """Seconds since 1970 as Meta tells an end; None = never (its 0), or not told."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 1e11:
        return None
    return datetime.fromtimestamp(seconds, UTC)
