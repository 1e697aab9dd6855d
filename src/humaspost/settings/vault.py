"""The accounts' secrets: where a person put them, and what the platforms rotated since."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from humaspost.base.files import written
from humaspost.base.i18n import _
from humaspost.base.redaction import know
from humaspost.model.problem import Problem
from humaspost.settings.problems import ConfigError
from humaspost.settings.secret_sources import CredentialsFile, PatientKeyring, Seed, of_environment

_FOLDER = 0o700
#: Seconds; longer than any exchange with a platform takes.
_RENEWAL = 60.0


class SomebodyRenews(Exception):
    """Another thread or process has been renewing the account's tokens for a minute."""


class Vault:
    """Secrets by account and field; every value that it hands out is known to ``redact`` first."""

    def __init__(
        self, root: Path, state: Path, *, environ: Mapping[str, str], keyring: PatientKeyring | None = None
    ) -> None:
        self._environ = environ
        self._keyring = keyring or PatientKeyring()
        self._file = CredentialsFile(root / "credentials.toml")
        self._folder = state / "secrets"

    def secret(self, account: str, field: str) -> str | None:
        """The value to use now, None = there is none. Raises ConfigError for a place that cannot be used."""
        seed = self._seed(account, field)
        rotated = self._rotated(account, field, seed)
        value = rotated or (seed.value if seed else None)
        if value:
            know(value)
        return value

    def print(self, account: str, fields: Sequence[str]) -> str:
        """A digest of what a person configured, field by field: another one means other secrets; never a value."""
        seeds = [_print(self._seed(account, field)) for field in fields]
        return hashlib.sha256("\0".join(seeds).encode()).hexdigest()[:16]

    def where(self, account: str, field: str) -> str | None:
        """The place that ``secret`` takes it from, for ``doctor``; never the value. None = nowhere."""
        seed = self._seed(account, field)
        if self._rotated(account, field, seed):
            return f"{self._folder.name}/{account}.json"
        return seed.where if seed else None

    def replace(self, account: str, field: str, value: str) -> None:
        """The platform's new value is kept, on disk before this returns; until a person sets a newer seed."""
        know(value)
        seed = self._seed(account, field)
        self._folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        with FileLock(self._folder / ".lock", timeout=10, mode=0o600):
            kept = self._kept(account)
            before = kept.get(field, {})
            superseded = [*before.get("superseded", []), before.get("value")]
            # A platform may still take, and say back, the token before this one: it stays known to `redact`.
            older = [old for old in superseded if old and old != value][-2:]
            kept[field] = {"value": value, "seed": _print(seed), "superseded": older}
            _write(self._folder / f"{account}.json", json.dumps(kept))

    def renewing(self, account: str) -> AbstractContextManager[object]:
        """A lock that is held already: nobody else renews the account's tokens. Raises SomebodyRenews."""
        self._folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        try:
            return FileLock(self._folder / f".{account}.lock", timeout=_RENEWAL, mode=0o600).acquire()
        except Timeout:
            raise SomebodyRenews(account) from None

    def _seed(self, account: str, field: str) -> Seed | None:
        return next(self._seeds(account, field), None)

    def _seeds(self, account: str, field: str) -> Iterator[Seed]:
        for source in (_Environment(self._environ), self._keyring, self._file):
            for seed in source.secret(account, field):
                know(seed.value)
                yield seed

    def _rotated(self, account: str, field: str, seed: Seed | None) -> str | None:
        """A rotated value counts while the seed that it grew from is still the configured one."""
        kept = self._kept(account).get(field)
        if kept is None or kept["seed"] != _print(seed):
            return None
        return str(kept["value"])

    def _kept(self, account: str) -> dict[str, Any]:
        path = self._folder / f"{account}.json"
        try:
            kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            message = _("{path} is damaged, so the tokens that the platform gave last are lost")
            hint = _("make a new token on the platform, configure it, then delete that file")
            raise ConfigError(Problem("secret-unreadable", message.format(path=path), hint)) from None
        for entry in kept.values():
            for value in (
                (entry.get("value"), *entry.get("superseded", [])) if isinstance(entry, dict) else ()
            ):
                know(str(value))
        return kept


class _Environment:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def secret(self, account: str, name: str) -> Iterator[Seed]:
        return of_environment(self._environ, account, name)


def _print(seed: Seed | None) -> str:
    return hashlib.sha256(b"humaspost seed\0" + seed.value.encode()).hexdigest() if seed else ""


def _write(path: Path, text: str) -> None:
    """The file holds the text, or what it held before; nobody else can read it at any moment."""
    with written(path) as file:
        file.write(text.encode())
