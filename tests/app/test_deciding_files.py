"""The files that a running sender follows: which version it runs with, after any order of good and bad ones."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from humaspost.app import account_sessions
from humaspost.app.deciding_files import DecidingFiles
from humaspost.app.office import Office
from humaspost.channels import registry
from humaspost.delivery import sender_process
from humaspost.delivery.engine import Engine
from humaspost.delivery.events import DeliveryEvent
from humaspost.ledger import accounts
from humaspost.model.account import Identity
from humaspost.model.event_kind import EventKind
from humaspost.model.reasons import StaleReason
from humaspost.settings.load import load_settings

X = '[accounts.x]\nchannel = "x"\nhandle = "@kotacontoh"\n'
RENAMED = X.replace("accounts.x", "accounts.kota")
MORE = X + '[accounts.lain]\nchannel = "x"\nhandle = "@lain"\n'
KEYS = '[x]\napi_key = "canary-1"\n'


class Sender:
    """A sender that is never started, and the files that it follows; each look is seconds after the last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.save(X)
        self.save(KEYS, "credentials.toml")
        self.time = datetime.now(UTC) + timedelta(hours=1)
        self.events: list[DeliveryEvent] = []
        self.office = Office(load_settings(folder / "config.toml"), now=self._now, emit=self.events.append)
        self.files = DecidingFiles(self.office)
        process = sender_process.current("schedule")
        sender = account_sessions.create_sender_context(self.office, process.id)
        self.engine = Engine(account_sessions.open_accounts(self.office), sender)
        with sender_process.register(sender.ledger, process, now=self.office.now()):
            self.files.attach(self.engine)
        account_id = self.engine.account_sessions[0].account_id
        identity = Identity("17", "@kotacontoh")
        sender.ledger.write(
            lambda conn: accounts.bind_account(
                conn, account_id, identity, now=self.time, configured=frozenset(["x"])
            )
        )
        self.look()
        self.reopened = 0

    def _now(self) -> datetime:
        self.time += timedelta(seconds=2)
        return self.time

    def save(self, text: str, name: str = "config.toml") -> None:
        """Replace the file, readable by its owner only."""
        path = self.folder / f".{name}"
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        path.replace(self.folder / name)

    def look(self) -> None:
        """Look so often that each change is seen and followed."""
        for _turn in range(4):
            changes = self.files.check()
            if changes.reopen is not None:
                self.reopened += 1
                self.engine = changes.reopen() or self.engine

    @property
    def accounts(self) -> list[str]:
        """The accounts on which it sends."""
        return [session.account.name for session in self.engine.account_sessions]

    @property
    def stale(self) -> list[tuple[StaleReason, str]]:
        """Why it does not use the newest files, as it told."""
        return [(file.reason, file.detail) for file in self.files._list_stale()]

    def told(self, kind: EventKind) -> list[str]:
        """The details of the events of the kind."""
        return [event.detail for event in self.events if event.kind is kind]


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[Sender]:
    one = Sender(tmp_path)
    yield one
    one.office.close()


def test_a_good_version_is_opened_once(sender: Sender) -> None:
    sender.save(MORE)
    sender.look()
    assert (sender.accounts, sender.reopened, sender.stale) == (["x", "lain"], 1, [])


def test_a_version_that_cannot_be_opened_is_tried_once_and_told(sender: Sender) -> None:
    sender.save(RENAMED)
    sender.look()
    sender.files._retry_at = 0.0
    sender.look()
    assert (sender.accounts, sender.reopened) == (["x"], 1)
    assert [reason for reason, _detail in sender.stale] == [StaleReason.RENAMED]
    (told,) = sender.told(EventKind.STALE_FILE)
    assert "stop the scheduler if it is running, then type: humaspost account rename x kota" in told


def test_the_version_that_was_put_back_counts_and_not_the_one_in_between(sender: Sender) -> None:
    sender.save(RENAMED)
    sender.look()
    sender.save(X)
    sender.look()
    assert (sender.accounts, sender.reopened, sender.stale) == (["x"], 1, [])
    sender.save(MORE)
    sender.look()
    assert (sender.accounts, sender.stale) == (["x", "lain"], [])


def test_a_version_that_waits_for_the_disk_is_dropped_by_the_one_that_is_put_back(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(account_sessions, "open_accounts", _refuse)
        sender.save(MORE)
        with pytest.raises(OSError, match="full"):
            sender.look()
    sender.save(X)
    sender.files._retry_at = 0.0
    sender.look()
    assert (sender.accounts, sender.reopened) == (["x"], 1)
    assert sender.told(EventKind.RELOADED) == []


def test_new_keys_are_used_though_the_new_config_is_refused(sender: Sender) -> None:
    sender.save(RENAMED)
    sender.save(KEYS.replace("canary-1", "canary-2"), "credentials.toml")
    before = sender.engine
    sender.look()
    assert sender.engine is not before
    assert (sender.accounts, sender.told(EventKind.RELOADED)) == (["x"], ["credentials.toml"])
    assert [reason for reason, _detail in sender.stale] == [StaleReason.RENAMED]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('posts = "~nobody-of-that-name/kiriman"\n', "config.toml:1:9: error[config-path]"),
        ('posts = "a\\u0000b"\n', "config.toml:1:9: error[config-path]"),
        ("posts = \n", "config.toml:1:9: error[config-syntax]"),
    ],
)
def test_the_last_good_config_counts_while_the_newest_has_an_error(
    sender: Sender, text: str, place: str
) -> None:
    sender.save(text + MORE)
    sender.look()
    ((reason, detail),) = sender.stale
    assert (sender.accounts, sender.reopened, reason) == (["x"], 0, StaleReason.BROKEN)
    assert detail.startswith(place)
    sender.save(MORE)
    sender.look()
    assert (sender.accounts, sender.stale) == (["x", "lain"], [])


def test_a_mistake_of_a_plug_in_while_it_reads_keeps_the_last_good_config(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_name: str) -> None:
        raise KeyError("handle")

    with monkeypatch.context() as broken:
        broken.setattr(registry, "load_channel", fail)
        sender.save(MORE)
        sender.look()
    ((reason, detail),) = sender.stale
    assert (sender.accounts, reason) == (["x"], StaleReason.BROKEN)
    assert detail == "config.toml: KeyError: 'handle'"


def test_another_language_needs_a_restart_and_the_rest_is_followed(sender: Sender) -> None:
    sender.save(f'language = "en"\n{MORE}')
    sender.look()
    assert (sender.accounts, sender.reopened) == (["x", "lain"], 1)
    assert sender.stale == [(StaleReason.RESTART, 'language is "en" now')]
    assert sender.told(EventKind.STALE_FILE) == ['language is "en" now']
    sender.save(f'# tetap\nlanguage = "en"\n{MORE}')
    sender.look()
    assert [reason for reason, _detail in sender.stale] == [StaleReason.RESTART]
    sender.save(MORE)
    sender.look()
    assert (sender.reopened, sender.stale) == (1, [])


@pytest.mark.parametrize("text", ["", "\n# kosong\n", "[x]\napi_key = 17\n", 'x = "canary-3"\n', "[[x]]\n"])
def test_the_last_good_keys_count_while_the_newest_cannot_be_used(sender: Sender, text: str) -> None:
    sender.save(text, "credentials.toml")
    sender.look()
    ((reason, detail),) = sender.stale
    assert (sender.office.vault.secret("x", "api_key"), reason) == ("canary-1", StaleReason.BROKEN)
    assert re.match(r"credentials\.toml(:\d+:\d+)?: error\[credentials-(syntax|empty)\]", detail)
    assert "canary" not in detail
    assert sender.told(EventKind.RELOADED) == []
    sender.save(KEYS.replace("canary-1", "canary-2"), "credentials.toml")
    sender.look()
    assert (sender.office.vault.secret("x", "api_key"), sender.stale) == ("canary-2", [])


def _refuse(_office: Office) -> list[account_sessions.AccountSession]:
    raise OSError("the disk is full")
