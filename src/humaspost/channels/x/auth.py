"""Whose request it is: signed with four keys that stay (OAuth 1.0a), or with a token that is renewed (2.0)."""

from collections.abc import Mapping
from typing import Any, Protocol

from tweepy.auth import OAuth1UserHandler, OAuth2BearerHandler
from tweepy.client import Client

from humaspost.channels.http.client import HttpClient
from humaspost.channels.x.config import KEYS, XConfig
from humaspost.channels.x.oauth2 import TokenManager
from humaspost.model.channel import ChannelContext

# tweepy carries no types.
_new_oauth1_handler: Any = OAuth1UserHandler
_new_bearer_handler: Any = OAuth2BearerHandler
_new_client: Any = Client


class Auth(Protocol):
    """How the calls of one session are signed; ``user_auth`` is what tweepy calls OAuth 1.0a."""

    client: Any
    user_auth: bool

    @property
    def account_id(self) -> str:
        """The account's numeric id where the keys tell it, else ""."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen."""
        ...

    def request_auth(self) -> Any:
        """The same, for a request that tweepy cannot make."""
        ...

    def ensure_valid(self) -> bool:
        """The next call is signed with something that is still good; whether that had to be fetched first."""
        ...

    def renew_ahead(self) -> None:
        """What is signed within the next quarter of an hour needs nothing to be fetched for it."""
        ...

    def renew_after_refusal(self) -> bool:
        """Whether a call that X refused with 401 may be made again, signed anew."""
        ...


def auth_of(config: XConfig, context: ChannelContext) -> "OAuth1Keys | OAuth2Token":
    """As the config says; raises AuthFailed for a missing secret. ``attach`` is still to be called."""
    if config.auth == "oauth2":
        return OAuth2Token(config, context)
    return OAuth1Keys({field: context.secret(field) for field in KEYS})


class OAuth1Keys:
    """OAuth 1.0a; its access token begins with the account's numeric id."""

    user_auth = True

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        # wait_on_rate_limit would sleep here, or recurse without end where X names no time.
        self.client = _new_client(
            consumer_key=keys["api_key"],
            consumer_secret=keys["api_key_secret"],
            access_token=keys["access_token"],
            access_token_secret=keys["access_token_secret"],
            wait_on_rate_limit=False,
        )

    @property
    def account_id(self) -> str:
        number = self._keys["access_token"].partition("-")[0]
        return number if number.isdecimal() else ""

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(self._keys.values())

    def attach(self, http: HttpClient) -> None:
        """Calls go over this wire."""
        self.client.session = http.session

    def request_auth(self) -> Any:
        return _new_oauth1_handler(*(self._keys[field] for field in KEYS)).apply_auth()

    def ensure_valid(self) -> bool:
        return False

    def renew_ahead(self) -> None:
        return None

    def renew_after_refusal(self) -> bool:
        return False


class OAuth2Token:
    """OAuth 2.0; a token that X refuses is renewed once, and one that was renewed just now is not again."""

    user_auth = False
    account_id = ""

    def __init__(self, config: XConfig, context: ChannelContext) -> None:
        self._tokens = TokenManager(config, context)
        self._refused_token = ""
        self.client = _new_client(wait_on_rate_limit=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        return self._tokens.secrets

    def attach(self, http: HttpClient) -> None:
        """Calls, and renewals, go over this wire."""
        self._http = http
        self.client.session = http.session

    def request_auth(self) -> Any:
        return _new_bearer_handler(self.client.bearer_token).apply_auth()

    def ensure_valid(self) -> bool:
        was_renewed = self._tokens.ensure_valid(self._http)
        self.client.bearer_token = self._tokens.token
        return was_renewed

    def renew_ahead(self) -> None:
        self._tokens.renew_ahead(self._http)

    def renew_after_refusal(self) -> bool:
        refused_token = self.client.bearer_token
        if refused_token == self._refused_token or self._tokens.is_just_renewed(refused_token):
            return False
        self._tokens.renew(self._http, refused_token=refused_token)
        self.ensure_valid()
        self._refused_token = self.client.bearer_token
        return True
