"""What the pretend platforms share: a clock, the public objects, the journal of requests, the media host."""

import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

#: Seconds by which the object made in this request is hidden from listings (fault ``lag``).
lag: ContextVar[float] = ContextVar("lag", default=0.0)

#: Whether media touched in this request never become ready (fault ``media-never-ready``).
never_ready: ContextVar[bool] = ContextVar("never_ready", default=False)


@dataclass(frozen=True, slots=True)
class PublicMedia:
    """One medium as the public sees it; ``type`` is ``image/jpeg`` and so on; ``data`` serves the page."""

    sha256: str
    type: str
    alt: str | None = None
    data: bytes = field(default=b"", repr=False)
    name: str | None = None


@dataclass(slots=True)
class PublicObject:
    """One thing that the public, or one recipient, can see; ``account`` is the platform's own id."""

    channel: str
    account: str
    id: str
    text: str
    created_at: datetime
    visible_at: datetime
    media: tuple[PublicMedia, ...] = ()
    to: str | None = None
    reply_to: str | None = None
    poll: dict[str, Any] | None = None
    template: str | None = None
    deleted: bool = False
    #: What a platform keeps for its own answers (container id, format, callback key, …); not shown by control.
    extra: dict[str, Any] = field(default_factory=dict)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class SandboxState:
    """Everything the sandbox remembers, in memory; every platform module gets this one object."""

    now: Callable[[], datetime] = _utc_now
    base_url: str = ""
    objects: list[PublicObject] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    #: Path below ``/media/`` -> (bytes, content type): the pretend public web server.
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    #: Selectable behaviour, set through ``POST /_sandbox/settings`` (documented in ``control``).
    settings: dict[str, Any] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def add_object(self, public_object: PublicObject) -> PublicObject:
        """The object is public from now on; a ``lag`` fault hides it from listings for its seconds."""
        public_object.visible_at = public_object.created_at + timedelta(seconds=lag.get())
        with self.lock:
            self.objects.append(public_object)
        return public_object

    def listed_objects(self, channel: str, account: str) -> Iterable[PublicObject]:
        """Objects of one account that listings show now, newest first."""
        now = self.now()
        return [
            o
            for o in reversed(self.objects)
            if o.channel == channel and o.account == account and not o.deleted and o.visible_at <= now
        ]

    def reset(self) -> None:
        """The world is as it was when the sandbox started."""
        with self.lock:
            for memory in (self.objects, self.requests, self.files, self.settings):
                memory.clear()
