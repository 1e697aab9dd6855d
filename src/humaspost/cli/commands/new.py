"""``humaspost new "Title"``."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from humaspost.base.files import created
from humaspost.base.i18n import _
from humaspost.base.paths import display_path
from humaspost.cli.terminal import print_text


def new(
    title: Annotated[str, typer.Argument(metavar="TITLE", help=_("what the post is called"))],
) -> None:
    """Write a draft with the common keys; it is sent only after you take out `draft: true`."""
    from humaspost.cli.office import office_settings

    office = office_settings()
    office.posts.mkdir(parents=True, exist_ok=True)
    channels = [office.accounts[0].name] if office.accounts else ["x"]
    now = datetime.now().astimezone()
    path = write_draft(office.posts, title, now=now, zone=office.timezone, channels=channels)
    typed = display_path(path, Path.cwd(), office.root)
    print_text(
        [
            _("{path}  a draft").format(path=typed),
            _("write it, see it: humaspost preview {path}").format(path=typed),
            _("then take out `draft: true`, and see when it goes out: humaspost plan"),
        ]
    )


def write_draft(
    folder: Path, title: str, *, now: datetime, zone: str, channels: Sequence[str] = ("x",)
) -> Path:
    """Write the draft to a new file under a free name; return its path."""
    from humaspost.content.draft import draft_text, make_slug

    stem = f"{now:%Y-%m-%d}-{make_slug(title)}"
    for number in range(1, 1000):
        name = stem if number == 1 else f"{stem}-{number}"
        path = folder / f"{name}.md"
        text = draft_text(title, now=now, zone=zone, id=name, channels=channels)
        try:
            with created(path, mode=0o644) as out:
                out.write(text.encode())
        except FileExistsError:
            continue
        return path
    raise typer.BadParameter(_("there are a thousand posts called {name!r} already").format(name=stem))
