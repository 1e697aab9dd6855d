"""The loading of config.toml: its settings, or every problem that prevents them."""

import errno
import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from humaspost.base.file_stamp import read_stamp
from humaspost.base.i18n import _
from humaspost.base.timezones import iana
from humaspost.model.account import Account
from humaspost.model.problem import Position, Problem
from humaspost.settings import accounts
from humaspost.settings.addresses import check_address
from humaspost.settings.config_file import ConfigFile, MediaTable, PolicyTable
from humaspost.settings.problems import ConfigDocument, ConfigError, validation_problems
from humaspost.settings.secret_sources import find_secrets
from humaspost.settings.settings import MediaSettings, PolicySettings, Settings, TypePolicy
from humaspost.settings.toml_positions import TomlPositions, error_position, parse_toml, positions_of

_TOML_POSITION = re.compile(r"\s*\(at [^()]*\)$")


def load_settings(file: Path) -> Settings:
    """Return the settings of this config.toml.

    Raises ConfigError with every problem, none of which shows a secret.
    """
    stamp = read_stamp(file)  # before it is read: a change meanwhile shows in the next observation
    raw = _read_bytes(file)
    text = _decode(raw, file)
    document = ConfigDocument(file.name, text, TomlPositions())
    data = _parse(text, document)
    document.positions = positions_of(text)
    problems = list(find_secrets(data, document))
    try:
        config = ConfigFile.model_validate(data)
    except ValidationError as error:
        raise ConfigError(*problems, *validation_problems(error, document, model=ConfigFile)) from None
    account_list, account_problems = accounts.read_accounts(config, document)
    problems += (
        account_problems
        + _path_problems(config, file.parent, document)
        + _zone_problems(config, document)
        + _media_problems(config, document)
        + _approval_problems(config, document)
    )
    if problems:
        raise ConfigError(*sorted(problems, key=_sort_key))
    digest = hashlib.sha256(raw).hexdigest()
    return replace(_build_settings(file, config, account_list), digest=digest, stamp=stamp)


def _sort_key(problem: Problem) -> tuple[int, int]:
    return (problem.position.line, problem.position.column) if problem.position else (0, 0)


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        message = _("cannot be read: {reason}").format(reason=error.strerror)
        hint = _("see who may read it: ls -l config.toml")
        raise ConfigError(Problem("config-unreadable", message, hint, file.name)) from None


def _decode(raw: bytes, file: Path) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        problem = Problem("config-unreadable", _("this is not UTF-8 text"), _("save it as UTF-8"), file.name)
        raise ConfigError(problem) from None


def _parse(text: str, document: ConfigDocument) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_problem(error, document)) from None


def _syntax_problem(error: tomllib.TOMLDecodeError, document: ConfigDocument) -> Problem:
    line, column = error_position(error) or (max(1, len(document.lines)), 1)
    reason = _TOML_POSITION.sub("", str(error))
    message = _("this is not TOML: {reason}").format(reason=reason[:1].lower() + reason[1:])
    hint = _('text stands in quotes: key = "..."; a table begins with [name]')
    return document.at_line(Problem("config-syntax", message, hint), Position(line, column))


def _path_problems(config: ConfigFile, root: Path, document: ConfigDocument) -> list[Problem]:
    paths = {"posts": config.posts, "state": config.state}
    paths |= {f"audiences.{name}.file": table.file for name, table in config.audiences.items()}
    if config.media is not None and config.media.folder is not None:
        paths["media.folder"] = config.media.folder
    return [
        document.at_value(Problem("config-path", reason, hint, field=key), key)
        for key, path in paths.items()
        for reason, hint in _find_path_problem(root, path)
    ]


def _find_path_problem(root: Path, path: str) -> Iterator[tuple[str, str]]:
    """Yield message and hint where no file can have this path; a missing one is fine."""
    try:
        _resolve_path(root, path).lstat()
    except RuntimeError:
        message = _("this computer does not know the home folder that {path!r} begins with")
        yield message.format(path=path.split("/")[0]), _("write the whole path, without ~")
    except ValueError:
        yield _("a path cannot contain the character with the number 0"), _("write it without \\u0000")
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            yield str(error.strerror).lower(), _("write a path that this computer can open")


def _zone_problems(config: ConfigFile, document: ConfigDocument) -> list[Problem]:
    try:
        ZoneInfo(iana(config.timezone))
    except (KeyError, ValueError, OSError):
        message = _("no timezone is called {name!r}").format(name=config.timezone)
        hint = _('write: timezone = "Asia/Jakarta" (WIB), "Asia/Makassar" (WITA) or "Asia/Jayapura" (WIT)')
        return [document.at_value(Problem("config-timezone", message, hint, field="timezone"), "timezone")]
    return []


def _media_problems(config: ConfigFile, document: ConfigDocument) -> list[Problem]:
    media = config.media
    if media is None:
        return []
    addresses = {key: getattr(media, key) for key in ("public_base_url", "upload_url", "endpoint")}
    problems = [
        document.at_value(problem, f"media.{key}")
        for key, address in addresses.items()
        if address is not None
        for problem in check_address(address, is_demo=config.demo, field=f"media.{key}")
    ]
    return problems + [
        document.at_key(Problem("config-value", message, hint, field="media"), "media")
        for message, hint in _host_problems(media)
    ]


def _host_problems(media: MediaTable) -> Iterator[tuple[str, str]]:
    """Yield message and hint of each problem with the choice of a media host."""
    hosts = [key for key in ("folder", "upload_url", "bucket") if getattr(media, key) is not None]
    if len(hosts) > 1 or (not hosts and (media.public_base_url or not media.convert)):
        hint = _(
            "folder: a web server shows it as public_base_url; upload_url: files are PUT there; "
            "bucket: S3-compatible storage"
        )
        yield _("[media] needs one of folder, upload_url and bucket"), hint
    elif hosts and not media.bucket and not media.public_base_url:
        hint = _('write: public_base_url = "https://..."')
        yield _("[media] does not say at which address the public finds the files"), hint
    if (media.endpoint or media.region) and not media.bucket:
        yield _("[media] has endpoint or region without a bucket"), _('write: bucket = "s3://NAME"')


def _approval_problems(config: ConfigFile, document: ConfigDocument) -> list[Problem]:
    """Return a problem for each type that needs approval.

    Approvals do not exist yet. A post that needs one must not be published because the field is ignored.
    """
    message = _("approval is not there yet: a post of type {name!r} would go out without it")
    hint = _("take this line out, and keep such posts at `draft: true` until they are approved")
    return [
        document.at_key(
            Problem("config-approval", message.format(name=name), hint), f"policy.types.{name}.approval"
        )
        for name, table in config.policy.types.items()
        if table.approval
    ]


def _build_settings(file: Path, config: ConfigFile, accounts: tuple[Account, ...]) -> Settings:
    root = file.parent.resolve()
    return Settings(
        root=root,
        file=file,
        timezone=iana(config.timezone),
        language=config.language,
        posts=_resolve_path(root, config.posts),
        state=_resolve_path(root, config.state),
        demo=config.demo,
        accounts=accounts,
        audiences={name: _resolve_path(root, table.file) for name, table in config.audiences.items()},
        media=_media_settings(root, config.media),
        policy=_policy_settings(config.policy),
    )


def _resolve_path(root: Path, path: str) -> Path:
    return root / Path(path).expanduser()


def _media_settings(root: Path, table: MediaTable | None) -> MediaSettings | None:
    if table is None:
        return None
    folder = _resolve_path(root, table.folder) if table.folder else None
    address = (table.public_base_url or "").rstrip("/")
    return MediaSettings(
        address, folder, table.upload_url, table.bucket, table.endpoint, table.region, table.convert
    )


def _policy_settings(table: PolicyTable) -> PolicySettings:
    types = {
        name: TypePolicy(
            settings.late, settings.grace, settings.priority, settings.during_pause, settings.approval
        )
        for name, settings in table.types.items()
    }
    return PolicySettings(
        grace=table.grace,
        late=table.late,
        settle=table.settle,
        same_text_days=table.same_text_days,
        joins_lines=table.line_breaks == "join",
        types=types,
    )
