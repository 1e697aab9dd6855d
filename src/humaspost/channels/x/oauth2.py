"""Logging in with OAuth 2.0 and PKCE: the consent, the first tokens, and their renewal.

An access token lives two hours; each renewal brings a new refresh token, after which the old one may be
dead. So nothing is renewed that could not be kept, and the new ones are kept before they are used, the
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
from humaspost.channels.http.client import DEADLINE, Answer, Wire
from humaspost.channels.response_text import cleaned
from humaspost.channels.x import ORIGIN, XConfig, token_store
from humaspost.channels.x.token_store import ACCESS, EXPIRY, REFRESH, RENEWED
from humaspost.model.channel import Consent, Door, optional
from humaspost.model.errors import AuthFailed, Transient

CLIENT_SECRET = "client_secret"  # noqa: S105 - a field's name
SCOPES = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
#: A token that ends sooner than this is renewed before it is used; a part is prepared up to 15 min ahead.
SOON, AHEAD = timedelta(minutes=5), timedelta(minutes=20)
#: A token that a renewal brought is good for so long at least; where X refuses it, another one is no better.
_FRESH = timedelta(minutes=10)
#: RFC 6750's characters of a token, and more of them than any has.
_IS_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_TOKEN = ORIGIN + "/2/oauth2/token"
_PAGE = "/i/oauth2/authorize"
_LONGEST = 366 * 86_400


def consent(config: XConfig, *, callback: str) -> Consent:
    """What a person is asked; X's own page is on another host than its API."""
    verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    question = {
        "response_type": "code",
        "client_id": config.client_id,
        "redirect_uri": callback,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    host = "https://x.com" if config.base_url.rstrip("/") in _APIS else config.base_url.rstrip("/")
    return Consent(f"{host}{_PAGE}?{urlencode(question)}", callback, state, verifier)


_APIS = (ORIGIN, "https://api.x.com")


def log_in(config: XConfig, door: Door, *, consent: Consent, code: str) -> None:
    """The tokens that ``code`` buys are kept; raises AuthFailed where X refuses or grants too little."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": consent.callback,
        "code_verifier": consent.verifier,
    }
    known = (optional(door, CLIENT_SECRET), code, consent.verifier)
    with (
        Wire(config.base_url, secrets=known, signed_for=ORIGIN, deadline=DEADLINE) as wire,
        token_store.renewing(door),
    ):
        answer = _asked(wire, config, door, form)
        _check_scopes(answer)
        token_store.keep(door, _granted(answer, door))


class Tokens:
    """The access token of one account; after ``ready`` it is good for five minutes at least, as far as is known.

    Raises AuthFailed at once where nobody has logged in yet.
    """

    def __init__(self, config: XConfig, door: Door) -> None:
        self._config, self._door = config, door
        self._token = ""
        self._expires: datetime | None = None
        self._renewed: datetime | None = None
        self._read()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen."""
        return (self._token, token_store.read(self._door, REFRESH), optional(self._door, CLIENT_SECRET))

    @property
    def token(self) -> str:
        """The one in use."""
        return self._token

    def ready(self, wire: Wire) -> bool:
        """The token is good for a call; True where X had to be asked for it."""
        if self._ends_within(SOON):
            self._read()
        if not self._ends_within(SOON):
            return False
        self.renew(wire, refused=self._token)
        return True

    def ahead(self, wire: Wire) -> None:
        """It is good for twenty minutes, or for as long as it was where X cannot be reached just now."""
        token_store.keep_what_waits(self._door)
        try:
            if self._ends_within(AHEAD):
                self.renew(wire, refused=self._token)
        except Transient:
            if self._ends_within(SOON):
                raise

    def renew(self, wire: Wire, *, refused: str) -> None:
        """Another token than ``refused`` is in use, and kept; somebody else may have renewed it meanwhile.

        Raises AuthFailed where X gives no new one: a person must log in again.
        """
        with token_store.renewing(self._door):
            self._read()
            if self._token != refused and not self._ends_within(SOON):
                return
            token_store.check(self._door)
            form = {"grant_type": "refresh_token", "refresh_token": _needed(self._door, REFRESH)}
            try:
                granted = _granted(_asked(wire, self._config, self._door, form), self._door)
                mark = f"{int(self._door.now().timestamp())}:{_mark(granted[ACCESS])}"
                token_store.keep(self._door, {**granted, RENEWED: mark})
            finally:
                self._read()

    def _read(self) -> None:
        self._token = _needed(self._door, ACCESS)
        ends = token_store.read(self._door, EXPIRY)
        self._expires = (
            datetime.fromtimestamp(int(ends), UTC) if ends.isdecimal() and len(ends) < 12 else None
        )

        when, _, whose = token_store.read(self._door, RENEWED).partition(":")
        is_its = whose == _mark(self._token) and when.isdecimal() and len(when) < 12
        self._renewed = datetime.fromtimestamp(int(when), UTC) if is_its else None

    def is_fresh(self, token: str) -> bool:
        """Whether it is the token on record, and came of a renewal just now, whoever made it."""
        self._read()
        if token != self._token:
            return False
        return self._renewed is not None and timedelta() <= self._door.now() - self._renewed < _FRESH

    def _ends_within(self, length: timedelta) -> bool:
        if self._expires is None:
            return False
        if self._renewed is not None:
            # One that lives for a minute only is used for half of it: another would live no longer.
            length = min(length, (self._expires - self._renewed) / 2)
        return self._expires - self._door.now() < length


def _mark(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _needed(door: Door, field: str) -> str:
    found = token_store.read(door, field)
    if not found:
        raise AuthFailed("login-needed", _("nobody has logged in yet: humaspost account login"))
    return found


def _asked(wire: Wire, config: XConfig, door: Door, form: Mapping[str, str]) -> Answer:
    """The token endpoint's answer with an access token in it; whatever it refuses, a person must see to."""
    secret = optional(door, CLIENT_SECRET)
    answer = wire.call(
        "POST",
        _TOKEN,
        write=False,
        data={**form, "client_id": config.client_id},
        auth=(config.client_id, secret) if secret else None,
    )
    if answer.status in (400, 401, 403):
        told = answer.member("error_description") or answer.member("error") or ""
        why = cleaned(str(told), (secret, *form.values()))
        message = _("X gives no token ({why}); log in again: humaspost account login")
        raise AuthFailed("login-refused", message.format(why=why or answer.status))
    if not answer.ok:
        raise Transient(f"http-{answer.status}", _("X's token endpoint does not answer as it should"))
    token, fresh = answer.member("access_token"), answer.member("refresh_token")
    if not (isinstance(token, str) and _IS_TOKEN.fullmatch(token)):
        raise Transient("unreadable-answer", "a grant without a token")
    if fresh is not None and not (isinstance(fresh, str) and _IS_TOKEN.fullmatch(fresh)):
        raise Transient("unreadable-answer", "a grant whose refresh token is none")
    return answer


def _check_scopes(answer: Answer) -> None:
    granted = str(answer.member("scope") or "").split()
    missing = [scope for scope in SCOPES if scope not in granted] if granted else []
    if not missing and not answer.member("refresh_token"):
        missing = ["offline.access"]
    if missing:
        message = _("X did not grant: {scopes}; allow them in the app's settings, then log in again")
        raise AuthFailed("scopes", message.format(scopes=", ".join(missing)))


def _granted(answer: Answer, door: Door) -> dict[str, str]:
    """What is to be kept of a grant."""
    fresh, seconds = answer.member("refresh_token"), answer.member("expires_in")
    lives = seconds if isinstance(seconds, int) and 0 <= seconds < _LONGEST else 7200
    granted = {EXPIRY: str(int(door.now().timestamp()) + lives), ACCESS: str(answer.member("access_token"))}
    return {**granted, REFRESH: fresh} if isinstance(fresh, str) and fresh else granted
