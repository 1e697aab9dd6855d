"""Access tokens of both ways to log in: lifetime and renewal."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.sandbox.graph import GraphError
from humaspost.sandbox.instagram import accounts
from humaspost.sandbox.instagram.errors import invalid_parameter
from humaspost.sandbox.instagram.options import get_option
from humaspost.sandbox.state import SandboxState

#: Prefixes of a renewed token: Instagram Login, Facebook Login.
_RENEWED_PREFIX, _EXCHANGED_PREFIX = "IGAArenewed", "EAAexchanged"
_LIFETIME = timedelta(days=60)
_MIN_AGE = timedelta(hours=24)
_SCOPES = (
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_contents",
    "pages_read_engagement",
)
_INSTAGRAM_SCOPES = ("instagram_business_basic", "instagram_business_content_publish")


@dataclass(slots=True)
class TokenStore:
    """The issued tokens; the Facebook one expires only if an option sets that.

    A renewed token contains its own lifetime, so that a later sandbox accepts it too, as the
    platform would.
    """

    state: SandboxState
    started_at: datetime

    def is_facebook(self, token: str | None) -> bool:
        """Return True for a Facebook Login token, False for an Instagram Login token.

        Raise GraphError 190 for any other token and for an expired one.
        """
        is_facebook_token = _is_facebook(token or "")
        expires_at = self._expires_at(token or "")
        if subcode := get_option(self.state, "token_error"):
            raise GraphError(190, "Error validating access token", subcode=int(subcode))
        if expires_at and self.state.now() >= expires_at:
            message = "Error validating access token: Session has expired"
            raise GraphError(190, message, subcode=463)
        return is_facebook_token

    def refresh(self, token: str) -> dict[str, Any]:
        """Return a new token for 60 days; the old one remains valid.

        The old one must be unexpired and at least a day old.
        """
        if self.is_facebook(token):
            raise invalid_parameter("Only Instagram User access tokens are refreshed here.")
        now = self.state.now()
        if now - self._lifetime_of(token)[0] < _MIN_AGE:
            raise invalid_parameter("The access token must be at least 24 hours old.")
        return self._issue(now)

    def exchange(self, token: str, secret: str) -> dict[str, Any]:
        """Return a long-lived token for a short-lived one; ``secret`` must be the app's secret."""
        self.is_facebook(token)
        _check_secret(secret)
        return self._issue(self.state.now())

    def exchange_facebook(self, token: str, secret: str) -> dict[str, Any]:
        """Return a token for 60 more days, or the same one if it never expires.

        ``secret`` must be the app's secret.
        """
        if not self.is_facebook(token):
            raise invalid_parameter("Only Facebook access tokens are exchanged here.")
        _check_secret(secret)
        if self._expires_at(token) is None:
            return {"access_token": token, "token_type": "bearer"}
        token_issued = self._build_token(_EXCHANGED_PREFIX, self.state.now())
        return {
            "access_token": token_issued,
            "token_type": "bearer",
            "expires_in": int(_LIFETIME.total_seconds()),
        }

    def debug_token(self, token: str) -> dict[str, Any]:
        """Return the answer of /debug_token about ``token``; a time of 0 means never."""
        try:
            facebook = self.is_facebook(token)
        except GraphError as error:
            return _invalid_token(error)
        if not facebook and not get_option(self.state, "debug_token"):
            return _invalid_token(GraphError(190, "Invalid OAuth access token."))
        expires_at = self._expires_at(token)
        scopes = _SCOPES if facebook else _INSTAGRAM_SCOPES
        access = self._remaining_lifetime("data_access_seconds_left")
        return {
            "data": {
                "app_id": accounts.APP_ID,
                "type": "USER",
                "application": "humaspost",
                "data_access_expires_at": int(access.timestamp()) if access else 0,
                "expires_at": int(expires_at.timestamp()) if expires_at else 0,
                "is_valid": True,
                "scopes": list(scopes),
                "granular_scopes": [{"scope": s, "target_ids": [accounts.USER_ID]} for s in scopes],
                "user_id": accounts.FACEBOOK_USER_ID if facebook else accounts.APP_SCOPED_ID,
            }
        }

    def _issue(self, now: datetime) -> dict[str, Any]:
        return {
            "access_token": self._build_token(_RENEWED_PREFIX, now),
            "token_type": "bearer",
            "expires_in": int(_LIFETIME.total_seconds()),
            "permissions": ",".join(_INSTAGRAM_SCOPES),
        }

    @staticmethod
    def _build_token(prefix: str, now: datetime) -> str:
        payload = f"{int(now.timestamp()):x}Z{secrets.token_hex(8)}"
        return f"{prefix}{payload}Z{_signature(payload)}"

    def _expires_at(self, token: str) -> datetime | None:
        if token == accounts.FACEBOOK_TOKEN:
            return self._remaining_lifetime("facebook_token_seconds_left")
        return self._lifetime_of(token)[1]

    def _remaining_lifetime(self, option: str) -> datetime | None:
        remaining = get_option(self.state, option)
        return None if remaining is None else self.started_at + timedelta(seconds=float(remaining))

    def _lifetime_of(self, token: str) -> tuple[datetime, datetime]:
        if token == accounts.ACCESS_TOKEN:
            age = timedelta(hours=float(get_option(self.state, "token_age_hours")))
            remaining = timedelta(seconds=float(get_option(self.state, "token_seconds_left")))
            return self.started_at - age, self.started_at + remaining
        payload, _, seal = token.removeprefix(_RENEWED_PREFIX).removeprefix(_EXCHANGED_PREFIX).rpartition("Z")
        if (
            not token.startswith((_RENEWED_PREFIX, _EXCHANGED_PREFIX))
            or not payload
            or not hmac.compare_digest(seal, _signature(payload))
        ):
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        issued = datetime.fromtimestamp(int(payload.partition("Z")[0], 16), UTC)
        return issued, issued + _LIFETIME


def _is_facebook(token: str) -> bool:
    return token == accounts.FACEBOOK_TOKEN or token.startswith(_EXCHANGED_PREFIX)


def _check_secret(secret: str) -> None:
    if secret != accounts.APP_SECRET:
        raise GraphError(1, "Error validating client secret.", status=400)


def _invalid_token(error: GraphError) -> dict[str, Any]:
    reason = {"code": error.code, "message": error.message, "subcode": error.subcode or 0}
    return {"data": {"is_valid": False, "scopes": [], "error": reason}}


def _signature(payload: str) -> str:
    return hmac.new(accounts.APP_SECRET.encode(), payload.encode(), "sha256").hexdigest()[:24]
