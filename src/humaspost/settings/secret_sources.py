"""The places where a secret may be, in the order in which they are asked."""

import os
import stat
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.problem import Place, Problem
from humaspost.settings.problems import ConfigError, Page, named_like_secret
from humaspost.settings.toml_positions import tables, toml_place

SERVICE = "humaspost"
PATIENCE = 3.0
#: (service, name) → the value, or None; may hang.
Keyring = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Seed:
    """A secret as a person configured it; ``where`` names the place and never the value."""

    value: str = field(repr=False)
    where: str


def of_environment(environ: Mapping[str, str], account: str, name: str) -> Iterator[Seed]:
    """From a file that the environment names, systemd's credentials, or the environment itself."""
    variable = f"HUMASPOST_{account}_{name}".upper()
    if environ.get(f"{variable}_FILE"):
        path = Path(environ[f"{variable}_FILE"])
        yield Seed(_file(path, f"{variable}_FILE"), f"{variable}_FILE ({path})")
    directory = environ.get("CREDENTIALS_DIRECTORY")
    if directory and (Path(directory) / f"{account}_{name}").is_file():
        yield Seed(
            _file(Path(directory) / f"{account}_{name}", "CREDENTIALS_DIRECTORY"), "CREDENTIALS_DIRECTORY"
        )
    if environ.get(variable):
        yield Seed(environ[variable].strip(), variable)


def _file(path: Path, variable: str) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else _("not UTF-8 text")
        message = _("{variable} names {path}, which cannot be read: {reason}")
        words = message.format(variable=variable, path=path, reason=reason)
        hint = _("let this user read the file, or unset {variable}").format(variable=variable)
        raise ConfigError(Problem("secret-unreadable", words, hint)) from None


class PatientKeyring:
    """The system keyring, given up for good the first time that it does not answer in time."""

    def __init__(self, ask: Keyring | None = None, *, patience: float = PATIENCE) -> None:
        self._ask = ask or _system_keyring
        self._patience = patience
        self.gave_up = False

    def secret(self, account: str, name: str) -> Iterator[Seed]:
        """The keyring's value, if it has one and answers within its patience (seconds)."""
        if self.gave_up:
            return
        answer: list[str | None] = []
        thread = threading.Thread(
            target=lambda: answer.append(self._ask(SERVICE, f"{account}_{name}")), daemon=True
        )
        thread.start()
        thread.join(self._patience)
        self.gave_up = thread.is_alive()
        if answer and answer[0]:
            yield Seed(answer[0], "keyring")


def _system_keyring(service: str, name: str) -> str | None:
    try:
        import keyring

        return keyring.get_password(service, name)
    except Exception:  # its back ends are plug-ins and raise what they like: no keyring, no secret in it
        return None


class CredentialsFile:
    """credentials.toml beside config.toml: a table per account. Read once, refused if others may read it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tables: Mapping[str, Any] | None = None

    def secret(self, account: str, name: str) -> Iterator[Seed]:
        """The value in ``[account] name``. Raises ConfigError ``credentials-open`` or ``credentials-syntax``."""
        if self._tables is None:
            self._tables = _tables(self.path)
        table = self._tables.get(account, {})
        value = table.get(name) if isinstance(table, Mapping) else None
        if value is not None and not isinstance(value, str):
            message = _("[{account}] {name} must be text in quotes").format(account=account, name=name)
            raise ConfigError(Problem("credentials-syntax", message, f'{name} = "..."', self.path.name))
        if value:
            yield Seed(value.strip(), self.path.name)


def _tables(path: Path) -> Mapping[str, Any]:
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
    return _parsed(path, raw)


def _parsed(path: Path, raw: bytes) -> Mapping[str, Any]:
    try:
        return tables(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        line, column = raw.count(b"\n") + 1, 1
    except tomllib.TOMLDecodeError as error:
        line, column = toml_place(error) or (raw.count(b"\n") + 1, 1)
    message = _("this is not TOML; the line is not shown, for it may hold a secret")
    hint = _('a table per account, text in quotes: [x] then api_key = "..."')
    problem = Problem("credentials-syntax", message, hint)
    raise ConfigError(problem.at(path.name, Place(line, column))) from None


def secrets_in(data: Mapping[str, Any], page: Page) -> Iterator[Problem]:
    """A problem for every key that is named like a secret and has a value; the value is never shown."""
    for path in _paths(data, ()):
        if named_like_secret(path[-1]) and path[:1] != ("audiences",):
            yield page.at_key(_problem(path), ".".join(path))


def _paths(data: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, value in data.items():
        path = (*above, key)
        if isinstance(value, Mapping):
            yield from _paths(value, path)
        else:
            yield path


def _problem(path: tuple[str, ...]) -> Problem:
    message = _("{key!r} is a secret; config.toml is no place for one").format(key=path[-1])
    table = path[1] if len(path) > 2 and path[0] == "accounts" else ""
    hint = _("move it to credentials.toml, under [{table}], and make a new one on the platform")
    return Problem("secret-in-config", message, hint.format(table=table or "ACCOUNT"), field=".".join(path))
