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
from humaspost.channels.instagram.config import InstagramConfig
from humaspost.channels.meta_graph import GraphClient, get_text
from humaspost.model.channel import ChannelContext, optional_secret
from humaspost.model.errors import AuthFailed, ChannelError

#: Renewed from this long before its end, and not before it is a day old.
RENEWAL_PERIOD = timedelta(days=30)
MIN_TOKEN_AGE = timedelta(hours=24)
_LIFETIME_FIELD = "access_token_life"
_APP_SECRET = "app_secret"  # noqa: S105  # the name of one, not one
_MAX_LIFETIME_SECONDS = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class TokenLifetime:
    """From when until when a token is good, as the platform said when it gave it."""

    issued_at: datetime
    expires_at: datetime

    def is_renewal_due(self, now: datetime) -> bool:
        """Whether it is time to renew it, and allowed."""
        return self.expires_at - now < RENEWAL_PERIOD and now - self.issued_at > MIN_TOKEN_AGE


@dataclass(frozen=True, slots=True)
class TokenManager:
    """The token of one account and what is known of its life."""

    config: InstagramConfig
    context: ChannelContext

    def login_status(self, graph: GraphClient) -> tuple[datetime | None, bool]:
        """Until when the login lasts (None = nobody says), and whether that end moves without a person; no error."""
        if self.config.login == "instagram":
            lifetime = self._stored_lifetime()
            return (lifetime.expires_at if lifetime else None), True
        debug_info = _debug_token(graph, self.context.secret("access_token"))
        # Whichever is first: without access to data nothing can be read or published either.
        earliest = min(
            (
                expires_at
                for expires_at in (debug_info.expires_at, debug_info.data_access_expires_at)
                if expires_at is not None
            ),
            default=None,
        )
        return earliest, earliest is not None and earliest == debug_info.expires_at and self._is_exchangeable(
            debug_info
        )

    def renew(self, graph: GraphClient) -> bool:
        """Whether a new token is in place; an old one that may not be renewed yet, or cannot, stays.

        One whose end nobody has told is renewed at once: there is no other way to learn it.
        """
        is_facebook = self.config.login == "facebook"
        is_due = self._exchange_if_due if is_facebook else lambda _graph: self._is_renewal_due()
        try:
            if not is_due(graph):
                return False
            with self.context.renewal_lock():
                return is_due(graph) and (self._exchange(graph) if is_facebook else self._renew(graph))
        except ChannelError:
            return False

    def _exchange_if_due(self, graph: GraphClient) -> bool:
        """Whether a token of Facebook Login nears its end and can be exchanged.

        The end of access to data is not asked: an exchange does not move it, a person's consent does.
        """
        if not self._has_app_secret():
            return False
        debug_info = _debug_token(graph, self.context.secret("access_token"))
        return (
            self._is_exchangeable(debug_info)
            and debug_info.expires_at is not None
            and debug_info.expires_at - self.context.now() < RENEWAL_PERIOD
        )

    def _is_exchangeable(self, debug_info: "_TokenDebugInfo") -> bool:
        """A person's: of pages' and system users' nothing is documented that this call alone would move."""
        return debug_info.kind == "USER" and self._has_app_secret()

    def _has_app_secret(self) -> bool:
        return self.config.app_id is not None and bool(optional_secret(self.context, _APP_SECRET))

    def _exchange(self, graph: GraphClient) -> bool:
        """A new token is in place that Meta says is good, and for longer; ``/debug_token`` tells its end from then on."""
        old = self.context.secret("access_token")
        params = {
            "grant_type": "fb_exchange_token",
            "client_id": str(self.config.app_id),
            "client_secret": optional_secret(self.context, _APP_SECRET),
            "fb_exchange_token": old,
        }
        token = _get_token(
            graph.request("read", "GET", f"{self.config.api_url}/oauth/access_token", params=params)
        )
        before, after = _debug_token(graph, old), _debug_token(graph, token) if token else _TokenDebugInfo()
        is_longer = before.expires_at is not None and (
            after.expires_at is None or after.expires_at > before.expires_at
        )
        if not after.is_valid or not is_longer or self._is_replaced(old):
            return False
        self.context.replace_secret("access_token", token)
        return True

    def _is_replaced(self, old: str) -> bool:
        """Whether a person put in another token while this one was being renewed: theirs counts."""
        return self.context.secret("access_token") != old

    def _is_renewal_due(self) -> bool:
        lifetime = self._stored_lifetime()
        return lifetime is None or lifetime.is_renewal_due(self.context.now())

    def _renew(self, graph: GraphClient) -> bool:
        old = self.context.secret("access_token")
        params = {"grant_type": "ig_refresh_token", "access_token": old}
        response = graph.request(
            "read", "GET", f"{self.config.unversioned_url}/refresh_access_token", params=params
        )
        now = self.context.now()
        token, seconds = _get_token(response), response.get("expires_in")
        if (
            not token
            or not isinstance(seconds, int)
            or not 0 < seconds < _MAX_LIFETIME_SECONDS
            or self._is_replaced(old)
        ):
            return False
        self._save(token, TokenLifetime(now, now + timedelta(seconds=seconds)))
        return True

    def _save(self, token: str, lifetime: TokenLifetime) -> None:
        """First what is known of it: a token without its life would only be renewed once more."""
        text = (_fingerprint(token), lifetime.issued_at.isoformat(), lifetime.expires_at.isoformat())
        self.context.replace_secret(_LIFETIME_FIELD, " ".join(text))
        self.context.replace_secret("access_token", token)

    def _stored_lifetime(self) -> TokenLifetime | None:
        """What was kept of this very token; a person may have put in another since."""
        try:
            token_digest, issued, expires = self.context.secret(_LIFETIME_FIELD).split(" ")
            lifetime = TokenLifetime(datetime.fromisoformat(issued), datetime.fromisoformat(expires))
        except (AuthFailed, ValueError):
            return None
        return lifetime if token_digest == _fingerprint(self.context.secret("access_token")) else None


@dataclass(frozen=True, slots=True)
class _TokenDebugInfo:
    """What ``/debug_token`` says of a token: its end and that of its access to data, None = never, or not told."""

    is_valid: bool = False
    kind: str = ""
    expires_at: datetime | None = None
    data_access_expires_at: datetime | None = None


def _debug_token(graph: GraphClient, token: str) -> _TokenDebugInfo:
    try:
        node = graph.get("read", "/debug_token", input_token=token).get("data")
    except ChannelError:
        return _TokenDebugInfo()
    if not isinstance(node, dict):
        return _TokenDebugInfo()
    ends, access = _parse_expiry(node.get("expires_at")), _parse_expiry(node.get("data_access_expires_at"))
    return _TokenDebugInfo(node.get("is_valid") is True, get_text(node, "type"), ends, access)


def _get_token(node: Mapping[str, Any]) -> str:
    """The new token; "" where what stands there can be none, as a header takes no such text."""
    token = node.get("access_token")
    return token if isinstance(token, str) and re.fullmatch(r"[!-~]{8,4096}", token) else ""


def _fingerprint(token: str) -> str:
    return hashlib.sha256(b"humaspost token\0" + token.encode()).hexdigest()[:16]


def _parse_expiry(seconds: Json) -> datetime | None:
    """Seconds since 1970 as Meta tells an end; None = never (its 0), or not told."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 1e11:
        return None
    return datetime.fromtimestamp(seconds, UTC)
