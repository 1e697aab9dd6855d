"""``humaspost sandbox``."""

from pathlib import Path
from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import JsonOption


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help=_("loopback port; 0 = any free one"))] = 8900,
    office: Annotated[
        Path | None, typer.Option(metavar="DIR", help=_("write an office there that points at the sandbox"))
    ] = None,
    json: JsonOption = False,
) -> None:
    """The three platforms, pretended, on this computer only; Ctrl-C ends them."""
    from humaspost.cli.demo.example import example_folder
    from humaspost.sandbox.server import serve

    serve(port=port, office=office, example=example_folder() if office else None, as_json=json)
