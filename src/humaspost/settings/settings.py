"""What config.toml says, checked: frozen, with absolute paths."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from humaspost.model.account import Account
from humaspost.model.post import Late


@dataclass(frozen=True, slots=True)
class TypePolicy:
    """What one post type changes; None = as everywhere. ``approval`` = a person must approve it first."""

    late: Late | None = None
    grace: timedelta | None = None
    priority: int | None = None
    during_pause: bool = False
    approval: bool = False


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """``[policy]``; ``same_text_days`` is how long the same rendition is refused under another id."""

    grace: timedelta = timedelta(minutes=60)
    late: Late = Late.ASK
    settle: timedelta = timedelta(seconds=1)
    same_text_days: int = 30
    types: Mapping[str, TypePolicy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """``[media]``: a ``folder`` that a web server shows, an ``upload_url`` to PUT to, or a ``bucket``.

    None of them = nothing can be shown to a platform that fetches. ``public_base_url`` is "" only for a
    bucket, whose addresses are signed then. ``convert`` = media are made fit for each channel.
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
        """Whether there is a place that the public can fetch files from."""
        return bool(self.folder or self.upload_url or self.bucket)


@dataclass(frozen=True, slots=True)
class Settings:
    """One office. ``root`` holds config.toml; ``audiences`` maps each name to its file."""

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

    def account(self, name: str) -> Account | None:
        """The account of that name; None = there is none."""
        return next((account for account in self.accounts if account.name == name), None)
