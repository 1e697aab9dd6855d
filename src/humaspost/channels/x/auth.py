"""Whose request it is: signed with four keys that stay (OAuth 1.0a), or with a token that is renewed (2.0)."""

from collections.abc import Mapping
from typing import Any, Protocol

from tweepy.auth import OAuth1UserHandler, OAuth2BearerHandler
from tweepy.client import Client

from humaspost.channels.http.client import Wire
from humaspost.channels.x import KEYS, XConfig
from humaspost.channels.x.oauth2 import Tokens
from humaspost.model.channel import Door

# tweepy carries no types.
_handler: Any = OAuth1UserHandler
_bearer: Any = OAuth2BearerHandler
_client: Any = Client


class Signing(Protocol):
    """How the calls of one session are signed; ``user_auth`` is what tweepy calls OAuth 1.0a."""

    client: Any
    user_auth: bool

    @property
    def owner(self) -> str:
        """The account's numeric id where the keys tell it, else ""."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen."""
        ...

    def auth(self) -> Any:
        """The same, for a request that tweepy cannot make."""
        ...

    def ready(self) -> bool:
        """The next call is signed with something that is still good; whether that had to be fetched first."""
        ...

    def ahead(self) -> None:
        """What is signed within the next quarter of an hour needs nothing to be fetched for it."""
        ...

    def renewed(self) -> bool:
        """Whether a call that X refused with 401 may be made again, signed anew."""
        ...


def signing(config: XConfig, door: Door) -> "Keys | Token":
    """As the config says; raises AuthFailed for a missing secret. ``attach`` is still to be called."""
    if config.auth == "oauth2":
        return Token(config, door)
    return Keys({field: door.secret(field) for field in KEYS})


class Keys:
    """OAuth 1.0a; its access token begins with the account's numeric id."""

    user_auth = True

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        # wait_on_rate_limit would sleep here, or recurse without end where X names no time.
        self.client = _client(
            consumer_key=keys["api_key"],
            consumer_secret=keys["api_key_secret"],
            access_token=keys["access_token"],
            access_token_secret=keys["access_token_secret"],
            wait_on_rate_limit=False,
        )

    @property
    def owner(self) -> str:
        number = self._keys["access_token"].partition("-")[0]
        return number if number.isdecimal() else ""

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(self._keys.values())

    def attach(self, wire: Wire) -> None:
        """Calls go over this wire."""
        self.client.session = wire.session

    def auth(self) -> Any:
        return _handler(*(self._keys[field] for field in KEYS)).apply_auth()

    def ready(self) -> bool:
        return False

    def ahead(self) -> None:
        return None

    def renewed(self) -> bool:
        return False


class Token:
    """OAuth 2.0; a token that X refuses is renewed once, and one that was renewed just now is not again."""

    user_auth = False
    owner = ""

    def __init__(self, config: XConfig, door: Door) -> None:
        self._tokens = Tokens(config, door)
        self._renewed_for = ""
        self.client = _client(wait_on_rate_limit=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        return self._tokens.secrets

    def attach(self, wire: Wire) -> None:
        """Calls, and renewals, go over this wire."""
        self._wire = wire
        self.client.session = wire.session

    def auth(self) -> Any:
        return _bearer(self.client.bearer_token).apply_auth()

    def ready(self) -> bool:
        fetched = self._tokens.ready(self._wire)
        self.client.bearer_token = self._tokens.token
        return fetched

    def ahead(self) -> None:
        self._tokens.ahead(self._wire)

    def renewed(self) -> bool:
        refused = self.client.bearer_token
        if refused == self._renewed_for or self._tokens.is_fresh(refused):
            return False
        self._tokens.renew(self._wire, refused=refused)
        self.ready()
        self._renewed_for = self.client.bearer_token
        return True
