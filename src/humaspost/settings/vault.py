"""The accounts' secrets: as users configured them, and as platforms rotated them since."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from humaspost.base.file_stamp import FileStamp, StampHistory, read_stamp
from humaspost.base.files import atomic_write, lock_path, make_folder
from humaspost.base.i18n import _
from humaspost.base.redaction import register
from humaspost.model.problem import Problem
from humaspost.settings.problems import ConfigError
from humaspost.settings.secret_sources import (
    ConfiguredSecret,
    CredentialsFile,
    Environment,
    TimedKeyring,
)

_FOLDER_MODE = 0o700
#: Seconds; longer than any exchange with a platform.
_RENEWAL_TIMEOUT = 60.0


class RenewalInProgress(Exception):
    """Another thread or process has been renewing the account's tokens for a minute."""


class Vault:
    """Secrets by account and field; each value is registered for redaction first.

    A file is read again when its stamp changed and it is settled. While the newest version of a file cannot be
    used, its last good content counts.
    """

    def __init__(
        self,
        root: Path,
        state: Path,
        *,
        environ: Mapping[str, str],
        keyring: TimedKeyring | None = None,
        history: StampHistory | None = None,
    ) -> None:
        history = history or StampHistory()
        self._environment = Environment(environ, history)
        self._keyring = keyring or TimedKeyring()
        self._file = CredentialsFile(root / "credentials.toml", history)
        self._folder = state / "secrets"
        self._last_rotated: dict[str, dict[str, Any]] = {}
        self._damaged: dict[Path, Problem] = {}
        self._written: dict[Path, FileStamp] = {}

    def secret(self, account: str, field: str) -> str | None:
        """Return the present value, or None; raise ConfigError if a source cannot be used."""
        seed = self._configured(account, field)
        rotated = self._rotated_value(account, field, seed)
        value = rotated or (seed.value if seed else None)
        if value:
            register(value)
        return value

    def fingerprint(self, account: str, fields: Sequence[str]) -> str:
        """Return a digest of the configured secrets; it changes if any of them changes."""
        seeds = [_fingerprint(self._configured(account, field)) for field in fields]
        return hashlib.sha256("\0".join(seeds).encode()).hexdigest()[:16]

    def source_of(self, account: str, field: str) -> str | None:
        """Return the source of the secret for ``doctor``, or None; never the value."""
        seed = self._configured(account, field)
        if self._rotated_value(account, field, seed):
            return f"{self._folder.name}/{account}.json"
        return seed.source if seed else None

    def files_of(self, account: str, fields: Sequence[str]) -> set[Path]:
        """Return every file that can have a secret of the account, missing ones included."""
        named = {path for field in fields for path in self._environment.files_of(account, field)}
        return {*named, self._file.path, self._rotated_path(account)}

    @property
    def problems(self) -> dict[Path, Problem]:
        """Return why the newest version of a file is not in use, by path."""
        return self._environment.problems | self._file.problems | self._damaged

    def is_own_write(self, path: Path, stamp: FileStamp) -> bool:
        """Return True if this process wrote that version of the file."""
        return self._written.get(path) == stamp

    def replace(self, account: str, field: str, value: str) -> None:
        """Store the platform's new value, on disk before this returns.

        The value is used until a user configures a newer secret.
        """
        from filelock import FileLock  # it loads asyncio: only for what writes

        register(value)
        seed = self._configured(account, field)
        make_folder(self._folder, mode=_FOLDER_MODE)
        with FileLock(lock_path(self._folder / ".lock"), timeout=10, mode=0o600):
            stored = self._read_rotated(account)
            previous = stored.get(field, {})
            superseded = [*previous.get("superseded", []), previous.get("value")]
            # A platform may still accept and return the token before this one, so that token stays
            # registered for redaction.
            older = [
                previous_value for previous_value in superseded if previous_value and previous_value != value
            ][-2:]
            stored[field] = {"value": value, "seed": _fingerprint(seed), "superseded": older}
            path = self._rotated_path(account)
            _write_private(path, json.dumps(stored))
            self._written[path] = read_stamp(path)

    def renewal_lock(self, account: str) -> AbstractContextManager[object]:
        """Return an acquired lock: no one else renews the account's tokens; raise RenewalInProgress."""
        from filelock import FileLock, Timeout

        make_folder(self._folder, mode=_FOLDER_MODE)
        try:
            path = lock_path(self._folder / f".{account}.lock")
            return FileLock(path, timeout=_RENEWAL_TIMEOUT, mode=0o600).acquire()
        except Timeout:
            raise RenewalInProgress(account) from None

    def _configured(self, account: str, field: str) -> ConfiguredSecret | None:
        return next(self._configured_sources(account, field), None)

    def _configured_sources(self, account: str, field: str) -> Iterator[ConfiguredSecret]:
        for source in (self._environment, self._keyring, self._file):
            for seed in source.secret(account, field):
                register(seed.value)
                yield seed

    def _rotated_value(self, account: str, field: str, seed: ConfiguredSecret | None) -> str | None:
        """Return the rotated value, if the secret that it came from is still the configured one."""
        stored = self._read_rotated(account).get(field)
        if stored is None or stored["seed"] != _fingerprint(seed):
            return None
        return str(stored["value"])

    def _rotated_path(self, account: str) -> Path:
        return self._folder / f"{account}.json"

    def _read_rotated(self, account: str) -> dict[str, Any]:
        # Read each time: another process may have renewed the token just now, and files here are replaced atomically.
        path = self._rotated_path(account)
        try:
            stored = _parse_rotated(path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            problem = _rotated_problem(path, error)
            if account not in self._last_rotated:
                raise ConfigError(problem) from None
            self._damaged[path] = problem
            return self._last_rotated[account]
        for entry in stored.values():
            for value in (entry["value"], *entry.get("superseded", [])):
                register(str(value))
        self._damaged.pop(path, None)
        self._last_rotated[account] = stored
        return stored


def _parse_rotated(text: str) -> dict[str, Any]:
    """Return the rotated tokens; raise ValueError for anything but what this class writes."""
    stored = json.loads(text)
    for entry in stored.values() if isinstance(stored, dict) else [stored]:
        texts = [entry.get("value"), entry.get("seed")] if isinstance(entry, dict) else [None]
        if not all(isinstance(one, str) for one in texts):
            raise ValueError("not a table of tokens")
    return dict(stored)


def _rotated_problem(path: Path, error: OSError | ValueError) -> Problem:
    if isinstance(error, OSError):
        message = _("{path} cannot be read: {reason}").format(path=path, reason=error.strerror)
        return Problem("secret-unreadable", message, _("let this user read the file: humaspost doctor"))
    message = _("{path} is damaged, so the tokens that the platform gave last are lost").format(path=path)
    hint = _("make a new token on the platform, configure it, then delete that file")
    return Problem("secret-unreadable", message, hint)


def _fingerprint(seed: ConfiguredSecret | None) -> str:
    return hashlib.sha256(b"humaspost seed\0" + seed.value.encode()).hexdigest() if seed else ""


def _write_private(path: Path, text: str) -> None:
    """Write the text atomically; no other user can read the file at any time."""
    with atomic_write(path) as file:
        file.write(text.encode())
