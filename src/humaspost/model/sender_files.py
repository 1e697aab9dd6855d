"""The files that a sender runs with, and those whose newest version it does not use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from humaspost.base.file_stamp import FileStamp
from humaspost.model.reasons import StaleReason


@dataclass(frozen=True, slots=True)
class StaleFile:
    """A file whose newest version the sender does not use; ``path`` as users see it."""

    path: str
    reason: StaleReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SenderFiles:
    """The files that decide, as a sender runs with them.

    ``list_digests`` are by audience. ``secret_stamps`` are by path: of a secret neither its value nor a digest of it is
    recorded.
    """

    config_digest: str = ""
    config_read_at: datetime | None = None
    list_digests: Mapping[str, str] = field(default_factory=dict)
    secret_stamps: Mapping[str, FileStamp] = field(default_factory=dict)
    stale: tuple[StaleFile, ...] = ()
