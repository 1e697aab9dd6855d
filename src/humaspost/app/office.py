"""An office, opened: settings, secrets, ledger, channels, and the clock, wired once."""

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

from humaspost.app.channel_context import OfficeDoor
from humaspost.channels import registry
from humaspost.content.frontmatter.keys import Known
from humaspost.content.reader import Reader
from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.events import Tell, silent
from humaspost.ledger import accounts, database
from humaspost.ledger.database import Ledger
from humaspost.media.hosting.bucket import Bucket
from humaspost.media.hosting.host import Host
from humaspost.media.probe import Probe
from humaspost.media.video.pool import Conversions
from humaspost.model.account import Account, Facts
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
    tell: Tell = silent
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
        return {name: registry.channel(name) for name in {a.channel for a in self.settings.accounts}}

    @cached_property
    def probe(self) -> Probe:
        """What media files are, remembered while they do not change."""
        return Probe(self.settings.root)

    @cached_property
    def reader(self) -> Reader:
        """The posts folder, remembered file by file."""
        return reader(self)

    @cached_property
    def host(self) -> Host | None:
        """Where Instagram fetches media from, None where the config has no ``[media]``."""
        media = self.settings.media
        if media is None or not media.shows:
            return None
        salt = self.settings.state / "media" / "salt"
        return Host(
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
    def converts(self) -> bool:
        """Whether media are made fit for each channel."""
        return self.settings.media is not None and self.settings.media.convert

    @cached_property
    def conversions(self) -> Conversions:
        """What is being converted for any account; ended with the office."""
        return Conversions()

    @property
    def fitted(self) -> Path:
        """Where media made fit for a channel are kept."""
        return self.settings.state / "media"

    def facts(self) -> dict[str, Facts]:
        """What each account's platform last said, by account name."""
        with self.ledger().read() as conn:
            found = {row.name: accounts.facts_of(row) for row in accounts.every(conn)}
        return {name: facts for name, facts in found.items() if facts is not None}

    def line(self, account: Account) -> Line:
        """The account, ready to be sent on; it has an id in the ledger from now on."""
        channel = self.channels[account.channel]
        self._know(account.name, channel)
        platform_id = channel.platform_id(account.config)
        account_id = self.ledger(write=True).write(
            lambda conn: accounts.ensure(conn, account, platform_id=platform_id)
        )
        door = OfficeDoor(
            account.name,
            rules=channel.rules(account.config),
            root=self.settings.root,
            fitted_in=self.fitted,
            vault=self.vault,
            host=self.host,
            clock=self.now,
            conversions=self.conversions if self.converts else None,
        )
        facts = self.facts().get(account.name)
        rules = door.rules.told(facts.quotas) if facts else door.rules
        return Line(account, account_id, channel, rules, door, self._identity(account, channel))

    def _identity(self, account: Account, channel: Channel) -> str:
        """Whose account the config says it is, and by which secrets, as a digest that tells neither."""
        with suppress(ConfigError):
            said = f"{account.config!r}\0{self.vault.print(account.name, channel.secrets)}"
            return hashlib.sha256(said.encode()).hexdigest()[:16]
        return ""

    def _know(self, account: str, channel: Channel) -> None:
        """A platform knows secrets that we never send to it; it may say one back before we ever read it."""
        for name in (*channel.secrets, "verify_token"):
            # A place that cannot be used is told by whoever needs it.
            with suppress(ConfigError):
                self.vault.secret(account, name)

    def lines(self) -> list[Line]:
        """All accounts of the config."""
        return [self.line(account) for account in self.settings.accounts]

    def sender(self, owner: str, *, only: str | None = None) -> Sender:
        """What the lanes of this process share."""
        return Sender(
            ledger=self.ledger(write=True, upgrade=True),
            owner=owner,
            decide=decide,
            now=self.now,
            configured=frozenset(account.name for account in self.settings.accounts),
            same_text=timedelta(days=self.settings.policy.same_text_days),
            tell=self.tell,
            only=only,
        )


def reader(office: Office) -> Reader:
    """A reader of the office's posts folder, which knows what posts may name."""
    settings = office.settings
    of_channel = {name: keys_of(office, name) for name in office.channels}
    keys = {account.name: of_channel[account.channel] for account in settings.accounts}
    known = Known(settings.timezone, {**of_channel, **keys}, {*keys, *of_channel}, set(settings.audiences))
    settle = settings.policy.settle.total_seconds()
    return Reader(settings.posts, root=settings.root, known=known, settle=settle)


def keys_of(office: Office, channel: str) -> Mapping[str, str]:
    """A channel's own front-matter keys with what each means."""
    config = next(a.config for a in office.settings.accounts if a.channel == channel)
    return office.channels[channel].rules(config).keys
