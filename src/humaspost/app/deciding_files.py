"""config.toml, lists and secrets of a running sender, read again when they change."""

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from humaspost.app import account_sessions, accounts
from humaspost.app.office import Office
from humaspost.base.file_stamp import ABSENT, FileStamp, file_digest, read_stamp
from humaspost.base.i18n import _
from humaspost.base.paths import display_path
from humaspost.delivery.daemon import FileChanges
from humaspost.delivery.engine import Engine
from humaspost.delivery.events import DeliveryEvent
from humaspost.ledger import accounts as ledger_accounts
from humaspost.ledger import senders
from humaspost.ledger.accounts import AccountRenamed
from humaspost.ledger.errors import LedgerError
from humaspost.model.channel import WebhookReceiver
from humaspost.model.event_kind import EventKind
from humaspost.model.problem import Problem
from humaspost.model.reasons import StaleReason
from humaspost.model.sender_files import SenderFiles, StaleFile
from humaspost.settings.load import load_settings
from humaspost.settings.problems import ConfigError
from humaspost.settings.settings import Settings

#: Seconds after which an office that could not be opened again is tried again.
RETRY_DELAY = 10.0


class DecidingFiles:
    """The files that decide, compared with those that the sender runs with.

    Create it before the sender opens its accounts: a change meanwhile then shows in the first comparison.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._config_stamp = office.settings.stamp
        self._config_read_at = office.now()
        self._config_stale: StaleFile | None = None
        self._secret_stamps = {path: read_stamp(path) for path in _list_secret_files(office)}
        self._list_stamps: dict[Path, FileStamp] = {}
        self._list_digests: dict[str, tuple[str, FileStamp]] = {}
        self._reported: tuple[StaleFile, ...] = ()
        #: The newest good config.toml, where the sender does not run with it yet.
        self._new_settings: Settings | None = None
        #: Names of the files whose new secrets no session uses yet.
        self._new_secrets: list[str] = []
        self._has_other_check = False
        self._retry_at = 0.0

    def attach(self, engine: Engine) -> None:
        """Record the sender's first engine, which uses the files as they were read at the start."""
        self._sender = engine.sender
        self._ledger_changed = self._sender.ledger.watch_changes()
        self._identities = _list_identities(engine)
        self._checked_identities = self._read_checked_identities()
        self._recorded = SenderFiles()

    def check(self) -> FileChanges:
        """Return what the changed files require; cheap enough for several calls a second."""
        is_config_read = self._read_config()
        self._new_secrets += self._list_changed_secrets()
        self._has_other_check |= self._is_checked_by_others()
        self._report_stale()
        is_reopen_due = self._new_settings is not None or self._new_secrets or self._has_other_check
        if is_reopen_due and is_config_read and time.monotonic() >= self._retry_at:
            return FileChanges(reopen=self._reopen)
        return FileChanges(is_scan_due=self._has_changed_list())

    def record(self) -> None:
        """Record in the ledger what the sender runs with, if that changed."""
        for name, path in self._office.settings.audiences.items():
            stamp, is_settled = self._office.stamps.observe(path)
            if is_settled and stamp not in (ABSENT, self._list_digests.get(name, ("", ABSENT))[1]):
                self._list_digests[name] = (file_digest(path) or "", stamp)
        files = SenderFiles(
            self._office.settings.digest,
            self._config_read_at,
            {name: digest for name, (digest, _stamp) in self._list_digests.items()},
            {str(path): stamp for path, stamp in self._secret_stamps.items()},
            self._list_stale(),
        )
        if files != self._recorded:
            self._sender.ledger.write(lambda conn: senders.record_files(conn, self._sender.owner, files))
            self._recorded = files

    # -- config.toml -----------------------------------------------------------------------------

    def _read_config(self) -> bool:
        """Read a changed config.toml; return False while it is being written.

        Its newest good version is the one to run with.
        """
        current = self._office.settings
        stamp, is_settled = self._office.stamps.observe(current.file)
        if not is_settled or stamp == self._config_stamp:
            return stamp == self._config_stamp
        settings, stale = _load(current)
        if read_stamp(current.file) != stamp:
            return False  # it changed while it was read
        self._config_stamp, self._config_stale = stamp, stale
        if settings is None:
            return True
        # A version that was put back replaces the one that could not be opened.
        self._new_settings, self._retry_at = (None if settings == current else settings), 0.0
        if self._new_settings is None:  # only comments changed
            self._office.settings = settings
            self._config_read_at = self._office.now()
            self.record()
        return True

    # -- secrets ---------------------------------------------------------------------------------

    def _list_changed_secrets(self) -> list[str]:
        """Return the names of files whose newest version has other secrets for this sender."""
        office = self._office
        changed: list[Path] = []
        for path in _list_secret_files(office):
            stamp, is_settled = office.stamps.observe(path)
            if is_settled and stamp != self._secret_stamps.get(path, ABSENT):
                self._secret_stamps[path] = stamp
                if not office.vault.is_own_write(path, stamp):
                    changed.append(path)
        if not changed:
            return []
        for account in office.settings.accounts:
            account_sessions.identity_digest(office, account)  # reads them
        return [self._display(path) for path in changed if path not in office.vault.problems]

    def _is_checked_by_others(self) -> bool:
        """Return True if another process just checked an account with other secrets."""
        if not self._ledger_changed():
            return False
        checked = self._read_checked_identities()
        previous, self._checked_identities = self._checked_identities, checked
        return any(
            identity not in ("", previous.get(name), self._identities.get(name))
            for name, identity in checked.items()
            if name in self._identities
        )

    def _read_checked_identities(self) -> dict[str, str]:
        with self._sender.ledger.read() as conn:
            return {row.name: row.checked_identity for row in ledger_accounts.list_accounts(conn)}

    # -- lists -----------------------------------------------------------------------------------

    def _has_changed_list(self) -> bool:
        has_changed = False
        for path in self._office.settings.audiences.values():
            stamp, is_settled = self._office.stamps.observe(path)
            if is_settled and stamp != self._list_stamps.get(path):
                self._list_stamps[path] = stamp
                has_changed = True
        return has_changed

    # -- the office ------------------------------------------------------------------------------

    def _reopen(self) -> Engine | None:
        """Return a new engine with the newest files, or None where a person must act first.

        The former engine has stopped.
        """
        office, former = self._office, self._office.settings
        office.replace_settings(self._new_settings or former)
        try:
            sender = account_sessions.create_sender_context(office, self._sender.owner)
            # Writes that did not end in time still report to the former queue, and are not recovered.
            former_sender = self._sender
            sender = replace(
                sender, receipts=former_sender.receipts, writes_in_flight=former_sender.writes_in_flight
            )
            engine = Engine(account_sessions.open_accounts(office), sender)
        except Exception as error:
            office.replace_settings(former)
            if self._new_settings is not None and not _is_passing(error):
                # Tried again it fails again, and each try stops the engine: only another version can help.
                self._new_settings, self._config_stale = None, _describe_refusal(former.file.name, error)
                return None
            self._retry_at = time.monotonic() + RETRY_DELAY
            raise
        self._sender = sender
        self._identities = _list_identities(engine)
        self._secret_stamps |= {
            path: read_stamp(path) for path in _list_secret_files(office) if path not in self._secret_stamps
        }
        self._report_reload()
        return engine

    def _report_reload(self) -> None:
        office, names = self._office, self._new_secrets
        if self._new_settings is not None:
            self._config_read_at = office.now()
            names = [*names, office.settings.file.name]
        self._new_settings, self._new_secrets, self._has_other_check = None, [], False
        if names:
            detail = ", ".join(dict.fromkeys(names))
            office.emit(DeliveryEvent(office.now(), EventKind.RELOADED, detail=detail))

    def _list_stale(self) -> tuple[StaleFile, ...]:
        secrets = [
            _describe_problem(self._display(path), problem)
            for path, problem in self._office.vault.problems.items()
        ]
        return (*([self._config_stale] if self._config_stale else []), *secrets)

    def _report_stale(self) -> None:
        stale = self._list_stale()
        if stale == self._reported:
            return
        new, self._reported = [file for file in stale if file not in self._reported], stale
        try:
            self.record()
        finally:
            for file in new:
                self._office.emit(DeliveryEvent(self._office.now(), EventKind.STALE_FILE, detail=file.detail))

    def _display(self, path: Path) -> str:
        return display_path(path, self._office.settings.root)


def _load(current: Settings) -> tuple[Settings | None, StaleFile | None]:
    """Return the usable settings of the newest config.toml, and why not all are used."""
    name = current.file.name
    try:
        settings = load_settings(current.file)
    except ConfigError as error:
        return None, _describe_problem(name, error.problems[0])
    except Exception as error:  # a plug-in's mistake must not end what runs well
        return None, _describe_refusal(name, error)
    if settings.state != current.state:
        detail = _("state names another folder: {path}").format(path=settings.state)
        return None, StaleFile(name, StaleReason.RESTART, detail)
    if settings.language != current.language:
        detail = _('language is "{language}" now').format(language=settings.language)
        return replace(settings, language=current.language), StaleFile(name, StaleReason.RESTART, detail)
    return settings, None


def _is_passing(error: Exception) -> bool:
    """Return True if the same files may be opened a moment later: a full disk, a busy ledger."""
    return isinstance(error, (DBAPIError, sqlite3.Error, LedgerError, OSError))


def _describe_refusal(path: str, error: Exception) -> StaleFile:
    match error:
        case ConfigError():
            return _describe_problem(path, error.problems[0])
        case AccountRenamed():
            return StaleFile(path, StaleReason.RENAMED, str(error))
        case _:
            return StaleFile(path, StaleReason.BROKEN, f"{path}: {type(error).__name__}: {error}")


def _describe_problem(path: str, problem: Problem) -> StaleFile:
    position = f":{problem.position.line}:{problem.position.column}" if problem.position else ""
    detail = f"{path}{position}: error[{problem.code}] {problem.message}"
    return StaleFile(path, StaleReason.BROKEN, detail)


def _list_identities(engine: Engine) -> dict[str, str]:
    return {session.account.name: session.identity for session in engine.account_sessions}


def _list_secret_files(office: Office) -> set[Path]:
    files = {office.settings.root / "credentials.toml"}
    for account in office.settings.accounts:
        channel = office.channels[account.channel]
        webhook = channel.webhook_secrets if isinstance(channel, WebhookReceiver) else None
        fields = [*channel.secrets, *accounts.login_secrets(channel, account)]
        fields += [webhook.signature, webhook.handshake] if webhook is not None else []
        files |= office.vault.files_of(account.name, fields)
    return files
