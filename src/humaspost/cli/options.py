"""The options that every command has; set once per process, during parsing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from humaspost.base.i18n import _


@dataclass(slots=True)
class OptionValues:
    """The values of the shared options; ``verbose`` counts each v, and 3 shows traces of bugs."""

    config: Path | None = None
    quiet: bool = False
    verbose: int = 0


current_options = OptionValues()


def _set_config(value: Path | None) -> None:
    current_options.config = value or current_options.config


def _set_quiet(value: bool) -> None:
    current_options.quiet = current_options.quiet or value


def _set_verbose(value: int) -> None:
    current_options.verbose = max(current_options.verbose, value)


def shared_options(
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", callback=_set_config, help=_("the office's config.toml")),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", callback=_set_quiet, help=_("say nothing but errors"))
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "-v", "--verbose", count=True, callback=_set_verbose, help=_("say more; -vvv for a trace")
        ),
    ] = 0,
) -> None:
    """Declare the options of every command; their callbacks store the values."""


JsonOption = Annotated[bool, typer.Option("--json", help=_("one JSON document on standard output"))]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help=_("do not ask"))]
AccountOption = Annotated[
    str | None, typer.Option("--account", "-a", metavar="NAME", help=_("only this account"))
]
