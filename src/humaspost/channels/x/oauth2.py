"""Login with OAuth 2.0 and PKCE: the consent, the first tokens, and their renewal.

An access token lives two hours; each renewal brings a new refresh token, after which the old one may be
invalid. So a renewal only starts if its tokens can be stored, and they are stored before they are used, the
refresh token first: whatever is lost after that is renewed again. https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from humaspost.base.i18n import _
from humaspost.channels.http.client import REQUEST_SECONDS, HttpClient, HttpResponse
from humaspost.channels.response_text import clean_text
from humaspost.channels.x import token_store
from humaspost.channels.x.config import ORIGIN, XConfig
from humaspost.channels.x.token_store import ACCESS_TOKEN, EXPIRES_AT, REFRESH_TOKEN, RENEWED_AT
from humaspost.model.channel import Authorization, ChannelContext, optional_secret
from humaspost.model.errors import AuthFailed, Transient

CLIENT_SECRET = "client_secret"  # noqa: S105 - a field's name
SCOPES = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
#: A token that ends sooner than this is renewed before it is used; a part is prepared up to 15 min ahead.
MIN_VALIDITY, RENEW_AHEAD = timedelta(minutes=5), timedelta(minutes=20)
#: A renewed token is valid at least so long; if X refuses it, another one is no better.
_JUST_RENEWED = timedelta(minutes=10)
#: RFC 6750's characters of a token, and a length that no token exceeds.
_TOKEN_PATTERN = re.compile(r"[\x21-\x7e]{1,4096}")
_TOKEN_URL = ORIGIN + "/2/oauth2/token"
_AUTHORIZE_PATH = "/i/oauth2/authorize"
_MAX_LIFETIME_SECONDS = 366 * 86_400


def build_authorization(config: XConfig, *, callback: str) -> Authorization:
    """Return the authorization page for a person; X's own page is on another host than its API."""
    verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": config.client_id,
        "redirect_uri": callback,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    host = "https://x.com" if config.base_url.rstrip("/") in _API_ORIGINS else config.base_url.rstrip("/")
    return Authorization(f"{host}{_AUTHORIZE_PATH}?{urlencode(query)}", callback, state, verifier)


_API_ORIGINS = (ORIGIN, "https://api.x.com")


def exchange_code(
    config: XConfig, context: ChannelContext, *, authorization: Authorization, code: str
) -> None:
    """Exchange ``code`` for tokens and store them.

    Raises AuthFailed if X refuses or grants too little.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": authorization.callback_url,
        "code_verifier": authorization.verifier,
    }
    secrets = (optional_secret(context, CLIENT_SECRET), code, authorization.verifier)
    with (
        HttpClient(config.base_url, secrets=secrets, signed_for=ORIGIN, deadline=REQUEST_SECONDS) as http,
        token_store.renewal_lock(context),
    ):
        response = _request_token(http, config, context, form)
        _check_scopes(response)
        token_store.save_tokens(context, _granted_values(response, context))


class TokenManager:
    """The access token of one account.

    After ``ensure_valid`` the token is valid for at least five minutes, as far as its end is known.
    Raises AuthFailed at once before the first login.
    """

    def __init__(self, config: XConfig, context: ChannelContext) -> None:
        self._config, self._context = config, context
        self._token = ""
        self._expires_at: datetime | None = None
        self._renewal_mark: datetime | None = None
        self._load()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the values that no output may contain."""
        return (
            self._token,
            token_store.read_token(self._context, REFRESH_TOKEN),
            optional_secret(self._context, CLIENT_SECRET),
        )

    @property
    def token(self) -> str:
        """Return the present access token."""
        return self._token

    def ensure_valid(self, http: HttpClient) -> bool:
        """Make sure that the token is valid for a call; return True if X renewed it."""
        if self._expires_within(MIN_VALIDITY):
            self._load()
        if not self._expires_within(MIN_VALIDITY):
            return False
        self.renew(http, refused_token=self._token)
        return True

    def renew_ahead(self, http: HttpClient) -> None:
        """Renew the token unless it is valid for twenty minutes.

        If X is unreachable, a token that is valid for a call stays in use.
        """
        token_store.save_unsaved(self._context)
        try:
            if self._expires_within(RENEW_AHEAD):
                self.renew(http, refused_token=self._token)
        except Transient:
            if self._expires_within(MIN_VALIDITY):
                raise

    def renew(self, http: HttpClient, *, refused_token: str) -> None:
        """Replace ``refused_token`` by another stored token.

        Another session may have renewed it meanwhile.
        Raises AuthFailed if X gives no new token: a person must log in again.
        """
        with token_store.renewal_lock(self._context):
            self._load()
            if self._token != refused_token and not self._expires_within(MIN_VALIDITY):
                return
            token_store.check_writable(self._context)
            form = {
                "grant_type": "refresh_token",
                "refresh_token": _required_secret(self._context, REFRESH_TOKEN),
            }
            try:
                granted = _granted_values(
                    _request_token(http, self._config, self._context, form), self._context
                )
                mark = f"{int(self._context.now().timestamp())}:{_fingerprint(granted[ACCESS_TOKEN])}"
                token_store.save_tokens(self._context, {**granted, RENEWED_AT: mark})
            finally:
                self._load()

    def _load(self) -> None:
        self._token = _required_secret(self._context, ACCESS_TOKEN)
        expires_at = token_store.read_token(self._context, EXPIRES_AT)
        self._expires_at = (
            datetime.fromtimestamp(int(expires_at), UTC)
            if expires_at.isdecimal() and len(expires_at) < 12
            else None
        )

        renewed_at, _, mark = token_store.read_token(self._context, RENEWED_AT).partition(":")
        is_own_mark = mark == _fingerprint(self._token) and renewed_at.isdecimal() and len(renewed_at) < 12
        self._renewal_mark = datetime.fromtimestamp(int(renewed_at), UTC) if is_own_mark else None

    def is_just_renewed(self, token: str) -> bool:
        """Return True if the token is the stored one and any session renewed it just now."""
        self._load()
        if token != self._token:
            return False
        return (
            self._renewal_mark is not None
            and timedelta() <= self._context.now() - self._renewal_mark < _JUST_RENEWED
        )

    def _expires_within(self, length: timedelta) -> bool:
        if self._expires_at is None:
            return False
        if self._renewal_mark is not None:
            # A token that lives for a minute is used for half of it: another one would live no longer.
            length = min(length, (self._expires_at - self._renewal_mark) / 2)
        return self._expires_at - self._context.now() < length


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _required_secret(context: ChannelContext, field: str) -> str:
    value = token_store.read_token(context, field)
    if not value:
        raise AuthFailed("login-needed", _("nobody has logged in yet: humaspost account login NAME"))
    return value


def _request_token(
    http: HttpClient, config: XConfig, context: ChannelContext, form: Mapping[str, str]
) -> HttpResponse:
    """Return the token endpoint's response with an access token.

    A refusal raises AuthFailed, because a person must log in again.
    """
    secret = optional_secret(context, CLIENT_SECRET)
    response = http.request(
        "POST",
        _TOKEN_URL,
        write=False,
        data={**form, "client_id": config.client_id},
        auth=(config.client_id, secret) if secret else None,
    )
    if response.status in (400, 401, 403):
        details = response.get("error_description") or response.get("error") or ""
        reason = clean_text(str(details), (secret, *form.values()))
        message = _("X gives no token ({why}); log in again: humaspost account login NAME")
        raise AuthFailed("login-refused", message.format(why=reason or response.status))
    if not response.is_success:
        raise Transient(f"http-{response.status}", _("X's token endpoint does not answer as it should"))
    access_token, refresh_token = response.get("access_token"), response.get("refresh_token")
    if not (isinstance(access_token, str) and _TOKEN_PATTERN.fullmatch(access_token)):
        raise Transient("unreadable-answer", "a grant without a token")
    if refresh_token is not None and not (
        isinstance(refresh_token, str) and _TOKEN_PATTERN.fullmatch(refresh_token)
    ):
        raise Transient("unreadable-answer", "a grant whose refresh token is none")
    return response


def _check_scopes(response: HttpResponse) -> None:
    granted = str(response.get("scope") or "").split()
    missing = [scope for scope in SCOPES if scope not in granted] if granted else []
    if not missing and not response.get("refresh_token"):
        missing = ["offline.access"]
    if missing:
        message = _("X did not grant: {scopes}; allow them in the app's settings, then log in again")
        raise AuthFailed("scopes", message.format(scopes=", ".join(missing)))


def _granted_values(response: HttpResponse, context: ChannelContext) -> dict[str, str]:
    """Return the values to store from a grant."""
    refresh_token, seconds = response.get("refresh_token"), response.get("expires_in")
    lifetime_seconds = seconds if isinstance(seconds, int) and 0 <= seconds < _MAX_LIFETIME_SECONDS else 7200
    granted = {
        EXPIRES_AT: str(int(context.now().timestamp()) + lifetime_seconds),
        ACCESS_TOKEN: str(response.get("access_token")),
    }
    return (
        {**granted, REFRESH_TOKEN: refresh_token}
        if isinstance(refresh_token, str) and refresh_token
        else granted
    )
