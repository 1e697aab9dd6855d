"""The interface of a channel: everything that humaspost knows about one platform."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from humaspost.base.canonical_json import Json
from humaspost.model.account import AccountStatus, Identity
from humaspost.model.channel_event import ChannelEvent
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.errors import AuthFailed
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.model.rendition import Attachment, Part, Rendition
from humaspost.model.rules import Rules


@dataclass(frozen=True, slots=True)
class LookupSchedule:
    """The times of lookups after an unknown outcome, in seconds from the end of the attempt.

    Without ``delays`` a person must decide at once. ``public_site`` is the page where a person can check.
    ``account_page`` is the address of an account's own page, with ``{name}`` for the name without the @;
    "" if the address does not contain the name. ``url_pattern`` is a regular expression (``re``, matched
    from the start) for a post's public address. Its group ``id`` is the platform's id; its optional group
    ``name`` is the account's name. "" if an address does not contain the id.
    """

    delays: tuple[float, ...]
    public_site: str = ""
    url_pattern: str = ""
    account_page: str = ""

    def page_of(self, display_name: str) -> str:
        """Return the public page of the account, else the platform's site, else ""."""
        if self.account_page and display_name.startswith("@"):
            return self.account_page.format(name=display_name[1:])
        return self.public_site

    def parse_remote_id(self, url: str, *, display_name: str) -> str | None:
        """Return the platform's id in the address; None if it has none or names another account."""
        url_match = re.match(self.url_pattern, url.strip()) if self.url_pattern else None
        if url_match is None:
            return None
        name = url_match.groupdict().get("name") or ""
        return url_match["id"] if name.casefold() in ("", display_name.lstrip("@").casefold()) else None


@dataclass(frozen=True, slots=True)
class Ready:
    """A completed preparation; ``token`` is JSON for ``publish`` (media ids, a container)."""

    token: Json


@dataclass(frozen=True, slots=True)
class NotReady:
    """One completed step of preparation; ``prepare`` is called again in ``retry_after`` seconds.

    The ledger keeps ``token`` for the next call. ``used_quota`` names the preparation quota of which this
    step used one, or "".
    """

    token: Json
    retry_after: float = 0.0
    used_quota: str = ""


@dataclass(frozen=True, slots=True)
class Retracted:
    """A retraction: the public cannot see the object any more."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ManualSteps:
    """Steps for a person, because the platform has no such call."""

    instructions: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The published object as the platform shows it now."""

    text: str
    media_count: int = 0
    url: str | None = None


@dataclass(frozen=True, slots=True)
class FitFile:
    """A media file converted for one channel: the bytes that are sent."""

    path: Path
    mime: str
    sha256: str
    size: int


class MediaNotReady(Exception):
    """A conversion that still runs elsewhere; repeat the same step in ``retry_after`` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class ChannelContext(Protocol):
    """The access of a session to the rest of humaspost."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        ...

    def secret(self, field: str) -> str:
        """Return the account's secret; raise AuthFailed ``secret-missing`` with where to put it."""
        ...

    def replace_secret(self, field: str, value: str) -> None:
        """Store a rotated token, atomically and under a lock."""
        ...

    def renewal_lock(self) -> AbstractContextManager[None]:
        """Hold the lock for renewing this account's tokens, across threads and processes.

        Raises Transient if the lock stays taken for too long.
        """
        ...

    def fit_media(self, media: Attachment) -> FitFile:
        """Return the media file converted to the limits of this channel.

        Call it before any write. Raises Rejected ``media-changed`` if the source's bytes differ, and
        MediaNotReady during the conversion; ``prepare`` lets MediaNotReady pass.
        """
        ...

    def public_url(self, media: Attachment) -> str:
        """Return a public address of the converted file, after one test download.

        Raises the errors of ``fit_media``, or Transient if the download fails.
        """
        ...


class Session(Protocol):
    """A channel opened for one account.

    Raises only the six ChannelErrors, and lets the context's MediaNotReady pass.
    """

    def whoami(self) -> Identity:
        """Return the identity of the credentials; read-only."""
        ...

    def fetch_status(self) -> AccountStatus:
        """Return quotas, templates and login expiry; read-only."""
        ...

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        """Make at most one invisible remote write (upload, container) or poll; None starts over."""
        ...

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        """Make the one public write; the platform may echo ``key``."""
        ...

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        """Return the object of an earlier attempt, or what its absence proves; read-only."""
        ...

    def retract(self, receipt: Receipt) -> Retracted | ManualSteps:
        """Remove the object if the platform can; this is a public write like ``publish``."""
        ...

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        """Return the published object now, or None if it is missing or unreadable; read-only."""
        ...


class Channel(Protocol):
    """Everything that humaspost knows about one platform, in one folder."""

    name: ClassVar[str]
    #: pydantic model of one ``[accounts.NAME]`` without ``channel``, ``default`` and ``on_unknown``.
    Config: ClassVar[type[Any]]
    #: Names for ``context.secret``, in the order in which a person fills them in.
    secrets: ClassVar[tuple[str, ...]]
    lookup_schedule: ClassVar[LookupSchedule]

    def display_name(self, config: Any) -> str:
        """Return the name that people use for this account; numbers are masked."""
        ...

    def platform_id(self, config: Any) -> str | None:
        """Return the platform's own id if the config names it, otherwise None until first contact."""
        ...

    def rules(self, config: Any) -> Rules:
        """Return the limits of this account as data; pure."""
        ...

    def render(self, post: Post, config: Any, rules: Rules, *, account: str) -> Rendition:
        """Return the rendition of the post; pure, total and deterministic.

        ``account`` selects the post's own fields.
        """
        ...

    def check(
        self, rendition: Rendition, rules: Rules, account_status: AccountStatus | None, *, config: Any
    ) -> list[Problem]:
        """Return problems that Rules cannot express, with ``field`` but without a position; pure.

        They must not depend on the status's ``taken_at`` and ``quotas``, which change with each post that is sent:
        where nothing else changed, a post is not checked again.
        """
        ...

    def events(
        self, config: Any, headers: Mapping[str, str], body: bytes, *, secret: str
    ) -> list[ChannelEvent] | None:
        """Verify a webhook with ``secret`` and return its events; None if it is not genuine.

        Pure; never raises.
        """
        ...

    def open(self, config: Any, context: ChannelContext) -> AbstractContextManager[Session]:
        """Open a session with its own connections, for one thread at a time."""
        ...


@runtime_checkable
class Aliased(Protocol):
    """A channel that users also call by other names."""

    #: Each other name. True: posts may use it. False: only a hint suggests the channel.
    aliases: ClassVar[Mapping[str, bool]]


def aliases_of(channel: Channel) -> Mapping[str, bool]:
    """Return the channel's other names, and whether posts may use each."""
    return channel.aliases if isinstance(channel, Aliased) else {}


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """Names of an account's webhook secrets.

    ``signature`` signs every webhook. ``handshake`` proves to the platform, once, that the address is ours.
    """

    signature: str
    handshake: str


@runtime_checkable
class WebhookReceiver(Protocol):
    """A channel whose platform reports events by webhook: ``Channel.events`` reads them."""

    webhook_secrets: ClassVar[WebhookSecrets]

    def answer_handshake(self, query: Mapping[str, str], *, secret: str) -> str | None:
        """Return the answer to the platform's handshake, or None without ``secret`` in it; pure."""
        ...


@dataclass(frozen=True, slots=True)
class Authorization:
    """A question to a person at ``url``; the platform sends the answer to ``callback_url``."""

    url: str
    callback_url: str
    state: str
    verifier: str = field(repr=False)


@runtime_checkable
class OAuthLogin(Protocol):
    """The optional part of a channel with a browser login instead of copied tokens."""

    def login_secrets(self, config: Any) -> tuple[str, ...]:
        """Return the secrets that a login creates; empty if a person writes all secrets."""
        ...

    def create_authorization(self, config: Any, *, callback_url: str) -> Authorization:
        """Return a new authorization with a new random state; otherwise pure."""
        ...

    def log_in(
        self, config: Any, context: ChannelContext, *, authorization: Authorization, code: str
    ) -> None:
        """Exchange ``code`` for tokens and store them; raises the six ChannelErrors."""
        ...


def optional_secret(context: ChannelContext, field: str) -> str:
    """Return the secret, or "" if none is set; raise AuthFailed if it cannot be read."""
    try:
        return context.secret(field)
    except AuthFailed as error:
        if error.code != "secret-missing":
            raise
        return ""
