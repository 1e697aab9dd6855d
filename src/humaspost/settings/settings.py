"""The checked settings of config.toml: frozen, with absolute paths."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from humaspost.base.file_stamp import ABSENT, FileStamp
from humaspost.model.account import Account
from humaspost.model.post import Late


@dataclass(frozen=True, slots=True)
class TypePolicy:
    """The settings of one post type; None means the general setting.

    With ``approval``, a user must approve the post first.
    """

    late: Late | None = None
    grace: timedelta | None = None
    priority: int | None = None
    during_pause: bool = False
    approval: bool = False


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """The table ``[policy]``.

    ``same_text_days`` is how long the same rendition is refused under another id. With ``joins_lines`` a line
    break in a post's body is a space.
    """

    grace: timedelta = timedelta(minutes=60)
    late: Late = Late.ASK
    settle: timedelta = timedelta(seconds=1)
    same_text_days: int = 30
    joins_lines: bool = False
    types: Mapping[str, TypePolicy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """The table ``[media]``: a shown ``folder``, an ``upload_url`` to PUT to, or a ``bucket``.

    A web server shows ``folder`` to the public. Without any of the three, no platform can fetch a file.
    ``public_base_url`` is "" only for a bucket, whose addresses are then signed. With ``convert``, media are
    converted for each channel.
    """

    public_base_url: str = ""
    folder: Path | None = None
    upload_url: str | None = None
    bucket: str | None = None
    endpoint: str | None = None
    region: str | None = None
    convert: bool = False

    @property
    def has_public_host(self) -> bool:
        """Return True if there is a place from which the public can fetch files."""
        return bool(self.folder or self.upload_url or self.bucket)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one office.

    ``root`` is the folder of config.toml; ``audiences`` maps each name to its file. ``digest`` and ``stamp`` are
    those of config.toml when it was read.
    """

    root: Path
    file: Path
    timezone: str
    language: str
    posts: Path
    state: Path
    demo: bool = False
    accounts: tuple[Account, ...] = ()
    audiences: Mapping[str, Path] = field(default_factory=dict)
    media: MediaSettings | None = None
    policy: PolicySettings = field(default_factory=PolicySettings)
    digest: str = field(default="", compare=False)
    stamp: FileStamp = field(default=ABSENT, compare=False)

    def account(self, name: str) -> Account | None:
        """Return the account of that name, or None."""
        return next((account for account in self.accounts if account.name == name), None)
