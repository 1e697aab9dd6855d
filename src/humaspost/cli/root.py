"""The command ``humaspost`` itself."""

from typing import Annotated, Any

import typer

from humaspost.base.i18n import _
from humaspost.cli.registry import LazyGroup, build_shared_parameters


def _show_version(value: bool) -> None:
    if value:
        from humaspost import __version__

        typer.echo(f"humaspost {__version__}")
        raise typer.Exit


def _humaspost(
    ctx: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help=_("which version this is")),
    ] = False,
) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help().rstrip("\n"))


def root() -> Any:
    """Return the root command with the shared options."""
    app = typer.Typer(
        cls=LazyGroup,
        add_completion=False,
        rich_markup_mode=None,
        invoke_without_command=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_humaspost)
    command = typer.main.get_command(app)
    for param in build_shared_parameters():
        param.expose_value = False
        command.params.append(param)
    return command
