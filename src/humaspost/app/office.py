"""An opened office: settings, secrets, ledger, channels and clock, wired once."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from humaspost.app.folder import cache as folder_cache
from humaspost.app.loaded_code import LoadedCode
from humaspost.base.file_stamp import StampHistory
from humaspost.base.progress import ReportProgress, ignore_progress
from humaspost.base.stamped_cache import StampedCache
from humaspost.channels import registry
from humaspost.delivery.events import EmitEvent, ignore
from humaspost.ledger.file import FILE
from humaspost.model.account import AccountStatus
from humaspost.model.channel import Channel, aliases_of
from humaspost.planning.memo import PlanMemo
from humaspost.settings.settings import MediaSettings, Settings
from humaspost.settings.vault import Vault

# Imported where used: commands that only read posts need no database, sender or media decoder.
if TYPE_CHECKING:
    from humaspost.content.reader import PostReader
    from humaspost.ledger.database import Ledger
    from humaspost.media.hosting.bucket import Bucket
    from humaspost.media.hosting.host import MediaHost
    from humaspost.media.probe import MediaProbe
    from humaspost.media.video.pool import ConversionPool


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass
class Office:
    """Everything that a use case needs; each part is opened at its first use."""

    settings: Settings
    now: Callable[[], datetime] = utc_now
    emit: EmitEvent = ignore
    report_reading: ReportProgress = ignore_progress
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _ledger: "Ledger | None" = None

    def ledger(self, *, write: bool = False, upgrade: bool = False) -> "Ledger":
        """Return the ledger; ``write`` creates it if missing, ``upgrade`` migrates its schema."""
        from humaspost.ledger import database

        opened = self._ledger
        if opened is None or (write and opened.path is None):
            state = self.settings.state
            self._ledger = database.open_ledger(state, now=self.now(), create=write, upgrade=upgrade)
        assert self._ledger is not None
        return self._ledger

    @property
    def has_ledger(self) -> bool:
        """Return True if the ledger file exists."""
        return self._ledger is not None or (self.settings.state / FILE).exists()

    def close(self) -> None:
        """Stop all conversions and close the ledger."""
        if "conversions" in self.__dict__:
            self.conversions.close()
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def replace_settings(self, settings: Settings) -> None:
        """Use other settings of the same state folder; ledger and secrets stay open."""
        self.settings = settings
        self.stamps.settle = settings.policy.settle.total_seconds()
        for name in ("channels", "reader", "host", "folder_cache"):
            self.__dict__.pop(name, None)
        if "probe" in self.__dict__:
            self.probe.section = self.folder_cache.section(folder_cache.MEDIA)

    @cached_property
    def stamps(self) -> StampHistory:
        """Return the observed stamps of the files that decide: config.toml, secrets and lists."""
        settle = self.settings.policy.settle.total_seconds()
        return StampHistory(settle=settle, clock=lambda: self.now().timestamp())

    @cached_property
    def vault(self) -> Vault:
        """Return the vault of the secrets."""
        settings = self.settings
        return Vault(settings.root, settings.state, environ=self.environ, history=self.stamps)

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """Return the channels that the config names."""
        return {name: registry.load_channel(name) for name in {a.channel for a in self.settings.accounts}}

    @cached_property
    def probe(self) -> "MediaProbe":
        """Return the probe of media files; it caches results until a file changes."""
        from humaspost.media.probe import MediaProbe

        return MediaProbe(self.settings.root, self.folder_cache.section(folder_cache.MEDIA))

    @cached_property
    def folder_cache(self) -> StampedCache:
        """Return the posts, media and renditions that earlier processes read and made."""
        return folder_cache.create_cache(self.settings, lambda: self.channels.values(), self.code)

    @cached_property
    def code(self) -> LoadedCode:
        """Return the code of this process; other settings do not load it again."""
        return LoadedCode()

    @cached_property
    def reader(self) -> "PostReader":
        """Return the reader of the posts folder; it caches each file."""
        return create_reader(self)

    @cached_property
    def host(self) -> "MediaHost | None":
        """Return the host that Instagram fetches media from; None without ``[media]`` in the config."""
        media = self.settings.media
        if media is None or not media.has_public_host:
            return None
        from humaspost.media.hosting.host import MediaHost

        salt = self.settings.state / "media" / "salt"
        return MediaHost(
            media.public_base_url,
            salt=salt,
            folder=media.folder,
            upload_url=media.upload_url,
            bucket=self._bucket(media),
        )

    def _bucket(self, media: MediaSettings) -> "Bucket | None":
        if media.bucket is None:
            return None
        from humaspost.media.hosting.bucket import Bucket

        secret = partial(self.vault.secret, "media")
        return Bucket(media.bucket, secret=secret, endpoint=media.endpoint, region=media.region)

    @cached_property
    def plan_memo(self) -> PlanMemo:
        """Return the posts that this process planned already."""
        return PlanMemo()

    @property
    def is_converting(self) -> bool:
        """Return True if media files are converted for each channel."""
        return self.settings.media is not None and self.settings.media.convert

    @cached_property
    def conversions(self) -> "ConversionPool":
        """Return the pool that converts media for all accounts; ``close`` ends it."""
        from humaspost.media.video.pool import ConversionPool

        return ConversionPool()

    @property
    def fitted_folder(self) -> Path:
        """Return the folder of converted media files."""
        return self.settings.state / "media"

    def account_statuses(self) -> dict[str, AccountStatus]:
        """Return the last status that each account's platform reported, by account name."""
        if not self.has_ledger:
            return {}
        from humaspost.ledger import accounts

        with self.ledger().read() as conn:
            statuses = {row.name: row.status for row in accounts.list_accounts(conn)}
        return {name: status for name, status in statuses.items() if status is not None}


def create_reader(office: Office) -> "PostReader":
    """Return a reader of the posts folder, with the names that a post may use."""
    from humaspost.content.frontmatter.keys import NameIndex
    from humaspost.content.reader import PostReader

    settings = office.settings
    channel_keys = {name: get_channel_keys(office, name) for name in office.channels}
    account_keys = {account.name: channel_keys[account.channel] for account in settings.accounts}
    key_index = NameIndex(
        settings.timezone,
        {**channel_keys, **account_keys},
        {*account_keys, *channel_keys},
        set(settings.audiences),
        aliases=_channel_aliases(office, accepted=True),
        suggestions=_channel_aliases(office, accepted=False),
        joins_lines=settings.policy.joins_lines,
    )
    settle = settings.policy.settle.total_seconds()
    return PostReader(
        settings.posts,
        root=settings.root,
        names=key_index,
        settle=settle,
        section=office.folder_cache.section(folder_cache.PARSED),
    )


def _channel_aliases(office: Office, *, accepted: bool) -> dict[str, str]:
    """Return the channels' other names: those that posts may use, or those for hints only."""
    return {
        alias: name
        for name, channel in office.channels.items()
        for alias, is_accepted in aliases_of(channel).items()
        if is_accepted is accepted
    }


def get_channel_keys(office: Office, channel: str) -> Mapping[str, str]:
    """Return the channel's own front-matter fields, each with its meaning."""
    config = next(a.config for a in office.settings.accounts if a.channel == channel)
    return office.channels[channel].rules(config).keys
