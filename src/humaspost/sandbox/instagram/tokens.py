"""Access tokens of both ways of logging in: how long they live, how they are renewed."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.sandbox.graph import GraphError
from humaspost.sandbox.instagram import accounts
from humaspost.sandbox.instagram.errors import invalid
from humaspost.sandbox.instagram.options import setting
from humaspost.sandbox.state import World

#: How a renewed token begins: of Instagram Login, of Facebook Login.
_RENEWED, _EXCHANGED = "IGAArenewed", "EAAexchanged"
_LIFE = timedelta(days=60)
_YOUNG = timedelta(hours=24)
_SCOPES = (
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_contents",
    "pages_read_engagement",
)
_INSTAGRAM_SCOPES = ("instagram_business_basic", "instagram_business_content_publish")


@dataclass(slots=True)
class Tokens:
    """Every token given out; the Facebook one expires only where that is set.

    A renewed one tells its own life, so that it still opens the next sandbox, as it would the platform.
    """

    world: World
    started: datetime

    def facebook(self, token: str | None) -> bool:
        """Whether ``token`` is of Facebook Login (True) or Instagram Login (False); 190 when it is neither."""
        facebook = _is_facebook(token or "")
        expires = self._end(token or "")
        if subcode := setting(self.world, "token_error"):
            raise GraphError(190, "Error validating access token", subcode=int(subcode))
        if expires and self.world.now() >= expires:
            said = "Error validating access token: Session has expired"
            raise GraphError(190, said, subcode=463)
        return facebook

    def refresh(self, token: str) -> dict[str, Any]:
        """A new token for 60 days; the old one must be unexpired and a day old, and lives on."""
        if self.facebook(token):
            raise invalid("Only Instagram User access tokens are refreshed here.")
        now = self.world.now()
        if now - self._life(token)[0] < _YOUNG:
            raise invalid("The access token must be at least 24 hours old.")
        return self._new(now)

    def exchange(self, token: str, secret: str) -> dict[str, Any]:
        """A long-lived token for a short-lived one; the app's secret must fit."""
        self.facebook(token)
        _check_secret(secret)
        return self._new(self.world.now())

    def exchange_facebook(self, token: str, secret: str) -> dict[str, Any]:
        """A token for 60 days more, the same where it never ends; the app's secret must fit."""
        if not self.facebook(token):
            raise invalid("Only Facebook access tokens are exchanged here.")
        _check_secret(secret)
        if self._end(token) is None:
            return {"access_token": token, "token_type": "bearer"}
        made = self._made(_EXCHANGED, self.world.now())
        return {"access_token": made, "token_type": "bearer", "expires_in": int(_LIFE.total_seconds())}

    def debug(self, token: str) -> dict[str, Any]:
        """What /debug_token says of ``token``; 0 means never."""
        try:
            facebook = self.facebook(token)
        except GraphError as error:
            return _not_valid(error)
        if not facebook and not setting(self.world, "debug_token"):
            return _not_valid(GraphError(190, "Invalid OAuth access token."))
        end = self._end(token)
        scopes = _SCOPES if facebook else _INSTAGRAM_SCOPES
        access = self._ends_in("data_access_seconds_left")
        return {
            "data": {
                "app_id": accounts.APP_ID,
                "type": "USER",
                "application": "humaspost",
                "data_access_expires_at": int(access.timestamp()) if access else 0,
                "expires_at": int(end.timestamp()) if end else 0,
                "is_valid": True,
                "scopes": list(scopes),
                "granular_scopes": [{"scope": s, "target_ids": [accounts.USER_ID]} for s in scopes],
                "user_id": accounts.FACEBOOK_USER_ID if facebook else accounts.APP_SCOPED_ID,
            }
        }

    def _new(self, now: datetime) -> dict[str, Any]:
        return {
            "access_token": self._made(_RENEWED, now),
            "token_type": "bearer",
            "expires_in": int(_LIFE.total_seconds()),
            "permissions": ",".join(_INSTAGRAM_SCOPES),
        }

    @staticmethod
    def _made(prefix: str, now: datetime) -> str:
        life = f"{int(now.timestamp()):x}Z{secrets.token_hex(8)}"
        return f"{prefix}{life}Z{_seal(life)}"

    def _end(self, token: str) -> datetime | None:
        if token == accounts.FACEBOOK_TOKEN:
            return self._ends_in("facebook_token_seconds_left")
        return self._life(token)[1]

    def _ends_in(self, switch: str) -> datetime | None:
        left = setting(self.world, switch)
        return None if left is None else self.started + timedelta(seconds=float(left))

    def _life(self, token: str) -> tuple[datetime, datetime]:
        if token == accounts.ACCESS_TOKEN:
            age = timedelta(hours=float(setting(self.world, "token_age_hours")))
            left = timedelta(seconds=float(setting(self.world, "token_seconds_left")))
            return self.started - age, self.started + left
        life, _, seal = token.removeprefix(_RENEWED).removeprefix(_EXCHANGED).rpartition("Z")
        if (
            not token.startswith((_RENEWED, _EXCHANGED))
            or not life
            or not hmac.compare_digest(seal, _seal(life))
        ):
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        issued = datetime.fromtimestamp(int(life.partition("Z")[0], 16), UTC)
        return issued, issued + _LIFE


def _is_facebook(token: str) -> bool:
    return token == accounts.FACEBOOK_TOKEN or token.startswith(_EXCHANGED)


def _check_secret(secret: str) -> None:
    if secret != accounts.APP_SECRET:
        raise GraphError(1, "Error validating client secret.", status=400)


def _not_valid(error: GraphError) -> dict[str, Any]:
    reason = {"code": error.code, "message": error.message, "subcode": error.subcode or 0}
    return {"data": {"is_valid": False, "scopes": [], "error": reason}}


def _seal(life: str) -> str:
    return hmac.new(accounts.APP_SECRET.encode(), life.encode(), "sha256").hexdigest()[:24]
