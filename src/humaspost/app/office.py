"""An office, opened: settings, secrets, ledger, channels, and the clock, wired once."""

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

from humaspost.app.channel_context import OfficeChannelContext
from humaspost.channels import registry
from humaspost.content.frontmatter.keys import NameIndex
from humaspost.content.reader import PostReader
from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import EmitEvent, ignore
from humaspost.ledger import accounts, database
from humaspost.ledger.database import Ledger
from humaspost.media.hosting.bucket import Bucket
from humaspost.media.hosting.host import MediaHost
from humaspost.media.probe import MediaProbe
from humaspost.media.video.pool import ConversionPool
from humaspost.model.account import Account, AccountStatus
from humaspost.model.channel import Channel
from humaspost.policy.decide import decide
from humaspost.settings.problems import ConfigError
from humaspost.settings.settings import MediaSettings, Settings
from humaspost.settings.vault import Vault


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@dataclass
class Office:
    """Everything a verb needs; nothing is read or opened before it is asked for."""

    settings: Settings
    now: Callable[[], datetime] = utc_now
    emit: EmitEvent = ignore
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _ledger: Ledger | None = None

    def ledger(self, *, write: bool = False, upgrade: bool = False) -> Ledger:
        """The ledger; made if ``write`` and there is none, brought up to date only for a sender."""
        opened = self._ledger
        if opened is None or (write and opened.path is None):
            state = self.settings.state
            self._ledger = database.open_ledger(state, now=self.now(), create=write, upgrade=upgrade)
        assert self._ledger is not None
        return self._ledger

    def close(self) -> None:
        """The ledger is closed, and nothing is converted any more."""
        if "conversions" in self.__dict__:
            self.conversions.close()
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    @cached_property
    def vault(self) -> Vault:
        """Where the secrets are."""
        return Vault(self.settings.root, self.settings.state, environ=self.environ)

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """The channels that the config names."""
        return {name: registry.load_channel(name) for name in {a.channel for a in self.settings.accounts}}

    @cached_property
    def probe(self) -> MediaProbe:
        """What media files are, remembered while they do not change."""
        return MediaProbe(self.settings.root)

    @cached_property
    def reader(self) -> PostReader:
        """The posts folder, remembered file by file."""
        return create_reader(self)

    @cached_property
    def host(self) -> MediaHost | None:
        """Where Instagram fetches media from, None where the config has no ``[media]``."""
        media = self.settings.media
        if media is None or not media.has_public_host:
            return None
        salt = self.settings.state / "media" / "salt"
        return MediaHost(
            media.public_base_url,
            salt=salt,
            folder=media.folder,
            upload_url=media.upload_url,
            bucket=self._bucket(media),
        )

    def _bucket(self, media: MediaSettings) -> Bucket | None:
        if media.bucket is None:
            return None
        secret = partial(self.vault.secret, "media")
        return Bucket(media.bucket, secret=secret, endpoint=media.endpoint, region=media.region)

    @property
    def is_converting(self) -> bool:
        """Whether media are made fit for each channel."""
        return self.settings.media is not None and self.settings.media.convert

    @cached_property
    def conversions(self) -> ConversionPool:
        """What is being converted for any account; ended with the office."""
        return ConversionPool()

    @property
    def fitted_folder(self) -> Path:
        """Where media made fit for a channel are kept."""
        return self.settings.state / "media"

    def account_statuses(self) -> dict[str, AccountStatus]:
        """What each account's platform last said, by account name."""
        with self.ledger().read() as conn:
            statuses = {row.name: accounts.status_from_row(row) for row in accounts.list_accounts(conn)}
        return {name: status for name, status in statuses.items() if status is not None}

    def open_account(self, account: Account) -> AccountSession:
        """The account, ready to be sent on; it has an id in the ledger from now on."""
        channel = self.channels[account.channel]
        self._register_secrets(account.name, channel)
        platform_id = channel.platform_id(account.config)
        account_id = self.ledger(write=True).write(
            lambda conn: accounts.ensure_account(conn, account, platform_id=platform_id)
        )
        context = OfficeChannelContext(
            account.name,
            rules=channel.rules(account.config),
            root=self.settings.root,
            fitted_folder=self.fitted_folder,
            vault=self.vault,
            host=self.host,
            clock=self.now,
            conversions=self.conversions if self.is_converting else None,
        )
        status = self.account_statuses().get(account.name)
        rules = context.rules.with_platform_quotas(status.quotas) if status else context.rules
        return AccountSession(
            account, account_id, channel, rules, context, self._identity_digest(account, channel)
        )

    def _identity_digest(self, account: Account, channel: Channel) -> str:
        """Whose account the config says it is, and by which secrets, as a digest that tells neither."""
        with suppress(ConfigError):
            text = f"{account.config!r}\0{self.vault.fingerprint(account.name, channel.secrets)}"
            return hashlib.sha256(text.encode()).hexdigest()[:16]
        return ""

    def _register_secrets(self, account: str, channel: Channel) -> None:
        """A platform knows secrets that we never send to it; it may say one back before we ever read it."""
        for name in (*channel.secrets, "verify_token"):
            # A place that cannot be used is told by whoever needs it.
            with suppress(ConfigError):
                self.vault.secret(account, name)

    def open_accounts(self) -> list[AccountSession]:
        """All accounts of the config."""
        return [self.open_account(account) for account in self.settings.accounts]

    def sender_context(self, owner: str, *, only_post: str | None = None) -> SenderContext:
        """What the lanes of this process share."""
        return SenderContext(
            ledger=self.ledger(write=True, upgrade=True),
            owner=owner,
            decide=decide,
            now=self.now,
            configured=frozenset(account.name for account in self.settings.accounts),
            same_text_period=timedelta(days=self.settings.policy.same_text_days),
            emit=self.emit,
            only_post=only_post,
        )


def create_reader(office: Office) -> PostReader:
    """A reader of the office's posts folder, which knows what posts may name."""
    settings = office.settings
    channel_keys = {name: get_channel_keys(office, name) for name in office.channels}
    account_keys = {account.name: channel_keys[account.channel] for account in settings.accounts}
    key_index = NameIndex(
        settings.timezone,
        {**channel_keys, **account_keys},
        {*account_keys, *channel_keys},
        set(settings.audiences),
    )
    settle = settings.policy.settle.total_seconds()
    return PostReader(settings.posts, root=settings.root, names=key_index, settle=settle)


def get_channel_keys(office: Office, channel: str) -> Mapping[str, str]:
    """A channel's own front-matter keys with what each means."""
    config = next(a.config for a in office.settings.accounts if a.channel == channel)
    return office.channels[channel].rules(config).keys
