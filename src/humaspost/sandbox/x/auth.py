"""Authentication: OAuth 1.0a signatures (RFC 5849) and OAuth 2.0 bearer tokens."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from oauthlib.oauth1.rfc5849.signature import base_string_uri, collect_parameters, verify_hmac_sha1

from humaspost.sandbox.state import SandboxState
from humaspost.sandbox.x import accounts
from humaspost.sandbox.x.errors import (
    forbidden,
    no_write_permission,
    unauthorized,
    unsupported_authentication,
)
from humaspost.sandbox.x.oauth2 import TokenStore
from humaspost.sandbox.x.options import get_option

#: Hosts that a client may sign for: adapters rewrite the address after signing.
_SIGNED_HOSTS = ("api.twitter.com", "api.x.com")
_WRITE_SCOPES = {"tweet.write", "media.write"}
_REQUIRED_FIELDS = {"oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_timestamp", "oauth_token"}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as its signature covers it; ``path`` is without the sandbox's ``/x``."""

    method: str
    path: str
    query: str
    header: str
    form: bytes
    own_url: str


@dataclass(frozen=True, slots=True)
class _OAuthRequest:
    """The request attributes that oauthlib's verifier reads."""

    http_method: str
    uri: str
    params: list[tuple[str, str]]
    signature: str


class Authenticator:
    """The check of signatures, nonces and bearer tokens with the necessary scopes."""

    def __init__(self, state: SandboxState, tokens: TokenStore) -> None:
        self._state, self._tokens = state, tokens
        self._nonces: dict[tuple[str, str], float] = {}

    def authenticate(self, request: SignedRequest, scopes: Iterable[str]) -> None:
        """Check that the demo account sent the request; raise 401 or 403 as X words them."""
        kind, _, credentials = request.header.partition(" ")
        if kind.lower() == "bearer":
            self._check_bearer(credentials.strip(), set(scopes))
        elif kind.lower() == "oauth":
            self._check_signature(request, _parse_fields(credentials))
            if _WRITE_SCOPES.intersection(scopes) and get_option(self._state, "read_only"):
                raise no_write_permission()
        else:
            raise unauthorized()

    def _check_bearer(self, token: str, scopes: set[str]) -> None:
        if token == accounts.APP_BEARER:
            raise unsupported_authentication()
        granted = self._tokens.scopes_of(token)
        if granted is None:
            raise unauthorized()
        if not scopes <= granted:
            raise forbidden("You are not permitted to use OAuth2 on this endpoint: a scope is missing.")

    def _check_signature(self, request: SignedRequest, fields: dict[str, str]) -> None:
        expected_fields = (
            fields.keys() >= _REQUIRED_FIELDS
            and fields["oauth_consumer_key"] == accounts.API_KEY
            and fields["oauth_token"] == accounts.ACCESS_TOKEN
            and fields.get("oauth_signature_method") == "HMAC-SHA1"
            and fields.get("oauth_version", "1.0") == "1.0"
        )
        if (
            not expected_fields
            or not self._is_signature_valid(request, fields)
            or not self._check_nonce(fields)
        ):
            raise unauthorized()

    def _is_signature_valid(self, request: SignedRequest, fields: dict[str, str]) -> bool:
        only = get_option(self._state, "signed_for")
        hosts = [host for host in _SIGNED_HOSTS if only in ("either", host)]
        return _oauth_request(
            request, fields, [f"https://{host}{request.path}" for host in hosts] + [request.own_url]
        )

    def _check_nonce(self, fields: dict[str, str]) -> bool:
        now, skew = self._state.now().timestamp(), get_option(self._state, "clock_skew")
        stamp = fields["oauth_timestamp"]
        if not stamp.isdigit() or abs(now - int(stamp)) > skew:
            return False
        if len(self._nonces) > 10_000:
            self._nonces = {k: t for k, t in self._nonces.items() if now - t <= 2 * skew}
        key = (stamp, fields["oauth_nonce"])
        if key in self._nonces:
            return False
        self._nonces[key] = now
        return True


def _parse_fields(credentials: str) -> dict[str, str]:
    pairs = (item.strip().partition("=") for item in credentials.split(","))
    return {name: unquote(value.strip('"')) for name, _, value in pairs if name != "realm"}


def _oauth_request(request: SignedRequest, fields: dict[str, str], urls: list[str]) -> bool:
    body = parse_qsl(request.form.decode("utf-8", "replace"), keep_blank_values=True)
    try:
        params = collect_parameters(request.query, body)  # type: ignore[no-untyped-call]  # oauthlib has no types
    except ValueError:  # a malformed query, which no client can have signed
        return False
    params += [(k, v) for k, v in fields.items() if k != "oauth_signature"]
    return any(
        verify_hmac_sha1(  # type: ignore[no-untyped-call]  # oauthlib has no types
            _OAuthRequest(request.method, base_string_uri(url), params, fields["oauth_signature"]),
            accounts.API_KEY_SECRET,
            accounts.ACCESS_TOKEN_SECRET,
        )
        for url in urls
    )
