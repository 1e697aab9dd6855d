"""What a channel is: everything humaspost knows about one platform, behind one interface."""

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
    """When to look after an unknown outcome, in seconds from the end of the attempt; none = a person at once.

    ``public_site`` tells a person where to look for themselves, ``account_page`` is the address of an account's own
    page, with ``{name}`` for its name without the @, "" = its name is not part of an address. ``url_pattern`` is the expression (``re``, from its beginning) of
    a post's public address, whose group ``id`` is the platform's id and whose group ``name``, if it has one, the
    account's; "" = an address does not tell it.
    """

    delays: tuple[float, ...]
    public_site: str = ""
    url_pattern: str = ""
    account_page: str = ""

    def page_of(self, display_name: str) -> str:
        """Return the public page of the account with that name, or the platform's site, or ""."""
        if self.account_page and display_name.startswith("@"):
            return self.account_page.format(name=display_name[1:])
        return self.public_site

    def parse_remote_id(self, url: str, *, display_name: str) -> str | None:
        """The platform's id in the address that a person gave; None where there is none, or it is another account's."""
        url_match = re.match(self.url_pattern, url.strip()) if self.url_pattern else None
        if url_match is None:
            return None
        name = url_match.groupdict().get("name") or ""
        return url_match["id"] if name.casefold() in ("", display_name.lstrip("@").casefold()) else None


@dataclass(frozen=True, slots=True)
class Ready:
    """Preparation is complete; ``token`` is what ``publish`` needs (media ids, a container), as JSON."""

    token: Json


@dataclass(frozen=True, slots=True)
class NotReady:
    """One step was made; call again in ``retry_after`` seconds with ``token``, which is kept in the ledger.

    ``used_quota`` names the preparing quota of which this step used one, '' = none.
    """

    token: Json
    retry_after: float = 0.0
    used_quota: str = ""


@dataclass(frozen=True, slots=True)
class Retracted:
    """The object is gone from the public's eyes."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ManualSteps:
    """The platform has no such call; ``instructions`` tells a person what to do."""

    instructions: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is live now, as the platform tells it."""

    text: str
    media_count: int = 0
    url: str | None = None


@dataclass(frozen=True, slots=True)
class FitFile:
    """A medium made fit for one channel: the bytes that are sent."""

    path: Path
    mime: str
    sha256: str
    size: int


class MediaNotReady(Exception):
    """The medium is still being made fit, elsewhere: the same step of preparation again in ``retry_after`` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class ChannelContext(Protocol):
    """All that a session may touch of the house."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        ...

    def secret(self, field: str) -> str:
        """The account's secret of that name; raises AuthFailed ``secret-missing`` naming where to put it."""
        ...

    def replace_secret(self, field: str, value: str) -> None:
        """A rotated token is kept, atomically and under a lock."""
        ...

    def renewal_lock(self) -> AbstractContextManager[None]:
        """Inside, nobody else renews this account's tokens, in any thread or process; Transient if it takes long."""
        ...

    def fit_media(self, media: Attachment) -> FitFile:
        """The medium as this channel takes it; raises Rejected ``media-changed`` if the source's bytes differ.

        Asked before anything is written; raises MediaNotReady, which ``prepare`` lets pass, while it is being made.
        """
        ...

    def public_url(self, media: Attachment) -> str:
        """A public address of the fitted medium, fetched once by us; raises as ``fit_media``, or Transient if it is not."""
        ...


class Session(Protocol):
    """A channel opened for one account. Raises only the six ChannelErrors, and lets the context's MediaNotReady pass."""

    def whoami(self) -> Identity:
        """Whose credentials these are; read-only."""
        ...

    def fetch_status(self) -> AccountStatus:
        """Quota, templates, expiry; read-only."""
        ...

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        """At most one invisible remote write (upload, container) or poll is made; ``token`` None = begin."""
        ...

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        """The one public write is made; ``key`` is what the platform may echo."""
        ...

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        """The object of an earlier attempt, or what its absence proves; read-only."""
        ...

    def retract(self, receipt: Receipt) -> Retracted | ManualSteps:
        """The object is taken back, where the platform can; a public write like ``publish``."""
        ...

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        """What is live now, None = it is not there or cannot be read; read-only."""
        ...


class Channel(Protocol):
    """Everything humaspost knows about one platform, in one folder."""

    name: ClassVar[str]
    #: pydantic model of one ``[accounts.NAME]`` without ``channel``, ``default`` and ``on_unknown``.
    Config: ClassVar[type[Any]]
    #: Names of the secrets that ``context.secret`` is asked for, in the order a person fills them in.
    secrets: ClassVar[tuple[str, ...]]
    lookup_schedule: ClassVar[LookupSchedule]

    def display_name(self, config: Any) -> str:
        """What a person calls this account, numbers masked."""
        ...

    def platform_id(self, config: Any) -> str | None:
        """The platform's own id where the config names it, else None until first contact."""
        ...

    def rules(self, config: Any) -> Rules:
        """Limits as data, for this account; pure."""
        ...

    def render(self, post: Post, config: Any, rules: Rules, *, account: str) -> Rendition:
        """What will be shown; pure, total, deterministic. ``account`` picks the post's own keys."""
        ...

    def check(
        self, rendition: Rendition, rules: Rules, account_status: AccountStatus | None, *, config: Any
    ) -> list[Problem]:
        """What Rules cannot say; problems carry ``field``, not a place; pure."""
        ...

    def events(
        self, config: Any, headers: Mapping[str, str], body: bytes, *, secret: str
    ) -> list[ChannelEvent] | None:
        """A webhook, verified with ``secret`` and read; None = not the platform's; never raises; pure."""
        ...

    def open(self, config: Any, context: ChannelContext) -> AbstractContextManager[Session]:
        """A session with its own connections; one thread at a time."""
        ...


@runtime_checkable
class Aliased(Protocol):
    """A channel that users also call by other names."""

    #: Each other name; True = posts may use it as the channel's name, False = a hint suggests the channel.
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
        """Return the answer to the platform's request for proof, or None if ``secret`` is not in it; pure."""
        ...


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a person is asked at ``url``, the platform's own page; their answer comes to ``callback_url``."""

    url: str
    callback_url: str
    state: str
    verifier: str = field(repr=False)


@runtime_checkable
class OAuthLogin(Protocol):
    """What a channel has besides, where a person logs in with a browser instead of copying tokens."""

    def login_secrets(self, config: Any) -> tuple[str, ...]:
        """The secrets that logging in brings; none = the account's secrets are all written by a person."""
        ...

    def create_authorization(self, config: Any, *, callback_url: str) -> Authorization:
        """The question, made anew each time; pure but for its dice."""
        ...

    def log_in(
        self, config: Any, context: ChannelContext, *, authorization: Authorization, code: str
    ) -> None:
        """The answer's ``code`` is exchanged, and the tokens are kept; raises the six ChannelErrors."""
        ...


def optional_secret(context: ChannelContext, field: str) -> str:
    """The secret, "" where a person has set none; raises AuthFailed where it is there and cannot be read."""
    try:
        return context.secret(field)
    except AuthFailed as error:
        if error.code != "secret-missing":
            raise
        return ""
