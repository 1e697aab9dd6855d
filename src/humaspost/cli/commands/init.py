"""``humaspost init``."""

import os
import stat
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from humaspost.base.files import atomic_write, created
from humaspost.base.i18n import _
from humaspost.cli import language
from humaspost.cli.commands.new import write_draft
from humaspost.cli.terminal import print_text
from humaspost.views.text import align_columns

_CONFIG_TEMPLATE = """\
# One office of humaspost. Every key is explained in docs/config.md. Secrets never stand here.
timezone = "Asia/Jakarta"          # WIB; Asia/Makassar is WITA, Asia/Jayapura is WIT
language = "{language}"

[accounts.x]
channel = "x"
handle = "@kotacontoh"             # yours; compared with what X answers before the first post

# [accounts.instagram]             # needs [media] too
# channel = "instagram"
# user_id = "17841400000000000"

# [accounts.whatsapp]              # read docs/channels/whatsapp.md first
# channel = "whatsapp"
# phone_number_id = ""
# business_account_id = ""

# [audiences.masyarakat]           # WhatsApp writes only to people in a list, who agreed to it
# file = "audiences/masyarakat.csv"

# [media]                          # where Instagram fetches images from: a folder that a web server shows
# folder = "/srv/www/media"
# public_base_url = "https://media.kotacontoh.example"
"""

_CREDENTIALS_TEMPLATE = """\
# The secrets of each account. Only you may read this file (chmod 600); never send or commit it.
[x]
api_key = ""
api_key_secret = ""
access_token = ""
access_token_secret = ""
"""

_GITIGNORE_LINES = ("credentials.toml", ".humaspost/")


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help=_("the office's folder"))] = Path(),
) -> None:
    """Make a new office in a folder; nothing that is there already is changed."""
    config = folder / "config.toml"
    if config.exists():
        raise typer.BadParameter(_("{path} is there already; nothing was changed").format(path=config))
    name = os.environ.get("HUMASPOST_LANGUAGE", "id")
    language.use_language(name)
    (folder / "posts").mkdir(parents=True, exist_ok=True)
    _create_file(folder / "credentials.toml", _CREDENTIALS_TEMPLATE, mode=0o600)
    _extend_gitignore(folder / ".gitignore")
    draft = write_draft(
        folder / "posts", _("First post"), now=datetime.now().astimezone(), zone="Asia/Jakarta"
    )
    # The config comes last: an unfinished folder is not an office yet, and `init` can run again.
    _create_file(config, _CONFIG_TEMPLATE.format(language=name), mode=0o644)
    print_text(_print_next_steps(folder, draft))


def _create_file(path: Path, text: str, *, mode: int) -> None:
    """Create the file with the text unless it exists."""
    with suppress(FileExistsError), created(path, mode=mode) as out:
        out.write(text.encode())


def _extend_gitignore(path: Path) -> None:
    present = path.read_text("utf-8").splitlines() if path.exists() else []
    missing = [line for line in _GITIGNORE_LINES if line not in present]
    if missing:
        text = "\n".join([*present, *missing]) + "\n"
        if path.exists():
            with atomic_write(path.resolve(), mode=stat.S_IMODE(path.stat().st_mode)) as out:
                out.write(text.encode())
        else:
            _create_file(path, text, mode=0o644)


def _print_next_steps(folder: Path, draft: Path) -> list[str]:
    created = align_columns(
        [
            ("config.toml", _("accounts, audiences, times: write your handle there")),
            ("credentials.toml", _("the secrets; only you can read it")),
            (str(draft.relative_to(folder)), _("a draft to begin with")),
            (".gitignore", _("keeps the secrets out of git")),
        ]
    )
    steps = [
        _("Next:"),
        *([f"  cd {folder}"] if folder != Path() else []),
        "  " + _("write your keys in credentials.toml, your handle in config.toml"),
        "  humaspost account check x",
    ]
    return [_("A new office in {folder}").format(folder=folder.resolve()), "", *created, "", *steps]
