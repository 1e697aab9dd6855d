"""``humaspost backup``."""

from pathlib import Path
from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.terminal import print_text


def backup(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help=_("where to; else beside the daily ones"))
    ] = None,
) -> None:
    """Copy the ledger, also while it is in use. Once a day it is done by itself; 14 are kept."""
    from humaspost.app import backups
    from humaspost.cli.office import open_office

    target = backups.create_backup(open_office(), file)
    print_text(
        [
            _("The ledger is copied to {file}").format(file=target),
            _("It holds phone numbers: keep it where only you can read it. Back to it: humaspost restore"),
        ]
    )
