"""Authentication of requests: four fixed keys (OAuth 1.0a) or a renewed token (OAuth 2.0)."""

from collections.abc import Mapping
from typing import Any, Protocol

from tweepy.auth import OAuth1UserHandler, OAuth2BearerHandler
from tweepy.client import Client

from humaspost.channels.http.client import HttpClient
from humaspost.channels.x.config import KEYS, XConfig
from humaspost.channels.x.oauth2 import TokenManager
from humaspost.model.channel import ChannelContext

# tweepy has no type annotations.
_new_oauth1_handler: Any = OAuth1UserHandler
_new_bearer_handler: Any = OAuth2BearerHandler
_new_client: Any = Client


class Auth(Protocol):
    """The authentication of one session's calls; ``user_auth`` is tweepy's name for OAuth 1.0a."""

    client: Any
    user_auth: bool

    @property
    def account_id(self) -> str:
        """Return the account's numeric id if the keys contain it, else ""."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the values that no output may contain."""
        ...

    def request_auth(self) -> Any:
        """Return the same authentication for a request that tweepy cannot make."""
        ...

    def ensure_valid(self) -> bool:
        """Make sure that the next call is signed with a valid token; return True if it was renewed."""
        ...

    def renew_ahead(self) -> None:
        """Renew the token unless it is valid for the next quarter of an hour."""
        ...

    def renew_after_refusal(self) -> bool:
        """Renew a token that X refused with 401; return True if the call may be repeated."""
        ...


def auth_of(config: XConfig, context: ChannelContext) -> "OAuth1Keys | OAuth2Token":
    """Return the authentication of the config; raises AuthFailed for a missing secret.

    ``attach`` must be called before the first call.
    """
    if config.auth == "oauth2":
        return OAuth2Token(config, context)
    return OAuth1Keys({field: context.secret(field) for field in KEYS})


class OAuth1Keys:
    """OAuth 1.0a; its access token starts with the account's numeric id."""

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
        """Send calls over this client."""
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
    """OAuth 2.0; a token that X refuses is renewed once, unless it was renewed just now."""

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
        """Send calls and renewals over this client."""
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
