"""The sources of a secret, in the order of their use."""

import os
import stat
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from humaspost.base.file_stamp import StampHistory
from humaspost.base.i18n import _
from humaspost.model.problem import Position, Problem
from humaspost.settings.problems import ConfigDocument, ConfigError, is_secret_name
from humaspost.settings.secret_file import SecretFile
from humaspost.settings.toml_positions import error_position, parse_toml, positions_of

SERVICE = "humaspost"
KEYRING_TIMEOUT = 3.0
#: (service, name) → the value, or None; the call may hang.
KeyringLookup = Callable[[str, str], str | None]
#: Of credentials.toml: account → name → value.
Tables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ConfiguredSecret:
    """A secret as a user configured it; ``source`` names the place and never the value."""

    value: str = field(repr=False)
    source: str


class Environment:
    """The secrets in the environment, or in files that it names."""

    def __init__(self, environ: Mapping[str, str], history: StampHistory) -> None:
        self._environ = environ
        self._history = history
        self._files: dict[Path, SecretFile[str]] = {}

    @property
    def problems(self) -> dict[Path, Problem]:
        """Return why the newest version of a file is not in use, by path."""
        return {path: file.problem for path, file in self._files.items() if file.problem is not None}

    def files_of(self, account: str, name: str) -> Iterator[Path]:
        """Yield the files that the environment names for the secret."""
        if path := self._environ.get(f"HUMASPOST_{account}_{name}_FILE".upper()):
            yield Path(path)
        if directory := self._environ.get("CREDENTIALS_DIRECTORY"):
            yield Path(directory) / f"{account}_{name}"

    def secret(self, account: str, name: str) -> Iterator[ConfiguredSecret]:
        """Yield the secret from a file that the environment names, systemd, or the environment."""
        variable = f"HUMASPOST_{account}_{name}".upper()
        if self._environ.get(f"{variable}_FILE"):
            path = Path(self._environ[f"{variable}_FILE"])
            yield ConfiguredSecret(self._read(path, f"{variable}_FILE"), f"{variable}_FILE ({path})")
        directory = self._environ.get("CREDENTIALS_DIRECTORY")
        if directory and (Path(directory) / f"{account}_{name}").is_file():
            path = Path(directory) / f"{account}_{name}"
            yield ConfiguredSecret(self._read(path, "CREDENTIALS_DIRECTORY"), "CREDENTIALS_DIRECTORY")
        if self._environ.get(variable):
            yield ConfiguredSecret(self._environ[variable].strip(), variable)

    def _read(self, path: Path, variable: str) -> str:
        def read(path: Path, _last: str | None) -> str:
            return _read_secret_file(path, variable)

        return self._files.setdefault(path, SecretFile(path, read, self._history)).content()


def _read_secret_file(path: Path, variable: str) -> str:
    try:
        if secret := path.read_text("utf-8").strip():
            return secret
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else _("not UTF-8 text")
        message = _("{variable} names {path}, which cannot be read: {reason}")
        text = message.format(variable=variable, path=path, reason=reason)
        hint = _("let this user read the file, or unset {variable}").format(variable=variable)
    else:
        text = _("{variable} names {path}, which is empty").format(variable=variable, path=path)
        hint = _("write the secret into the file, or unset {variable}").format(variable=variable)
    raise ConfigError(Problem("secret-unreadable", text, hint))


class TimedKeyring:
    """The system keyring, never used again after its first timeout."""

    def __init__(self, lookup: KeyringLookup | None = None, *, timeout: float = KEYRING_TIMEOUT) -> None:
        self._lookup = lookup or _system_keyring
        self._timeout = timeout
        self.has_timed_out = False

    def secret(self, account: str, name: str) -> Iterator[ConfiguredSecret]:
        """Yield the keyring's value if it has one and answers within ``timeout`` seconds."""
        if self.has_timed_out:
            return
        answer: list[str | None] = []
        thread = threading.Thread(
            target=lambda: answer.append(self._lookup(SERVICE, f"{account}_{name}")), daemon=True
        )
        thread.start()
        thread.join(self._timeout)
        self.has_timed_out = thread.is_alive()
        if answer and answer[0]:
            yield ConfiguredSecret(answer[0], "keyring")


def _system_keyring(service: str, name: str) -> str | None:
    try:
        import keyring

        return keyring.get_password(service, name)
    except Exception:  # its back ends are plug-ins and raise anything: no keyring, no secret
        return None


class CredentialsFile:
    """The file credentials.toml beside config.toml, with a table per account.

    It is refused if other users may read it.
    """

    def __init__(self, path: Path, history: StampHistory) -> None:
        self.path = path
        self._file = SecretFile(path, _read_tables, history)

    @property
    def problems(self) -> dict[Path, Problem]:
        """Return why the newest version of the file is not in use, by path."""
        return {self.path: self._file.problem} if self._file.problem is not None else {}

    def secret(self, account: str, name: str) -> Iterator[ConfiguredSecret]:
        """Yield the value in ``[account] name``.

        Raises ConfigError ``credentials-open`` or ``credentials-syntax``.
        """
        if value := self._file.content().get(account, {}).get(name):
            yield ConfiguredSecret(value.strip(), self.path.name)


def _read_tables(path: Path, last: Tables | None) -> Tables:
    try:
        mode = path.stat().st_mode
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = _("cannot be read: {reason}").format(reason=error.strerror)
        raise ConfigError(
            Problem("secret-unreadable", message, _("see who owns it: ls -l"), path.name)
        ) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO) and os.name == "posix":
        message = _("other users of this computer can read this file, so it is not used")
        raise ConfigError(Problem("credentials-open", message, f"chmod 600 {path}", path.name))
    tables = _parse_credentials(path, raw)
    if last and not tables:
        message = _("this file is empty now; the keys that were read before are still in use")
        hint = _("write the keys again; to stop an account, take it out of config.toml")
        raise ConfigError(Problem("credentials-empty", message, hint, path.name))
    return tables


def _parse_credentials(path: Path, raw: bytes) -> Tables:
    try:
        text = raw.decode("utf-8-sig")
        tables = parse_toml(text)
        _require_texts(path, tables, text)
        return tables
    except UnicodeDecodeError:
        line, column = raw.count(b"\n") + 1, 1
    except tomllib.TOMLDecodeError as error:
        line, column = error_position(error) or (raw.count(b"\n") + 1, 1)
    message = _("this is not TOML; the line is not shown, for it may hold a secret")
    hint = _('a table per account, text in quotes: [x] then api_key = "..."')
    problem = Problem("credentials-syntax", message, hint)
    raise ConfigError(problem.with_position(path.name, Position(line, column))) from None


def _require_texts(path: Path, tables: Mapping[str, Any], text: str) -> None:
    """Raise ConfigError unless each account has a table of texts; no value is shown."""
    for account, table in tables.items():
        if not isinstance(table, Mapping):
            message = _("{account} must be a table of its own").format(account=account)
            raise ConfigError(_at_key(path, text, account, message, f"[{account}]"))
        for name, value in table.items():
            if not isinstance(value, str):
                message = _("[{account}] {name} must be text in quotes").format(account=account, name=name)
                raise ConfigError(_at_key(path, text, f"{account}.{name}", message, f'{name} = "..."'))


def _at_key(path: Path, text: str, key: str, message: str, example: str) -> Problem:
    position = positions_of(text.replace("\r\n", "\n")).key_position(key) or Position(1, 1)
    hint = _("write: {example}").format(example=example)
    return Problem("credentials-syntax", message, hint).with_position(path.name, position)


def find_secrets(data: Mapping[str, Any], document: ConfigDocument) -> Iterator[Problem]:
    """Yield a problem for each field with a secret's name; the value is never shown."""
    for path in _secret_paths(data, ()):
        if is_secret_name(path[-1]) and path[:1] != ("audiences",):
            yield document.at_key(_secret_problem(path), ".".join(path))


def _secret_paths(data: Mapping[str, Any], prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, value in data.items():
        path = (*prefix, key)
        if isinstance(value, Mapping):
            yield from _secret_paths(value, path)
        else:
            yield path


def _secret_problem(path: tuple[str, ...]) -> Problem:
    message = _("{key!r} is a secret; config.toml is no place for one").format(key=path[-1])
    table = path[1] if len(path) > 2 and path[0] == "accounts" else ""
    hint = _("move it to credentials.toml, under [{table}], and make a new one on the platform")
    return Problem("secret-in-config", message, hint.format(table=table or "ACCOUNT"), field=".".join(path))
