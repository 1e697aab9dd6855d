"""The switches that every command has; set while the command line is read, once per process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from humaspost.base.i18n import _


@dataclass(slots=True)
class Flags:
    """``verbose`` counts the v's: 3 shows the trace of our own bugs."""

    config: Path | None = None
    quiet: bool = False
    verbose: int = 0


flags = Flags()


def _config(value: Path | None) -> None:
    flags.config = value or flags.config


def _quiet(value: bool) -> None:
    flags.quiet = flags.quiet or value


def _verbose(value: int) -> None:
    flags.verbose = max(flags.verbose, value)


def everywhere(
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", callback=_config, help=_("the office's config.toml")),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", callback=_quiet, help=_("say nothing but errors"))
    ] = False,
    verbose: Annotated[
        int,
        typer.Option("-v", "--verbose", count=True, callback=_verbose, help=_("say more; -vvv for a trace")),
    ] = 0,
) -> None:
    """Every command takes these; their callbacks keep the values."""


Json = Annotated[bool, typer.Option("--json", help=_("one JSON document on standard output"))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=_("do not ask"))]
AccountName = Annotated[
    str | None, typer.Option("--account", "-a", metavar="NAME", help=_("only this account"))
]
