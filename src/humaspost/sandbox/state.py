"""State that the simulated platforms share: clock, public objects, request log, media host."""

import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

#: Seconds for which listings hide an object created in this request (fault ``lag``).
lag: ContextVar[float] = ContextVar("lag", default=0.0)

#: True if media used in this request never become ready (fault ``media-never-ready``).
never_ready: ContextVar[bool] = ContextVar("never_ready", default=False)


@dataclass(frozen=True, slots=True)
class PublicMedia:
    """A published media file; ``type`` is a MIME type, ``data`` is for the page."""

    sha256: str
    type: str
    alt: str | None = None
    data: bytes = field(default=b"", repr=False)
    name: str | None = None


@dataclass(slots=True)
class PublicObject:
    """An object that the public or a recipient can see; ``account`` is the platform's id."""

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
    #: Data for a platform's own responses (container id, format, callback key, …); control does not show it.
    extra: dict[str, Any] = field(default_factory=dict)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class SandboxState:
    """The memory of the sandbox; every platform module receives this one object."""

    now: Callable[[], datetime] = _utc_now
    base_url: str = ""
    objects: list[PublicObject] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    #: Path below ``/media/`` -> (bytes, content type): the simulated public web server.
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    #: Selectable behaviour, set through ``POST /_sandbox/settings`` (documented in ``control``).
    settings: dict[str, Any] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def add_object(self, public_object: PublicObject) -> PublicObject:
        """Publish the object and return it; a ``lag`` fault hides it from listings for a while."""
        public_object.visible_at = public_object.created_at + timedelta(seconds=lag.get())
        with self.lock:
            self.objects.append(public_object)
        return public_object

    def listed_objects(self, channel: str, account: str) -> Iterable[PublicObject]:
        """Return the objects of one account that listings show now, newest first."""
        now = self.now()
        return [
            o
            for o in reversed(self.objects)
            if o.channel == channel and o.account == account and not o.deleted and o.visible_at <= now
        ]

    def reset(self) -> None:
        """Return to the state at the start of the sandbox."""
        with self.lock:
            for memory in (self.objects, self.requests, self.files, self.settings):
                memory.clear()
