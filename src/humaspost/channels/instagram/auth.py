"""Lifetime of the login, and its renewal.

Instagram Login: a token lives 60 days and is renewed for 60 more by ``refresh_access_token`` once it is a day old
(https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token, read 2026-11-23);
only that response names its end, so the end is stored beside the token. Facebook Login: ``/debug_token`` names the
end, and a person's token is exchanged for one of 60 more days if the config names the app and its secret is stored
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

#: A token is renewed from this long before its end, and not before it is a day old.
RENEWAL_PERIOD = timedelta(days=30)
MIN_TOKEN_AGE = timedelta(hours=24)
_LIFETIME_FIELD = "access_token_life"
_APP_SECRET = "app_secret"  # noqa: S105  # the name of one, not one
_MAX_LIFETIME_SECONDS = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class TokenLifetime:
    """The lifetime of a token, as the platform reported it with the token."""

    issued_at: datetime
    expires_at: datetime

    def is_renewal_due(self, now: datetime) -> bool:
        """Return True if the renewal is due and allowed."""
        return self.expires_at - now < RENEWAL_PERIOD and now - self.issued_at > MIN_TOKEN_AGE


@dataclass(frozen=True, slots=True)
class TokenManager:
    """The token of one account, with its lifetime and its renewal."""

    config: InstagramConfig
    context: ChannelContext

    def login_status(self, graph: GraphClient) -> tuple[datetime | None, bool]:
        """Return the end of the login, or None, and whether the end moves without a person.

        Raises no error.
        """
        if self.config.login == "instagram":
            lifetime = self._stored_lifetime()
            return (lifetime.expires_at if lifetime else None), True
        debug_info = _debug_token(graph, self.context.secret("access_token"))
        # The earlier end counts: without access to data nothing can be read or published either.
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
        """Renew the token if that is due and possible, and return True if a new token is stored.

        A token with an unknown end is renewed at once, because only a renewal names its end.
        """
        is_facebook = self.config.login == "facebook"
        is_due = self._is_exchange_due if is_facebook else lambda _graph: self._is_renewal_due()
        try:
            if not is_due(graph):
                return False
            with self.context.renewal_lock():
                return is_due(graph) and (self._exchange(graph) if is_facebook else self._renew(graph))
        except ChannelError:
            return False

    def _is_exchange_due(self, graph: GraphClient) -> bool:
        """Return True if a token of Facebook Login is near its end and can be exchanged.

        The end of access to data does not count: only a person's consent moves it, an exchange does not.
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
        """Return True if the token is a person's and the app's secret is stored.

        No documentation says that this call alone would move the end of a page's or a system user's token.
        """
        return debug_info.kind == "USER" and self._has_app_secret()

    def _has_app_secret(self) -> bool:
        return self.config.app_id is not None and bool(optional_secret(self.context, _APP_SECRET))

    def _exchange(self, graph: GraphClient) -> bool:
        """Store a new token if Meta reports it valid and longer-lived; return True if it is stored.

        ``/debug_token`` names its end from then on.
        """
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
        """Return True if a person replaced the token during its renewal; their token counts."""
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
        """Store the lifetime first: a token without its lifetime is only renewed once more."""
        text = (_fingerprint(token), lifetime.issued_at.isoformat(), lifetime.expires_at.isoformat())
        self.context.replace_secret(_LIFETIME_FIELD, " ".join(text))
        self.context.replace_secret("access_token", token)

    def _stored_lifetime(self) -> TokenLifetime | None:
        """Return the stored lifetime of the present token, or None if a person replaced the token."""
        try:
            token_digest, issued, expires = self.context.secret(_LIFETIME_FIELD).split(" ")
            lifetime = TokenLifetime(datetime.fromisoformat(issued), datetime.fromisoformat(expires))
        except (AuthFailed, ValueError):
            return None
        return lifetime if token_digest == _fingerprint(self.context.secret("access_token")) else None


@dataclass(frozen=True, slots=True)
class _TokenDebugInfo:
    """The information of ``/debug_token``: validity, kind, end, and end of access to data.

    An end is None if there is none or Meta names none.
    """

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
    """Return the new token, or "" if an HTTP header cannot carry the value."""
    token = node.get("access_token")
    return token if isinstance(token, str) and re.fullmatch(r"[!-~]{8,4096}", token) else ""


def _fingerprint(token: str) -> str:
    return hashlib.sha256(b"humaspost token\0" + token.encode()).hexdigest()[:16]


def _parse_expiry(seconds: Json) -> datetime | None:
    """Return the end in seconds since 1970 as a time, or None if it is 0 (never) or absent."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 1e11:
        return None
    return datetime.fromtimestamp(seconds, UTC)
