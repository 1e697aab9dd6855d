"""A ready office whose accounts point at the running sandbox, with its demo credentials."""

import json
import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from humaspost.sandbox.accounts import DEMO_ACCOUNTS

_AUDIENCE_NAME = re.compile(r"[A-Za-z0-9_-]+")
_GITIGNORE = "credentials.toml\n.humaspost/\n"


class NotDemoOffice(FileExistsError):
    """A folder that contains a real office, or files that are not an office."""


def write_office(folder: Path, config: dict[str, Any], *, example: Path | None = None) -> Path:
    """Write an office for the sandbox that ``config`` describes and return its folder.

    Posts and audiences come from ``example``. A rewrite for a new address keeps the posts,
    the audiences and the ledger. Raise NotDemoOffice, and write nothing, if the folder has
    a config.toml that is not a demo's.
    """
    _check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("posts", "audiences"):
        _copy_examples(example / name if example else None, folder / name)
    (folder / "config.toml").write_text(_render_config(config, folder / "audiences"), encoding="utf-8")
    _write_private(folder / "credentials.toml", _render_credentials(config["accounts"]))
    (folder / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")
    return folder


def _check_folder(folder: Path) -> None:
    config = folder / "config.toml"
    if not config.exists():
        return
    try:
        is_demo = tomllib.loads(config.read_text(encoding="utf-8")).get("demo") is True
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        is_demo = False
    if not is_demo:
        raise NotDemoOffice(f"{config} is not a demo's; choose another folder")


def _copy_examples(source: Path | None, target: Path) -> None:
    if target.exists():
        return
    if source is not None and source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile)
    else:
        target.mkdir()


def _render_config(config: dict[str, Any], audiences: Path) -> str:
    loader = PackageLoader("humaspost.sandbox")
    jinja = Environment(loader=loader, undefined=StrictUndefined, autoescape=select_autoescape())
    jinja.filters["toml"] = json.dumps
    names = sorted(f.stem for f in audiences.glob("*.csv") if _AUDIENCE_NAME.fullmatch(f.stem))
    template = jinja.get_template("config.toml.jinja")
    return template.render(url=config["url"], audiences=names, **config["accounts"]) + "\n"


def _render_credentials(accounts: dict[str, dict[str, Any]]) -> str:
    tables = []
    for name, demo in DEMO_ACCOUNTS.items():
        lines = [f"{field} = {json.dumps(accounts[name][field])}" for field in demo.SECRETS]
        tables.append("\n".join([f"[{name}]", *lines]))
    return "\n\n".join(tables) + "\n"


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
